"""What stands in an ACH file, taken from its columns alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from worker.formats import Totals

_WIDTH = 94
_READ = 4096  # records
_FILLER = b"9" * _WIDTH


def read(path: Path, line_end: bytes) -> Totals:
    """The totals, counted from the entries; raises `ValueError` for a file whose own controls disagree."""
    return _Reading().of(_records(path, line_end))


def _records(path: Path, line_end: bytes) -> Iterator[bytes]:
    width = _WIDTH + len(line_end)
    with path.open("rb") as file:
        while chunk := file.read(width * _READ):
            if len(chunk) % width:
                raise ValueError("its last record is cut short")
            for start in range(0, len(chunk), width):
                record = chunk[start : start + width]
                if line_end and not record.endswith(line_end):
                    raise ValueError(f"a record is not {_WIDTH} characters long")
                yield record[:_WIDTH]


class _Reading:
    """One pass over the records."""

    def __init__(self) -> None:
        self._modifier = self._effective = ""
        self._records = self._entries = self._counted = self._hash = 0
        self._batches = self._debits = self._credits = 0
        self._first_trace = self._last_trace = 0
        # Of the batch being read: entries and addenda, hash, debits, credits.
        self._batch = [0, 0, 0, 0]
        self._control = b""

    def of(self, records: Iterator[bytes]) -> Totals:
        """The totals of the records."""
        kinds = {0x31: self._file_header, 0x35: self._batch_header, 0x36: self._entry, 0x37: self._addenda}
        kinds[0x38] = self._batch_control
        for record in records:
            self._records += 1
            if record[0] == 0x39:
                self._end(record)
            elif self._control or record[0] not in kinds:
                raise ValueError(f"record {self._records} is out of place")
            else:
                kinds[record[0]](record)
        self._check_control()
        return self._totals()

    def _file_header(self, record: bytes) -> None:
        if self._records != 1:
            raise ValueError(f"record {self._records} is a second file header")
        self._modifier = record[33:34].decode("ascii")

    def _batch_header(self, record: bytes) -> None:
        self._batches += 1
        day = record[69:75].decode("ascii")
        effective = datetime.strptime(f"{day}Z", "%y%m%d%z").date().isoformat()
        if self._effective not in ("", effective):
            raise ValueError(f"record {self._records}: another effective entry date than in the batch before")
        self._effective = effective

    def _entry(self, record: bytes) -> None:
        cents, trace = int(record[29:39]), int(record[87:94])
        batch = self._batch
        batch[0] += 1
        batch[1] += int(record[3:11])
        # Second digit of the transaction code: 1 to 4 is a credit.
        if record[2] < 0x35:
            batch[3] += cents
            self._entries += 1
        else:
            batch[2] += cents
        if trace <= self._last_trace:
            raise ValueError(f"record {self._records}: trace {trace} follows {self._last_trace}")
        self._first_trace = self._first_trace or trace
        self._last_trace = trace

    def _addenda(self, record: bytes) -> None:
        self._batch[0] += 1
        if int(record[87:94]) != self._last_trace:
            raise ValueError(f"record {self._records}: the addenda is not of the entry before it")

    def _batch_control(self, record: bytes) -> None:
        counted, hashed, debits, credits_ = self._batch
        shown = [int(record[4:10]), int(record[10:20]), int(record[20:32]), int(record[32:44])]
        if shown != [counted, hashed % 10**10, debits, credits_]:
            raise ValueError(f"record {self._records}: the batch control is not what the entries come to")
        self._counted += counted
        self._hash += hashed % 10**10
        self._debits += debits
        self._credits += credits_
        self._batch = [0, 0, 0, 0]

    def _end(self, record: bytes) -> None:
        if not self._control:
            self._control = record
        elif record != _FILLER:
            raise ValueError(f"record {self._records} stands after the file control")

    def _check_control(self) -> None:
        record = self._control
        if not record or self._records % 10:
            raise ValueError("the file control or the filling of its last block is missing")
        shown = [int(record[1:7]), int(record[7:13]), int(record[13:21]), int(record[21:31])]
        shown += [int(record[31:43]), int(record[43:55])]
        blocks = self._records // 10
        if shown != [
            self._batches,
            blocks,
            self._counted,
            self._hash % 10**10,
            self._debits,
            self._credits,
        ]:
            raise ValueError("the file control is not what the batches come to")

    def _totals(self) -> Totals:
        return Totals(
            items=None,  # an entry may pay several documents
            records=self._records,
            sums={"USD": self._credits} if self._entries else {},
            control={
                "file_id_modifier": self._modifier,
                "effective_date": self._effective,
                "batch_count": self._batches,
                "block_count": self._records // 10,
                "entries": self._entries,
                "entry_addenda_count": self._counted,
                "entry_hash": f"{self._hash % 10**10:010d}",
                "debit_cents": self._debits,
                "credit_cents": self._credits,
                "first_trace": self._first_trace,
                "last_trace": self._last_trace,
            },
        )
