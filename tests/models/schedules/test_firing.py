"""One effect for each due time, whatever happens to the clock, the process, or the facility."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import IntegrityError

from models import clock, entities, schedules
from models.audit import WAYBILL, AuditEntry
from models.database import execute, transaction
from models.jobs import Job, JobEvent, JobState, NewJob, Trigger, insert_all
from models.recurrence import Frequency, Recurrence
from models.schedules import firing
from tests.models.schedules.world import CSV, NOW, World, daily, due_times, fresh, once, utc
from tests.records import allow, refuse


def test_fire_at_the_due_time_makes_one_job_of_what_the_schedule_says(world: World) -> None:
    # 23:30 UTC is the next day in Copenhagen, where the entity's days begin.
    schedule = world.create(recurrence=daily(at=time(23, 30)))
    assert world.fire_at(utc(2026, 1, 5, 23, 29, 59)) == []
    (job_id,) = world.fire_at(utc(2026, 1, 5, 23, 30))
    job = Job.get_by_id(job_id)
    assert job.due_at == job.as_of == utc(2026, 1, 5, 23, 30)
    assert job.posting_date == "2026-01-06"
    assert (job.schedule_id, job.trigger, job.state) == (schedule.id, Trigger.SCHEDULE, JobState.PENDING)
    assert (job.entity_id, job.facility_id) == (world.entity.id, world.facility.id)
    assert job.destination_id == world.facility.destination_id
    assert job.on_behalf_of.id == world.finance.id
    assert job.outputs == {"other": {"format": "csv", "mapping_id": None}}
    assert (job.note, job.attempt, job.tries, job.owner, job.code) == ("", 0, 0, "", "")
    assert [event.what for event in JobEvent.select().where(JobEvent.job == job)] == ["created"]
    assert world.fire_at(utc(2026, 1, 5, 23, 30, 1)) == []


def test_fire_makes_a_job_with_the_defaults_of_the_model(world: World) -> None:
    world.create(recurrence=once(time(12, 0)))
    (job_id,) = schedules.fire(clock.now())
    job, plain = Job.get_by_id(job_id), Job()
    for field in Job._meta.sorted_fields:
        if field.default is not None and not callable(field.default):
            assert getattr(job, field.name) == getattr(plain, field.name), field.name


def test_fire_after_downtime_makes_one_job_for_the_newest_and_says_so(world: World) -> None:
    world.create()
    (job_id,) = world.fire_at(utc(2026, 1, 9, 12, 0))
    job = Job.get_by_id(job_id)
    assert job.due_at == utc(2026, 1, 9, 2, 0)
    assert job.note == "catches up 3 missed runs since 2026-01-06 02:00 UTC"
    assert JobEvent.get(JobEvent.job == job).reason == job.note
    assert len(world.fire_at(utc(2026, 1, 10, 2, 0))) == 1
    assert Job.get(Job.due_at == utc(2026, 1, 10, 2, 0)).note == ""


def test_fire_after_two_due_times_speaks_of_one_missed_run(world: World) -> None:
    world.create()
    (job_id,) = world.fire_at(utc(2026, 1, 7, 3, 0))
    assert Job.get_by_id(job_id).note == "catches up 1 missed run since 2026-01-06 02:00 UTC"


_TICKER = """
import sys
from datetime import datetime
from models import installation, schedules
from models.database import connection
installation.open_home()
with connection():
    print("ready", flush=True)
    instant = datetime.fromisoformat(sys.stdin.readline().strip())
    print(len(schedules.fire(instant)), flush=True)
