"""What systemd is told, over a real socket: ready, alive after real work, stopping."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import OperationalError

from worker import watchdog


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[socket.socket]:
    """What hears the service."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5)
        yield heard


def environment(supervisor: socket.socket) -> dict[str, str]:
    """What systemd gives to a service that it watches."""
    return {"NOTIFY_SOCKET": str(supervisor.getsockname()), "WATCHDOG_USEC": "300000000"}


def test_service_told_by_systemd_where_to_says_what_it_does(supervisor: socket.socket) -> None:
    given = environment(supervisor)
    watchdog.ready(given)
    watchdog.alive(given)
    watchdog.stopping(given)
    assert [supervisor.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("")  # the system chooses an abstract name
        heard.settimeout(5)
        name = heard.getsockname().decode().replace("\0", "@", 1)
        watchdog.ready({"NOTIFY_SOCKET": name})
        assert heard.recv(100) == b"READY=1"


def test_service_that_nobody_watches_gives_no_sign_of_life(supervisor: socket.socket) -> None:
    given = environment(supervisor)
    del given["WATCHDOG_USEC"]
    watchdog.alive(given)
    watchdog.ready({})
    supervisor.setblocking(False)
    with pytest.raises(BlockingIOError):
        supervisor.recv(100)


def test_supervisor_that_is_gone_is_logged_and_hurts_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="worker.watchdog"):
        watchdog.ready({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    assert "watchdog.unheard" in caplog.text


@pytest.mark.parametrize(("failing", "signs"), [((), True), (("fire",), True), (("fire", "held"), False)])
def test_tick_gives_a_sign_only_when_it_reached_the_database(
    home: Path,  # noqa: ARG001 - it must be there
    supervisor: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    failing: tuple[str, ...],
    signs: bool,
) -> None:
    from models import schedules
    from models.jobs import lease
    from worker import ticker

    def fail(*_: object) -> None:
        raise OperationalError("unable to open database file")

    for name in failing:
        monkeypatch.setattr(schedules if name == "fire" else lease, name, fail)
    if failing == ("fire", "held"):
        monkeypatch.setattr(lease, "claimable", fail)
    for key, value in environment(supervisor).items():
        monkeypatch.setenv(key, value)
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _: stop.set())

    ticker.Ticker().run(stop)

    supervisor.setblocking(False)
    if signs:
        assert supervisor.recv(100) == b"WATCHDOG=1"
    with pytest.raises(BlockingIOError):
        supervisor.recv(100)
