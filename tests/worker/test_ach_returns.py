"""Returns and notifications of change of our own files: matched by trace, recorded once, whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from models import audit, deliveries, files, parties, people, prenotes, settings
from models.ach_returns import proposals
from models.ach_returns.records import AccountProposal, AchAnswer, AchAnswerFile, ProposalState
from models.audit import WAYBILL, Actor
from models.destinations import LedgerRow
from models.doctor import ledger as doctor
from models.errors import Conflict, DeliveryError, InvalidInput, PermissionDenied
from models.invoices import Invoice
from models.jobs import JobState
from models.notifications import listed
from models.parties import AccountKind
from models.people import Role
from models.repairs import resolve, revert
from models.repairs.ledger import Choice
from tests.conftest import ROOT, clean_environment
from tests.worker.ach_files import answers, changed, returned
from tests.worker.export_site import AS_OF, Site, make_site
from worker import export
from worker.ach import returns
from worker.ach.check import check
from worker.ach.returns import Plan
from worker.gateways import Copy, OutcomeUnknown
from worker.gateways.pickup import Pickup

FIRST, SECOND, THIRD = (f"07640125{number:07d}" for number in (1, 2, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A site whose first ACH file left: A-1 and A-2 to Blue, B-1 to Green."""

    site: Site
    job_id: int
    folder: Path

    @property
    def lines(self) -> list[str]:
        """The records of that file."""
        (file,) = files.of_job(self.job_id)
        return (settings.current().archive / file.archive_path).read_text(encoding="ascii").splitlines()

    def plan(self, *batches: list[str], name: str = "returns.ach", actor: Actor = WAYBILL) -> Plan:
        """What a bank's file of these answers would do."""
        path = self.folder / name
        path.write_bytes(answers(*batches))
        assert list(check(path)) == []
        return returns.plan(actor, path)

    def state(self, number: str) -> LedgerRow:
        """Where an invoice stands."""
        row: LedgerRow = LedgerRow.get(LedgerRow.invoice == Invoice.get(Invoice.number == number).id)
        return row


@pytest.fixture
def paid(home: Path, tmp_path: Path) -> Iterator[Paid]:  # noqa: ARG001 - the installation
    with time_machine.travel(AS_OF):
        site = make_site()
        for number, amount, vendor in (("A-1", "100.00", "Blue Ltd"), ("A-2", "250.00", "Blue Ltd")):
            site.invoice(number, amount, vendor=vendor)
        site.invoice("B-1", "100.00", vendor="Green Ltd")
        site.pay_by_ach("Blue Ltd")
        site.pay_by_ach("Green Ltd", routing="021000021", number="98765")
        job = site.job()
        assert export.run(job.id) is JobState.COMPLETED
        yield Paid(site=site, job_id=job.id, folder=tmp_path)


def test_return_puts_its_invoice_on_hold_with_the_reason(paid: Paid) -> None:
    plan = paid.plan(returned(paid.lines, SECOND, "R03", "NO SUCH NUMBER"))
    (row,) = plan.rows
    assert [(item.number, item.amount_text) for item in row.items] == [("A-2", "250.00")]
    (done,) = returns.apply(WAYBILL, plan)
    assert len(done.held) == 1
    held = paid.state("A-2")
    assert (held.state, held.code, held.job_id) == ("on_hold", "ach_return", None)
    assert "R03: no account, or unable to locate the account (NO SUCH NUMBER)" in held.reason
    assert "waybill party bank-account" in held.reason
    assert paid.site.ledger() == {"A-1": "exported", "A-2": "on_hold", "B-1": "exported"}


def test_return_is_told_in_audit_history_and_one_letter_each(paid: Paid) -> None:
    returns.apply(WAYBILL, paid.plan(returned(paid.lines, FIRST, "R02")))
    acts = [(one.action, one.subject) for one in audit.entries() if one.action == "ach return"]
    assert sorted(acts) == [("ach return", "file"), ("ach return", "invoice")]
    mails = listed(WAYBILL)
    assert {mail.recipient for mail in mails} == {"root@example.com"}
    assert "1 ACH returns" in mails[0].subject
    assert "A-1" in mails[0].body
    assert "account closed" in mails[0].body
    assert all(len(line) <= 78 for line in mails[0].body.splitlines())


