"""A worker that is taken for dead and comes back changes and sends nothing; one that lives is left alone."""

from __future__ import annotations

import inspect
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from models import clock, control_numbers, deliveries, document_files, files, jobs
from models.database import execute, transaction
from models.deliveries import DeliveryState
from models.document_files import Wanted
from models.errors import Fenced
from models.files import BatchFile
from models.jobs import Claim, Job, JobState, Route, collecting, items, lease, settling
from tests.faults.far_side import Receiver
from tests.faults.installation import LEASE, Home, wait_for
from tests.faults.interleaving import (
    CSV,
    OTHER,
    WHY,
    at_point,
    claimed,
    numbers,
    received,
    running,
    take_over_job,
    taken_away,
    way_of_a_job,
)
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import Site
from worker import export

both_gateways = pytest.mark.parametrize("home", ["pickup", "sftp"], indirect=True)


@both_gateways
def test_worker_taken_for_dead_anywhere_on_its_way_changes_and_sends_nothing(home: Home, site: Site) -> None:
    site.invoice("FLT900000")
    way = way_of_a_job(site.job(CSV))
    assert len(taken_away(home)) == 1
    for number, (point, passing) in enumerate(way, start=900001):
        site.invoice(f"FLT{number}")
        _is_fenced_at(home, site.job(CSV), point, passing, b"FLT%d" % number)
    assert set(site.ledger().values()) == {"exported", "pending"}  # what cannot go is pending


def _is_fenced_at(home: Home, job: Job, point: str, passing: int, number: bytes) -> None:
    taken, left = dict[str, bytes](), list[object]()

    def take_over() -> None:
        taken.update(take_over_job(home, job))
        left.extend(_records())

    with at_point(point, take_over, passing=passing):
        assert export.run(job.id) is None, point
    assert _records() == left, point
    assert taken_away(home) == {}, point
    assert numbers(taken) == {number: 1}, point
    assert _way_of_files(job) == [DeliveryState.DELIVERED], point
    assert (Job.get_by_id(job.id).state, Job.get_by_id(job.id).attempt) == (JobState.COMPLETED, 2), point


_TABLES = ("export_job", "job_attempt", "job_event", "export_item", "export_ledger", "batch_file", "delivery")


def _records() -> list[object]:
    """All that is written down of jobs and of what they carry."""
    every = (execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES)  # noqa: S608 - constants
    return [sorted(rows, key=repr) for rows in every]


def _way_of_files(job: Job) -> list[DeliveryState]:
    return [delivery.state for file in files.of_job(job.id) for delivery in deliveries.of_file(file)]


# Each function that writes for a job, called by whoever held it once.
_WRITES: dict[str, Callable[[Claim, BatchFile], object]] = {
    "collect": lambda late, _: collecting.collect(late, [Route.OTHER], {}),
    "freeze": lambda late, _: collecting.freeze(late, {}),
    "fail": lambda late, _: items.fail(late, [(1, WHY)]),
    "fail_route": lambda late, _: items.fail_route(late, Route.OTHER, WHY),
    "assign_files": lambda late, file: items.assign_files(late, [(1, file.id)]),
    "fail_refused": lambda late, _: items.fail_refused(late, Route.OTHER),
    "document_files.reserve": lambda late, _: document_files.reserve(
        late, route=Route.OTHER, format_key="csv", wanted=[Wanted(1, "late.csv")]
    ),
    "document_files.void_idle": lambda late, _: document_files.void_idle(late, Route.OTHER),
    "control_numbers.reserve": lambda late, file: control_numbers.reserve(late, {file.id: ["late"]}),
    "assign_file": lambda late, file: items.assign_file(late, Route.OTHER, file.id),
    "settle": lambda late, _: settling.settle(late, None),
    "reserve": lambda late, _: files.reserve(late, route=Route.ACH, format_key="csv", wanted="late.csv"),
    "give_up": lambda late, file: files.give_up(late, file),
    "record_rendered": lambda late, file: files.record_rendered(
        late, file, archive_path="late", sha256="late", size=0, items=0, totals={}
    ),
    "record": lambda late, file: deliveries.record(late, deliveries.of_file(file)[0], DeliveryState.UNKNOWN),
    "postpone": lambda late, _: jobs.postpone(late, clock.now(), code="late", reason="", remedy=""),
    "hand_back": lambda late, _: jobs.hand_back(late),
}
_ASKS_ONLY = {"begin"}
_BESIDE = {document_files: "document_files.", control_numbers: "control_numbers."}
"""Modules whose functions are called like another's."""
_IN_THE_LEASE_ITSELF = {"postpone", "hand_back"}


