"""A facility's way from nothing to active: what each step asks, lacks and switches, and how it does then."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import breakers, facilities, facility_list, secrets
from models.database import execute
from models.errors import Conflict, InvalidInput, NotFound
from models.facilities import Facility, FacilityState
from models.facility_list import health
from models.facility_setup import Step, StepState, catalogue, plan_deactivation, steps, why_no_automation
from models.jobs import JobState
from models.people import WAYBILL, Actor, Role
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site

SFTP: dict[str, object | None] = {
    "ach_gateway": "sftp",
    "other_gateway": "sftp",
    "sftp.host": "sftp.example.com",
    "sftp.user": "waybill",
}


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    return make_site()


def by_step(facility: Facility) -> dict[Step, StepState]:
    return {one.step: one for one in steps(Facility.get_by_id(facility.id))}


def test_steps_of_a_pickup_facility_ask_no_secret(site: Site) -> None:
    found = by_step(site.facility)
    assert list(found) == list(Step)
    assert [one.key for one in found[Step.SYSTEM].asked] == ["ach_gateway", "other_gateway"]
    assert found[Step.AUTHENTICATION].asked == ()
    assert [step for step, one in found.items() if not one.done] == [Step.ACTIVATE]
    assert found[Step.ACTIVATE].missing == ("it is not active",)
    facilities.activate(WAYBILL, site.facility)
    assert by_step(site.facility)[Step.ACTIVATE].done


def test_steps_of_a_draft_say_what_is_missing_and_go_on_from_there(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {"ach_gateway": "sftp", "other_gateway": "sftp"})
    found = by_step(site.facility)
    assert found[Step.SYSTEM].done
    assert found[Step.CONFIGURATION].missing
    facilities.edit(WAYBILL, site.facility, SFTP)
    found = by_step(site.facility)
    asked = {one.key: one for one in found[Step.CONFIGURATION].asked}
    assert (asked["sftp.host"].value, asked["sftp.host"].given) == ("sftp.example.com", True)
    (secret,) = found[Step.AUTHENTICATION].asked
    assert (secret.given, secret.value) == (False, None)
    assert "the step authentication is not done" in found[Step.ACTIVATE].missing
    secrets.set_secret(WAYBILL, secret.key, "s3cret")
    found = by_step(site.facility)
    assert found[Step.AUTHENTICATION].done
    assert "s3cret" not in repr(found)


def test_plan_deactivation_says_what_waits_on(site: Site) -> None:
    site.add_invoices(3)
    facilities.activate(WAYBILL, site.facility)
    plan = plan_deactivation(site.facility)
    assert (plan.facility, plan.schedules_disabled, plan.pending) == ("Bank files", [], 3)


def test_automation_is_for_active_facilities(site: Site) -> None:
    assert "is draft" in why_no_automation(site.facility)
    facilities.activate(WAYBILL, site.facility)
    assert why_no_automation(site.facility) == ""


def test_health_is_of_the_last_job_and_the_last_that_sent(site: Site) -> None:
    assert health()[site.facility.id] == (None, None, None, "", None, ())
    site.add_invoices(1)
    sent = site.run()
    failed = site.run(error=CANNOT_WRITE)
    site.new_job()
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(site.facility.id, "sftp", "no route")
    now = health()[site.facility.id]
    assert (now.job_id, now.state, now.reason) == (failed.id, JobState.FAILED, CANNOT_WRITE.reason)
    assert (now.exported_at, now.left_alone) == (sent.finished_at, ("sftp",))
    other = make_site("Other").facility
    assert health()[other.id] == (None, None, None, "", None, ())


@pytest.mark.sqlite
def test_health_walks_each_facilitys_jobs_from_the_newest(site: Site) -> None:
    del site
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {facility_list._LAST}")]
    assert sum("export_job_facility_id (facility_id=?)" in step for step in plan) == 2, plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_facilities_are_listed_and_found_only_where_the_actor_has_a_role(site: Site) -> None:
    other = make_site("Other", facility="Bank files")
    anna = site.add_user("anna@example.com", Role.INTEGRATION_SETUP)
    actor = Actor(user_id=anna.id, name=anna.email)
    assert [one.facility.id for one in facility_list.listed(actor)] == [site.facility.id]
    assert len(facility_list.listed(WAYBILL)) == 2
    assert [one.facility.id for one in facility_list.listed(WAYBILL, other.entity)] == [other.facility.id]
    assert facility_list.find(actor, "Bank files").id == site.facility.id
    assert facility_list.find(WAYBILL, str(other.facility.id)).id == other.facility.id
    with pytest.raises(NotFound):
        facility_list.find(actor, other.facility.id)
    with pytest.raises(InvalidInput, match="several legal entities"):
        facility_list.find(WAYBILL, "Bank files")


def test_catalogue_is_what_the_systems_declare() -> None:
    found = {system.key: system for system in catalogue()}
    assert (found["pickup"].configuration, found["pickup"].authentication) == ((), ())
    assert found["sftp"].configuration == ("Host", "User")
    assert found["sftp"].authentication == ("Password", "Private key")


def test_activation_that_would_switch_other_things_than_planned_is_refused(site: Site) -> None:
    planned = facilities.plan_activation(site.facility)
    other = facilities.create(WAYBILL, site.entity, "Other", site.destination, {})
    facilities.activate(WAYBILL, other)
    with pytest.raises(Conflict, match="since this was planned"):
        facilities.activate(WAYBILL, site.facility, planned=planned)
    assert Facility.get_by_id(other.id).state == FacilityState.ACTIVE
    facilities.activate(WAYBILL, site.facility, planned=facilities.plan_activation(site.facility))
    assert Facility.get_by_id(other.id).state == FacilityState.INACTIVE


def test_breakers_of_a_facility_are_those_that_failed_lately(site: Site) -> None:
    assert breakers.of_facility(site.facility.id) == []
    breakers.failed(site.facility.id, "sftp", "no route")
    (one,) = breakers.of_facility(site.facility.id)
    assert (one.gateway, one.state, one.reason) == ("sftp", breakers.BreakerState.CLOSED, "no route")
