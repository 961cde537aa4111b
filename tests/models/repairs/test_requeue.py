"""Queueing failed jobs again: the plan, the act, and that nothing goes twice or gets lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models import clock, destinations, facilities, parties
from models.audit import Actor, AuditEntry
from models.database import connection, execute
from models.destinations import LedgerRow, LedgerState
from models.errors import InvalidInput, PermissionDenied
from models.files import BatchFile
from models.invoices import Invoice
from models.jobs import Job, JobEvent, JobState, Route, claim, collecting, selection
from models.jobs.selection import Chosen
from models.people import WAYBILL, Role
from models.problems import Problem
from models.repairs import requeue
from models.repairs.plan import Plan
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site

WHY = "the folder can be written again"


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    return active_site()


def active_site(name: str = "Acme") -> Site:
    made = make_site(name)
    facilities.activate(WAYBILL, made.facility)
    return made


def going(plan: Plan) -> dict[int, int]:
    return {change.subject_id: change.invoices for change in plan.changes}


def reasons(plan: Plan) -> dict[int | None, str]:
    return {left.subject_id: left.code for left in plan.left_out}


def again(job: Job) -> None:
    result = requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), WHY)
    assert result.jobs == (job.id,)


def exported_by(site: Site) -> dict[int, int | None]:
    rows = execute(
        "SELECT invoice_id, CASE state WHEN 'exported' THEN job_id END FROM export_ledger"
        " WHERE destination_id = ?",
        (site.destination.id,),
    )
    return dict(rows.fetchall())


def _take(site: Site, invoice_id: int) -> None:
    """As if another job had exported it."""
    LedgerRow.update(state=LedgerState.EXPORTED, job_id=4711).where(
        LedgerRow.destination == site.destination, LedgerRow.invoice == invoice_id
    ).execute()


# The plan


def test_plan_of_a_failed_job_takes_its_pending_invoices(site: Site) -> None:
    site.add_invoices(3)
    job = site.run(error=CANNOT_WRITE)
    site.add_invoices(2)  # came later, and are not this job's
    plan = requeue.plan(WAYBILL, [job.id])
    assert going(plan) == {job.id: 3}
    assert "everything" not in plan.changes[0].detail
    assert plan.left_out == ()


def test_plan_names_what_became_of_the_invoices_that_do_not_go(site: Site) -> None:
    invoices = site.add_invoices(5)
    hold = Problem(code="odd", reason="the payee is blocked", remedy="unblock", hold=True)
    job = site.run(failing=dict.fromkeys(invoices[1:], BAD_ACCOUNT) | {invoices[0]: hold})
    Invoice.update(status="void").where(Invoice.id == invoices[1]).execute()
    _take(site, invoices[2])
    _pay_by_ach(invoices[3], site)
    plan = requeue.plan(WAYBILL, [job.id])
    assert going(plan) == {job.id: 1}
    assert {(aside.code, aside.invoices) for aside in plan.changes[0].asides} == {
        ("on_hold", 1),
        ("void", 1),
        ("exported", 1),
        ("other_route", 1),
    }
    texts = " / ".join(aside.reason for aside in plan.changes[0].asides)
    assert "exported meanwhile by job 4711" in texts
    assert "the payee is blocked" in texts


def _pay_by_ach(invoice_id: int, site: Site) -> None:
    payee = parties.create(WAYBILL, site.entity, "Red Inc", payment_method="ach")
    Invoice.update(party=payee).where(Invoice.id == invoice_id).execute()


def test_plan_of_a_job_that_took_nothing_takes_what_is_pending(site: Site) -> None:
    site.add_invoices(2)
    job = site.run(error=CANNOT_WRITE, collect=False)
    site.add_invoices(2)
    plan = requeue.plan(WAYBILL, [job.id])
    assert going(plan) == {job.id: 4}
    assert "everything that is pending, now 4 invoices" in plan.changes[0].detail


def test_plan_leaves_out_what_cannot_be_queued_and_says_why(site: Site) -> None:
    site.add_invoices(1)
    failed = site.run(error=CANNOT_WRITE)
    done = site.run()
    waiting = site.new_job()
    plan = requeue.plan(WAYBILL, [failed.id, done.id, waiting.id, 99])
    assert going(plan) == {}
    assert reasons(plan) == {
        failed.id: "nothing_left",
        done.id: "not_failed",
        waiting.id: "already_queued",
        99: "not_found",
    }
    assert f"1 exported meanwhile by job {done.id}" in plan.left_out[0].reason


def test_plan_of_an_inactive_facility_is_left_out_with_the_command(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    facilities.deactivate(WAYBILL, site.facility)
    (left,) = requeue.plan(WAYBILL, [job.id]).left_out
    assert left.code == "facility_not_active"
    assert "waybill facility activate 'Bank files'" in left.remedy


def test_plan_of_a_running_job_is_left_out(site: Site) -> None:
    job = site.new_job()
    Job.update(state="in_progress").where(Job.id == job.id).execute()
    assert reasons(requeue.plan(WAYBILL, [job.id])) == {job.id: "running"}


def test_plan_of_many_counts_each_invoice_once_with_the_oldest_job(site: Site) -> None:
    site.add_invoices(3)
    first = site.run(error=CANNOT_WRITE)
    site.add_invoices(2)
    second = site.run(error=CANNOT_WRITE)
    third = site.run(error=CANNOT_WRITE)
    plan = requeue.plan(WAYBILL, [third.id, second.id, first.id])
    assert going(plan) == {first.id: 3, second.id: 2}
    assert reasons(plan) == {third.id: "goes_with_other"}
    assert plan.invoices == 5
    assert plan.changes[1].asides == ((3, "goes_with_other", "going with an earlier job of this plan"),)


def test_plan_of_jobs_that_took_nothing_lets_the_oldest_take_all(site: Site) -> None:
    other = active_site("Other")
    for each in (site, other):
        each.add_invoices(2)
    jobs = [each.run(error=CANNOT_WRITE, collect=False) for each in (site, site, other)]
    collected = site.run(error=CANNOT_WRITE)
    plan = requeue.plan(WAYBILL, [job.id for job in [*jobs, collected]])
    assert going(plan) == {jobs[0].id: 2, jobs[2].id: 2}
    assert reasons(plan) == {jobs[1].id: "goes_with_other", collected.id: "goes_with_other"}


def test_plan_of_jobs_that_took_nothing_with_nothing_pending_leaves_out_all(site: Site) -> None:
    jobs = [site.run(error=CANNOT_WRITE, collect=False).id for _ in range(2)]
    assert reasons(requeue.plan(WAYBILL, jobs)) == dict.fromkeys(jobs, "nothing_left")


def test_plan_for_a_user_without_the_role_says_which_is_needed(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    user = site.add_user("setup@example.com", Role.INTEGRATION_SETUP)
    actor = Actor(user_id=user.id, name=user.email)
    (left,) = requeue.plan(actor, [job.id]).left_out
    assert left.code == "permission_denied"
    assert "Support" in left.remedy
    with pytest.raises(PermissionDenied):
        requeue.apply(actor, requeue.plan(WAYBILL, [job.id]), WHY)


def test_plan_of_a_job_of_another_entity_is_not_found(site: Site) -> None:
    other = active_site("Other")
    other.add_invoices(1)
    job = other.run(error=CANNOT_WRITE)
    user = site.add_user("anna@example.com", Role.SUPPORT)
    assert reasons(requeue.plan(Actor(user_id=user.id, name=user.email), [job.id])) == {job.id: "not_found"}


def test_plan_of_too_many_jobs_is_refused(home: Path) -> None:
    assert home.is_dir()
    with pytest.raises(InvalidInput, match="too many"):
        requeue.plan(WAYBILL, range(requeue.LIMIT + 1))


# The act


def test_apply_makes_the_job_pending_as_of_now_and_keeps_its_attempts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    later = clock.now() + timedelta(days=40)
    monkeypatch.setattr(clock, "now", lambda: later)
    again(job)
    queued = Job.get_by_id(job.id)
    assert (queued.state, queued.tries, queued.attempt) == (JobState.PENDING, 0, 1)
    assert (queued.run_at, queued.plan, queued.started_at, queued.finished_at) == (None, None, None, None)
    assert (queued.code, queued.reason, queued.remedy) == ("", "", "")
    assert queued.as_of == later
    assert queued.posting_date == later.date().isoformat()


def test_apply_takes_the_posting_date_of_the_entitys_zone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute("UPDATE legal_entity SET zone = 'Pacific/Auckland'")
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 1, 1, 20, tzinfo=UTC))
    again(job)
    assert Job.get_by_id(job.id).posting_date == "2030-01-02"


def test_apply_writes_history_and_audit_with_the_reason(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    again(job)
    event = JobEvent.select().order_by(JobEvent.id.desc()).get()
    assert (event.what, event.actor, event.reason, event.attempt) == ("queued again", "waybill", WHY, 1)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.action, entry.subject, entry.subject_id, entry.reason) == ("requeue", "job", job.id, WHY)
    assert entry.before == {"state": "failed", "code": CANNOT_WRITE.code, "reason": CANNOT_WRITE.reason}


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_apply_without_a_reason_is_refused_and_changes_nothing(site: Site, reason: str) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    with pytest.raises(InvalidInput):
        requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), reason)
    assert Job.get_by_id(job.id).state == JobState.FAILED


def test_apply_twice_changes_nothing_the_second_time_and_says_so(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    plan = requeue.plan(WAYBILL, [job.id])
    assert requeue.apply(WAYBILL, plan, WHY).jobs == (job.id,)
    second = requeue.apply(WAYBILL, plan, WHY)
    assert (second.jobs, second.repeated) == ((), True)
    (left,) = requeue.plan(WAYBILL, [job.id]).left_out
    assert (left.code, left.reason) == ("already_queued", "it is queued already")
    assert AuditEntry.select().where(AuditEntry.action == "requeue").count() == 1


def test_apply_of_a_plan_that_has_aged_reports_what_changed(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    plan = requeue.plan(WAYBILL, [job.id])
    site.run()  # takes the invoice meanwhile
    result = requeue.apply(WAYBILL, plan, WHY)
    assert result.jobs == ()
    assert [left.code for left in result.left_out] == ["nothing_left"]
    assert Job.get_by_id(job.id).state == JobState.FAILED


def test_apply_in_batches_queues_every_job_of_a_long_plan(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeue, "BATCH", 2)
    jobs = []
    for _ in range(5):
        site.add_invoices(1)
        jobs.append(site.run(error=CANNOT_WRITE).id)
    plan = requeue.plan(WAYBILL, jobs)
    assert requeue.apply(WAYBILL, plan, WHY).jobs == tuple(jobs)


def test_apply_by_two_at_once_queues_the_job_once(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    plan = requeue.plan(WAYBILL, [job.id])
    start, queued = threading.Barrier(4), list[int]()

    def press() -> None:
        start.wait()
        with connection():
            queued.extend(requeue.apply(WAYBILL, plan, WHY).jobs)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queued == [job.id]
    assert AuditEntry.select().where(AuditEntry.action == "requeue").count() == 1


# What comes of it


def test_requeued_job_exports_its_own_invoices_once(site: Site) -> None:
    mine = site.add_invoices(3)
    job = site.run(error=CANNOT_WRITE)
    later = set(site.add_invoices(2)) - set(mine)
    again(job)
    assert site.run(again=job).state == JobState.COMPLETED
    assert exported_by(site) == dict.fromkeys(mine, job.id) | dict.fromkeys(later)


def test_requeued_job_with_a_file_that_left_writes_another_one(site: Site) -> None:
    bad, *good = site.add_invoices(3)
    job = site.run(failing={bad: BAD_ACCOUNT})
    again(job)
    ended = site.run(again=job)
    assert (ended.state, ended.succeeded) == (JobState.COMPLETED, 3)
    assert exported_by(site) == dict.fromkeys([bad, *good], job.id)
    files = BatchFile.select().where(BatchFile.job == job).order_by(BatchFile.id)
    assert [(file.name, file.state) for file in files] == [
        ("batch.csv", "closed"),
        ("batch_2.csv", "rendered"),
    ]


def test_requeued_job_whose_file_never_left_voids_it(site: Site) -> None:
    site.add_invoices(1)
    job = site.run(error=CANNOT_WRITE)
    BatchFile.create(entity=site.entity, job=job, route="other", format="csv", name="never.csv")
    again(job)
    assert BatchFile.get().state == "void"


def test_requeued_job_leaves_alone_what_went_elsewhere_meanwhile(site: Site) -> None:
    first, second = site.add_invoices(2)
    job = site.run(failing={first: BAD_ACCOUNT, second: BAD_ACCOUNT})
    again(job)
    _take(site, first)
    assert site.run(again=job).state == JobState.COMPLETED
    assert exported_by(site) == {first: 4711, second: job.id}
    assert destinations.counts(site.destination)[LedgerState.EXPORTED] == 2


def test_plan_of_overlapping_restricted_jobs_counts_each_invoice_once(site: Site) -> None:
    """Two exports by hand of some of the same invoices, and a scheduled one, none of which took any yet."""
    one, two, three, four = site.add_invoices(4)
    jobs = []
    for chosen in ((one, two), (two, three), ()):
        job = site.new_job()
        selection.restrict(job.id, [Chosen(invoice_id) for invoice_id in chosen])
        jobs.append(site.run(error=CANNOT_WRITE, collect=False, again=job).id)
    plan = requeue.plan(WAYBILL, jobs)
    assert going(plan) == dict(zip(jobs, (2, 1, 1), strict=True))
    assert plan.invoices == 4
    assert plan.changes[1].asides == ((1, "goes_with_other", "going with an earlier job of this plan"),)
    assert requeue.apply(WAYBILL, plan, WHY).jobs == tuple(jobs)
    assert site.run(again=Job.get_by_id(jobs[0])).succeeded == 2
    assert site.run(again=Job.get_by_id(jobs[1])).succeeded == 1
    assert site.run(again=Job.get_by_id(jobs[2])).succeeded == 1
    assert exported_by(site) == {one: jobs[0], two: jobs[0], three: jobs[1], four: jobs[2]}


def test_plan_of_a_restricted_job_whose_invoices_went_says_which_way(site: Site) -> None:
    (one,) = site.add_invoices(1)
    job = site.new_job()
    selection.restrict(job.id, [Chosen(one)])
    failed = site.run(error=CANNOT_WRITE, collect=False, again=job)
    done = site.run()
    (left,) = requeue.plan(WAYBILL, [failed.id]).left_out
    assert (left.code, f"1 exported meanwhile by job {done.id}" in left.reason) == ("nothing_left", True)


def test_requeued_job_says_of_each_item_that_does_not_go_what_became_of_it(site: Site) -> None:
    held, void, gone, other, mine = site.add_invoices(5)
    job = site.run(failing=dict.fromkeys((held, void, gone, other, mine), BAD_ACCOUNT))
    Invoice.update(status="void").where(Invoice.id == void).execute()
    execute(
        "UPDATE export_ledger SET state = 'on_hold', reason = 'the payee is blocked' WHERE invoice_id = ?",
        (held,),
    )
    _take(site, gone)
    _pay_by_ach(other, site)
    again(job)
    taken = claim(job.id, "here")
    assert taken is not None
    collecting.collect(taken, [Route.OTHER], {})
    rows = execute("SELECT invoice_id, reason FROM export_item WHERE job_id = ?", (job.id,))
    assert dict(rows.fetchall()) == {
        held: "its invoice is on hold: the payee is blocked",
        void: "its invoice is void",
        gone: "exported meanwhile by job 4711",
        other: "its payee is paid another way now, which this job does not write",
        mine: "",
    }
