"""Re-export: what left goes once more by a job of just the chosen ones, and only as the plan showed it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import entities, manual, timeline
from models.audit import Actor
from models.errors import Conflict, InvalidInput
from models.invoices import Invoice
from models.jobs import Job, JobState
from models.people import WAYBILL, Role, grant
from models.repairs import re_export
from models.repairs.ledger import Choice
from tests.models.repairs import reverted
from tests.worker.export_site import Site, make_site
from worker import export

WHY = "the customer lost it"


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    """Two exported invoices, and one that came later."""
    made = make_site()
    made.invoice("A-1")
    made.invoice("A-2", vendor="Red Inc", issue_date="2026-11-09")
    assert export.run(made.job().id) == JobState.COMPLETED
    made.invoice("A-3")
    return made


def finance(site: Site) -> Actor:
    return Actor(user_id=site.finance.id, name=site.finance.email)


@pytest.mark.parametrize(
    ("choice", "going", "left"),
    [
        (Choice(numbers=("A-1", "A-3", "B-9")), ["A-1"], [("B-9", "not_found"), ("A-3", "pending")]),
        (Choice(since=date(2026, 11, 5)), ["A-2"], []),
        (Choice(until=date(2026, 11, 5)), ["A-1"], [("A-3", "pending")]),
        (Choice(job_id=1), ["A-1", "A-2"], []),
    ],
)
def test_re_export_plan_of_a_choice_names_what_goes_and_what_does_not(
    site: Site, choice: Choice, going: list[str], left: list[tuple[str, str]]
) -> None:
    plan = re_export.plan(finance(site), site.facility, choice)
    assert [change.name for change in plan.changes] == going
    assert [(one.name, one.code) for one in plan.left_out] == left
    assert "left in InvoiceBatch_" in plan.changes[0].detail
    assert "booked twice" in plan.warnings[0]


def test_re_export_by_party_makes_one_job_of_just_these_and_only_once(site: Site) -> None:
    choice = Choice(party_id=site.vendor("Red Inc").id)
    plan = re_export.plan(finance(site), site.facility, choice)
    result = re_export.apply(finance(site), plan, WHY)
    again = re_export.apply(finance(site), plan, WHY)
    assert (len(result.jobs), again.jobs, again.repeated) == (1, (), True)
    assert export.run(result.jobs[0]) == JobState.COMPLETED
    job = Job.get_by_id(result.jobs[0])
    assert (job.succeeded, WHY in job.note) == (1, True)
    assert site.ledger() == {"A-1": "exported", "A-2": "exported", "A-3": "pending"}
    assert sum(content.count(b"A-2") for content in site.published().values()) == 2
    told = [event.what for event in timeline.events(Invoice.get(Invoice.number == "A-2"))]
    assert "export again" in told


def test_re_export_keeps_its_request_id_from_an_export_by_hand(site: Site) -> None:
    plan = re_export.plan(finance(site), site.facility, Choice(numbers=("A-1",)))
    assert re_export.apply(finance(site), plan, WHY).jobs
    with pytest.raises(Conflict, match="used for another export"):
        manual.asked_before(finance(site), site.facility, plan.id)


def test_re_export_leaves_out_what_another_has_changed_since_the_plan(site: Site) -> None:
    plan = re_export.plan(finance(site), site.facility, Choice(numbers=("A-1", "A-2")))
    reverted(site.destination, "A-1")
    result = re_export.apply(finance(site), plan, WHY)
    assert [(left.name, left.code) for left in result.left_out] == [("A-1", "changed_since_plan")]
    assert [change.name for change in result.done] == ["A-2"]


def test_re_export_of_nothing_that_stands_still_makes_no_job(site: Site) -> None:
    plan = re_export.plan(finance(site), site.facility, Choice(numbers=("A-1",)))
    reverted(site.destination, "A-1")
    before = Job.select().count()
    assert re_export.apply(finance(site), plan, WHY).jobs == ()
    assert Job.select().count() == before


def test_re_export_of_an_invoice_of_a_way_that_is_not_written_is_left_out(site: Site) -> None:
    site.pay_by_ach("Red Inc")
    site.facility.settings = {}  # so it has no bank to pay from
    site.facility.save()
    (left,) = re_export.plan(finance(site), site.facility, Choice(numbers=("A-2",))).left_out
    assert left.code == "other_route"


def test_re_export_while_manual_exports_are_disabled_is_refused_and_said_beforehand(site: Site) -> None:
    plan = re_export.plan(finance(site), site.facility, Choice(numbers=("A-1",)))
    entities.edit(WAYBILL, site.entity, manual_exports=False)
    told = re_export.plan(finance(site), site.facility, Choice(numbers=("A-1",))).warnings
    assert "manual_exports is off" in told[1]
    with pytest.raises(Conflict, match="manual_exports"):
        re_export.apply(finance(site), plan, WHY)


def test_re_export_by_who_may_repair_but_holds_no_finance_is_refused(site: Site) -> None:
    admin = site.finance.__class__.create(email="admin@example.com")
    grant(WAYBILL, admin, Role.ADMINISTRATOR, site.entity.id)
    actor = Actor(user_id=admin.id, name=admin.email)
    plan = re_export.plan(actor, site.facility, Choice(numbers=("A-1",)))
    assert "does not hold the role Finance" in plan.warnings[1]
    with pytest.raises(InvalidInput, match="Finance"):
        re_export.apply(actor, plan, WHY)
