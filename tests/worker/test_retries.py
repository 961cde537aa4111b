"""What is tried again, when, and how often: by the type of the error, with jitter, up to a limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from peewee import OperationalError

from models import clock, settings
from models.catalogue import discover
from models.errors import ConfigurationError, DeliveryError, WaybillError
from models.jobs import Job, JobAttempt, JobState, lease
from tests.worker.export_site import Site, make_site
from worker import export
from worker.gateways.pickup import Pickup

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


class Troubled(Pickup):
    """A pickup folder that raises what the test says."""

    error: ClassVar[Exception]

    def check(self) -> None:
        raise self.error


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: ARG001 - the installation
    made = make_site()
    made.invoice("A-1")
    monkeypatch.setitem(discover("waybill.gateways"), "pickup", Troubled)
    return made


def error(kind: type[WaybillError], **more: bool) -> WaybillError:
    return kind("it did not work", remedy="look", code="trouble", **more)


@pytest.mark.parametrize(
    ("raised", "again"),
    [
        (error(DeliveryError, retryable=True), True),
        (error(DeliveryError), False),
        (error(ConfigurationError), False),
        (OperationalError("database is locked"), True),
        (PermissionError(13, "Permission denied", "/somewhere"), False),
        (RuntimeError("nobody foresaw it"), False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_job_is_tried_again_only_where_that_can_help(
    site: Site, monkeypatch: pytest.MonkeyPatch, raised: Exception, again: bool
) -> None:
    monkeypatch.setattr(Troubled, "error", raised, raising=False)
    job = site.job()
    export.run(job.id)
    now = Job.get_by_id(job.id)
    assert now.state == (JobState.PENDING if again else JobState.FAILED)
    assert (now.run_at is not None) == again
    assert now.reason
    assert site.ledger() == {"A-1": "pending"}


@pytest.mark.parametrize(
    ("tries", "longest"), [(1, 30), (2, 60), (4, 240), (7, 1_920), (8, 3_600), (60, 3_600)]
)
def test_wait_before_the_next_try_is_anything_up_to_a_limit_that_doubles(
    monkeypatch: pytest.MonkeyPatch, tries: int, longest: int
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    waits = [(export._next_try(tries) - NOW).total_seconds() for _ in range(400)]
    assert 1 <= min(waits) < longest / 10 + 1
    assert longest * 0.9 < max(waits) <= longest
    assert len({round(wait, 3) for wait in waits}) > 300


def test_waiting_job_is_not_claimed_before_its_time_and_keeps_every_attempt(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Troubled, "error", error(DeliveryError, retryable=True), raising=False)
    job, limit, begun = site.job(), settings.current().worker.max_tries, clock.now()
    for number in range(1, limit):
        assert export.run(job.id) is None
        waits_until = Job.get_by_id(job.id).run_at
        assert export.run(job.id) is None
        assert JobAttempt.select().where(JobAttempt.job == job).count() == number
        assert lease.claimable(waits_until - timedelta(milliseconds=1)) == []
        assert lease.claimable(waits_until) == [job.id]
        monkeypatch.setattr(clock, "now", lambda at=waits_until: at)
    assert export.run(job.id) == JobState.FAILED
    attempts = list(JobAttempt.select().where(JobAttempt.job == job).order_by(JobAttempt.number))
    assert [(row.number, row.outcome, row.code) for row in attempts] == [
        *((number, "postponed", "trouble") for number in range(1, limit)),
        (limit, "failed", "trouble"),
    ]
    assert all(row.finished_at >= row.started_at >= begun for row in attempts)
