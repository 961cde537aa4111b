"""The bell and the records on a PostgreSQL server that loses its tables, its connections, itself.

A real worker process each time, stopped where it hurts most. It lives on, the job is done, once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from peewee import OperationalError

from models import clock, installation, settings
from models.database import connection, disconnect, execute
from models.fields import to_millis
from models.jobs import Job, JobState
from tests import postgres
from tests.conftest import ROOT, find_program
from tests.postgres import Cluster
from tests.worker.export_site import Site, make_site
from worker.opening import open_home

pytestmark = pytest.mark.postgresql
_LIMIT = 60.0
_WORKER = [sys.executable, "-c", "from tui.cli import main; main(['worker'])"]
_RING = [
    sys.executable,
    "-c",
    "import sys; from worker.tasks import ring; sys.exit(not ring(int(sys.argv[1])))",
]
_THREADS = 4  # that look at the queue: two workers, Huey's scheduler, the ticker
_IN_TRANSACTION, _BETWEEN_TWO, _ON_ITS_WAY = "items.collecting", "file.written", "delivery.handed_over"


@pytest.fixture(scope="module")
def cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """A server that may be stopped: never the one that WAYBILL_TEST_POSTGRES_URL names."""
    with postgres.private() as cluster:
        if cluster is None:
            find_program(pytestconfig, "initdb")
        else:
            yield cluster


@pytest.fixture
def home(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An installation whose records and queue are on that server: in one database, unless a test says two."""
    records = cluster.server.create()
    queue = cluster.server.create() if getattr(request, "param", 1) == 2 else records
    monkeypatch.setenv("WAYBILL_DATABASE_URL", records)
    monkeypatch.setenv("WAYBILL_QUEUE_URL", queue)
    monkeypatch.setenv("WAYBILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WAYBILL_WORKER_LEASE_SECONDS", "5")
    installation.create(tmp_path / "home", email="root@example.com")
    yield tmp_path / "home"
    disconnect()
    for url in {records, queue}:
        cluster.server.drop(url)


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A legal entity with three invoices to export."""
    with connection():
        site = make_site()
        for number in ("A-1", "A-2", "A-3"):
            site.invoice(number)
    return site


def ask(url: str, sql: str) -> list[Any]:
    """The rows of a query, over a connection of the test's own."""
    with psycopg.connect(url, autocommit=True) as server:
        cursor = server.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def wait_for(what: Callable[[], Any], about: str) -> Any:
    """What `what` answers once it is truthy; fails after the limit."""
    until = time.monotonic() + _LIMIT
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {_LIMIT} s in vain for {about}")


class Worker:
    """A worker process, with faults planned for it."""

    def __init__(self, folder: Path, faults: str = "") -> None:
        self._log = folder / "worker.log"
        with self._log.open("ab") as out:
            environment = os.environ | {"WAYBILL_FAULTS": faults}
            self._process = subprocess.Popen(_WORKER, env=environment, cwd=ROOT, stdout=out, stderr=out)

    @property
    def log(self) -> str:
        """What it said."""
        return self._log.read_text()

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self) -> int:
        """Stop it as a supervisor does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[str], Worker]]:
    """Starts workers; stops them in the end."""
    started: list[Worker] = []

    def start(faults: str = "") -> Worker:
        started.append(Worker(tmp_path, faults))
        return started[-1]

    yield start
    for each in started:
        if each.is_alive():
            each.end()


def drop_tables(_: Cluster) -> None:
    """Take the queue's tables away."""
    tables = "huey_task, huey_schedule, huey_kv, huey_counter"
    ask(settings.current().queue.url, f"DROP TABLE IF EXISTS {tables}")


def cut_off(_: Cluster) -> None:
    """End every connection of Waybill's."""
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill'"
    assert ask(settings.current().database_url, sql)


def restart(cluster: Cluster) -> None:
    """Stop the server in good order and start it."""
    cluster.stop()
    cluster.start()


def crash(cluster: Cluster) -> None:
    """Let the server die, be away for a moment, and recover."""
    cluster.stop(signal.SIGQUIT)
    time.sleep(1.5)
    cluster.start()


