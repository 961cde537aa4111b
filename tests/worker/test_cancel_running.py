"""Cancelling a job that really runs: heeded between two steps, too late once its file is on its way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import faults, settings
from models.database import connection
from models.jobs import Job, JobEvent, JobState
from models.people import WAYBILL
from models.problems import Problem
from models.repairs import cancel
from models.repairs.plan import Plan, Result
from tests.worker.export_site import Site, make_site
from worker import export

WHY = "wrong day"
PATIENCE = 30.0


@pytest.fixture
def site(home: Path) -> Iterator[Site]:  # noqa: ARG001 - the installation it stands in
    made = make_site()
    made.invoice("A-1")
    yield made
    faults.plan("")


class Running:
    """A job on its way in a thread of its own, held up at named points one after the other."""

    def __init__(self, job: Job, folder: Path, *points: str) -> None:
        self.job_id = job.id
        self._gates = {point: folder / point for point in points}
        faults.plan(" ".join(f"stall@{point}={gate}" for point, gate in self._gates.items()))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with connection():
            export.run(self.job_id)

    def reaches(self, point: str) -> None:
        """Wait until it stands there."""
        reached = self._gates[point].with_name(f"{point}.reached")
        _wait(reached.exists)

    def goes_on(self, point: str) -> None:
        """Let it go on from there."""
        self._gates[point].with_name(f"{point}.go").touch()

    def ends(self) -> Job:
        """The job at its end."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        ended: Job = Job.get_by_id(self.job_id)
        return ended


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def running(site: Site, folder: Path, *points: str) -> Iterator[Running]:
    """A job that runs, and is let go of whatever happens."""
    job = Running(site.job(), folder, *points)
    try:
        job.reaches(points[0])
        yield job
    finally:
        for point in points:
            job.goes_on(point)
        job.ends()


def planned(job: Running) -> Plan:
    return cancel.plan(WAYBILL, [job.job_id])


def test_cancel_of_a_running_job_ends_it_at_its_next_step_and_nothing_leaves(
    site: Site, tmp_path: Path
) -> None:
    with running(site, tmp_path, "items.collected") as job:
        (change,) = cancel.apply(WAYBILL, planned(job), WHY).done
        job.goes_on("items.collected")
        ended = job.ends()
    assert (change.before, change.after) == (JobState.IN_PROGRESS, cancel.ASKED)
    assert (ended.state, ended.code, ended.cancel_reason) == (JobState.CANCELLED, "cancelled", WHY)
    assert (site.ledger(), site.published()) == ({"A-1": "pending"}, {})


def test_cancel_when_the_file_is_on_its_way_is_refused_as_too_late(site: Site, tmp_path: Path) -> None:
    with running(site, tmp_path, "delivery.sending") as job:
        (left,) = planned(job).left_out
        job.goes_on("delivery.sending")
        ended = job.ends()
    assert (left.code, left.remedy) == (
        "too_late",
        f"wait for its end, then look at what left: waybill job show {ended.id}",
    )
    assert (ended.state, ended.cancelled_by, site.ledger()) == (JobState.COMPLETED, None, {"A-1": "exported"})


def test_cancel_planned_in_time_and_sent_when_the_file_is_on_its_way_changes_nothing(
    site: Site, tmp_path: Path
) -> None:
    with running(site, tmp_path, "items.collected", "delivery.sending") as job:
        plan = planned(job)
        job.goes_on("items.collected")
        job.reaches("delivery.sending")
        result = cancel.apply(WAYBILL, plan, WHY)
        job.goes_on("delivery.sending")
        ended = job.ends()
    assert (result.done, [left.code for left in result.left_out]) == ((), ["too_late"])
    assert (ended.state, ended.cancelled_by) == (JobState.COMPLETED, None)


def test_cancel_while_the_copy_is_made_ready_is_heeded_and_nothing_leaves(site: Site, tmp_path: Path) -> None:
    with running(site, tmp_path, "delivery.staged") as job:
        (change,) = cancel.apply(WAYBILL, planned(job), WHY).done
        job.goes_on("delivery.staged")
        ended = job.ends()
    assert change.after == cancel.ASKED
    assert (ended.state, ended.code, ended.cancel_reason) == (JobState.CANCELLED, "cancelled", WHY)
    assert (site.ledger(), site.published()) == ({"A-1": "pending"}, {})
    assert not list(settings.current().staging.glob("delivery-*"))


def test_cancel_asked_after_the_last_step_that_heeds_it_says_so_in_the_history(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job without files: the instant between the worker's last look and its end, held open here."""
    assert export.run(site.job().id) == JobState.COMPLETED
    looked, asked, real = list[int](), list[Result](), cancel.asked

    def ask_behind_its_back(job_id: int) -> Problem | None:
        heeded = real(job_id)
        looked.append(job_id)
        if len(looked) == 3:  # at its beginning, before the files are rendered, before they go
            asked.append(cancel.apply(WAYBILL, cancel.plan(WAYBILL, [job_id]), WHY))
        return heeded

    monkeypatch.setattr(cancel, "asked", ask_behind_its_back)
    job = site.job()
    assert export.run(job.id) == JobState.COMPLETED
    assert [change.after for change in asked[0].done] == [cancel.ASKED]
    told = JobEvent.select().where(JobEvent.job == job, JobEvent.what == "too late to cancel")
    assert [(event.actor, event.reason) for event in told] == [("waybill", "it was on its way already")]
