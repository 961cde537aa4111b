"""`waybill up`: its services end with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import installation, services
from models.database import connection, database
from models.services import Kind
from tests.conftest import ROOT, clean_environment

_LIMIT = 40.0


def until(what: Callable[[], bool]) -> None:
    """Wait until it is so; fails after a limit."""
    deadline = time.monotonic() + _LIMIT
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whether it is there and not merely still to be counted as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def up(tmp_path: Path, records: None) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ARG001 - for its records
    """The services of a home of its own, listening."""
    home = tmp_path / "home"
    installation.create(home, email="root@example.com")
    database.close()
    environment = clean_environment() | {"WAYBILL_HOME": str(home), "WAYBILL_SFTP_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()", "up"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    until((home / "sftp.address").exists)
    yield process
    if process.poll() is None:
        process.terminate()
    process.wait(_LIMIT)


def seen() -> dict[Kind, bool]:
    """Which services have said that they run, and whether they still do."""
    with connection():
        return {one.kind: one.running for one in services.listed()}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_up_stopped_leaves_no_service_behind(up: subprocess.Popen[bytes], number: int) -> None:
    started = children(up.pid)
    assert len(started) == 2
    until(lambda: seen() == {Kind.WORKER: True, Kind.SFTP: True})
    os.kill(up.pid, number)
    up.wait(_LIMIT)
    until(lambda: not any(map(is_running, started)))
    assert seen() == {Kind.WORKER: False, Kind.SFTP: False}
