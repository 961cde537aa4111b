"""Payments of one of our files taken back: which can be, and the file that does it.

Nacha Operating Rules, reversing entries: the same company, company identification, SEC code and amount; the
description REVERSAL; at the receiving bank within five banking days after settlement. Everything else
stands as it was, so that the receiving bank finds the entry again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from models import files, settings
from models.ach_returns import originals as ours
from models.ach_returns.originals import PaidItem, SentFile
from models.audit import Actor
from models.banking_days import banking_day_after
from models.errors import InvalidInput, NotFound
from models.files import BatchFile
from models.repairs import reverse
from models.repairs.plan import Plan
from models.repairs.reverse import Payment
from worker.ach.check.headers import day_of
from worker.ach.codes import TRANSACTIONS, Purpose
from worker.ach.originals import Original, original_of, paid_by
from worker.ach.records import FILLER, LineEnd, records
from worker.ach.structure import Entry, Line, parts

DAYS = 5
"""Banking days after settlement within which a reversal must be at the receiving bank."""
DESCRIPTION = "REVERSAL"
_CODES = {"22": "27", "32": "37", "42": "47", "52": "55", "27": "22", "37": "32", "47": "42"}
_CLASSES = {"220": "225", "225": "220"}
_LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n", LineEnd.CR: "\r", LineEnd.NONE: ""}
_HASH = 10**10


def plan(actor: Actor, file_id: int, wanted: Collection[str] = ()) -> Plan:
    """What reversing a file would take back; `wanted`: only these, by trace number or invoice number.

    Raises `NotFound` for one that the file does not have, `Conflict` for a file without such payments.
    """
    file = files.find(actor, file_id)
    reverse.check_reversible(actor, file)
    payments = list(payments_of(file))
    if wanted:
        payments = list(_chosen(file, payments, wanted))
    return reverse.plan(actor, file, payments)


def _chosen(file: BatchFile, payments: list[Payment], wanted: Collection[str]) -> Iterator[Payment]:
    names = {name for one in payments for name in (one.trace, *(number for _, number in one.invoices))}
    for name in wanted:
        if name not in names:
            raise NotFound(
                f"file {file.id} has no payment {name}",
                remedy="give a trace number, or an invoice's number; without any all payments are meant",
            )
    for one in payments:
        if {one.trace, *(number for _, number in one.invoices)} & set(wanted):
            yield one


def payments_of(file: BatchFile) -> Iterator[Payment]:
    """The payments of a file, prenotes, zero-dollar and offset entries left out, and what each paid."""
    path = settings.current().archive / file.archive_path
    with path.open("rb") as stream:
        entries = [part for part in parts(records(stream)) if isinstance(part, Entry) and _is_payment(part)]
    found = [(entry, original_of(entry)) for entry in entries]
    sent = SentFile(file.id, file.entity_id, file.job_id, file.job.destination_id, file.name, "", "", 0, 0)
    to_account: dict[tuple[str, str], list[PaidItem]] = {}
    for item in ours.paid_to(sent, {(original.rdfi, original.account) for _, original in found}):
        to_account.setdefault((item.routing[:8], item.account), []).append(item)
    for entry, original in found:
        items = to_account.get((original.rdfi, original.account), [])
        yield _payment(entry, original, items)


def _payment(entry: Entry, original: Original, items: list[PaidItem]) -> Payment:
    settled = day_of(original.effective)
    if settled is None:
        raise InvalidInput(
            f"the effective entry date of entry {original.trace} is no day",
            remedy="look at the file: waybill ach check",
        )
    return Payment(
        trace=original.trace,
        cents=original.cents,
        payee=entry.line.value("receiver name"),
        until=banking_day_after(settled, DAYS),
        invoices=tuple((item.invoice_id, item.number) for item in paid_by(original, items)),
    )


def _is_payment(entry: Entry) -> bool:
    said = TRANSACTIONS.get(entry.line.value("transaction code"))
    return said is not None and said.purpose is Purpose.PAYMENT and not _is_offset(entry)


def _is_offset(entry: Entry) -> bool:
    balanced = entry.header is not None and entry.header.value("service class code") == "200"
    return balanced and entry.line.value("receiver name") == "OFFSET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the reversal's file has to itself."""

    created: datetime
    """In the bank's zone."""
    day: date
    """Its creation date, as it was reserved."""
    modifier: str
    first_trace: int
    traces: frozenset[str]
    """The original entries to take back."""

    @property
    def effective(self) -> date:
        """The next banking day."""
        return banking_day_after(self.day, 1)


@dataclass(slots=True)
class Sums:
    """Running totals of a batch, or of the file."""

    records: int = 0
    hash: int = 0
    debits: int = 0
    credits: int = 0