def test_every_function_that_writes_for_a_job_is_held_to_its_claim() -> None:
    modules = (collecting, items, settling, files, document_files, control_numbers, deliveries)
    found = {
        f"{_BESIDE.get(module, '')}{name}"
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if "claim" in inspect.signature(function).parameters
    }
    assert found - _ASKS_ONLY == set(_WRITES) - _IN_THE_LEASE_ITSELF


@pytest.mark.parametrize("write", _WRITES)
def test_write_of_a_worker_taken_for_dead_is_refused(site: Site, write: str) -> None:
    job = site.job(CSV)
    late = dead_attempt(job, "stage")
    assert jobs.claim(job.id, OTHER) is not None
    [file] = files.of_job(job.id)
    with pytest.raises(Fenced), transaction():
        _WRITES[write](late, file)


def test_process_stopped_past_its_lease_finds_itself_fenced(home: Home, site: Site) -> None:
    execute("UPDATE export_job SET state = 'cancelled'")
    site.job()
    gate, heart = home.path / "gate", home.path / "heart"
    # Both threads of the job stand outside a transaction.
    zombie = home.worker(f"stall@whole.begun:3={gate} stall@heartbeat.due={heart}")
    with Receiver(home), running(zombie):
        for place in (gate, heart):
            wait_for(place.with_name(f"{place.name}.reached").exists, f"the first worker to come to {place}")
        _stop_outside_transactions(zombie, home)
        for place in (gate, heart):
            place.with_name(f"{place.name}.go").touch()
        other = home.worker()
        with running(other):
            wait_for(home.is_drained, "the second worker to finish")
            zombie.send_signal(signal.SIGCONT)
            wait_for(lambda: "job.fenced" in home.log(), "the first worker to find itself fenced")
    assert f"gave no sign for {LEASE} s" in home.log()
    assert set(numbers(received(home)).values()) == {1}


def _stop_outside_transactions(worker: subprocess.Popen[bytes], home: Home) -> None:
    """Stopped within a transaction, its ticker's for one, it would keep SQLite locked for everyone."""

    def stopped() -> bool:
        worker.send_signal(signal.SIGSTOP)
        if all(_is_free(home.path / name) for name in ("waybill.db", "queue.db")):
            return True
        worker.send_signal(signal.SIGCONT)
        return False

    wait_for(stopped, "a moment in which it writes nothing")


def _is_free(path: Path) -> bool:
    if not path.exists():  # the records are in PostgreSQL
        return True
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        database.execute("ROLLBACK")
    return True


def test_job_that_its_holder_ended_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = claimed(job)
    freed = []
    with at_point("job.abandoned", lambda: settling.settle(held, None)):
        freed.append(jobs.take_back(held, "it gave no sign"))
    assert freed == [False]
    assert Job.get_by_id(job.id).state == JobState.COMPLETED


def test_job_that_another_worker_claimed_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = claimed(job)

    def pass_on() -> None:
        jobs.hand_back(held)
        assert jobs.claim(job.id, OTHER) is not None

    with at_point("job.abandoned", pass_on):
        assert not jobs.take_back(held, "its worker is gone")
    assert (Job.get_by_id(job.id).state, Job.get_by_id(job.id).attempt) == (JobState.IN_PROGRESS, 2)


def test_job_whose_holder_gave_a_sign_meanwhile_is_not_freed(site: Site) -> None:
    job = site.job(CSV)
    held = claimed(job)
    [(_, beat)] = lease.held()
    with at_point("job.abandoned", lambda: jobs.beat(held)):
        assert not jobs.take_back(held, "it gave no sign", beat=beat)
    assert Job.get_by_id(job.id).state == JobState.IN_PROGRESS


def test_heartbeat_of_a_worker_taken_for_dead_keeps_nothing(site: Site) -> None:
    held = claimed(site.job(CSV))
    assert jobs.take_back(held, "it gave no sign")
    assert jobs.claim(held.job_id, OTHER) is not None
    [(_, before)] = lease.held()
    assert not jobs.beat(held)
    [(_, after)] = lease.held()
    assert after == before


def test_attempt_only_grows(site: Site) -> None:
    job = site.job(CSV)
    for number in (1, 2, 3):
        held = claimed(job)
        assert held.attempt == number
        jobs.hand_back(held)
