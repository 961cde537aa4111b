"""The ticker: what it frees, what it rings, and that nothing keeps it from going on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from models import jobs, schedules
from models.database import execute
from models.jobs import Job, JobState, lease
from tests.worker.export_site import Site, make_site


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site with one invoice."""
    site = make_site()
    site.invoice("A-1")
    return site


@pytest.fixture
def rung(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs that the bell is rung for."""
    assert site.entity  # its home is there, in which the queue is opened:
    from worker import tasks

    heard: list[int] = []
    monkeypatch.setattr(tasks, "ring", heard.append)
    return heard


def broken(error: Exception) -> Callable[..., None]:
    """Something that fails whenever it is asked."""

    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [ValueError("a schedule nobody foresaw"), sqlite3.OperationalError("bell")])
def test_trouble_with_schedules_or_bell_keeps_no_dead_workers_job(
    site: Site, rung: list[int], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from worker.ticker import Ticker

    job = site.job()
    host, boot, _, _ = lease.owner_name().rsplit("/", 3)
    assert jobs.claim(job.id, f"{host}/{boot}/{2**22}/1") is not None  # above any pid of this machine
    monkeypatch.setattr(schedules, "fire", broken(error))
    monkeypatch.setattr("worker.ticker.huey.pending_count", broken(error))

    Ticker().tick()

    assert Job.get_by_id(job.id).state == JobState.PENDING
    assert rung == [job.id]


def test_job_whose_heartbeat_moved_since_it_was_looked_at_is_not_taken_back(site: Site) -> None:
    job = site.job()
    held = jobs.claim(job.id, "elsewhere/0/1/1")
    assert held is not None
    [(seen, beat)] = lease.held()
    assert jobs.beat(held)  # while the observer waited for the database

    assert not jobs.take_back(seen, "it gave no sign", beat=beat)
    assert jobs.take_back(seen, "it gave no sign", beat=beat + 1)


def test_end_of_a_job_wakes_the_next_of_its_destination(site: Site, rung: list[int]) -> None:
    from worker import tasks

    first, second, third = site.job(), site.job(), site.job()
    tasks.export_job.call_local(second.id)  # not its turn
    assert rung == []
    tasks.export_job.call_local(first.id)
    assert rung == [second.id]
    tasks.export_job.call_local(second.id)
    assert rung == [second.id, third.id]
    tasks.export_job.call_local(third.id)
    assert rung == [second.id, third.id]


@pytest.mark.sqlite
@pytest.mark.parametrize("sql", ["_CLAIM", "_CLAIMABLE", "_NEXT"])
@pytest.mark.usefixtures("site")
def test_whose_turn_it_is_is_found_without_walking_ended_jobs(sql: str) -> None:
    text = getattr(lease, sql)
    plan = execute(f"EXPLAIN QUERY PLAN {text}", [1] * text.count("?")).fetchall()
    steps = " ".join(row[3] for row in plan)
    assert "export_job_pending" in steps
    assert "export_job_destination_id" not in steps
