"""The records of an ACH file, written in one pass: 94 characters each, totals kept on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from models.errors import ConfigurationError, InvalidInput
from worker.formats import Batch, Reservation, Totals
from worker.formats.nacha.entries import MAX_AMOUNT, Entry
from worker.formats.nacha.profile import Profile

MAX_TRACE = 9_999_999
MAX_BATCH_RECORDS = 999_999  # entries and addenda in a batch: 6 digits
MAX_TOTAL = 999_999_999_999  # cents in a batch and in a file: 12 digits
HASH_MODULUS = 10**10
SEC_CODES = ("CCD", "PPD")
_DEBIT_CODES = {"checking": "27", "savings": "37"}
_FLUSH = 4096  # lines joined into one write


class Writer:
    """One file. Batches are opened as entries need them: by SEC code, and where one is full."""

    def __init__(self, out: BinaryIO, batch: Batch, profile: Profile) -> None:
        if batch.reservation is None:
            raise ConfigurationError(
                f"the ACH file of export job {batch.job_id} has no file id modifier reserved",
                remedy="queue the job again",
                code="reservation_missing",
            )
        self._out = out
        self._profile = profile
        self._batch = batch
        self._reservation: Reservation = batch.reservation
        self._effective = profile.effective(batch.posting_date)
        self._lines: list[str] = []
        self._records = 0
        self._trace = self._reservation.first_trace - 1
        self._items = self._entries = 0
        self._batches = self._hash = self._debits = self._credits = self._counted = 0
        self._in_batch = _Open("")

    def write(self, entries: Callable[[], Iterator[Entry]]) -> Totals:
        """Write the file; `entries` is asked once per SEC code that occurs."""
        self._file_header()
        for sec in self._write_sec(entries, SEC_CODES[0]):
            self._write_sec(entries, sec)
        self._file_control()
        self._flush()
        return self._totals()

    def _write_sec(self, entries: Callable[[], Iterator[Entry]], sec: str) -> list[str]:
        """Write the entries of one SEC code; answers which others were seen."""
        others: set[str] = set()
        for entry in entries():
            if entry.payee.sec == sec:
                self._entry(entry)
            else:
                others.add(entry.payee.sec)
        self._close_batch()
        return sorted(others)

    def _entry(self, entry: Entry) -> None:
        payee, amount, identification, addenda, items = entry
        here = self._in_batch
        if not here.sec or self._is_full(here, amount):
            here = self._open_batch(payee.sec)
        trace = self._next_trace()
        line = f"6{payee.head}{amount:010d}{identification:<15}{payee.name}  "
        if addenda is None:
            self._line(f"{line}0{self._profile.odfi}{trace:07d}")
        else:
            self._line(f"{line}1{self._profile.odfi}{trace:07d}")
            self._line(f"705{addenda:<80}0001{trace:07d}")
            here.counted += 1
        here.counted += 1
        here.hash += payee.hashed
        here.credits += amount
        self._items += items
        self._entries += 1

    def _is_full(self, here: _Open, amount: int) -> bool:
        # Room is kept for an entry, its addenda and an offset entry; an offset is an entry, with its width.
        limit = MAX_AMOUNT if self._profile.offset else MAX_TOTAL
        return here.counted + 3 > MAX_BATCH_RECORDS or here.credits + amount > limit

    def _open_batch(self, sec: str) -> _Open:
        self._close_batch()
        self._batches += 1
        profile = self._profile
        self._line(
            f"5{self._service_class}{profile.company_name}{profile.discretionary}{profile.company_id}{sec}"
            f"{profile.description}      {self._effective:%y%m%d}   1{profile.odfi}{self._batches:07d}"
        )
        self._in_batch = _Open(sec)
        return self._in_batch

    def _close_batch(self) -> None:
        here = self._in_batch
        if not here.sec:
            return
        if self._profile.offset:
            self._offset(here, *self._profile.offset)
        profile = self._profile
        self._line(
            f"8{self._service_class}{here.counted:06d}{here.hash % HASH_MODULUS:010d}{here.debits:012d}"
            f"{here.credits:012d}{profile.company_id}{'':25}{profile.odfi}{self._batches:07d}"
        )
        self._counted += here.counted
        self._hash += here.hash % HASH_MODULUS
        self._debits += here.debits
        self._credits += here.credits
        if self._credits > MAX_TOTAL:
            raise InvalidInput(
                "the entries of the file come to more than the 9999999999.99 USD an ACH file can say",
                remedy="export in smaller parts, by customer or by date",
                code="file_total_too_large",
            )
        self._in_batch = _Open("")

    def _offset(self, here: _Open, routing: str, account: str, kind: str) -> None:
        line = f"6{_DEBIT_CODES[kind]}{routing}{account:<17}{here.credits:010d}{'':15}{'OFFSET':<22}  0"
        self._line(f"{line}{self._profile.odfi}{self._next_trace():07d}")
        here.counted += 1
        here.hash += int(routing[:8])
        here.debits = here.credits

    @property
    def _service_class(self) -> str:
        return "200" if self._profile.offset else "220"

    def _next_trace(self) -> int:
        self._trace += 1
        if self._trace > MAX_TRACE:
            raise InvalidInput(
                f"the file needs trace numbers above {MAX_TRACE}",
                remedy="export in smaller parts, or on another day",
                code="traces_exhausted",
            )
        return self._trace

    def _file_header(self) -> None:
        profile, local = self._profile, self._profile.local(self._batch.created)
        self._line(
            f"101{profile.destination}{profile.origin}{local:%y%m%d%H%M}{self._reservation.file_id_modifier}"
            f"094101{profile.destination_name}{profile.origin_name}{profile.reference_code}"
        )

    def _file_control(self) -> None:
        self._blocks = -(-(self._records + 1) // 10)
        self._line(
            f"9{self._batches:06d}{self._blocks:06d}{self._counted:08d}{self._hash % HASH_MODULUS:010d}"
            f"{self._debits:012d}{self._credits:012d}{'':39}"
        )
        while self._records % 10:
            self._line("9" * 94)

    def _line(self, line: str) -> None:
        self._lines.append(line)
        self._records += 1
        if len(self._lines) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            end = self._profile.line_end
            self._out.write((end.join(self._lines) + end).encode("ascii"))
            self._lines.clear()

    def _totals(self) -> Totals:
        return Totals(
            items=self._items,
            records=self._records,
            sums={"USD": self._credits} if self._entries else {},
            control={
                "file_id_modifier": self._reservation.file_id_modifier,
                "effective_date": self._effective.isoformat() if self._batches else "",
                "batch_count": self._batches,
                "block_count": self._blocks,
                "entries": self._entries,
                "entry_addenda_count": self._counted,
                "entry_hash": f"{self._hash % HASH_MODULUS:010d}",
                "debit_cents": self._debits,
                "credit_cents": self._credits,
                "first_trace": self._reservation.first_trace if self._entries else 0,
                "last_trace": self._trace if self._entries else 0,
            },
        )


class _Open:
    """The running totals of a batch; without an SEC code, of none."""

    __slots__ = ("counted", "credits", "debits", "hash", "sec")

    def __init__(self, sec: str) -> None:
        self.sec = sec
        self.counted = self.hash = self.debits = self.credits = 0
