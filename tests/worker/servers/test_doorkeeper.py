"""Bans by address: how many failures, for how long, and who counts as one address."""

from __future__ import annotations

import pytest

from worker.servers.doorkeeper import Doorkeeper


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Doorkeeper:
    return Doorkeeper(allowed=3, window_seconds=100, ban_seconds=50, clock=clock)


def test_doorkeeper_bans_at_the_allowed_number_and_lets_in_again(door: Doorkeeper, clock: Clock) -> None:
    assert [door.failed("192.0.2.1") for _ in range(3)] == [False, False, True]
    assert door.is_banned("192.0.2.1")
    assert not door.is_banned("192.0.2.2")
    clock.now += 50
    assert not door.is_banned("192.0.2.1")
    assert not door.failed("192.0.2.1")


def test_doorkeeper_forgets_old_failures(door: Doorkeeper, clock: Clock) -> None:
    door.failed("192.0.2.1")
    door.failed("192.0.2.1")
    clock.now += 100
    assert not door.failed("192.0.2.1")


SAME = [
    ("2001:db8::1", "2001:db8::ffff:1"),
    ("192.0.2.1", "::ffff:192.0.2.1"),
    ("fe80::1%eth0", "fe80::2"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_doorkeeper_counts_one_customer_as_one(door: Doorkeeper, one: str, other: str) -> None:
    for _ in range(3):
        door.failed(one)
    assert door.is_banned(other)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_doorkeeper_never_bans_loopback(door: Doorkeeper, address: str) -> None:
    assert not any(door.failed(address) for _ in range(10))
    assert not door.is_banned(address)
