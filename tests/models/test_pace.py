"""How many jobs ended when and how, for counters and plots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import time_machine

from models.database import execute
from models.jobs import claim, pace
from models.jobs.pace import DAY, HOUR, MINUTE, Ended, series
from models.jobs.queries import Filter
from models.jobs.records import Job
from models.people import WAYBILL, Actor, Role
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site, requeue

NOW = datetime(2026, 11, 21, 14, 2, 30, tzinfo=UTC)


@pytest.fixture
def site(home: Path) -> Iterator[Site]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel(NOW, tick=False):
        yield make_site()


def ended(job: Job, ago: timedelta) -> None:
    Job.update(finished_at=NOW - ago).where(Job.id == job.id).execute()


def test_pace_counts_the_last_hour_and_day_by_outcome(site: Site) -> None:
    (bad, *_) = site.add_invoices(2)
    ended(site.run(failing={bad: BAD_ACCOUNT}), timedelta(hours=2))
    ended(site.run(error=CANNOT_WRITE), timedelta(minutes=59))
    ended(site.run(), timedelta(minutes=1))
    ended(site.run(), timedelta(hours=25))
    now = pace.pace(WAYBILL)
    assert now.hour == Ended(completed=1, failed=1)
    assert now.day == Ended(completed=1, with_errors=1, failed=1)
    assert (now.hour.all, now.day.all) == (2, 3)


def test_pace_counts_what_stands_now(site: Site) -> None:
    ended(site.run(error=CANNOT_WRITE), timedelta(days=40))
    site.new_job()
    other = make_site("Other")
    held = claim(other.new_job().id, "here")
    assert held
    now = pace.pace(WAYBILL)
    assert (now.pending, now.active, now.failed, now.oldest_pending) == (1, 1, 1, NOW)
    mine = pace.pace(WAYBILL, Filter(facility_id=other.facility.id))
    assert (mine.pending, mine.active, mine.failed, mine.oldest_pending) == (0, 1, 0, None)


def test_pace_leaves_out_what_runs_again(site: Site) -> None:
    requeue(site.run(error=CANNOT_WRITE))
    assert pace.pace(WAYBILL).day == Ended()


@pytest.mark.parametrize(("step", "first"), [(MINUTE, "13:03"), (HOUR, "03:00"), (DAY, "00:00")])
def test_series_is_whole_and_ends_with_what_is_running(site: Site, step: timedelta, first: str) -> None:
    count = 60 if step is not DAY else 14
    ended(site.run(), timedelta())
    ended(site.run(error=CANNOT_WRITE), 2 * step)
    ended(site.run(), count * step)
    spans = series(WAYBILL, step, count)
    assert len(spans) == count
    assert f"{spans[0].at:%H:%M}" == first
    assert spans[-1].ended == Ended(completed=1)
    assert spans[-3].ended == Ended(failed=1)
    assert sum(span.ended.all for span in spans) == 2
    assert {after.at - before.at for before, after in pairwise(spans)} == {step}


def test_pace_is_of_what_the_actor_sees(site: Site) -> None:
    other = make_site("Other")
    site.run()
    other.run()
    other.run()
    user = site.add_user("anna@example.com", Role.SUPPORT)
    assert pace.pace(Actor(user_id=user.id, name=user.email)).hour.all == 1
    assert pace.pace(WAYBILL, Filter(facility_id=other.facility.id)).hour.all == 2


@pytest.mark.sqlite
def test_pace_reads_nothing_but_its_index(site: Site) -> None:
    for scope in ("", f" AND +j.entity_id IN ({site.entity.id})"):
        sql = pace._ENDED.format(bucket="j.finished_at / 60000", scope=scope)
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [0])]
        assert any("USING COVERING INDEX export_job_ended (finished_at>?)" in step for step in plan), plan
