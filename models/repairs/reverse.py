"""Reverse: ACH payments that left are taken back by a file of their own, which a job of its own delivers.

The job takes no invoices; it is claimed, fenced, retried and given up like any other. The invoices of the
payments are on hold from the moment it is asked for: what becomes of them is a person's decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from peewee import ForeignKeyField

from models import audit, clock, deliveries, files
from models.audit import Actor
from models.database import Table, execute
from models.deliveries import DeliveryState
from models.errors import Conflict
from models.fields import JSONField, amount_text
from models.files import BatchFile, FileState
from models.jobs import Job, Trigger, insert
from models.jobs.records import outputs_of
from models.people import Action, require
from models.repairs.carrying import WHOLE, Stop, carry_out
from models.repairs.hold import hold_exported
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, limited, parted

REVERSED = "ach_reversed"
"""The code of a ledger row that a reversal put on hold."""
WARNING = "the bank takes the money back from the payees' accounts: tell them beforehand"
_LEFT = (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)
_NOTE = 200


class AchReversal(Table):
    """What one file takes back."""

    file = ForeignKeyField(BatchFile, unique=True)
    original = ForeignKeyField(BatchFile)
    traces = JSONField()
    """Trace numbers of the original entries, in their order."""
    file_id: int
    original_id: int

    class Meta:
        table_name = "ach_reversal"


class Payment(NamedTuple):
    """One entry of a file that left."""

    trace: str
    cents: int
    payee: str
    until: date
    """The last day on which it may be reversed: five banking days after its settlement."""
    invoices: tuple[tuple[int, str], ...]
    """Ids and numbers of those that it paid, where that is certain."""


def check_reversible(actor: Actor, file: BatchFile) -> None:
    """Refuse a file whose payments cannot be reversed at all; raises `PermissionDenied` or `Conflict`."""
    require(actor, Action.REPAIR, file.entity_id)
    require(actor, Action.EXPORT, file.entity_id)
    if files.ach_reservation(file) is None or AchReversal.get_or_none(AchReversal.file == file):
        remedy = f"reverse the file it repeats: {file.repeats}" if file.repeats else "see: waybill file list"
        raise Conflict(f"file {file.id} holds no ACH payments of its own", remedy=remedy, code="no_payments")
    ways = {way.state for way in deliveries.of_file(file)}
    if not ways & set(_LEFT):
        unknown = DeliveryState.UNKNOWN in ways
        raise Conflict(
            f"whether file {file.id} arrived is not known" if unknown else f"file {file.id} never left",
            remedy="say first whether it did: waybill delivery resolve" if unknown else "nothing to do",
            code="outcome_unknown" if unknown else "never_left",
        )


def plan(actor: Actor, file: BatchFile, payments: Sequence[Payment]) -> Plan:
    """What would be taken back, and which invoices would be on hold."""
    check_reversible(actor, file)
    limited(payments)
    gone = _gone(file.id)
    changes, left_out = parted(_look(file, payment, gone) for payment in payments)
    return Plan(
        kind=Kind.REVERSE,
        changes=changes,
        left_out=left_out,
        warnings=(WARNING,) if changes else (),
        destination_id=file.job.destination_id,
    )


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Make the job that takes the plan's payments back; ring the bell for it."""
    for entity_id in sorted({change.entity_id for change in wanted.changes}):
        require(actor, Action.EXPORT, entity_id)  # before the plan is stored: repairing alone is not enough
    made: list[int] = []
    act = partial(_reverse, actor, wanted.id, made)
    result = carry_out(actor, wanted, reason, act, stop=stop, size=WHOLE)
    return replace(result, jobs=tuple(made))


def of_file(file: BatchFile) -> AchReversal:
    """What a reversal's file takes back."""
    found: AchReversal = AchReversal.get(AchReversal.file == file)
    return found


def _look(file: BatchFile, payment: Payment, gone: Mapping[str, str]) -> Change | LeftOut:
    name = f"entry {payment.trace}"
    if payment.trace in gone:
        return _left_out(payment.trace, *_GONE[gone[payment.trace]], "nothing to do")
    if _today() > payment.until:
        reason = f"a reversal had to be there by {payment.until}, five banking days after settlement"
        return _left_out(payment.trace, "too_late", reason, "ask the payee to send the money back")
    numbers = ", ".join(number for _, number in payment.invoices) or "invoices not known"
    return Change(
        "entry",
        int(payment.trace),
        file.entity_id,
        name,
        "paid",
        "reversed",
        f"{amount_text(payment.cents, 'USD')} USD to {payment.payee}: {numbers}",
        (
            file.id,
            file.sha256,
            payment.until.isoformat(),
            *(invoice_id for invoice_id, _ in payment.invoices),
        ),
        len(payment.invoices),
    )


