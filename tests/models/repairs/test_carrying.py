"""A plan is carried out once: stopped and gone on with, sent twice, or when all has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import facilities
from models.audit import Actor, AuditEntry
from models.database import execute
from models.destinations import LedgerState, counts
from models.errors import Conflict, InvalidInput, PermissionDenied
from models.jobs import Job, JobState
from models.people import WAYBILL, Role
from models.repairs import carrying, mark, requeue, revert
from models.repairs.carrying import RepairBatch, stored
from models.repairs.ledger import Choice
from models.repairs.plan import Kind, Plan
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site

WHY = "a person said so"
EVERY = Choice(state=LedgerState.PENDING)


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: ARG001 - the installation
    """Seven pending invoices, of which three go into a batch."""
    monkeypatch.setattr(carrying, "BATCH", 3)
    made = make_site()
    facilities.activate(WAYBILL, made.facility)
    made.add_invoices(7)
    return made


def marking(site: Site) -> Plan:
    return mark.plan(WAYBILL, site.destination, EVERY)


def exported(site: Site) -> int:
    return counts(site.destination)[LedgerState.EXPORTED]


def after(batches: int) -> carrying.Stop:
    """Says stop once so many batches are done."""
    answers: Iterator[bool] = iter([False] * batches + [True])
    return lambda: next(answers)


def apply(plan: Plan, stop: carrying.Stop | None = None) -> tuple[int, int, bool]:
    result = mark.apply(WAYBILL, plan, WHY, stop=stop)
    return len(result.done), result.remaining, result.repeated


def test_plan_stopped_between_two_batches_is_gone_on_with_and_then_done(site: Site) -> None:
    plan = marking(site)
    assert apply(plan, after(1)) == (3, 4, False)
    assert exported(site) == 3
    assert apply(plan, after(1)) == (3, 1, True)
    assert apply(plan) == (1, 0, True)
    assert exported(site) == 7
    assert apply(plan) == (0, 0, True)
    assert AuditEntry.select().where(AuditEntry.action == "mark as exported").count() == 7


def test_plan_whose_process_died_is_found_by_its_id_with_what_is_open(site: Site) -> None:
    plan = marking(site)
    apply(plan, after(2))
    found = stored(WAYBILL, Kind.MARK, plan.id)
    assert found is not None
    assert [change.name for change in found.changes] == [plan.changes[-1].name]
    assert (found.id, found.destination_id) == (plan.id, site.destination.id)
    assert apply(found) == (1, 0, True)
    assert stored(WAYBILL, Kind.MARK, plan.id) is not None
    assert stored(WAYBILL, Kind.MARK, "never sent") is None


def test_batch_that_fails_changes_nothing_and_stays_open(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = marking(site)

    def broken(*arguments: object) -> None:
        raise RuntimeError(arguments)

    with monkeypatch.context() as patch:
        patch.setattr(mark, "audit_invoices", broken)
        with pytest.raises(RuntimeError):
            apply(plan)
    assert exported(site) == 0
    assert RepairBatch.select().where(RepairBatch.done_at.is_null()).count() == 3
    assert apply(plan) == (7, 0, True)


def test_plan_sent_with_the_id_of_another_act_is_refused(site: Site) -> None:
    plan = marking(site)
    apply(plan)
    back = revert.plan(WAYBILL, site.destination, Choice(state=LedgerState.EXPORTED))
    with pytest.raises(Conflict, match="mark as exported") as caught:
        revert.apply(WAYBILL, Plan(kind=Kind.REVERT, id=plan.id, changes=back.changes, destination_id=1), WHY)
    assert caught.value.code == "request_id_used"
    assert exported(site) == 7


def test_plan_needs_the_role_at_every_sending_and_a_reason_that_says_something(site: Site) -> None:
    plan = marking(site)
    weak = site.add_user("setup@example.com", Role.INTEGRATION_SETUP)
    with pytest.raises(PermissionDenied):
        mark.apply(Actor(user_id=weak.id, name=weak.email), plan, WHY)
    with pytest.raises(InvalidInput):
        mark.apply(WAYBILL, plan, "  ")
    assert (exported(site), RepairBatch.select().count()) == (0, 0)


def test_requeue_plan_of_a_job_that_failed_again_meanwhile_leaves_it_alone(site: Site) -> None:
    job = site.run(error=CANNOT_WRITE)
    first, second = requeue.plan(WAYBILL, [job.id]), requeue.plan(WAYBILL, [job.id])
    assert requeue.apply(WAYBILL, first, WHY).jobs == (job.id,)
    site.run(error=CANNOT_WRITE, again=job)
    assert requeue.apply(WAYBILL, first, WHY).repeated
    assert [left.code for left in requeue.apply(WAYBILL, second, WHY).left_out] == ["changed_since_plan"]
    assert Job.get_by_id(job.id).state == JobState.FAILED


def test_requeue_stopped_by_a_person_leaves_the_rest_failed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeue, "BATCH", 1)
    jobs = [site.run(error=CANNOT_WRITE).id]
    site.add_invoices(1)
    jobs.append(site.run(error=CANNOT_WRITE).id)
    plan = requeue.plan(WAYBILL, jobs)
    assert [change.invoices for change in plan.changes] == [7, 1]
    stopped = requeue.apply(WAYBILL, plan, WHY, stop=after(1))
    assert (stopped.jobs, stopped.remaining) == ((jobs[0],), 1)
    assert requeue.apply(WAYBILL, plan, WHY).jobs == (jobs[1],)


def test_change_is_kept_and_read_back_as_it_was(site: Site) -> None:
    plan = marking(site)
    apply(plan, after(0))
    kept = stored(WAYBILL, Kind.MARK, plan.id)
    assert kept is not None
    assert kept.changes == plan.changes


def test_batch_that_is_done_keeps_no_changes(site: Site) -> None:
    apply(marking(site))
    assert {row[0] for row in execute("SELECT changes FROM repair_batch").fetchall()} == {"[]"}


@pytest.mark.parametrize("reason", ["", " \n", "\u200b", "\x00 \u2060"])
def test_reason_in_which_nothing_can_be_read_is_refused(site: Site, reason: str) -> None:
    with pytest.raises(InvalidInput, match="reason is empty"):
        mark.apply(WAYBILL, marking(site), reason)
    assert exported(site) == 0