def test_same_file_again_changes_nothing_and_says_so(paid: Paid) -> None:
    returns.apply(WAYBILL, paid.plan(returned(paid.lines, FIRST, "R02")))
    revert.apply(
        WAYBILL, revert.plan(WAYBILL, paid.site.destination, Choice(numbers=("A-1",))), "account is right now"
    )
    again = paid.plan(returned(paid.lines, FIRST, "R02"))
    assert again.recorded_at is not None
    assert [row.known for row in again.rows] == [True]
    (done,) = returns.apply(WAYBILL, again)
    assert (done.is_new, done.held) == (False, ())
    assert paid.state("A-1").state == "pending"
    assert (len(listed(WAYBILL)), AchAnswer.select().count()) == (1, 1)


def test_return_that_another_file_repeats_is_recorded_once(paid: Paid) -> None:
    first, second = returned(paid.lines, FIRST, "R02"), returned(paid.lines, SECOND, "R03")
    returns.apply(WAYBILL, paid.plan(first))
    done = returns.apply(WAYBILL, paid.plan(first, second, name="monday.ach"))
    assert [one.is_new for one in done] == [False, True]
    assert AchAnswerFile.select().count() == 2
    assert len(listed(WAYBILL)) == 2
    assert "A-1" not in listed(WAYBILL)[0].body


KILLED = """
import os
import signal
import sys
from pathlib import Path
import time_machine
from models import installation
from models.ach_returns import letter, recording
from models.audit import WAYBILL
from models.database import connection
from worker.ach import returns

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

recording._TOGETHER = 1
if sys.argv[3] == "letter":
    letter.write = die
else:
    write_down, passed = recording._write_down, []
    recording._write_down = lambda *told: (write_down(*told), passed.append(1), len(passed) == 2 and die())

installation.open_home()
with time_machine.travel(float(sys.argv[2])), connection():
    returns.apply(WAYBILL, returns.plan(WAYBILL, Path(sys.argv[1])))
"""


@pytest.mark.parametrize(("place", "known"), [("letter", [True, True]), ("second answer", [True, False])])
def test_run_that_was_killed_is_gone_on_with(paid: Paid, home: Path, place: str, known: list[bool]) -> None:
    batches = returned(paid.lines, FIRST, "R02"), returned(paid.lines, SECOND, "R03")
    path = paid.folder / "returns.ach"
    path.write_bytes(answers(*batches))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(AS_OF.timestamp()), place],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(home)},
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert AchAnswerFile.select().count() == 0
    assert listed(WAYBILL) == []
    done = returns.apply(WAYBILL, paid.plan(*batches))
    assert [not one.is_new for one in done] == known
    assert AchAnswerFile.select().count() == 1
    assert "2 ACH returns" in listed(WAYBILL)[0].subject
    assert paid.site.ledger() == {"A-1": "on_hold", "A-2": "on_hold", "B-1": "exported"}
    assert [one.name for one in doctor.examine(WAYBILL) if one.count] == []


def test_doctor_finds_nothing_wrong_after_a_return(paid: Paid) -> None:
    returns.apply(WAYBILL, paid.plan(returned(paid.lines, FIRST, "R02")))
    assert [one.name for one in doctor.examine(WAYBILL) if one.count] == []


def test_invoice_that_went_again_stays_as_it_is(paid: Paid) -> None:
    choice = Choice(numbers=("A-1",))
    revert.apply(WAYBILL, revert.plan(WAYBILL, paid.site.destination, choice), "paid by cheque in error")
    second = paid.site.job()
    assert export.run(second.id) is JobState.COMPLETED
    plan = paid.plan(returned(paid.lines, FIRST, "R02"))
    found = plan.rows[0].found
    assert found is not None
    assert found.file.job_id == paid.job_id
    assert "went again" in plan.rows[0].items[0].why_not_held(found.file)
    (done,) = returns.apply(WAYBILL, plan)
    assert (done.is_new, done.held) == (True, ())
    assert (paid.state("A-1").state, paid.state("A-1").job_id) == ("exported", second.id)