def _today() -> date:
    """Banking days are those of the operators, in Eastern time."""
    return clock.now().astimezone(ZoneInfo("America/New_York")).date()


def _left_out(trace: str, code: str, reason: str, remedy: str) -> LeftOut:
    return LeftOut("entry", int(trace), f"entry {trace}", code, reason, remedy)


# A job that failed or was cancelled without a copy that may have left has reversed nothing.
_REVERSED = """
SELECT r.traces FROM ach_reversal r JOIN batch_file f ON f.id = r.file_id JOIN export_job j ON j.id = f.job_id
WHERE r.original_id = ? AND (j.state NOT IN ('failed', 'cancelled') OR EXISTS (
    SELECT 1 FROM delivery d
    WHERE d.file_id = f.id AND d.state IN ('sending', 'delivered', 'confirmed', 'unknown')))
"""


_RETURNED = "SELECT trace FROM ach_answer WHERE file_id = ? AND kind = 'return'"
_GONE = {
    "reversed": ("reversed", "it is reversed already"),
    "returned": ("returned", "the bank returned it, so the money is back"),
}


def _gone(file_id: int) -> dict[str, str]:
    """What has become of a file's payments since, by their traces."""
    rows = execute(_REVERSED, (file_id,)).fetchall()
    found = {trace: "reversed" for (traces,) in rows for trace in JSONField().python_value(traces)}
    return found | {trace: "returned" for (trace,) in execute(_RETURNED, (file_id,))}


def _reverse(
    actor: Actor, plan_id: str, made: list[int], reason: str, part: Sequence[Change]
) -> list[Change | LeftOut]:
    file: BatchFile = BatchFile.get_by_id(part[0].stamp[0])
    check_reversible(actor, file)
    looked = list(_look_again(file, part))
    going, _ = parted(looked)
    if going:
        made.append(_make_job(actor, plan_id, file, going, reason))
    return looked


def _look_again(file: BatchFile, part: Sequence[Change]) -> Iterator[Change | LeftOut]:
    gone, today = _gone(file.id), _today().isoformat()
    for change in part:
        trace = f"{change.subject_id:015d}"
        if trace in gone:
            yield _left_out(trace, *_GONE[gone[trace]], "nothing to do")
        elif today > change.stamp[2]:
            yield _left_out(trace, "too_late", "its five banking days are over", "ask the payee")
        else:
            yield change


def _make_job(actor: Actor, plan_id: str, file: BatchFile, going: Sequence[Change], reason: str) -> int:
    first: Job = file.job
    outputs = {route: output for route, output in outputs_of(first).items() if route == file.route}
    payments = "1 payment" if len(going) == 1 else f"{len(going):,} payments"
    job = insert(
        first.facility,
        outputs=outputs,
        on_behalf_of=first.on_behalf_of.id,
        as_of=clock.now(),
        trigger=Trigger.REVERSAL,
        request_id=plan_id,
        note=f"reverses {payments} of file {file.id}, for {actor.name}: {reason}"[:_NOTE],
    )
    if job is None:  # the request is the plan's, and its one batch is carried out once
        raise AssertionError(plan_id)
    made = _reserve(file, job, [f"{change.subject_id:015d}" for change in going])
    said = f"its payment is reversed by job {job.id}: {reason}"
    paid = [invoice_id for change in going for invoice_id in change.stamp[3:]]
    held = hold_exported(actor, "ach reverse", first, paid, code=REVERSED, reason=said)
    after = {"job": job.id, "file": made.id, "payments": len(going), "invoices": len(held)}
    audit.record_of("file", actor, "ach reverse", file, after=after, reason=reason)
    return int(job.id)


def _reserve(file: BatchFile, job: Job, traces: Sequence[str]) -> BatchFile:
    """The reversal's file, with its name taken; the job writes it."""
    path = PurePosixPath(file.name)
    wanted = str(path.with_name(f"{path.stem}_reversal{path.suffix}"))
    made = BatchFile.create(
        entity=file.entity_id,
        job=job,
        route=file.route,
        format=file.format,
        name=files.free_name(file.entity_id, wanted),
        state=FileState.RESERVED,
    )
    AchReversal.create(file=made, original=file, traces=traces)
    return made