@pytest.mark.parametrize(
    ("point", "trouble"),
    [
        (_IN_TRANSACTION, drop_tables),
        (_IN_TRANSACTION, cut_off),
        (_BETWEEN_TWO, cut_off),
        (_BETWEEN_TWO, restart),
        (_ON_ITS_WAY, cut_off),
        (_ON_ITS_WAY, crash),
    ],
)
def test_server_in_trouble_in_the_middle_of_a_job_costs_time_and_nothing_else(
    site: Site,
    cluster: Cluster,
    worker: Callable[[str], Worker],
    tmp_path: Path,
    point: str,
    trouble: Callable[[Cluster], None],
) -> None:
    gate = tmp_path / "gate"
    with connection():
        first, numbers = site.job(), {"A-1", "A-2", "A-3"}
    disconnect()
    working = worker(f"stall@{point}={gate}")
    wait_for(gate.with_name("gate.reached").exists, point)

    trouble(cluster)
    gate.with_name("gate.go").touch()

    wait_for(lambda: ended(first.id), "the job")
    with connection():
        site.invoice("B-1")
        second = site.job()
    disconnect()
    assert subprocess.run([*_RING, str(second.id)], cwd=ROOT, check=False).returncode == 0
    wait_for(lambda: ended(second.id), "a job that came after it")
    assert working.is_alive(), working.log
    with connection():
        assert {Job.get_by_id(job.id).state for job in (first, second)} == {JobState.COMPLETED}
        assert site.ledger() == dict.fromkeys(numbers | {"B-1"}, "exported")
        if trouble is cut_off:  # the server is there: the worker says so, and is not taken for dead
            assert outcomes(first.id) == ["postponed", "completed"]
    published = b"".join(site.published().values())
    assert [published.count(number.encode()) for number in sorted(numbers | {"B-1"})] == [1, 1, 1, 1]
    assert working.end() == 0
    assert "Traceback" not in working.log


def outcomes(job_id: int) -> list[str]:
    """What came of each attempt at a job."""
    sql = "SELECT outcome FROM job_attempt WHERE job_id = ? ORDER BY number"
    return [outcome for (outcome,) in execute(sql, (job_id,))]


def ended(job_id: int) -> bool:
    """Whether a job has come to its end; one that waits to be tried again need not wait any longer."""
    url = settings.current().database_url
    with contextlib.suppress(psycopg.OperationalError):  # the server is on its way
        ask(url, "UPDATE export_job SET run_at = NULL WHERE state = 'pending' AND run_at IS NOT NULL")
        return (job_id,) in ask(url, "SELECT id FROM export_job WHERE finished_at IS NOT NULL")
    return False


@pytest.mark.parametrize("home", [1, 2], indirect=True)
def test_bell_rung_by_one_process_is_a_row_with_the_jobs_id_and_heard_by_one_other(
    home: Path,  # noqa: ARG001 - it must be there
) -> None:
    from worker.queue import on_server

    url = settings.current().queue.url
    assert subprocess.run([*_RING, "41"], cwd=ROOT, check=False).returncode == 0

    (message,) = (json.loads(bytes(row[0])) for row in ask(url, "SELECT data FROM huey_task"))
    assert (message["name"], message["args"]) == ("worker.tasks.export_job", [41])
    first, second = on_server(url), on_server(url)
    heard = [json.loads(each) for each in (first.storage.dequeue(), second.storage.dequeue()) if each]
    assert heard == [message]
    for each in (first, second):
        each.storage.close()


@pytest.mark.parametrize("home", [1, 2], indirect=True)
def test_bell_rung_while_the_server_is_away_says_so_and_the_ticker_finds_the_job(
    site: Site, cluster: Cluster, worker: Callable[[str], Worker]
) -> None:
    with connection():
        later = clock.now() + timedelta(hours=1)
        job = site.job()
        execute("UPDATE export_job SET run_at = ? WHERE id = ?", (to_millis(later), job.id))
    disconnect()
    working = worker("")
    wait_for(lambda: "worker.started" in working.log, "the worker")

    cluster.stop()
    try:
        rung = subprocess.run([*_RING, str(job.id)], cwd=ROOT, check=False, capture_output=True, text=True)
        wait_for(lambda: "queue.unreachable" in working.log, "the worker to miss the server")
    finally:
        cluster.start()

    assert rung.returncode == 1
    assert "the ticker will find the job" in rung.stderr
    wait_for(lambda: ended(job.id), "the job")
    assert working.log.count("queue.unreachable") <= _THREADS  # a line for each, not for each look
    assert "queue.reached" in working.log


def test_worker_started_while_the_server_is_away_waits_for_it(
    home: Path,  # noqa: ARG001 - it must be there
    cluster: Cluster,
    worker: Callable[[str], Worker],
) -> None:
    disconnect()
    cluster.stop()
    try:
        starting = worker("")
        wait_for(lambda: "database.unreachable" in starting.log, "the worker to miss the server")
        with pytest.raises(OperationalError):
            open_home(patience=0.0)  # one that stays away is an error in the end
    finally:
        cluster.start()

    wait_for(lambda: "worker.started" in starting.log, "the worker")
    assert starting.end() == 0
    assert "Traceback" not in starting.log
