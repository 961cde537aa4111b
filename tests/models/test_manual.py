"""Manual exports: what is found, what goes, what goes again, and one job a request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import time_machine

from models import clock, entities, facilities, invoices, manual, people, schedules, timeline
from models.audit import WAYBILL, Actor, AuditEntry
from models.database import connection, execute
from models.destinations import LedgerRow, LedgerState
from models.errors import Conflict, InvalidInput, PermissionDenied, WaybillError
from models.facilities import Facility
from models.invoices import Invoice, InvoiceStatus
from models.jobs import Job, JobSelection, JobState, Output, Route, collecting, selection
from models.jobs.detail import find as find_job
from models.manual import Choice, Kind, ManualPlan, Standing, Written
from models.parties import Party, PaymentMethod
from models.people import Role
from models.recurrence import Frequency, Recurrence
from models.repairs import requeue
from tests.models import ended_jobs
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE

CSV = Written(outputs={Route.OTHER: Output(format="csv")})
WHY = "the bank lost the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of ended jobs, and somebody of Finance who asks."""

    jobs: ended_jobs.Site
    finance: Actor

    @property
    def facility(self) -> Facility:
        """As it is now."""
        found: Facility = Facility.get_by_id(self.jobs.facility.id)
        return found

    def find(
        self, choice: Choice | None = None, *, again: bool = False, actor: Actor | None = None
    ) -> ManualPlan:
        """A plan that writes CSV."""
        return manual.find(
            actor or self.finance,
            self.facility,
            choice or Choice(),
            CSV,
            again=again,
            request_id=manual.new_request_id(),
        )

    def ask(self, *invoice_ids: int, again: bool = False) -> Job:
        """The job of a request for these invoices."""
        plan = self.find(Choice(invoices=invoice_ids), again=again)
        requested = manual.request(self.finance, plan, WHY if again else "")
        assert requested.made
        job: Job = Job.get_by_id(requested.job_id)
        return job

    def states(self) -> dict[int, str]:
        """Invoice → ledger state."""
        return dict(execute("SELECT invoice_id, state FROM export_ledger").fetchall())


@pytest.fixture
def site(home: Path) -> Iterator[Site]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel("2026-03-02T08:00:00Z", tick=True):
        made = ended_jobs.make_site()
        facilities.activate(WAYBILL, made.facility)
        user = made.add_user("finn@example.com", Role.FINANCE)
        yield Site(jobs=made, finance=Actor(user_id=user.id, name=user.email))


def going(plan: ManualPlan) -> list[int]:
    return [one.invoice_id for one in plan.going]


def items_of(job: Job) -> list[int]:
    rows = execute("SELECT invoice_id FROM export_item WHERE job_id = ? ORDER BY invoice_id", (job.id,))
    return [row[0] for row in rows]


def refused(act: WaybillError | None) -> str:
    assert act is not None
    return act.code


# What is found


def test_find_says_where_each_chosen_invoice_stands(site: Site) -> None:
    exported, changed = site.jobs.add_invoices(2)
    site.jobs.run()
    ended_jobs.change([changed])
    held, void, waiting = site.jobs.add_invoices(3)
    LedgerRow.update(state=LedgerState.ON_HOLD, reason="outcome unknown").where(
        LedgerRow.invoice == held
    ).execute()
    Invoice.update(status=InvoiceStatus.VOID).where(Invoice.id == void).execute()

    plan = site.find(Choice(invoices=(exported, changed, held, void, waiting)))

    assert {standing: plan.count(standing) for standing in Standing if plan.count(standing)} == {
        Standing.NOT_EXPORTED: 1,
        Standing.EXPORTED: 1,
        Standing.CHANGED: 1,
        Standing.ON_HOLD: 1,
        Standing.NOT_READY: 1,
    }
    assert going(plan) == [waiting]
    assert {one.invoice_id: one.code for one in plan.left_out} == {held: "on_hold", void: "not_ready"}
    [group] = [group for group in plan.found if group.standing is Standing.NOT_EXPORTED]
    assert (group.amount, group.currency) == ("12.30", "EUR")


def test_find_all_takes_what_is_not_exported_and_counts_the_rest(site: Site) -> None:
    site.jobs.add_invoices(3)
    site.jobs.run()
    waiting = site.jobs.add_invoices(2)
    plan = site.find()
    assert (plan.choice.kind, going(plan), plan.count(Standing.EXPORTED)) == (Kind.ALL, waiting, 3)


