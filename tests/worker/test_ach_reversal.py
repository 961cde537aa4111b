"""Reversals of our own ACH files: the right entries the other way round, once, whoever is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from models import audit, deliveries, files, jobs, parties, people, settings
from models.audit import WAYBILL, Actor
from models.deliveries import DeliveryState
from models.destinations import LedgerRow
from models.doctor import ledger as doctor
from models.errors import Conflict, DeliveryError, NotFound, PermissionDenied
from models.files import BatchFile
from models.jobs import Job, JobState, Trigger, lease
from models.people import Role
from models.repairs import cancel, requeue, resolve, reverse, revert
from models.repairs.ledger import Choice
from models.repairs.plan import Plan
from tests.conftest import ROOT, clean_environment
from tests.worker.ach_files import answers, returned
from tests.worker.export_site import AS_OF, Site, make_site
from worker import export
from worker.ach import returns, reversal
from worker.ach.check import Severity, check
from worker.ach.reversal import Terms
from worker.gateways import Copy, OutcomeUnknown
from worker.gateways.pickup import Pickup

DAY = timedelta(days=1)


@pytest.fixture
def site(home: Path) -> Iterator[Site]:  # noqa: ARG001 - the installation
    with time_machine.travel(AS_OF):
        yield _site()


def _site(**profile: object) -> Site:
    """A company and a person who wait for their money."""
    site = make_site("Acme Inc", **profile)
    site.invoice("A-1", "100.00")
    site.invoice("A-2", "250.00")
    site.invoice("B-1", "75.50", vendor="Green Ltd")
    site.pay_by_ach("Blue Ltd")
    green = site.vendor("Green Ltd")
    site.pay_by_ach("Green Ltd", routing="021000021", number="98765")
    parties.add_bank_account(
        WAYBILL,
        green,
        routing="021000021",
        number="98765",
        kind=parties.AccountKind.SAVINGS,
        holder=parties.Holder.PERSON,
        name="G GREEN",
    )
    return site


def paid(site: Site) -> BatchFile:
    """The file of a job that paid them."""
    job = site.job()
    assert export.run(job.id) is JobState.COMPLETED
    (file,) = files.of_job(job.id)
    return file


def taken_back(plan: Plan, reason: str = "paid twice") -> Job:
    """The job that a plan makes."""
    (job_id,) = reverse.apply(WAYBILL, plan, reason).jobs
    job: Job = Job.get_by_id(job_id)
    return job


def lines_of(file: BatchFile) -> list[str]:
    """Its records in the archive."""
    file = BatchFile.get_by_id(file.id)
    return (settings.current().archive / file.archive_path).read_text(encoding="ascii").splitlines()


def entries(lines: list[str]) -> list[tuple[str, str, str]]:
    """Code, bank and account, amount of each entry."""
    return [(line[1:3], line[3:29].rstrip(), line[29:39]) for line in lines if line[0] == "6"]


def test_reversal_is_the_mirror_image_and_the_checker_finds_nothing(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    assert job.trigger is Trigger.REVERSAL
    assert export.run(job.id) is JobState.COMPLETED
    (file,) = files.of_job(job.id)
    before, after = lines_of(original), lines_of(file)
    assert list(check(settings.current().archive / file.archive_path)) == []
    other = {"22": "27", "32": "37"}
    assert entries(after) == [(other[code], to, cents) for code, to, cents in entries(before)]
    for old, new in zip(
        *([line for line in lines if line[0] == "5"] for lines in (before, after)), strict=True
    ):
        assert (old[1:4], new[1:4], new[53:63]) == ("220", "225", "REVERSAL  ")
        assert old[4:53] == new[4:53]
        assert new[69:75] == "261120"
    assert (before[0][33], after[0][33]) == ("A", "B")
    assert file.name.endswith("_reversal.ach")
    assert set(site.published()) == {original.name, file.name}
    assert [way.state for way in deliveries.of_file(file)] == [DeliveryState.DELIVERED]


def test_reversed_invoices_are_on_hold_with_the_reason_from_the_plan_on(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id), "wrong amounts")
    rows = list(LedgerRow.select())
    assert {(row.state, row.code, row.job_id) for row in rows} == {("on_hold", "ach_reversed", None)}
    assert {row.reason for row in rows} == {f"its payment is reversed by job {job.id}: wrong amounts"}
    told = [one for one in audit.entries() if one.action == "ach reverse"]
    assert sorted(one.subject for one in told) == ["file", "invoice", "invoice", "invoice"]
    export.run(job.id)
    assert [one.name for one in doctor.examine(WAYBILL) if one.count] == []


def test_only_chosen_payments_are_taken_back_and_each_once(site: Site) -> None:
    original = paid(site)
    export.run(taken_back(reversal.plan(WAYBILL, original.id, ["A-2"])).id)
    assert site.ledger() == {"A-1": "exported", "A-2": "on_hold", "B-1": "exported"}
    rest = reversal.plan(WAYBILL, original.id)
    assert [left.code for left in rest.left_out] == ["reversed"]
    job = taken_back(rest)
    export.run(job.id)
    (file,) = files.of_job(job.id)
    assert [cents for _, _, cents in entries(lines_of(file))] == ["0000010000", "0000007550"]
    assert reversal.plan(WAYBILL, original.id).changes == ()


def test_same_plan_sent_twice_makes_one_job(site: Site) -> None:
    plan = reversal.plan(WAYBILL, paid(site).id)
    taken_back(plan)
    again = reverse.apply(WAYBILL, plan, "paid twice")
    assert (again.repeated, again.jobs) == (True, ())
    assert Job.select().where(Job.trigger == Trigger.REVERSAL).count() == 1


def test_two_plans_made_together_take_each_payment_back_once(site: Site) -> None:
    original = paid(site)
    first, second = reversal.plan(WAYBILL, original.id), reversal.plan(WAYBILL, original.id, ["A-1"])
    taken_back(first)
    result = reverse.apply(WAYBILL, second, "paid twice")
    assert [left.code for left in result.left_out] == ["reversed"]
    assert result.jobs == ()


def test_balanced_file_is_reversed_with_the_companys_own_side(home: Path) -> None:  # noqa: ARG001
    bank = {
        "nacha.balanced": "yes",
        "nacha.offset_routing": "076401251",
        "nacha.offset_account": "424242",
    }
    with time_machine.travel(AS_OF):
        site = _site(**bank)
        original = paid(site)
        job = taken_back(reversal.plan(WAYBILL, original.id, ["A-1", "B-1"]))
        assert export.run(job.id) is JobState.COMPLETED
        (file,) = files.of_job(job.id)
        assert list(check(settings.current().archive / file.archive_path)) == []
        assert [(code, cents) for code, _, cents in entries(lines_of(file))] == [
            ("27", "0000010000"),
            ("22", "0000010000"),
            ("37", "0000007550"),
            ("22", "0000007550"),
        ]


def test_five_banking_days_after_settlement_it_is_too_late(site: Site) -> None:
    original = paid(site)  # settles on Monday 23 November; Thanksgiving lies before Tuesday 1 December
    with time_machine.travel(AS_OF + 12 * DAY):
        assert len(reversal.plan(WAYBILL, original.id).changes) == 3
    with time_machine.travel(AS_OF + 13 * DAY):
        plan = reversal.plan(WAYBILL, original.id)
        assert {left.code for left in plan.left_out} == {"too_late"}
        assert plan.changes == ()


def test_what_the_file_does_not_have_is_refused(site: Site) -> None:
    with pytest.raises(NotFound, match="no payment C-9"):
        reversal.plan(WAYBILL, paid(site).id, ["C-9"])


def test_reversal_itself_and_what_is_no_ach_file_cannot_be_reversed(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    export.run(job.id)
    (file,) = files.of_job(job.id)
    with pytest.raises(Conflict, match="no ACH payments of its own"):
        reversal.plan(WAYBILL, file.id)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.INTEGRATION_SETUP])
def test_taking_money_back_needs_more_than_repairing(site: Site, role: Role) -> None:
    user = people.create(WAYBILL, "someone@example.com")
    people.grant(WAYBILL, user, role, site.entity.id)
    original = paid(site)
    with pytest.raises(PermissionDenied):
        reversal.plan(Actor(user_id=user.id, name=user.email), original.id)


def test_failed_reversal_is_not_queued_again_but_asked_for_anew(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    archived = settings.current().archive / original.archive_path
    kept = archived.read_bytes()
    archived.write_bytes(kept.replace(b"ACME", b"ACNE"))
    assert export.run(job.id) is JobState.FAILED
    assert Job.get_by_id(job.id).code == "archive_damaged"
    (left,) = requeue.plan(WAYBILL, [job.id]).left_out
    assert left.code == "reverses_payments"
    archived.write_bytes(kept)
    anew = taken_back(reversal.plan(WAYBILL, original.id))
    assert export.run(anew.id) is JobState.COMPLETED


def test_reversal_that_was_cancelled_leaves_its_payments_as_they_were(site: Site) -> None:
    original = paid(site)
    before = {row.invoice.id: (row.state, row.job_id, row.version) for row in rows_of(site)}
    job = taken_back(reversal.plan(WAYBILL, original.id, ["A-2"]))
    cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job.id]), "not after all")
    assert Job.get_by_id(job.id).state is JobState.CANCELLED
    assert {row.invoice.id: (row.state, row.job_id, row.version) for row in rows_of(site)} == before
    assert [one.action for one in audit.entries() if one.subject == "invoice"][:1] == ["ach not reversed"]
    export.run(taken_back(reversal.plan(WAYBILL, original.id, ["A-2"])).id)
    assert site.ledger() == {"A-1": "exported", "A-2": "on_hold", "B-1": "exported"}


def test_reversal_that_never_left_puts_back_its_own_payments_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = paid(site)
    export.run(taken_back(reversal.plan(WAYBILL, original.id, ["A-1"])).id)
    second = taken_back(reversal.plan(WAYBILL, original.id, ["A-2"]))
    with monkeypatch.context() as patch:
        patch.setattr(Pickup, "send", _refuse)
        assert export.run(second.id) is JobState.FAILED
    assert site.ledger() == {"A-1": "on_hold", "A-2": "exported", "B-1": "exported"}
    assert [one.name for one in doctor.examine(WAYBILL) if one.count] == []


def _refuse(self: Pickup, copy: Copy) -> None:
    raise DeliveryError(f"{copy.name} is refused by {self.title}", remedy="", code="refused")


@pytest.mark.parametrize("arrived", [True, False])
def test_reversal_whose_arrival_is_unknown_is_not_made_again_until_it_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch, *, arrived: bool
) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id, ["A-1"]))
    with monkeypatch.context() as patch:
        patch.setattr(Pickup, "send", _lose)
        assert export.run(job.id) is JobState.FAILED
    assert site.ledger()["A-1"] == "on_hold"
    assert [left.code for left in reversal.plan(WAYBILL, original.id, ["A-1"]).left_out] == ["reversed"]
    [unknown] = deliveries.listed(WAYBILL, state=DeliveryState.UNKNOWN)
    resolve.apply(WAYBILL, resolve.plan(WAYBILL, [unknown.id], arrived=arrived), "asked the bank")
    assert site.ledger()["A-1"] == ("on_hold" if arrived else "exported")
    assert len(reversal.plan(WAYBILL, original.id, ["A-1"]).changes) == (0 if arrived else 1)


def _lose(self: Pickup, copy: Copy) -> None:
    raise OutcomeUnknown(f"the line broke at {copy.name} of {self.title}", remedy="look there")


def test_payment_reverted_meanwhile_stays_pending_when_its_reversal_is_cancelled(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id, ["A-2"]))
    revert.apply(WAYBILL, revert.plan(WAYBILL, site.destination, Choice(numbers=("A-2",))), "goes again")
    cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job.id]), "not after all")
    assert site.ledger()["A-2"] == "pending"


def rows_of(site: Site) -> list[LedgerRow]:
    """Where the site's invoices stand."""
    return list(LedgerRow.select().where(LedgerRow.destination == site.destination))