@dataclass(slots=True)
class Written:
    """What the file came to."""

    reversed: int = 0
    batches: int = 0
    records: int = 0
    sums: Sums = field(default_factory=Sums)

    def control(self, terms: Terms) -> dict[str, str | int]:
        """As it is kept with the file."""
        return {
            "file_id_modifier": terms.modifier,
            "effective_date": terms.effective.isoformat(),
            "batch_count": self.batches,
            "block_count": self.records // 10,
            "reversed": self.reversed,
            "entry_addenda_count": self.sums.records,
            "entry_hash": f"{self.sums.hash % _HASH:010d}",
            "debit_cents": self.sums.debits,
            "credit_cents": self.sums.credits,
        }


def write(path: Path, terms: Terms, out: BinaryIO) -> Written:
    """Write the file that takes these payments of the original at `path` back; flat memory."""
    writer = _Writer(terms, out)
    with path.open("rb") as stream:
        for part in parts(records(stream)):
            writer.take(part)
    return writer.written


class _Writer:
    """Goes through the original, and writes its mirror image."""

    def __init__(self, terms: Terms, out: BinaryIO) -> None:
        self.written = Written()
        self._terms = terms
        self._out = out
        self._end = ""
        self._trace = terms.first_trace
        self._header: Line | None = None
        self._batch = Sums()

    def take(self, part: Line | Entry) -> None:
        """One part of the original."""
        if isinstance(part, Entry):
            self._take_entry(part)
            return
        text = part.record.text
        match part.record.kind:
            case "1":
                self._end = _LINE_ENDS[part.record.end]
                created = f"{self._terms.day:%y%m%d}{self._terms.created:%H%M}"
                self._line(f"{text[:23]}{created}{self._terms.modifier}{text[34:]}")
            case "5":
                self._header, self._batch = part, Sums()
            case "8":
                self._close(text)
            case "9":
                self._finish()

    def _take_entry(self, entry: Entry) -> None:
        if _is_offset(entry):
            self._offset(entry)
        elif entry.line.value("trace number") in self._terms.traces:
            self.written.reversed += 1
            self._entry(entry, entry.line.record.text[29:39])

    def _offset(self, entry: Entry) -> None:
        """The company's own side of a balanced batch: the sum of what is taken back."""
        batch = self._batch
        if cents := abs(batch.debits - batch.credits):
            self._entry(entry, f"{cents:010d}")

    def _entry(self, entry: Entry, cents: str) -> None:
        if not self._batch.records:
            self._open()
        text, batch = entry.line.record.text, self._batch
        code = _CODES[text[1:3]]
        number = f"{self._trace:07d}"
        self._line(f"6{code}{text[3:29]}{cents}{text[39:87]}{number}")
        for line in entry.addenda:
            self._line(f"{line.record.text[:87]}{number}")
        self._trace += 1
        batch.records += 1 + len(entry.addenda)
        batch.hash += int(text[3:11])
        if code[1] < "5":
            batch.credits += int(cents)
        else:
            batch.debits += int(cents)

    def _open(self) -> None:
        if self._header is None:
            raise InvalidInput("an entry of the original stands in no batch", remedy="waybill ach check")
        self.written.batches += 1
        text = self._header.record.text
        service_class = _CLASSES.get(text[1:4], text[1:4])
        dates = f"{'':6}{self._terms.effective:%y%m%d}{'':3}"
        self._line(
            f"5{service_class}{text[4:53]}{DESCRIPTION:<10}{dates}{text[78:87]}{self.written.batches:07d}"
        )

    def _close(self, text: str) -> None:
        batch, sums = self._batch, self.written.sums
        if not batch.records:
            return
        service_class = _CLASSES.get(text[1:4], text[1:4])
        self._line(
            f"8{service_class}{batch.records:06d}{batch.hash % _HASH:010d}{batch.debits:012d}"
            f"{batch.credits:012d}{text[44:54]}{'':25}{text[79:87]}{self.written.batches:07d}"
        )
        sums.records += batch.records
        sums.hash += batch.hash % _HASH
        sums.debits += batch.debits
        sums.credits += batch.credits
        self._batch = Sums()

    def _finish(self) -> None:
        sums = self.written.sums
        blocks = -(-(self.written.records + 1) // 10)
        self._line(
            f"9{self.written.batches:06d}{blocks:06d}{sums.records:08d}{sums.hash % _HASH:010d}"
            f"{sums.debits:012d}{sums.credits:012d}{'':39}"
        )
        while self.written.records % 10:
            self._line(FILLER)

    def _line(self, text: str) -> None:
        self.written.records += 1
        self._out.write(f"{text}{self._end}".encode("ascii"))
