"""NACHA: entries looked at, written and read back, beside the same records by bare f-strings."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from models.catalogue import parse_settings
from scripts.benchmark.engine import Line
from worker.formats import Account, Batch, Item, Reservation
from worker.formats.nacha import Nacha

ENTRIES = 100_000
_RUNS = 3
_PAYEES = 500
_PROFILE = {
    "immediate_destination": "021000021",
    "immediate_origin": "1234567890",
    "company_name": "BENCH INC",
    "company_id": "1234567890",
    "odfi": "021000021",
}


class _Times(NamedTuple):
    """Seconds of the wall clock, and of the processor for writing and reading back."""

    look: float
    write: float
    check: float
    processor: float


def measure(folder: Path) -> list[Line]:
    """The figures for CCD entries: plain ones, and ones with an addenda each."""
    plain = _run(folder, {})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    addenda = _run(folder, {"addenda": "always"})
    floor, of_it = min(_floor(folder) for _ in range(_RUNS))
    return [
        *_lines(
            f"{ENTRIES:,} CCD entries",
            plain,
            f"bare f-strings, nothing checked: {floor:.2f} s",
            f"of these: {of_it:.2f} s",
        ),
        Line("  peak memory, all of Python in it", f"{peak:.0f} MiB", "<= 64 MiB", peak <= 64),
        *_lines("each with an addenda", addenda, "twice the records", ""),
    ]


def _lines(name: str, times: _Times, beside: str, processor: str) -> list[Line]:
    seconds = times.write + times.check
    return [
        Line(f"{name}, written and checked", f"{seconds:.2f} s", "<= 2 s", seconds <= 2, beside),
        Line("  processor time of that", f"{times.processor:.2f} s", beside=processor),
        Line("  written", f"{times.write:.2f} s"),
        Line("  read back and checked", f"{times.check:.2f} s"),
        Line("  looked at beforehand", f"{times.look:.2f} s"),
    ]


def _run(folder: Path, given: dict[str, object]) -> _Times:
    batch = _batch(given)
    times = sorted((_once(folder / "bench.ach", batch) for _ in range(_RUNS)), key=lambda one: one.processor)
    return times[_RUNS // 2]


def _once(path: Path, batch: Batch) -> _Times:
    nacha = Nacha()
    begun = time.perf_counter()
    if any(True for _ in nacha.problems(_items(), batch)):
        raise RuntimeError("an item of the benchmark cannot be carried")
    looked, processor = time.perf_counter(), time.process_time()
    with path.open("wb") as out:
        written = nacha.write(batch, _items, out)
    closed = time.perf_counter()
    if differences := written.differences(nacha.read_back(path, batch)):
        raise RuntimeError("; ".join(differences))
    ended = time.perf_counter()
    return _Times(looked - begun, closed - looked, ended - closed, time.process_time() - processor)


def _batch(given: dict[str, object]) -> Batch:
    return Batch(
        entity="Bench",
        route="ach",
        job_id=1,
        file_name="bench.ach",
        created=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        posting_date=date(2026, 3, 2),
        settings=parse_settings(Nacha.settings, _PROFILE | given),
        reservation=Reservation("A", 1),
    )


def _items() -> Iterator[Item]:
    """Streamed, as an export reads them: their making is part of every time."""
    each = ENTRIES // _PAYEES
    for payee in range(_PAYEES):
        account = Account("021000021", f"{10**8 + payee}", "checking", "company", "")
        for number in range(payee * each, (payee + 1) * each):
            yield Item(
                number,
                number,
                "payable",
                "invoice",
                f"INV-{number:07d}",
                payee,
                f"S-{payee}",
                f"Vendor {payee}",
                "2026-01-01",
                "2026-02-01",
                "USD",
                10_000 + number,
                account,
                "{}",
            )


def _floor(folder: Path) -> tuple[float, float]:
    """The entries' records and nothing else: no look at what stands in them, no sums, no reading back."""
    begun, processor = time.perf_counter(), time.process_time()
    with (folder / "floor.ach").open("w", encoding="ascii", newline="") as out:
        for trace, item in enumerate(_items(), start=1):
            account = item.account or Account("", "", "", "", "")
            out.write(
                f"622{account.routing}{account.number:<17}{item.amount:010d}{item.number:<15}"
                f"{item.party_name:<22}  002100002{trace:07d}\r\n"
            )
    return time.perf_counter() - begun, time.process_time() - processor