def test_payment_that_came_back_before_its_reversal_was_written_is_not_taken_back(
    site: Site, tmp_path: Path
) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    bank = tmp_path / "returns.ach"
    bank.write_bytes(answers(returned(lines_of(original), "076401250000001", "R03")))
    returns.apply(WAYBILL, returns.plan(WAYBILL, bank))
    assert export.run(job.id) is JobState.FAILED
    assert Job.get_by_id(job.id).code == "returned"
    assert site.ledger() == {"A-1": "on_hold", "A-2": "exported", "B-1": "exported"}
    anew = reversal.plan(WAYBILL, original.id)
    assert [left.code for left in anew.left_out] == ["returned"]
    assert export.run(taken_back(anew).id) is JobState.COMPLETED
    assert set(site.published()) == {original.name, f"{original.name[:-4]}_reversal_2.ach"}


def test_reversal_whose_worker_came_too_late_is_not_sent(site: Site) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    with time_machine.travel(AS_OF + 13 * DAY):
        assert export.run(job.id) is JobState.FAILED
    assert Job.get_by_id(job.id).code == "too_late"
    assert set(site.published()) == {original.name}
    assert set(site.ledger().values()) == {"exported"}


RUN = """
import sys
import time_machine
from models import installation
from models.database import connection
from worker import export

installation.open_home()
with time_machine.travel(float(sys.argv[2])), connection():
    export.run(int(sys.argv[1]))
"""
POINTS = ("whole.synced", "whole.durable", "delivery.sending", "delivery.handed_over")


