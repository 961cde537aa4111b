"""Stopping, and being stopped again and again: nothing waits for a person, nothing is lost or doubled."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database import connection, execute
from models.jobs import Job, JobAttempt, JobState, lease
from tests.faults import every_point, person, points
from tests.faults.conftest import Templates
from tests.faults.far_side import Receiver, compare
from tests.faults.installation import Home, copy, kill, wait_for

_POISON = "kill@items.failing"
"""Only the job that carries an invoice which cannot go comes past this point."""


@pytest.fixture
def home(template: Home, tmp_path: Path) -> Iterator[Home]:
    """A home of its own, with work waiting."""
    home = copy(template, tmp_path / "home")
    with connection():
        yield home


def _claimed_again(job_id: int) -> bool:
    return bool(execute("SELECT attempt FROM export_job WHERE id = ?", (job_id,)).fetchone()[0] > 1)


def test_job_that_kills_its_worker_three_times_fails_and_blocks_nothing(home: Home) -> None:
    with Receiver(home):
        assert _deaths_until_drained(home, _POISON) == 3
        poisoned = Job.get(Job.schedule_id.is_null(False))
        assert (poisoned.state, poisoned.code) == (JobState.FAILED, "kills_its_worker")
        assert "3 times" in poisoned.reason
        others = Job.select().where(Job.id != poisoned.id)
        assert {job.state for job in others} == {JobState.COMPLETED}
        line = home.lines[0]
        line.site.job(line.outputs)
        last = home.worker()
        wait_for(home.is_drained, "the next job of the same destination")
        kill(last)
    assert compare(home).good


def test_job_beside_one_that_kills_its_worker_is_not_given_up_with_it(home: Home) -> None:
    with Receiver(home):
        assert _deaths_until_drained(home, "") == 0
        home.lines[1].feed(2)
        killer, beside = (
            line.site.job(line.outputs) for line in home.lines[:2]
        )  # what is stuck is pending again
        assert _deaths_until_drained(home, f"pause@job.claimed:0=0.3 pause@file.written:0=1 {_POISON}") == 3
        assert Job.get_by_id(killer.id).code == "kills_its_worker"
        assert Job.get_by_id(beside.id).state == JobState.COMPLETED
        died_with_it = JobAttempt.select().where(JobAttempt.job == beside, JobAttempt.code == "worker_lost")
        assert died_with_it.count() == 1


def _deaths_until_drained(home: Home, faults: str) -> int:
    """How often a worker with these faults had to be started anew until no work was left."""
    deaths, worker = 0, home.worker(faults)
    try:
        while not home.is_drained():
            if worker.poll() is not None:
                deaths, worker = deaths + 1, home.worker(faults)
            time.sleep(0.01)
    finally:
        kill(worker)
    return deaths


def test_job_of_a_dead_worker_is_gone_on_with_long_before_its_lease_ends(home: Home) -> None:
    home.environment["WAYBILL_WORKER_LEASE_SECONDS"] = "600"
    gate = home.path / "gate"
    first = home.worker(f"stall@items.collected={gate}")
    wait_for(gate.with_name("gate.reached").exists, "the first worker to take a job")
    [held, *_] = [claim for claim, _ in lease.held()]
    second = home.worker()
    try:
        first.send_signal(signal.SIGKILL)  # and nobody asks after it: it stays listed
        wait_for(lambda: _claimed_again(held.job_id), "the second worker to take it", 20)
    finally:
        kill(first)
        kill(second)


def test_owner_that_is_dead_but_still_listed_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    owner = lease.owner_name(process.pid)
    assert not lease.is_gone(owner)
    process.send_signal(signal.SIGKILL)
    wait_for(lambda: lease.is_gone(owner), "it to be seen as gone")
    process.wait()


_STEPS = [
    ("job.claimed", "pickup"),
    ("items.collected", "pickup"),
    ("file.written", "pickup"),
    ("delivery.sending", "pickup"),
    ("move.renamed", "pickup"),
    ("sftp.renamed", "sftp"),
    ("job.ending", "pickup"),
]
"""One place, outside of transactions, in each step of a job."""


@pytest.mark.parametrize(("point", "gateway"), _STEPS)
def test_job_that_does_not_end_in_time_is_handed_back(
    sqlite_templates: Templates, tmp_path: Path, point: str, gateway: str
) -> None:
    home = copy(sqlite_templates(gateway), tmp_path / "home")
    home.environment["WAYBILL_WORKER_STOP_SECONDS"] = "1"
    gate = home.path / "gate"
    with connection(), Receiver(home) as receiver:
        first = home.worker(f"stall@{point}={gate}")
        wait_for(gate.with_name("gate.reached").exists, "the worker to come there")
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 0, home.log()
        assert JobAttempt.select().where(JobAttempt.outcome == "handed_back").exists()
        assert not [claim for claim, _ in lease.held()]
        receiver.catch_up()
        second = home.worker()
        wait_for(home.is_drained, "the second worker to finish")
        kill(second)
        assert bool(person.resolve_unknown(home, receiver)) == (point == "sftp.renamed")
    with connection():
        assert compare(home).good, (compare(home), home.log())


@pytest.mark.parametrize("point", points.of_workers())
def test_worker_told_to_stop_at_a_point_loses_and_doubles_nothing(
    sqlite_templates: Templates, tmp_path: Path, point: str
) -> None:
    gateway = "sftp" if point.startswith(every_point.REMOTE) else "pickup"
    outcome = every_point.run(sqlite_templates(gateway), tmp_path / "home", point, action="term")
    assert outcome.died, f"no worker came past {point}"
    assert outcome.verdict.good, outcome.verdict


def test_killed_worker_of_up_is_replaced_and_nothing_needs_cleaning_up(home: Home) -> None:
    home.environment["WAYBILL_SFTP_PORT"] = "0"
    with Receiver(home):
        up = home.process("up", faults="kill@move.renamed:2")  # each worker it starts dies there
        try:
            wait_for(lambda: len(_started(home)) >= 3, "the worker to be started again", 40)
        finally:
            up.send_signal(signal.SIGTERM)
            assert up.wait(40) == 0
        again = home.process("up")
        try:
            wait_for(home.is_drained, "the work to be done")
        finally:
            again.send_signal(signal.SIGTERM)
            assert again.wait(40) == 0
    assert compare(home).good


def _started(home: Home) -> list[str]:
    return re.findall(r"up\.started service=worker pid=(\d+)", home.log())
