"""Repairs whose process is killed in the midst: sent again with the same id they go on, and are done once.

Each is killed at every point that a repair passes, one after the other, at the command line. Then the far
side has to have each invoice as often as the repair says, and the ledger adds up.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from models import deliveries, files, people
from models.audit import WAYBILL
from models.database import connection, execute
from models.jobs import Job, JobState
from models.people import Role, User
from tests.faults import every_point, person, points
from tests.faults.conftest import Templates
from tests.faults.far_side import Receiver, compare
from tests.faults.installation import Home, Line, copy, kill, wait_for
from tests.worker.dead_attempts import dead_attempt
from worker import export

KILLS = ("repair.storing", "repair.stored", "repair.changing", "repair.changed")
"""In the order in which they are passed."""
TWO_BATCHES = 520


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A repair at the command line, and what it makes of what arrives."""

    words: tuple[str, ...]
    times: dict[str, int] = field(default_factory=dict)
    """How often these invoices arrive in the end; all others once."""


def test_points_of_repairs_are_all_killed_at() -> None:
    assert set(KILLS) == set(points.names()) - set(points.of_workers())


def _numbers(line: Line) -> list[str]:
    return [number for number in line.site.ledger() if number.startswith("FLT")]


def _job_of(line: Line) -> Job:
    job: Job = Job.get(Job.destination == line.site.destination)
    return job


def _exported(line: Line) -> Job:
    job = _job_of(line)
    assert export.run(job.id) == JobState.COMPLETED
    return job


def requeue(home: Home, receiver: Receiver) -> Act:
    """A job that failed, since something stood in its way, which is gone."""
    del receiver
    job = _job_of(home.lines[2])
    every_point.block(home)
    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS
    every_point.unblock(home)
    return Act(words=("job", "requeue", str(job.id)))


def cancel(home: Home, receiver: Receiver) -> Act:
    """A job that holds invoices and waits for its next attempt."""
    del receiver
    job = _job_of(home.lines[2])
    dead_attempt(job, "collect")
    return Act(words=("job", "cancel", str(job.id)))


def mark(home: Home, receiver: Receiver) -> Act:
    """What waits is at its destination already."""
    del receiver
    line = home.lines[2]
    line.feed(TWO_BATCHES)
    words = ("invoice", "mark-exported", "--entity", line.site.entity.name, "--state", "pending")
    return Act(words=words, times=dict.fromkeys(_numbers(line), 0))


def revert(home: Home, receiver: Receiver) -> Act:
    """What was exported goes with the next export once more."""
    del receiver
    line = home.lines[2]
    home.numbers += line.feed(TWO_BATCHES)
    words = ("invoice", "revert", "--entity", line.site.entity.name, "--job", str(_exported(line).id))
    return Act(words=words, times=dict.fromkeys(_numbers(line), 2))


def resolve(home: Home, receiver: Receiver) -> Act:
    """Files that the receiver took from a worker that died before it said so."""
    job = _job_of(home.lines[2])
    dead_attempt(job, "send")
    receiver.catch_up()
    assert export.run(job.id) == JobState.FAILED
    unknown = [way.id for file in files.of_job(job.id) for way in deliveries.of_file(file)]
    return Act(words=("delivery", "resolve", *map(str, unknown), "--arrived"))


def repeat(home: Home, receiver: Receiver) -> Act:
    """The very same bytes once more."""
    del receiver
    line = home.lines[3]
    [file] = files.of_job(_exported(line).id)
    return Act(words=("file", "repeat", str(file.id)), times=dict.fromkeys(_numbers(line), 2))


def re_export(home: Home, receiver: Receiver) -> Act:
    """Chosen invoices once more, by a job of just these."""
    del receiver
    line = home.lines[0]
    people.grant(WAYBILL, User.get(User.os_account.is_null(False)), Role.FINANCE, line.site.entity.id)
    job = line.site.job(line.outputs)
    assert export.run(job.id) == JobState.COMPLETED_WITH_ERRORS
    numbers = _numbers(line)[:2]
    words = ("invoice", "re-export", *numbers, "--entity", line.site.entity.name, "--facility", "Bank files")
    return Act(words=words, times=dict.fromkeys(numbers, 2))


@pytest.fixture
def home(templates: Templates, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """A home of its own, with work waiting; only somebody else's server leaves an outcome unknown."""
    gateway = "sftp" if "resolve" in request.node.name else "pickup"
    home = copy(templates(gateway), tmp_path / "home")
    with connection():
        yield home


@pytest.mark.parametrize("scene", [requeue, cancel, mark, revert, resolve, repeat, re_export])
def test_repair_killed_in_its_midst_is_done_once_when_it_is_sent_again(
    home: Home, scene: Callable[[Home, Receiver], Act]
) -> None:
    with Receiver(home) as receiver:
        act = scene(home, receiver)
        for point in KILLS:
            assert _send(home, act, f"kill@{point}") == -signal.SIGKILL, (point, home.log())
        assert _send(home, act) == 0, home.log()
        assert _open_batches() == 0
        done = _audited()
        assert _send(home, act) == 0, home.log()
        assert _audited() == done
        _finish(home, receiver)
    verdict = compare(home, act.times)
    assert verdict.good, (verdict, home.log())


def _send(home: Home, act: Act, faults: str = "") -> int:
    words = (*act.words, "--reason", "the accountant says so", "--request-id", "the-very-same", "--yes")
    return home.process(*words, faults=faults).wait(30)


def _open_batches() -> int:
    return int(execute("SELECT COUNT(*) FROM repair_batch WHERE done_at IS NULL").fetchone()[0])


def _audited() -> int:
    return int(execute("SELECT COUNT(*) FROM audit_entry").fetchone()[0])


def _finish(home: Home, receiver: Receiver) -> None:
    """What the repair left to do is done by a worker, and a last job each takes what is pending."""
    worker = home.worker()
    try:
        wait_for(home.is_drained, "the jobs to end")
        for line in home.lines:
            line.site.job(line.outputs)
        wait_for(home.is_drained, "the last jobs to end")
    finally:
        kill(worker)
    assert person.resolve_unknown(home, receiver) == 0