@pytest.mark.parametrize("point", POINTS)
def test_job_whose_worker_is_killed_on_the_way_ends_once(site: Site, home: Path, point: str) -> None:
    original = paid(site)
    job = taken_back(reversal.plan(WAYBILL, original.id))
    died = subprocess.run(
        [sys.executable, "-c", RUN, str(job.id), str(AS_OF.timestamp())],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(home), "WAYBILL_FAULTS": f"kill@{point}"},
        check=False,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL
    ((claim, _),) = lease.held()
    assert jobs.take_back(claim, "its worker is gone")
    assert export.run(job.id) is JobState.COMPLETED
    (file,) = files.of_job(job.id)
    assert set(site.published()) == {original.name, file.name}
    assert site.published()[file.name] == (settings.current().archive / file.archive_path).read_bytes()
    assert file.totals["control"]["reversed"] == 3


GOLDEN = sorted((ROOT / "tests" / "worker" / "golden" / "nacha").glob("*.ach"))


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_every_kind_of_file_that_we_write_can_be_taken_back(path: Path, tmp_path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    live = [line for line in lines if line[0] == "6" and line[1:3] in ("22", "27", "32", "37")]
    paid_out = [line for line in live if "OFFSET" not in line]
    terms = Terms(
        created=AS_OF,
        day=AS_OF.date(),
        modifier="Z",
        first_trace=100,
        traces=frozenset(line[79:94] for line in paid_out),
    )
    out = tmp_path / "reversal.ach"
    with out.open("wb") as file:
        written = reversal.write(path, terms, file)
    assert written.reversed == len(paid_out)
    assert [one for one in check(out) if one.severity is Severity.ERROR] == []
    after = [line for line in out.read_text(encoding="ascii").splitlines() if line[0] == "6"]
    other = {"22": "27", "27": "22", "32": "37", "37": "32"}
    assert [(other[line[1:3]], line[3:39]) for line in after] == [(line[1:3], line[3:39]) for line in live]