@pytest.mark.parametrize(
    ("column", "text"),
    [(80, "1"), (13, "0"), (30, "9")],
    ids=["another trace", "another account", "another amount"],
)
def test_answer_that_is_about_no_entry_of_ours_is_named_and_left(paid: Paid, column: int, text: str) -> None:
    lines = [f"{line[: column - 1]}{text}{line[column:]}" if line[0] == "6" else line for line in paid.lines]
    trace = next(line[79:94] for line in lines if line[0] == "6")
    path = paid.folder / "other.ach"
    path.write_bytes(answers(returned(lines, trace, "R03")))
    plan = returns.plan(WAYBILL, path)
    assert [row.problem for row in plan.unmatched] == [plan.rows[0].problem]
    assert "180 days" in plan.rows[0].problem
    assert returns.apply(WAYBILL, plan) == []
    assert set(paid.site.ledger().values()) == {"exported"}


def test_trace_used_on_two_days_is_told_by_the_effective_date(paid: Paid) -> None:
    with time_machine.travel(AS_OF + timedelta(days=3)):
        paid.site.invoice("A-3", "100.00")
        later = paid.site.job(as_of=AS_OF + timedelta(days=3))
        assert export.run(later.id) is JobState.COMPLETED
        plan = paid.plan(returned(paid.lines, FIRST, "R02"))
        newer = Paid(site=paid.site, job_id=later.id, folder=paid.folder)
        other = newer.plan(returned(newer.lines, FIRST, "R02"), name="newer.ach")
    assert [item.number for item in plan.rows[0].items] == ["A-1"]
    assert [item.number for item in other.rows[0].items] == ["A-3"]


