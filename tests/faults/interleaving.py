"""Interleavings: this process stands at a named point of its way until another one has acted to its end."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from models import faults, jobs
from models.database import connection, database
from models.jobs import Claim, Job, JobState, Output, Route, lease
from models.problems import Problem
from tests.faults.installation import Home, kill
from worker import export
from worker.export import company

OTHER = "elsewhere/0/1/1"
"""A worker that is none of ours."""
CSV = {Route.OTHER: Output(format="csv")}
WHY = Problem(code="late", reason="it is late", remedy="")
_LIMIT = 100.0


@contextmanager
def running(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill them in the end, whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            kill(process)


@contextmanager
def at_point(name: str, act: Callable[[], object], *, passing: int = 1) -> Iterator[None]:
    """Let another one act, to its end, while this process stands at a passing of the point."""
    seen = Counter[str]()

    def stop(point: str) -> None:
        seen[point] += 1
        if point == name and seen[point] == passing:
            with ThreadPoolExecutor(1) as other:
                other.submit(_connected, act).result(_LIMIT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_planned", {name: []})
        patch.setattr(faults, "_pass", stop)
        patch.setattr(company, "PATIENCE", 0.0)  # the other one would be a process of its own
        yield
    assert seen[name] >= passing, f"nothing came past {name}"


def _connected(act: Callable[[], object]) -> object:
    with connection():
        return act()


def take_over_job(home: Home, job: Job) -> dict[str, bytes]:
    """What a ticker, another worker and the customer do while this worker is taken for dead."""
    [held] = [held for held, _ in lease.held() if held.job_id == job.id]
    assert jobs.take_back(held, "it gave no sign")
    assert export.run(job.id) == JobState.COMPLETED
    return taken_away(home)


def taken_away(home: Home) -> dict[str, bytes]:
    """What the customer finds, and takes."""
    found = {path: path.read_bytes() for path in home.inbox.rglob("[!.]*") if path.is_file()}
    for path in found:
        path.unlink()
    return {path.name: data for path, data in found.items()}


def way_of_a_job(job: Job) -> list[tuple[str, int]]:
    """The points between claim and end that a worker passes outside its transactions, with the passing."""
    seen, way = Counter[str](), list[tuple[str, int]]()

    def note(point: str) -> None:
        seen[point] += 1
        if not database.in_transaction() and point.partition(".")[0] not in ("heartbeat", "schedule"):
            way.append((point, seen[point]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_planned", {"": []})
        patch.setattr(faults, "_pass", note)
        assert export.run(job.id) == JobState.COMPLETED
    return way[: way.index(("job.ending", 1)) + 1]


def numbers(published: dict[str, bytes]) -> Counter[bytes]:
    return Counter(number for data in published.values() for number in re.findall(rb"FLT\d{6}", data))


def received(home: Home) -> dict[str, bytes]:
    """Every file that came to the far side."""
    return {path.name: path.read_bytes() for path in home.received.iterdir()}


def claimed(job: Job) -> Claim:
    held = jobs.claim(job.id, lease.owner_name())
    assert held is not None
    return held
