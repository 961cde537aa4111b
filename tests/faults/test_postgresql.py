"""A PostgreSQL server that is stopped, crashes or cuts its sessions while workers are at work.

The workers live on, and once it is there again everything arrives, once, and the ledger adds up.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from models.database import connection, database, execute, transaction
from tests.faults import installation, person
from tests.faults.far_side import Receiver, compare
from tests.faults.installation import Home, copy, kill, wait_for
from tests.postgres import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(300)]

_WORKERS = 2
_TIMES = 3
_AWAY = 0.5
"""Seconds that nobody can connect."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Home:
    """A home with work waiting there."""
    return installation.build(tmp_path_factory.mktemp("faults") / "home", cluster.server)


@pytest.fixture
def home(template: Home, tmp_path: Path) -> Home:
    """A home of its own; no connection to it is kept open, since all are cut."""
    home = copy(template, tmp_path / "home")
    database.close()
    return home


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_server_that_goes_away_and_comes_back_delays_jobs_only(
    home: Home, cluster: Cluster, how: signal.Signals
) -> None:
    def go_away_and_come_back() -> None:
        cluster.stop(how)
        time.sleep(_AWAY)
        cluster.start()

    _work_while(home, go_away_and_come_back)


def test_sessions_cut_again_and_again_delay_jobs_only(home: Home, cluster: Cluster) -> None:
    chance = random.Random(1)

    def cut_all() -> None:
        for _ in range(5):
            with psycopg.connect(cluster.server.url, autocommit=True) as own:
                own.execute(_CUT)
            time.sleep(chance.uniform(0.0, 0.1))

    _work_while(home, cut_all)


_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname ~ '^w'"
)


def _work_while(home: Home, trouble: Callable[[], None]) -> None:
    """Make trouble in the middle of the work, and again; in the end everything has to be right."""
    crew = [home.worker() for _ in range(_WORKERS)]
    try:
        with Receiver(home) as receiver:
            wait_for(lambda: home.log().count("worker.started") == _WORKERS, "the workers to start")
            for _ in range(_TIMES):
                _feed(home)
                wait_for(lambda: _asked(_IN_PROGRESS), "a job under way")
                trouble()
                _all_alive(home, crew)
            wait_for(lambda: _drained(home), "the jobs to end", 60)
            with connection():
                person.resolve_unknown(home, receiver)
            _feed(home)
            wait_for(lambda: _drained(home), "the last jobs to end", 60)
        _all_alive(home, crew)
    finally:
        for worker in crew:
            kill(worker)
    with connection():
        assert compare(home).good, (compare(home), home.log())


_IN_PROGRESS = "SELECT COUNT(*) FROM export_job WHERE state = 'in_progress'"


def _asked(sql: str) -> int:
    with connection():
        return int(execute(sql).fetchone()[0])


def _feed(home: Home) -> None:
    with connection():
        for line in home.lines:
            home.numbers += line.feed(3)
            line.site.job(line.outputs)


def _drained(home: Home) -> bool:
    """Whether all is done; nobody waits here for the time of a next try."""
    with connection():
        with transaction():
            execute("UPDATE export_job SET run_at = NULL WHERE state = 'pending'")
        return home.is_drained()


def _all_alive(home: Home, crew: list[subprocess.Popen[bytes]]) -> None:
    assert [worker.poll() for worker in crew] == [None] * len(crew), home.log()