"""


def test_fire_by_three_processes_at_once_makes_each_job_once(
    world: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_HOME", str(home))
    for number in range(12):
        world.create(name=f"s{number}")
    tickers = [
        subprocess.Popen([sys.executable, "-c", _TICKER], stdin=-1, stdout=-1, text=True) for _ in range(3)
    ]
    for ticker in tickers:
        assert ticker.stdout is not None
        assert ticker.stdout.readline() == "ready\n"
    for ticker in tickers:
        assert ticker.stdin is not None
        ticker.stdin.write("2026-01-06T02:00:00+00:00\n")
        ticker.stdin.flush()
    made = [int(ticker.communicate(timeout=30)[0]) for ticker in tickers]
    assert sum(made) == 12
    assert due_times() == [utc(2026, 1, 6, 2, 0)] * 12


def test_fire_that_breaks_off_before_the_job_is_whole_leaves_the_due_time_undone(world: World) -> None:
    schedule = world.create()
    refuse("no_room", "INSERT", "job_event", message="disk full")
    with pytest.raises(IntegrityError, match="disk full"):
        world.fire_at(utc(2026, 1, 6, 2, 0))
    assert fresh(schedule).next_due == utc(2026, 1, 6, 2, 0)
    assert not Job.select().exists()
    allow("no_room", "job_event")
    assert len(world.fire_at(utc(2026, 1, 6, 2, 0, 9))) == 1


def test_fire_with_what_another_ticker_has_handled_meanwhile_changes_nothing(world: World) -> None:
    schedule, now = world.create(), utc(2026, 1, 6, 2, 0)
    seen = firing._due(now)
    world.fire_at(now)
    with transaction():
        assert list(firing._move(seen, now)) == []
    assert fresh(schedule).cursor == now
    assert Job.select().count() == 1


def test_fire_with_a_cursor_from_an_old_backup_makes_no_second_job(world: World) -> None:
    schedule = world.create()
    before = fresh(schedule)
    world.fire_at(utc(2026, 1, 6, 2, 0))
    before.save()
    assert world.fire_at(utc(2026, 1, 6, 2, 0, 1)) == []
    assert Job.select().count() == 1
    assert fresh(schedule).next_due == utc(2026, 1, 7, 2, 0)


def test_second_job_for_a_due_time_is_refused_by_the_database(world: World) -> None:
    world.create()
    (job_id,) = world.fire_at(utc(2026, 1, 6, 2, 0))
    again = Job.get_by_id(job_id)
    again.id = None  # type: ignore[assignment]  # makes the row a new one
    with pytest.raises(IntegrityError):
        again.save(force_insert=True)


def test_clock_set_back_fires_nothing_twice(world: World) -> None:
    schedule = world.create()
    world.fire_at(utc(2026, 1, 8, 2, 0))
    for back in (utc(2026, 1, 7, 1, 0), utc(2026, 1, 7, 2, 0), utc(2026, 1, 8, 1, 59, 59)):
        assert world.fire_at(back) == []
    assert fresh(schedule).cursor == utc(2026, 1, 8, 2, 0)
    assert world.fire_at(utc(2026, 1, 8, 2, 0)) == []
    assert len(world.fire_at(utc(2026, 1, 9, 2, 0))) == 1


def test_clock_set_back_and_schedule_switched_off_and_on_fires_nothing_twice(world: World) -> None:
    schedule = world.create()
    world.fire_at(utc(2026, 1, 6, 2, 0))
    world.clock.move_to(utc(2026, 1, 6, 1, 50))
    schedules.enable(WAYBILL, schedules.disable(WAYBILL, schedule))
    assert world.fire_at(utc(2026, 1, 6, 2, 0)) == []
    assert fresh(schedule).next_due == utc(2026, 1, 7, 2, 0)


def test_clock_set_far_ahead_makes_one_catch_up(world: World) -> None:
    world.create()
    assert len(world.fire_at(utc(2031, 1, 6, 12, 0))) == 1
    assert "catches up 1826 missed runs" in Job.get().note


@pytest.mark.parametrize("ticks_while_off", [True, False])
def test_export_scheduler_switched_off_fires_nothing_and_catches_nothing_up(
    world: World, *, ticks_while_off: bool
) -> None:
    schedule = world.create()
    entities.edit(WAYBILL, world.entity, export_scheduler=False)
    world.clock.move_to(utc(2026, 1, 8, 12, 0))
    if ticks_while_off:
        assert schedules.fire(clock.now()) == []
    entities.edit(WAYBILL, world.entity, export_scheduler=True)
    assert schedules.fire(clock.now()) == []
    assert fresh(schedule).enabled
    assert len(world.fire_at(utc(2026, 1, 9, 2, 0))) == 1
    assert Job.get().note == ""


def test_switching_on_an_export_scheduler_that_is_on_forgets_nothing(world: World) -> None:
    world.create()
    world.clock.move_to(utc(2026, 1, 6, 2, 0))
    entities.edit(WAYBILL, world.entity, export_scheduler=True)
    assert len(schedules.fire(clock.now())) == 1


def test_facility_not_active_fires_nothing_and_catches_nothing_up(world: World) -> None:
    schedule = world.create()
    execute("UPDATE facility SET state = 'inactive'")  # behind the back of the act, which disables it
    assert world.fire_at(utc(2026, 1, 8, 12, 0)) == []
    execute("UPDATE facility SET state = 'active'")
    assert schedules.fire(clock.now()) == []
    assert fresh(schedule).next_due == utc(2026, 1, 9, 2, 0)


@pytest.mark.parametrize(
    ("night", "at", "expected"),
    [
        # Clocks go forward at 02:00: 02:30 does not exist, the first instant after is 03:00 (01:00 UTC).
        (date(2026, 3, 29), time(2, 30), [(28, 1, 30), (29, 1, 0), (30, 0, 30)]),
        # Clocks go back at 03:00: 02:30 comes twice, the first counts (00:30 UTC).
        (date(2026, 10, 25), time(2, 30), [(24, 0, 30), (25, 0, 30), (26, 1, 30)]),
    ],
)
def test_daylight_saving_night_fires_once_a_day(
    world: World, night: date, at: time, expected: list[tuple[int, int, int]]
) -> None:
    world.create(recurrence=daily(start_date=night - timedelta(days=1), at=at, zone="Europe/Copenhagen"))
    tick = datetime.combine(night - timedelta(days=1), time(0), UTC)
    while tick < datetime.combine(night + timedelta(days=2), time(0), UTC):
        world.fire_at(tick)
        tick += timedelta(minutes=10)
    assert due_times() == [utc(night.year, night.month, *parts) for parts in expected]
    assert not Job.select().where(Job.note != "").exists()


def test_last_day_of_the_month_over_a_year_fires_on_each_last_day(world: World) -> None:
    monthly = Recurrence(kind=Frequency.MONTHLY, start_date=date(2026, 1, 31), at=time(2), day=31)
    world.create(recurrence=monthly)
    for days in range(366):
        world.fire_at(NOW + timedelta(days=days))
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert due_times() == [utc(2026, month, day, 2, 0) for month, day in enumerate(lengths, 1)]


def test_fire_more_than_a_batch_fires_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "BATCH", 5)
    for number in range(12):
        world.create(name=f"s{number}")
    assert len(world.fire_at(utc(2026, 1, 6, 2, 0))) == 12
    assert len(set(world.fire_at(utc(2026, 1, 7, 2, 0)))) == 12


def test_fire_with_a_zone_that_is_no_more_disables_that_schedule_and_fires_the_others(world: World) -> None:
    lost = world.create(name="lost", recurrence=daily(at=time(1, 0), zone="Europe/Copenhagen"))
    world.create()
    execute("UPDATE schedule SET zone = 'Atlantis/Port' WHERE id = ?", (lost.id,))
    assert len(world.fire_at(utc(2026, 1, 6, 2, 0))) == 1
    assert not fresh(lost).enabled
    entry = AuditEntry.select().where(AuditEntry.action == "disable").get()
    assert (entry.actor, entry.subject_name) == ("waybill", "lost")
    assert "Atlantis/Port" in entry.reason


@pytest.mark.sqlite
def test_fire_looks_at_what_is_due_only(world: World) -> None:
    world.create()
    for statement in (firing._ANY_DUE, firing._DUE):
        parameters = (0, 1)[: statement.count("?")]
        plan = " ".join(row[3] for row in execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
        assert "schedule_due (next_due<?)" in plan
        assert "SCAN" not in plan


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hops=st.lists(st.integers(-2_000, 6_000), min_size=1, max_size=12),  # minutes; the clock may go back
    every=st.integers(1, 3),
    minute=st.integers(0, 1439),
    zone=st.sampled_from([None, "Europe/Copenhagen", "America/New_York"]),
)
def test_fire_at_any_instants_answers_each_due_time_once(
    world: World, hops: list[int], every: int, minute: int, zone: str | None
) -> None:
    start = utc(2026, 3, 27, 12, 0)  # two days before clocks go forward
    world.clock.move_to(start)
    recurrence = daily(start_date=start.date(), at=time(*divmod(minute, 60)), every=every, zone=zone)
    schedule = world.create(recurrence=recurrence)
    now, seen = start, start - timedelta(minutes=1)  # a new one fires for the minute it was made in
    for hop in hops:
        now += timedelta(minutes=hop)
        made = world.fire_at(now)
        newest, older = recurrence.latest(seen, now)
        assert len(made) == (newest is not None)
        if newest is not None:
            job = Job.get_by_id(made[0])
            assert job.due_at == newest
            assert job.note.startswith(f"catches up {older} ") == (older > 0)
        seen = max(seen, now)
    times = [job.due_at for job in Job.select().where(Job.schedule_id == schedule.id)]
    assert len(set(times)) == len(times)
    schedules.delete(WAYBILL, schedule)


def test_insert_all_with_one_request_twice_makes_one_job(world: World) -> None:
    wanted = NewJob(
        entity_id=world.entity.id,
        destination_id=world.facility.destination_id,
        facility_id=world.facility.id,
        on_behalf_of=world.finance.id,
        outputs=CSV,
        as_of=NOW,
        zone="UTC",
        trigger=Trigger.REQUEST,
        request_id="r1",
    )
    assert len(insert_all([wanted, wanted])) == 1
    assert insert_all([wanted]) == []
    assert len(insert_all([dataclasses.replace(wanted, request_id=f"x{n}") for n in range(250)])) == 250
    assert JobEvent.select().count() == 251
