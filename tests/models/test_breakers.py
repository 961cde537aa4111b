"""The breaker of a gateway: when it opens, for how long, whom it lets through, and whom it does not touch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models import breakers, clock
from models.breakers import BreakerState
from tests.models.ended_jobs import make_site

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture
def facility(home: Path) -> int:  # noqa: ARG001 - the installation
    return int(make_site().facility.id)


def fail(facility: int, times: int = breakers.OPENS_AFTER) -> BreakerState:
    return [breakers.failed(facility, "sftp", "unreachable") for _ in range(times)][-1]


def lets_through(facility: int, gateway: str = "sftp") -> bool:
    return breakers.wait_until(facility, gateway) is None


def test_breaker_opens_after_so_many_failures_in_a_row_and_one_success_forgets_them(facility: int) -> None:
    assert fail(facility, breakers.OPENS_AFTER - 1) == BreakerState.CLOSED
    breakers.succeeded(facility, "sftp")
    assert fail(facility, breakers.OPENS_AFTER - 1) == BreakerState.CLOSED
    assert lets_through(facility)
    assert fail(facility, 1) == BreakerState.OPEN
    assert not lets_through(facility)


def test_breaker_of_one_gateway_leaves_the_others_and_other_facilities_alone(facility: int) -> None:
    fail(facility)
    other = int(make_site("Other").facility.id)
    assert lets_through(facility, "pickup")
    assert lets_through(other)


def test_breaker_stays_open_longer_with_every_probe_that_fails_up_to_a_limit(
    facility: int, frozen: Clock
) -> None:
    waits = []
    fail(facility)
    for _ in range(5):
        until = breakers.wait_until(facility, "sftp")
        assert until is not None
        waits.append((until - frozen.now).total_seconds())
        frozen.now = until
        assert lets_through(facility)
        assert fail(facility, 1) == BreakerState.OPEN
    assert waits == [60, 120, 240, 300, 300]


def test_breaker_lets_one_probe_through_and_gives_a_lost_one_to_the_next(
    facility: int, frozen: Clock
) -> None:
    fail(facility)
    frozen.move(60)
    assert [lets_through(facility) for _ in range(3)] == [True, False, False]
    frozen.move(breakers._PROBE_SECONDS - 1)
    assert not lets_through(facility)
    frozen.move(1)
    assert [lets_through(facility) for _ in range(2)] == [True, False]
    breakers.succeeded(facility, "sftp")
    assert [lets_through(facility) for _ in range(3)] == [True, True, True]
    assert breakers.find(facility, "sftp") is None
