"""A real worker whose clock is set while it runs: one catch-up, nothing twice, and a word of warning.

The clock is the system's as the process sees it (libfaketime); what it waits by, the monotonic one, is left.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine

from models import clock, schedules
from models.audit import WAYBILL
from models.jobs import Job, JobState, Output, Route
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule
from tests.conftest import ROOT, clean_environment
from tests.worker.export_site import Site, make_site
from worker.clock_watch import ClockWatch

_LIMIT = 30.0
_WORKER = "from tui.cli import main; main(['worker'])"


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    """A site with one invoice."""
    site = make_site()
    site.invoice("A-1")
    return site


def wait_for(what: str, met: Callable[[], bool]) -> None:
    """Wait for a condition, and not for ever."""
    until = time.monotonic() + _LIMIT
    while not met():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker in a process of its own, and its clock."""

    site: Site
    offset: Path
    log: Path

    def set_clock(self, days: int) -> None:
        """Set its clock so far from the true one, and wait until it has seen that and looked what is due."""
        jumps = self.log.read_text().count("clock.jumped")
        self.offset.write_text(f"{days:+d}d")
        wait_for("the jump to be noticed", lambda: self.log.read_text().count("clock.jumped") > jumps)
        self.look(days)

    def look(self, days: int = 0) -> None:
        """Wait until it has looked for what is due: what is due in this very minute of its clock fires."""
        with time_machine.travel(clock.now() + timedelta(days=days)):
            now = clock.now()
            said = Recurrence(kind=Frequency.ONCE, start_date=now.date(), at=minute_of(now))
            marker = create(self.site, uuid4().hex, said)
        wait_for("the marker to fire", lambda: len(jobs_of(marker)) == 1)


def minute_of(instant: datetime) -> wall_time:
    return instant.time().replace(second=0, microsecond=0)


def create(site: Site, name: str, recurrence: Recurrence) -> Schedule:
    outputs = {Route.OTHER: Output(format="csv")}
    said = Instruction(name=name, on_behalf_of=site.finance.id, recurrence=recurrence, outputs=outputs)
    return schedules.create(WAYBILL, site.facility, said)


def jobs_of(schedule: Schedule) -> list[Job]:
    return list(Job.select().where(Job.schedule_id == schedule.id).order_by(Job.id))


@pytest.fixture
def worker(site: Site, home: Path, tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Worker]:
    """One that runs, its clock right."""
    faketime = require_program("faketime")
    asked = [faketime, "-m", "-f", "+0", "printenv", "LD_PRELOAD"]
    library = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    offset, log = tmp_path / "offset", tmp_path / "log"
    offset.write_text("+0")
    environment = {
        "WAYBILL_HOME": str(home),
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", _WORKER], cwd=ROOT, env=clean_environment() | environment, stderr=out
        )
    try:
        wait_for("the worker", lambda: "worker.started" in log.read_text())
        yield Worker(site=site, offset=offset, log=log)
    finally:
        process.terminate()
        process.wait(_LIMIT)
    assert process.returncode == 0


@pytest.mark.outside("faketime")
def test_clock_of_a_worker_set_a_day_ahead_and_back_gives_one_catch_up(worker: Worker) -> None:
    half_an_hour_ago = clock.now() - timedelta(minutes=30)  # so that nothing is due while this runs
    hourly = create(
        worker.site,
        "hourly",
        Recurrence(
            kind=Frequency.HOURLY,
            start_date=half_an_hour_ago.date(),
            at=minute_of(half_an_hour_ago),
        ),
    )
    worker.look()
    assert jobs_of(hourly) == []

    worker.set_clock(1)
    [job] = jobs_of(hourly)
    assert job.note.startswith("catches up 23 missed runs since ")
    wait_for("the catch-up", lambda: Job.get_by_id(job.id).state == JobState.COMPLETED)

    for days in (0, -1, 1):
        worker.set_clock(days)
    assert jobs_of(hourly) == [job]
    assert worker.site.ledger() == {"A-1": "exported"}
    assert sum(data.count(b"A-1") for data in worker.site.published().values()) == 1


# What is said of it


def looked_at(days: float, caplog: pytest.LogCaptureFixture) -> str:
    """What a worker that starts says when its clock is so far from the newest thing it knows."""
    caplog.clear()
    with caplog.at_level(logging.WARNING), time_machine.travel(clock.now() + timedelta(days=days)):
        ClockWatch().look()
    return " ".join(record.getMessage().split()[0] for record in caplog.records)


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, ""), (0.9, ""), (1.1, "clock.ahead"), (400, "clock.ahead"), (-0.1, "clock.behind")],
)
def test_clock_of_a_starting_worker_far_from_what_is_known_is_warned_of(
    site: Site, caplog: pytest.LogCaptureFixture, days: float, said: str
) -> None:
    assert site.entity
    assert looked_at(days, caplog) == said


def test_clock_that_goes_on_steadily_is_not_spoken_of(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    assert site.entity
    watch = ClockWatch()
    with caplog.at_level(logging.WARNING):
        watch.look()
        watch.look()
    assert caplog.records == []
