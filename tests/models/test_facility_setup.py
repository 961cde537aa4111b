"""A facility's way from nothing to active: what each step asks, lacks and switches, and how it does then."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import breakers, facilities, facility_setup, secrets
from models.database import execute
from models.facilities import Facility
from models.facility_setup import Step, StepState, health, plan_deactivation, steps, why_no_automation
from models.jobs import JobState
from models.people import WAYBILL
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
    assert health(site.entity)[site.facility.id] == (None, None, None, "", None, ())
    site.add_invoices(1)
    sent = site.run()
    failed = site.run(error=CANNOT_WRITE)
    site.new_job()
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(site.facility.id, "sftp", "no route")
    now = health(site.entity)[site.facility.id]
    assert (now.job_id, now.state, now.reason) == (failed.id, JobState.FAILED, CANNOT_WRITE.reason)
    assert (now.exported_at, now.left_alone) == (sent.finished_at, ("sftp",))
    assert health(make_site("Other").entity).keys().isdisjoint({site.facility.id})


@pytest.mark.sqlite
def test_health_walks_each_facilitys_jobs_from_the_newest(site: Site) -> None:
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {facility_setup._LAST}", (site.entity.id,))]
    assert sum("export_job_facility_id (facility_id=?)" in step for step in plan) == 2, plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