def test_find_by_party_and_days_takes_only_these_days_inclusive(site: Site) -> None:
    first, second, third, other = site.jobs.add_invoices(4)
    for invoice_id, day in ((first, "2026-01-31"), (second, "2026-02-01"), (third, "2026-02-28")):
        Invoice.update(issue_date=day).where(Invoice.id == invoice_id).execute()
    elsewhere = Party.create(entity=site.jobs.entity, name="Green Ltd")
    Invoice.update(party=elsewhere, issue_date="2026-02-10").where(Invoice.id == other).execute()
    since, until = date(2026, 2, 1), date(2026, 2, 28)

    assert going(site.find(Choice(since=since, until=until))) == [second, third, other]
    assert going(site.find(Choice(parties=(site.jobs.party.id,), since=since, until=until))) == [
        second,
        third,
    ]
    assert going(site.find(Choice(until=date(2026, 1, 31)))) == [first]


def test_find_of_another_entitys_invoice_finds_nothing(site: Site) -> None:
    other = ended_jobs.make_site("Other", facility="Theirs")
    [theirs] = other.add_invoices(1)
    plan = site.find(Choice(invoices=(theirs,)))
    assert plan.found == () == plan.going
    assert refused(manual.refusal(site.finance, plan)) == "nothing_to_export"


