"""The effective entry dates of whole jobs: same-day ones, and those of jobs that ran days after."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from models.files import BatchFile
from models.jobs import Job, JobState, Output, Route
from models.prenotes import Prenote
from tests.peers.nacha_checker import Report, check
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import Site, make_site
from worker import export

ACH = {Route.ACH: Output(format="nacha")}
DUE = "2026-11-18"


SAME_DAY: dict[str, object] = {"nacha.same_day": "urgent"}


def site_of(settings: dict[str, object]) -> Site:
    site = make_site("Acme Inc", **settings)
    site.invoice("A-1", vendor="Wire Co", due_date=DUE)
    site.pay_by_ach("Wire Co")
    return site


def run(site: Site, due: datetime, at: datetime) -> Job:
    """A job that was due at one time and runs at another."""
    job = site.job(ACH, as_of=due)
    with time_machine.travel(at, tick=False):
        assert export.run(job.id) == JobState.COMPLETED
    return Job.get_by_id(job.id)


def judged(site: Site) -> Report:
    report = check(next(iter(site.published().values())))
    assert report.faults == []
    return report


@pytest.mark.parametrize(
    ("hour", "effective", "notes"),
    [
        (18, "261118", []),  # 13:00 in New York
        (
            22,
            "261119",
            [
                "1 urgent entry is not same-day but effective 2026-11-19: "
                "it is after the last cut-off, 16:45 Eastern time"
            ],
        ),
    ],
)
@pytest.mark.usefixtures("home")
def test_file_says_what_missed_the_last_cut_off(hour: int, effective: str, notes: list[str]) -> None:
    site = site_of(SAME_DAY)
    now = datetime(2026, 11, 18, hour, 0, tzinfo=UTC)
    run(site, now, now)
    assert [entry["effective"] for entry in judged(site).entries] == [effective]
    assert BatchFile.get().totals.get("notes", []) == notes


def test_job_that_was_due_before_the_cut_off_and_ran_after_it_is_not_same_day(home: Path) -> None:  # noqa: ARG001
    site = site_of(SAME_DAY)
    run(site, datetime(2026, 11, 18, 18, 0, tzinfo=UTC), datetime(2026, 11, 18, 22, 0, tzinfo=UTC))
    assert judged(site).entries[0]["effective"] == "261119"


def test_job_that_was_put_off_for_days_has_no_past_effective_date(home: Path) -> None:  # noqa: ARG001
    site = site_of({})
    run(site, datetime(2026, 11, 13, 15, 0, tzinfo=UTC), datetime(2026, 11, 18, 15, 0, tzinfo=UTC))
    assert judged(site).entries[0]["effective"] == "261119"


def test_attempt_after_a_death_asks_for_a_day_that_is_to_come(home: Path) -> None:  # noqa: ARG001
    site = site_of({"nacha.prenotes": "yes"})
    due = datetime(2026, 11, 13, 15, 0, tzinfo=UTC)
    job = site.job(ACH, as_of=due)
    with time_machine.travel(due, tick=False):
        dead_attempt(job, "render")
    BatchFile.update(state="reserved").execute()  # it was written and not recorded
    with time_machine.travel(datetime(2026, 11, 18, 15, 0, tzinfo=UTC), tick=False):
        export.run(job.id)
    assert judged(site).entries[0]["effective"] == "261119"
    assert [(one.effective, one.live_from) for one in Prenote.select()] == [("2026-11-19", "2026-11-24")]


def test_file_that_was_recorded_goes_as_it_stands(home: Path) -> None:  # noqa: ARG001
    site = site_of({})
    due = datetime(2026, 11, 13, 15, 0, tzinfo=UTC)
    job = site.job(ACH, as_of=due)
    with time_machine.travel(due, tick=False):
        dead_attempt(job, "render")
    with time_machine.travel(datetime(2026, 11, 18, 15, 0, tzinfo=UTC), tick=False):
        export.run(job.id)
    assert judged(site).entries[0]["effective"] == "261116"
