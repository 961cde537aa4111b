"""The records of an ACH file: 94 characters each, in batches, totals kept on the way.

Entries come in the order of the items and lie in piles until all are there; trace numbers are given as the
piles are written out, so that they ascend through the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from models.errors import ConfigurationError, InvalidInput
from worker.formats import Batch, Reservation, Totals
from worker.formats.nacha import codes
from worker.formats.nacha.codes import CREDITS, DEBITS, HASH_MODULUS
from worker.formats.nacha.entries import BatchKey, Entry
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.spool import Spool

_FLUSH = 4096  # lines joined into one write
_TRACELESS = 87  # characters of an entry or addenda before the trace's own 7 digits


class Writer:
    """One file. Batches are opened as entries need them: by what their header says, and where one is full."""

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
        self._lines: list[str] = []
        self._spool = Spool(_TRACELESS)
        self._batches: list[_Open] = []
        self._open: dict[BatchKey, _Open] = {}
        self._records = self._number = 0
        self._trace = self._reservation.first_trace - 1
        self._hash = self._debits = self._credits = self._counted = 0

    def write(self, entries: Iterable[Entry]) -> Totals:
        """Write the file; entries of several batches may come in any order."""
        try:
            for entry in entries:
                self._entry(entry)
            self._file_header()
            # Stable: those of one key stay in the order they were begun.
            for batch in sorted(self._batches, key=_place):
                self._write_batch(batch)
            self._file_control()
            self._flush()
        finally:
            self._spool.close()
        return self._totals()

    def _entry(self, entry: Entry) -> None:
        key, head, amount, tail, hashed, addenda, items = entry
        here = self._open.get(key)
        if here is None or self._is_full(here, amount, len(addenda)):
            here = self._begin(key)
        add, pile, odfi = self._spool.add, here.pile, self._profile.odfi
        add(pile, f"6{head}{amount:010d}{tail}{1 if addenda else 0}{odfi}")
        for number, piece in enumerate(addenda, start=1):
            add(pile, f"705{piece:<80}{number:04d}")
        here.counted += 1 + len(addenda)
        here.hash += hashed
        here.amount += amount
        here.entries += 1
        here.items += items
        if items:
            here.live += 1

    def _is_full(self, here: _Open, amount: int, addenda: int) -> bool:
        most, largest = codes.MAX_BATCH_RECORDS, codes.MAX_TOTAL
        if self._profile.offset:  # room is kept for it, and it is an entry, with an entry's width
            most, largest = most - 1, codes.MAX_AMOUNT
        return here.counted + 1 + addenda > most or here.amount + amount > largest

    def _begin(self, key: BatchKey) -> _Open:
        here = self._open[key] = _Open(key, self._spool)
        self._batches.append(here)
        if len(self._batches) > codes.MAX_BATCHES:
            raise _too_large(f"more than {codes.MAX_BATCHES} batches")
        return here

    def _write_batch(self, here: _Open) -> None:
        self._number += 1
        offset = self._profile.offset if here.amount else None  # an offset of zero is no entry
        service = codes.MIXED if offset else codes.DEBITS_ONLY if here.key.debit else codes.CREDITS_ONLY
        self._batch_header(here.key, service)
        for line in self._spool.lines(here.pile):
            if line[0] == "6":
                self._next_trace()
            self._line(f"{line}{self._trace:07d}")
        if offset:
            self._offset(here, *offset)
        self._batch_control(here, service)

    def _batch_header(self, key: BatchKey, service: str) -> None:
        profile = self._profile
        self._line(
            f"5{service}{profile.company_name}{profile.discretionary}{profile.company_id}{key.sec}"
            f"{key.description}{key.descriptive}{key.day:%y%m%d}   1{profile.odfi}{self._number:07d}"
        )

    def _batch_control(self, here: _Open, service: str) -> None:
        profile = self._profile
        debits = 0 if service == codes.CREDITS_ONLY else here.amount
        credits_ = 0 if service == codes.DEBITS_ONLY else here.amount
        self._line(
            f"8{service}{here.counted:06d}{here.hash % HASH_MODULUS:010d}{debits:012d}{credits_:012d}"
            f"{profile.company_id}{'':25}{profile.odfi}{self._number:07d}"
        )
        self._counted += here.counted
        self._hash += here.hash % HASH_MODULUS
        self._debits += debits
        self._credits += credits_
        if max(self._debits, self._credits) > codes.MAX_TOTAL:
            raise _too_large("entries over more than the 9999999999.99 USD an ACH file can say")

    def _offset(self, here: _Open, routing: str, account: str, kind: str) -> None:
        code = (CREDITS if here.key.debit else DEBITS)[kind].live
        self._next_trace()
        tail = f"{'':15}0000{'OFFSET':<20}" if here.key.sec == codes.CTX else f"{'':15}{'OFFSET':<24}"
        line = f"6{code}{routing}{account:<17}{here.amount:010d}{tail}0"
        self._line(f"{line}{self._profile.odfi}{self._trace:07d}")
        here.counted += 1
        here.hash += int(routing[:8])

    def _next_trace(self) -> None:
        self._trace += 1
        if self._trace > codes.MAX_TRACE:
            raise InvalidInput(
                f"the file needs trace numbers above {codes.MAX_TRACE}",
                remedy="export in smaller parts, or on another day",
                code="traces_exhausted",
            )

    def _file_header(self) -> None:
        profile, local = self._profile, self._profile.local(self._batch.created)
        self._line(
            f"101{profile.destination}{profile.origin}{local:%y%m%d%H%M}{self._reservation.file_id_modifier}"
            f"094101{profile.destination_name}{profile.origin_name}{profile.reference_code}"
        )

    def _file_control(self) -> None:
        self._blocks = -(-(self._records + 1) // 10)
        if self._blocks > codes.MAX_BLOCKS:
            raise _too_large(f"{self._records} records")
        self._line(
            f"9{self._number:06d}{self._blocks:06d}{self._counted:08d}{self._hash % HASH_MODULUS:010d}"
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
        batches = self._batches
        live, entries = sum(each.live for each in batches), sum(each.entries for each in batches)
        days = sorted({each.key.day.isoformat() for each in batches})
        control: dict[str, str | int] = {
            "file_id_modifier": self._reservation.file_id_modifier,
            "effective_date": " to ".join(sorted({days[0], days[-1]})) if days else "",
            "batch_count": self._number,
            "block_count": self._blocks,
            "entries": entries,
            "entry_addenda_count": self._counted,
            "entry_hash": f"{self._hash % HASH_MODULUS:010d}",
            "debit_cents": self._debits,
            "credit_cents": self._credits,
            "first_trace": self._reservation.first_trace if entries else 0,
            "last_trace": self._trace if entries else 0,
        }
        if entries > live:
            control["prenotes"] = entries - live
        return Totals(
            items=sum(each.items for each in batches),
            records=self._records,
            sums={"USD": sum(each.amount for each in batches)} if live else {},
            control=control,
        )


class _Open:
    """A batch, its lines still in a pile."""

    __slots__ = ("amount", "counted", "entries", "hash", "items", "key", "live", "pile")

    def __init__(self, key: BatchKey, spool: Spool) -> None:
        self.key = key
        self.pile = spool.pile()
        self.counted = self.hash = self.amount = self.entries = self.live = self.items = 0


def _place(batch: _Open) -> tuple[object, ...]:
    key = batch.key
    return codes.BATCH_ORDER[key.sec], key.day, key.descriptive, key.description, key.debit


def _too_large(what: str) -> InvalidInput:
    return InvalidInput(
        f"the file would hold {what}",
        remedy="export in smaller parts, by customer or by date",
        code="file_total_too_large",
    )