def test_find_leaves_out_the_invoice_of_an_ach_payee_when_no_ach_file_is_written(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    Party.update(payment_method=PaymentMethod.ACH).execute()
    plan = site.find(Choice(invoices=(invoice,)))
    assert plan.going == ()
    assert "paid another way" in plan.left_out[0].reason


@pytest.mark.parametrize(
    "choice",
    [
        {"since": date(2026, 2, 2), "until": date(2026, 2, 1)},
        {"invoices": (1,), "parties": (2,)},
        {"invoices": tuple(range(1001))},
    ],
    ids=["days turned round", "invoices of a party", "too many"],
)
def test_choice_that_cannot_be_is_refused(choice: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Choice(**choice)  # type: ignore[arg-type]


def test_all_ever_exported_cannot_go_again_at_once(site: Site) -> None:
    with pytest.raises(InvalidInput, match="cannot go again at once"):
        site.find(again=True)


def test_default_outputs_are_the_schedules_else_csv(site: Site) -> None:
    assert manual.default_outputs(site.facility).outputs == CSV.outputs
    instruction = schedules.Instruction(
        name="nightly",
        on_behalf_of=site.finance.user_id or 0,
        recurrence=Recurrence(kind=Frequency.DAILY, start_date=date(2026, 3, 2), at=time(2, 0)),
        outputs={Route.OTHER: Output(format="json")},
    )
    schedules.create(WAYBILL, site.facility, instruction)
    written = manual.default_outputs(site.facility)
    assert written.outputs == instruction.outputs
    assert "nightly" in written.source


# The job


def test_request_makes_one_job_of_exactly_the_chosen_invoices(site: Site) -> None:
    first, _, third = site.jobs.add_invoices(3)
    job = site.ask(first, third)
    assert (job.state, job.on_behalf_of.id, job.note) == (
        JobState.PENDING,
        site.finance.user_id,
        "by hand, 2 chosen invoices",
    )
    later = site.jobs.add_invoices(1)  # all pending ones; the last one came after the request
    ended = site.jobs.run(again=job)
    assert (ended.state, items_of(job)) == (JobState.COMPLETED, [first, third])
    assert [site.states()[each] for each in later if each not in (first, third)] == ["pending", "pending"]


def test_request_writes_who_chose_what_into_the_audit(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    job = site.ask(invoice)
    entry = AuditEntry.get(AuditEntry.action == "export by hand")
    assert (entry.actor, entry.subject_id, entry.after["invoices"]) == ("finn@example.com", job.id, 1)


def test_what_was_exported_goes_again_by_choice_with_a_reason_and_once(site: Site) -> None:
    first, second = site.jobs.add_invoices(2)
    before = site.jobs.run()
    plan = site.find(Choice(invoices=(first,)))
    assert refused(manual.refusal(site.finance, plan)) == "exported_already"
    with pytest.raises(InvalidInput, match="reason"):
        manual.request(site.finance, site.find(Choice(invoices=(first,)), again=True))

    job = site.ask(first, again=True)
    assert site.states() == {first: "exported", second: "exported"}
    ended = site.jobs.run(again=job)

    assert (ended.state, items_of(job)) == (JobState.COMPLETED, [first])
    assert dict(execute("SELECT invoice_id, job_id FROM export_ledger").fetchall()) == {
        first: job.id,
        second: before.id,
    }
    acts = [event for event in timeline.events(Invoice.get_by_id(first)) if event.what == "export again"]
    assert [(event.by, event.detail) for event in acts] == [("finn@example.com", WHY)]


def test_two_people_who_choose_the_same_again_send_it_once_more_not_twice(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    site.jobs.run()
    one, other = site.ask(invoice, again=True), site.ask(invoice, again=True)
    assert site.jobs.run(again=one).succeeded == 1
    late = site.jobs.run(again=other)
    assert (late.state, late.succeeded, items_of(other)) == (JobState.COMPLETED, 0, [])


def test_ordinary_job_never_takes_what_was_exported(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    site.jobs.run()
    job = site.ask(invoice, again=True)
    Job.update(run_at=clock.now() + timedelta(hours=1)).where(Job.id == job.id).execute()
    assert items_of(site.jobs.run()) == []


def test_what_was_to_go_again_and_did_not_leave_is_pending_like_any_other(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    site.jobs.run()
    job = site.jobs.run(again=site.ask(invoice, again=True), failing={invoice: BAD_ACCOUNT})
    assert (job.state, site.states()[invoice]) == (JobState.FAILED, "pending")
    requeue.apply(WAYBILL, requeue.plan(WAYBILL, [job.id]), WHY)
    assert site.jobs.run(again=Job.get_by_id(job.id)).succeeded == 1
    assert site.states()[invoice] == "exported"


def test_what_was_chosen_but_left_meanwhile_is_not_taken(site: Site) -> None:
    first, second = site.jobs.add_invoices(2)
    job = site.ask(first, second)
    LedgerRow.update(state=LedgerState.EXPORTED).where(LedgerRow.invoice == first).execute()
    site.jobs.run(again=job)
    assert items_of(job) == [second]


def test_job_that_failed_before_it_took_any_takes_its_own_when_queued_again(site: Site) -> None:
    first, _ = site.jobs.add_invoices(2)
    job = site.jobs.run(again=site.ask(first), collect=False, error=CANNOT_WRITE)
    assert find_job(WAYBILL, job.id).invoices.pending == 1
    plan = requeue.plan(WAYBILL, [job.id])
    assert [(one.invoices, "everything" in one.detail) for one in plan.changes] == [(1, False)]
    assert requeue.apply(WAYBILL, plan, WHY).jobs == (job.id,)
    again = requeue.apply(WAYBILL, plan, WHY)
    assert (again.jobs, again.repeated) == ((), True)
    (left,) = requeue.plan(WAYBILL, [job.id]).left_out
    assert left.code == "already_queued"
    site.jobs.run(again=Job.get_by_id(job.id))
    assert items_of(job) == [first]
    assert selection.waiting(job.id) == 0


# One request, one job


def test_same_request_sent_again_answers_with_its_job(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    plan = site.find(Choice(invoices=(invoice,)))
    first = manual.request(site.finance, plan)
    second = manual.request(site.finance, plan)
    site.jobs.run(again=Job.get_by_id(first.job_id))
    third = manual.request(site.finance, plan)
    assert (first.made, second.made, third.made) == (True, False, False)
    assert {first.job_id, second.job_id, third.job_id} == {first.job_id}
    assert (Job.select().count(), JobSelection.select().count()) == (1, 1)


def test_same_request_sent_by_several_at_once_makes_one_job(site: Site) -> None:
    plan = site.find(Choice(invoices=tuple(site.jobs.add_invoices(5))))
    barrier, answers = threading.Barrier(4), list[manual.Requested]()

    def send() -> None:
        with connection():
            barrier.wait()
            answers.append(manual.request(site.finance, plan))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.made for answer in answers) == [False, False, False, True]
    assert (Job.select().count(), JobSelection.select().count()) == (1, 5)
    assert AuditEntry.select().where(AuditEntry.action == "export by hand").count() == 1


def test_request_id_of_another_facility_is_refused(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    made = manual.request(site.finance, site.find(Choice(invoices=(invoice,))))
    other = facilities.create(WAYBILL, site.jobs.entity, "Other", site.jobs.destination, {})
    with pytest.raises(Conflict, match="used for another export"):
        manual.asked_before(site.finance, other, made.request_id)


def test_request_id_of_another_person_is_refused(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    made = manual.request(site.finance, site.find(Choice(invoices=(invoice,))))
    other = site.jobs.add_user("other@example.com", Role.FINANCE)
    with pytest.raises(Conflict, match="used for another export"):
        manual.asked_before(Actor(user_id=other.id, name=other.email), site.facility, made.request_id)


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 101, "é"])
def test_request_id_that_is_none_is_refused(request_id: str) -> None:
    with pytest.raises(InvalidInput):
        manual.checked_request_id(request_id)


# Who may, and when


def test_manual_exports_disabled_refuses_naming_setting_and_who_may_change_it(site: Site) -> None:
    [invoice] = site.jobs.add_invoices(1)
    plan = site.find(Choice(invoices=(invoice,)))
    site.jobs.add_user("ivy@example.com", Role.INVOICE_SETTINGS)
    entities.edit(WAYBILL, site.jobs.entity, manual_exports=False)
    with pytest.raises(Conflict) as caught:
        manual.request(site.finance, plan)
    assert caught.value.code == "manual_exports_disabled"
    assert "manual_exports" in caught.value.message
    assert "ivy@example.com" in caught.value.remedy
    assert Job.select().count() == 0


def test_turning_manual_exports_on_needs_invoice_settings(site: Site) -> None:
    with pytest.raises(PermissionDenied, match="may not change invoice settings"):
        entities.edit(site.finance, site.jobs.entity, manual_exports=False)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.INTEGRATION_SETUP, Role.ACCOUNTING_REVIEW])
def test_who_may_not_export_finds_nothing_out(site: Site, role: Role) -> None:
    user = site.jobs.add_user("sue@example.com", role)
    with pytest.raises(PermissionDenied):
        site.find(actor=Actor(user_id=user.id, name=user.email))


def test_administrator_without_finance_may_look_but_not_export(site: Site) -> None:
    site.jobs.add_invoices(1)
    admin = people.current_actor()
    plan = site.find(actor=admin)
    assert len(plan.going) == 1
    against = manual.refusal(admin, plan)
    assert refused(against) == "not_finance"
    assert against is not None
    assert f"ask one who does: {site.finance.name}" in against.remedy
    assert "waybill user grant root@example.com finance" in against.remedy
    with pytest.raises(InvalidInput):
        manual.request(admin, plan)


def test_facility_that_is_not_active_exports_nothing(site: Site) -> None:
    site.jobs.add_invoices(1)
    plan = site.find()
    facilities.deactivate(WAYBILL, site.facility)
    assert refused(manual.refusal(site.finance, plan)) == "facility_not_active"


def test_stream_gives_exactly_what_goes(site: Site) -> None:
    ids = site.jobs.add_invoices(3)
    with connection():
        execute(
            "INSERT INTO invoice_version"
            " (invoice_id, number, sha256, content, source, created_at, created_by)"
            " SELECT id, 1, number, '{}', '', 0, '' FROM invoice"
        )
    plan = site.find(Choice(invoices=tuple(ids[:2])))
    rows = list(manual.stream(plan, Route.OTHER))
    assert [(row.invoice_id, row.payable, row.content) for row in rows] == [
        (each, 1230, "{}") for each in ids[:2]
    ]
    assert list(manual.stream(plan, Route.ACH)) == []
    assert invoices.find(site.jobs.entity, rows[0].number).id == ids[0]
    assert replace(plan, again=True).going == plan.going


@pytest.mark.sqlite
def test_collect_of_chosen_invoices_looks_at_these_and_not_at_the_archive(site: Site) -> None:
    site.jobs.add_invoices(1)
    values = [1] * collecting._COLLECT_CHOSEN.count("?")
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {collecting._COLLECT_CHOSEN}", values)]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    assert any("SEARCH s " in step for step in plan), plan
