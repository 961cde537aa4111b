"""What schedules did and will do: past runs, coming ones, months, and how much of the limit is used."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from models import clock, entities, facilities, people, schedules
from models.audit import WAYBILL, Actor
from models.database import execute, rehearsal
from models.errors import InvalidInput, NotFound
from models.facilities import Facility
from models.jobs import Job, JobState
from models.people import Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Schedule, ScheduleState, history
from tests.models.schedules.world import NOW, World, daily, once, utc


def fired(world: World, days: int, **changes: Any) -> Schedule:
    """A schedule that ran on as many days after it was made."""
    schedule = world.create(**changes)
    for day in range(1, days + 1):
        world.fire_at(NOW + timedelta(days=day))
    return schedule


def end(job_id: int, state: JobState, **fields: Any) -> None:
    Job.update(state=state, **fields).where(Job.id == job_id).execute()


def test_last_runs_are_each_schedules_newest_in_order(world: World) -> None:
    nightly = fired(world, 5)
    weekly = world.create(name="other")
    first, *_, last = Job.select().order_by(Job.id)
    started = clock.now()
    end(last.id, JobState.FAILED, failed=3, abandoned=1, started_at=started, finished_at=started)
    found = history.last_runs([nightly.id, weekly.id], 3)
    assert found[weekly.id] == []
    runs = found[nightly.id]
    assert [run.due_at for run in runs] == [utc(2026, 1, day, 2) for day in (8, 9, 10)]
    assert (runs[-1].job_id, runs[-1].state, runs[-1].unsent) == (last.id, JobState.FAILED, 4)
    assert (runs[-1].took, runs[0].took) == (timedelta(), None)
    assert first.id not in {run.job_id for run in runs}


@pytest.mark.sqlite
def test_last_runs_walk_each_schedules_due_times(world: World) -> None:
    schedule = fired(world, 1)
    sql = history._LAST.format(marks="?")
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", [5, schedule.id])]
    assert any("export_job_schedule_id_due_at (schedule_id=?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN j") for step in plan), plan


def test_planned_says_what_clocks_do_to_a_run(world: World) -> None:  # noqa: ARG001 - the clock
    summer = daily(start_date=date(2026, 3, 28), at=time(2, 30), zone="Europe/Copenhagen")
    runs = history.planned(summer, 3)
    assert len(runs) == 3
    assert runs[0].notes == ()
    assert "does not exist" in runs[1].notes[0]
    assert history.planned(once(time(2, 0)), 10) == []  # it is past


def test_month_holds_what_ran_and_what_will(world: World) -> None:
    schedule = fired(world, 3)
    days = history.month(schedule.recurrence, 2026, 1, schedule_id=schedule.id)
    assert [day.on for day in days] == [date(2026, 1, number) for number in range(1, 32)]
    assert [day.on.day for day in days if day.ran] == [6, 7, 8]
    assert [day.on.day for day in days if day.planned] == list(range(9, 32))
    unsaved = history.month(daily(), 2026, 2)
    assert sum(len(day.planned) for day in unsaved) == 28
    assert not any(day.ran for day in unsaved)


def test_month_counts_days_in_the_schedules_zone(world: World) -> None:  # noqa: ARG001 - the clock
    late = daily(at=time(23, 30), zone="America/New_York", end_date=date(2026, 1, 31))
    days = history.month(late, 2026, 1)
    assert days[-1].planned[0].at == utc(2026, 2, 1, 4, 30)
    assert [len(day.planned) for day in days[5:]] == [1] * 26


def test_coming_is_what_runs_next_of_all_that_run(world: World) -> None:
    world.create()
    world.create(name="noon", recurrence=daily(at=time(13, 0)))
    world.create(name="resting", enabled=False, recurrence=daily(at=time(12, 5)))
    found = history.coming(WAYBILL, 3)
    assert [(run.schedule, run.at) for run in found] == [
        ("noon", utc(2026, 1, 5, 13)),
        ("nightly", utc(2026, 1, 6, 2)),
        ("noon", utc(2026, 1, 6, 13)),
    ]
    stranger = people.create(WAYBILL, "ben@example.com")
    people.grant(WAYBILL, stranger, Role.SUPPORT, entities.create(WAYBILL, "Other").id)
    assert history.coming(Actor(user_id=stranger.id, name=stranger.email)) == []
    facilities.deactivate(WAYBILL, Facility.get_by_id(world.facility.id))
    assert history.coming(WAYBILL) == []


def test_usage_is_what_the_limit_counts(world: World) -> None:
    assert history.usage(world.entity).left == 12
    world.create()
    world.create(name="resting", enabled=False)
    used = history.usage(world.entity)
    assert (used.running, used.limit, used.left) == (1, 12, 11)
    entities.edit(WAYBILL, world.entity, schedule_limit=1)
    assert history.usage(world.entity).left == 0


def test_group_counts_are_of_every_state(world: World) -> None:
    world.create()
    world.create(name="later", recurrence=daily(start_date=date(2026, 6, 1)))
    counted = history.group_counts(schedules.listed(WAYBILL))
    assert counted == {
        ScheduleState.ACTIVE: 1,
        ScheduleState.PENDING: 1,
        ScheduleState.COMPLETED: 0,
    }


def test_open_jobs_are_those_that_have_not_ended(world: World) -> None:
    schedule = fired(world, 3)
    first, second, third = Job.select().order_by(Job.id)
    end(first.id, JobState.COMPLETED)
    end(second.id, JobState.IN_PROGRESS)
    assert history.open_jobs(schedule.id) == [
        (second.id, JobState.IN_PROGRESS),
        (third.id, JobState.PENDING),
    ]


def test_unusual_finds_the_next_run_that_a_clock_change_moves(world: World) -> None:  # noqa: ARG001 - the clock
    nights = daily(at=time(2, 30), zone="Europe/Copenhagen")
    found = history.unusual(nights, after=clock.now())
    assert found is not None
    assert found.at == utc(2026, 3, 29, 1)
    assert "02:30 does not exist on 29 Mar" in found.notes[0]
    assert history.unusual(daily(), after=clock.now()) is None


def test_seen_finds_by_id_and_by_name_what_the_actor_may_see(world: World) -> None:
    schedule = world.create()
    assert schedules.seen(WAYBILL, str(schedule.id)) == schedule
    assert schedules.seen(WAYBILL, " nightly ") == schedule
    stranger = people.create(WAYBILL, "stranger@example.com")
    with pytest.raises(NotFound):
        schedules.seen(Actor(user_id=stranger.id, name=stranger.email), str(schedule.id))


def test_rehearsed_act_says_what_it_would_do_and_changes_nothing(world: World) -> None:
    with rehearsal():
        assert world.create().next_due == utc(2026, 1, 6, 2)
    assert schedules.listed(WAYBILL) == []
    with pytest.raises(InvalidInput), rehearsal():
        world.create(on_behalf_of=0)


@pytest.mark.parametrize(
    ("at", "kind", "missed"),
    [
        (time(12, 0), Frequency.DAILY, utc(2026, 1, 5, 12)),
        (time(11, 1), Frequency.DAILY, utc(2026, 1, 5, 11, 1)),
        (time(11, 0), Frequency.DAILY, None),
        (time(12, 1), Frequency.DAILY, None),
        (time(12, 0), Frequency.HOURLY, None),
    ],
    ids=["this minute", "within the hour", "long ago", "still to come", "hourly comes soon"],
)
def test_just_missed_is_the_time_that_one_saved_now_is_too_late_for(
    world: World, at: time, kind: Frequency, missed: datetime | None
) -> None:
    assert world
    when = Recurrence(kind=kind, start_date=date(2026, 1, 5), at=at)
    assert history.just_missed(when, clock.now()) == missed