def test_return_is_never_about_a_file_that_did_not_leave(
    home: Path,  # noqa: ARG001 - the installation
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files of a Saturday and a Sunday settle together, and each day's traces begin with 1."""
    saturday = AS_OF + timedelta(days=1, hours=10)
    with time_machine.travel(saturday, tick=False) as clock:
        site = make_site()
        site.invoice("A-1", "100.00")
        site.pay_by_ach("Blue Ltd")
        with monkeypatch.context() as patch:
            patch.setattr(Pickup, "send", _refuse)
            assert export.run(site.job(as_of=saturday).id) is JobState.FAILED
        clock.shift(timedelta(days=1))
        job = site.job(as_of=saturday + timedelta(days=1))
        assert export.run(job.id) is JobState.COMPLETED
        paid = Paid(site=site, job_id=job.id, folder=tmp_path)
        plan = paid.plan(returned(paid.lines, FIRST, "R02"))
        assert [row.problem for row in plan.rows] == [""]
        returns.apply(WAYBILL, plan)
        assert site.ledger() == {"A-1": "on_hold"}


def _refuse(self: Pickup, copy: Copy) -> None:
    raise DeliveryError(f"{copy.name} is refused by {self.title}", remedy="", code="refused")


@pytest.mark.parametrize("arrived", [True, False])
def test_return_of_a_file_whose_arrival_was_unknown_counts_once_it_is_said(
    home: Path,  # noqa: ARG001 - the installation
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    arrived: bool,
) -> None:
    with time_machine.travel(AS_OF):
        site = make_site()
        site.invoice("A-1", "100.00")
        site.pay_by_ach("Blue Ltd")
        job = site.job()
        with monkeypatch.context() as patch:
            patch.setattr(Pickup, "send", _lose)
            export.run(job.id)
        paid = Paid(site=site, job_id=job.id, folder=tmp_path)
        (done,) = returns.apply(WAYBILL, paid.plan(returned(paid.lines, FIRST, "R02")))
        assert (done.held, paid.state("A-1").code) == ((), "outcome_unknown")
        [unknown] = deliveries.listed(WAYBILL)
        resolve.apply(WAYBILL, resolve.plan(WAYBILL, [unknown.id], arrived=arrived), "asked the bank")
        row = paid.state("A-1")
        assert (row.state, row.code) == (("on_hold", "ach_return") if arrived else ("pending", "not_arrived"))
        [answer] = AchAnswer.select()
        assert answer.held == (answer.invoices if arrived else [])


def _lose(self: Pickup, copy: Copy) -> None:
    raise OutcomeUnknown(f"the line broke at {copy.name} of {self.title}", remedy="look there")


def test_entry_per_payee_puts_all_its_invoices_on_hold(home: Path, tmp_path: Path) -> None:  # noqa: ARG001
    with time_machine.travel(AS_OF):
        site = make_site("Acme Inc", **{"nacha.one_entry_per": "payee"})
        for number, amount in (("A-1", "100.00"), ("A-2", "250.00")):
            site.invoice(number, amount)
        site.pay_by_ach("Blue Ltd")
        job = site.job()
        assert export.run(job.id) is JobState.COMPLETED
        paid = Paid(site=site, job_id=job.id, folder=tmp_path)
        returns.apply(WAYBILL, paid.plan(returned(paid.lines, FIRST, "R16")))
        assert site.ledger() == {"A-1": "on_hold", "A-2": "on_hold"}


def test_dishonored_return_is_recorded_and_changes_nothing(paid: Paid) -> None:
    batch = returned(paid.lines, FIRST, "R68")
    batch[2] = f"{batch[2][:35]}{'':3}{batch[1][79:94]}32803{'':21}{batch[2][79:]}"
    (done,) = returns.apply(WAYBILL, paid.plan(batch))
    assert (done.found.kind, done.is_new, done.held) == ("dishonored return", True, ())
    assert paid.state("A-1").state == "exported"


def test_change_becomes_a_proposed_account_that_a_person_takes_over(paid: Paid) -> None:
    blue = paid.site.vendor("Blue Ltd")
    before = blue.bank_account_id
    returns.apply(WAYBILL, paid.plan(changed(paid.lines, FIRST, "C03", f"{'021000021':<12}{'555-1234'}")))
    assert set(paid.site.ledger().values()) == {"exported"}
    (proposal,) = proposals.of_party(blue)
    assert (proposal.routing, proposal.number, proposal.account_id) == ("021000021", "555-1234", before)
    added = proposals.accept(WAYBILL, proposal, reason="rang them up")
    blue = paid.site.vendor("Blue Ltd")
    assert (blue.bank_account_id, added.number, added.name) == (added.id, "555-1234", "BLUE LTD")
    assert len(parties.accounts(blue)) == 2
    assert proposals.of_party(blue) == []
    with pytest.raises(Conflict, match=r"accepted already|another account"):
        proposals.accept(WAYBILL, AccountProposal.get_by_id(proposal.id))


@pytest.mark.parametrize(
    ("code", "data", "routing", "number", "kind", "name"),
    [
        ("C01", "777", "076401251", "777", "checking", "BLUE LTD"),
        ("C02", "021000021", "021000021", "12345678", "checking", "BLUE LTD"),
        ("C04", "BLUE LIMITED", "076401251", "12345678", "checking", "BLUE LIMITED"),
        ("C05", "32", "076401251", "12345678", "savings", "BLUE LTD"),
        ("C06", f"{'777':<17}   37", "076401251", "777", "savings", "BLUE LTD"),
        ("C07", f"021000021{'777':<17}32", "021000021", "777", "savings", "BLUE LTD"),
    ],
)
def test_corrected_data_is_read_by_its_positions(
    paid: Paid, code: str, data: str, routing: str, number: str, kind: str, name: str
) -> None:
    returns.apply(WAYBILL, paid.plan(changed(paid.lines, FIRST, code, data)))
    (proposal,) = AccountProposal.select()
    assert (proposal.routing, proposal.number, proposal.name) == (routing, number, name)
    assert proposal.kind is AccountKind(kind)


@pytest.mark.parametrize(
    ("code", "data", "problem"),
    [
        ("C02", "021000022", "routing number"),
        ("C05", "42", "neither checking nor savings"),
        ("C01", "12345678", "so already"),
        ("C09", "4711", ""),
        ("C13", "", ""),
    ],
)
def test_change_that_proposes_nothing_usable_is_recorded_all_the_same(
    paid: Paid, code: str, data: str, problem: str
) -> None:
    plan = paid.plan(changed(paid.lines, FIRST, code, data))
    assert problem in plan.rows[0].problem
    assert bool(problem) == bool(plan.rows[0].problem)
    returns.apply(WAYBILL, plan)
    assert (AchAnswer.select().count(), AccountProposal.select().count()) == (1, 0)


def test_proposal_for_an_account_that_was_replaced_is_refused_and_can_be_declined(paid: Paid) -> None:
    returns.apply(WAYBILL, paid.plan(changed(paid.lines, FIRST, "C01", "777")))
    paid.site.pay_by_ach("Blue Ltd", number="888")
    (proposal,) = proposals.of_party(paid.site.vendor("Blue Ltd"))
    with pytest.raises(Conflict, match="another account by now"):
        proposals.accept(WAYBILL, proposal)
    proposals.decline(WAYBILL, proposal, reason="it is out of date")
    assert AccountProposal.get_by_id(proposal.id).state is ProposalState.DECLINED
    assert parties.accounts(paid.site.vendor("Blue Ltd"))[-1].number == "888"


def test_who_may_not_repair_sees_no_entry_of_that_entity(paid: Paid) -> None:
    stranger = people.create(WAYBILL, "stranger@example.com")
    people.grant(WAYBILL, stranger, Role.INTEGRATION_SETUP, paid.site.entity.id)
    actor = Actor(user_id=stranger.id, name=stranger.email)
    plan = paid.plan(returned(paid.lines, FIRST, "R02"), actor=actor)
    assert len(plan.unmatched) == 1
    with pytest.raises(PermissionDenied):
        returns.apply(actor, paid.plan(returned(paid.lines, FIRST, "R02")))
    assert AchAnswer.select().count() == 0


def test_who_may_not_manage_bank_accounts_may_not_take_one_over(paid: Paid) -> None:
    returns.apply(WAYBILL, paid.plan(changed(paid.lines, FIRST, "C01", "777")))
    support = people.create(WAYBILL, "support@example.com")
    people.grant(WAYBILL, support, Role.SUPPORT, paid.site.entity.id)
    actor = Actor(user_id=support.id, name=support.email)
    (proposal,) = proposals.of_party(paid.site.vendor("Blue Ltd"))
    for decide in (
        lambda: proposals.accept(actor, proposal),
        lambda: proposals.decline(actor, proposal, reason="no"),
    ):
        with pytest.raises(PermissionDenied):
            decide()
    assert AccountProposal.get_by_id(proposal.id).state is ProposalState.OPEN


def test_file_without_answers_is_refused(paid: Paid) -> None:
    (file,) = files.of_job(paid.job_id)
    with pytest.raises(InvalidInput, match="no returns"):
        returns.plan(WAYBILL, settings.current().archive / file.archive_path)


def test_return_of_a_prenote_is_the_accounts_and_holds_no_invoice(home: Path, tmp_path: Path) -> None:  # noqa: ARG001
    with time_machine.travel(AS_OF):
        site = make_site("Acme Inc", **{"nacha.prenotes": "yes"})
        site.invoice("A-1", "100.00")
        site.pay_by_ach("Blue Ltd")
        job = site.job()
        export.run(job.id)
        asked = Paid(site=site, job_id=job.id, folder=tmp_path)
        plan = asked.plan(returned(asked.lines, FIRST, "R03"))
        assert [(row.party, row.items, row.problem) for row in plan.rows] == [("Blue Ltd", (), "")]
        (done,) = returns.apply(WAYBILL, plan)
        assert (done.is_new, done.held) == (True, ())
        account = site.vendor("Blue Ltd").bank_account_id
        assert account is not None
        assert prenotes.standing(account).answer == "R03: no account, or unable to locate the account"
        assert site.ledger() == {"A-1": "pending"}
