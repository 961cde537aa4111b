"""A worker that is killed in the middle of a job, seen on the screens; with real worker processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from models import installation, settings
from models.audit import Actor
from models.database import connection
from models.jobs import Job
from tests.conftest import ROOT, clean_environment
from tests.faults.installation import kill
from tests.tui.screen_kit import press, screen_text, settled
from tests.worker.export_site import make_site
from tui.app import WaybillApp

_PATIENCE = 60.0  # seconds: two processes start meanwhile


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An installation with a job that waits for a worker."""
    home = tmp_path / "home"
    installation.create(home, email="anna@example.com")
    with connection():
        site = make_site("Acme Inc")
        site.invoice("A-1")
        site.invoice("A-2")
        site.job()
        yield home


@contextmanager
def working(home: Path, faults: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own process, with these faults planned for it."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()", "worker"],
        cwd=ROOT,
        env=clean_environment() | {"WAYBILL_HOME": str(home), "WAYBILL_FAULTS": faults},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        kill(process)


async def soon(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Until something is so."""
    async with asyncio.timeout(_PATIENCE):
        while not holds():
            await pilot.pause(0.05)


def drive(home: Path, scenario: Callable[[Pilot[None], WaybillApp], Awaitable[None]]) -> None:
    actor = Actor(user_id=1, name="anna@example.com")
    app = WaybillApp(settings.load(home), actor, link="job")

    async def run() -> None:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await settled(pilot)
            await scenario(pilot, app)

    asyncio.run(run())


def words(app: WaybillApp) -> str:
    return " ".join(screen_text(app).split())


def test_worker_killed_in_the_middle_of_a_job_is_seen_in_list_and_job_and_so_is_the_next_one(
    home: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"

    async def scenario(pilot: Pilot[None], app: WaybillApp) -> None:
        with working(home, f"stall@file.written={gate}") as worker:
            await soon(pilot, gate.with_name("gate.reached").exists)
            await soon(pilot, lambda: "> in progress" in screen_text(app))
            assert "a worker is at it" in words(app)
            os.kill(worker.pid, 9)
            await soon(pilot, lambda: "its worker is gone" in words(app))
        await press(pilot, "enter")
        await soon(pilot, lambda: "another worker takes it over" in words(app))
        with working(home):
            await soon(pilot, lambda: "+ completed" in screen_text(app))
        await press(pilot, "left", "left")
        await soon(pilot, lambda: "x worker lost" in screen_text(app))
        assert "+ completed" in screen_text(app)

    drive(home, scenario)
    job = Job.get()
    assert (job.state, job.attempt, job.succeeded) == ("completed", 2, 2)
