"""Which services run: told while they say so, and told apart from those that ended, died or fell silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from models import services
from models.database import execute
from models.jobs import lease
from models.services import Kind, Service

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.fixture
def travel(home: Path) -> Iterator[time_machine.Traveller]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def elsewhere(host: str) -> None:
    """This process's worker runs on another host from now on, whose life nobody here can look into."""
    there = f"{host}/{lease.owner_name().partition('/')[2]}"
    execute("UPDATE service SET owner = ? WHERE owner = ? AND kind = 'worker'", (there, lease.owner_name()))


def test_service_runs_from_its_beginning_to_its_end(travel: time_machine.Traveller) -> None:
    assert not services.running(Kind.WORKER)
    assert services.last_seen(Kind.WORKER) is None
    services.begin(Kind.WORKER)
    travel.shift(services.EVERY)
    services.note(Kind.WORKER)
    (seen,) = services.listed()
    assert (seen.kind, seen.started_at, seen.seen_at) == (Kind.WORKER, NOW, NOW + services.EVERY)
    assert services.running(Kind.WORKER)
    assert not services.running(Kind.SFTP)
    services.leave(Kind.WORKER)
    assert not services.running(Kind.WORKER)
    assert services.last_seen(Kind.WORKER) == NOW + services.EVERY


def test_service_of_another_host_is_missed_after_three_silent_turns(travel: time_machine.Traveller) -> None:
    services.begin(Kind.WORKER)
    elsewhere("erp2")
    travel.shift(3 * services.EVERY)
    assert services.running(Kind.WORKER)
    travel.shift(1)
    assert not services.running(Kind.WORKER)


@pytest.mark.usefixtures("travel")
def test_service_that_was_killed_here_is_missed_at_once() -> None:
    services.begin(Kind.WORKER)
    host, boot, _, _ = lease.owner_name().rsplit("/", 3)
    execute("UPDATE service SET owner = ?", (f"{host}/{boot}/{2**22}/1",))  # above any pid of this machine
    assert not services.running(Kind.WORKER)


@pytest.mark.usefixtures("travel")
def test_service_that_begins_takes_away_only_those_of_its_kind_that_are_no_more() -> None:
    services.begin(Kind.WORKER)
    elsewhere("erp2")
    services.begin(Kind.WORKER)
    services.leave(Kind.WORKER)
    elsewhere("erp3")
    services.begin(Kind.SFTP)
    services.leave(Kind.SFTP)
    assert [(seen.kind, seen.running) for seen in services.listed()].count((Kind.WORKER, True)) == 1
    services.begin(Kind.WORKER)
    assert {(seen.kind, seen.host == "erp2", seen.running) for seen in services.listed()} == {
        (Kind.SFTP, False, False), (Kind.WORKER, True, True), (Kind.WORKER, False, True),
    }  # fmt: skip
    assert Service.select().count() == 3
