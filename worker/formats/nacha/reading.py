"""What stands in an ACH file, taken from its columns alone: every rule checked, every sum made anew.

It shares no code with what writes, so that a fault there is found here before the file leaves. The columns
of each record are judged by `reading_columns`, an 820 by `reading_remittance`; here is what holds between
records: their order, blocks, counts, hashes, totals, traces, and which addenda are whose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from worker.formats import Totals
from worker.formats.nacha import reading_columns as columns
from worker.formats.nacha import reading_remittance as remittance
from worker.formats.nacha.reading_columns import BatchHeader, EntryDetail

_WIDTH = 94
_READ = 4096  # records
_FILLER = b"9" * _WIDTH
_PRINTABLE = bytes(range(0x20, 0x7F))
_HASHED = 10**10
_Reader = Callable[[bytes], None]


def read(path: Path, line_end: bytes) -> Totals:
    """The totals, counted from the entries; raises `ValueError` naming the record that breaks a rule."""
    return _Reading().of(_records(path, line_end))


def _records(path: Path, line_end: bytes) -> Iterator[bytes]:
    """Records of 94 printable ASCII characters, each with the same line end."""
    width = _WIDTH + len(line_end)
    with path.open("rb") as file:
        while chunk := file.read(width * _READ):
            if len(chunk) % width:
                raise ValueError("its last record is cut short")
            if len(chunk.translate(None, _PRINTABLE)) != len(chunk) // width * len(line_end):
                raise ValueError("it holds characters that are not printable ASCII, or other line ends")
            for start in range(0, len(chunk), width):
                record = chunk[start : start + width]
                if line_end and not record.endswith(line_end):
                    raise ValueError(f"a record is not {_WIDTH} characters long")
                yield record[:_WIDTH]


class _Reading:
    """One pass over the records."""

    def __init__(self) -> None:
        self._created = date.min
        self._modifier = ""
        self._records = self._entries = self._prenotes = self._counted = self._hash = 0
        self._batches = self._debits = self._credits = self._live = 0
        self._first_trace = self._last_trace = 0
        self._days: set[date] = set()
        self._batch: _BatchSoFar | None = None
        self._control = b""

    def of(self, records: Iterator[bytes]) -> Totals:
        """The totals of the records."""
        kinds = {0x35: self._batch_header, 0x36: self._entry, 0x37: self._addenda, 0x38: self._batch_control}
        kinds[0x39] = self._end
        try:
            for record in records:
                self._records += 1
                if self._records == 1:
                    self._modifier, self._created = columns.file_header(record)
                else:
                    self._kind(record, kinds)(record)
        except ValueError as error:
            raise ValueError(f"record {self._records}: {error}") from error
        self._check_control()
        return self._totals()

    def _kind(self, record: bytes, kinds: Mapping[int, _Reader]) -> _Reader:
        kind = record[0]
        if kind not in kinds or (self._control and kind != 0x39):
            raise ValueError("it is out of place")
        return kinds[kind]

    def _batch_header(self, record: bytes) -> None:
        if self._batch is not None:
            raise ValueError("a batch begins within another")
        self._batches += 1
        self._batch = _BatchSoFar(columns.batch_header(record, self._batches, self._created))
        self._days.add(self._batch.header.day)

    def _entry(self, record: bytes) -> None:
        batch = self._inside()
        entry = columns.entry(record, batch.header)
        if entry.trace <= self._last_trace:
            raise ValueError(f"trace {entry.trace} follows {self._last_trace}")
        self._first_trace = self._first_trace or entry.trace
        self._last_trace = entry.trace
        batch.add(entry)
        if entry is not batch.offset:
            self._entries += 1
            self._prenotes += entry.is_prenote
            self._live += entry.cents

    def _addenda(self, record: bytes) -> None:
        self._inside().add_addenda(record, self._last_trace)

    def _batch_control(self, record: bytes) -> None:
        batch = self._inside()
        batch.end()
        columns.batch_control(record, batch.header)
        shown = [int(record[4:10]), int(record[10:20]), int(record[20:32]), int(record[32:44])]
        if shown != [batch.counted, batch.hash % _HASHED, batch.debits, batch.credits]:
            raise ValueError("the batch control is not what the entries come to")
        self._counted += batch.counted
        self._hash += batch.hash % _HASHED
        self._debits += batch.debits
        self._credits += batch.credits
        self._batch = None

    def _inside(self) -> _BatchSoFar:
        if self._batch is None:
            raise ValueError("it stands outside a batch")
        return self._batch

    def _end(self, record: bytes) -> None:
        if self._batch is not None:
            raise ValueError("the batch before it has no end")
        if self._control and record != _FILLER:
            raise ValueError("it stands after the file control")
        if not self._control:
            self._control = columns.file_control(record)
            self._blocks = -(-self._records // 10)
        elif self._records > self._blocks * 10:
            raise ValueError("the last block is filled already")

    def _check_control(self) -> None:
        record = self._control
        if not record or self._records % 10:
            raise ValueError("the file control or the filling of its last block is missing")
        shown = [int(record[1:7]), int(record[7:13]), int(record[13:21]), int(record[21:31])]
        shown += [int(record[31:43]), int(record[43:55])]
        found = [self._batches, self._blocks, self._counted, self._hash % _HASHED]
        if shown != [*found, self._debits, self._credits]:
            raise ValueError("the file control is not what the batches come to")

    def _totals(self) -> Totals:
        days = [each.isoformat() for each in sorted(self._days)]
        control: dict[str, str | int] = {
            "file_id_modifier": self._modifier,
            "effective_date": " to ".join(days if len(days) < 2 else (days[0], days[-1])),
            "batch_count": self._batches,
            "block_count": self._blocks,
            "entries": self._entries,
            "entry_addenda_count": self._counted,
            "entry_hash": f"{self._hash % _HASHED:010d}",
            "debit_cents": self._debits,
            "credit_cents": self._credits,
            "first_trace": self._first_trace,
            "last_trace": self._last_trace,
        }
        if self._prenotes:
            control["prenotes"] = self._prenotes
        return Totals(
            items=None,  # an entry may pay several documents
            records=self._records,
            sums={"USD": self._live} if self._entries > self._prenotes else {},
            control=control,
        )


class _BatchSoFar:
    """The batch being read, and the entry whose addenda are still to come."""

    def __init__(self, header: BatchHeader) -> None:
        self.header = header
        self.counted = self.hash = self.debits = self.credits = 0
        self.offset: EntryDetail | None = None
        self._entry: EntryDetail | None = None
        self._addenda: list[bytes] = []

    def add(self, entry: EntryDetail) -> None:
        """Count an entry in; the one before it must have all its addenda."""
        self._finish_entry()
        if self.offset is not None:
            raise ValueError("an entry stands after the batch's offset")
        before, self._entry = self._entry, entry
        if self.header.is_mixed and before is not None and before.debit != entry.debit:
            columns.offset(entry)
            self.offset = entry
        self.counted += 1
        self.hash += entry.hashed
        if entry.debit:
            self.debits += entry.cents
        else:
            self.credits += entry.cents

    def add_addenda(self, record: bytes, trace: int) -> None:
        """Count an addenda of the last entry in."""
        if self._entry is None or not self._entry.flagged:
            raise ValueError("an addenda belongs to no entry, or to one that says it has none")
        self._addenda.append(columns.addenda(record, self.header.sec, len(self._addenda) + 1, trace))
        self.counted += 1

    def end(self) -> None:
        """Judge the batch as a whole."""
        self._finish_entry()
        if self._entry is None:
            raise ValueError("the batch has no entries")
        if self.header.is_mixed and (self.offset is None or self.debits != self.credits):
            raise ValueError("service class 200 is for balanced batches, and this one is not")

    def _finish_entry(self) -> None:
        entry, addenda = self._entry, self._addenda
        if entry is None:
            return
        if entry.addenda is not None and entry.addenda != len(addenda):
            raise ValueError(f"the entry before it announces {entry.addenda} addenda and has {len(addenda)}")
        if bool(addenda) != entry.flagged:
            raise ValueError("the entry before it lacks the addenda that it announces")
        if addenda:
            remittance.check(addenda, entry, self.header)
            self._addenda = []
