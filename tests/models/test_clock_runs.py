"""Years of schedules in seconds: the clock is moved by hand, and each due time has exactly one effect.

What is expected is worked out here day by day, by nothing of what works it out in the product.
"""

from __future__ import annotations

import random
import threading
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from models import clock, destinations, entities, facilities, people, schedules
from models.audit import WAYBILL
from models.database import connection, execute, is_postgresql
from models.facilities import Facility
from models.jobs import Job, Output, Route
from models.people import Role, User
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule

START = date(2026, 1, 1)  # a Thursday
BEFORE = datetime(2025, 12, 31, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A facility, at a clock that is moved by hand."""

    clock: time_machine.Traveller
    facility: Facility
    finance: User

    def create(self, recurrence: Recurrence, name: str = "one") -> Schedule:
        """A schedule that runs so."""
        outputs = {Route.OTHER: Output(format="csv")}
        said = Instruction(name=name, on_behalf_of=self.finance.id, recurrence=recurrence, outputs=outputs)
        return schedules.create(WAYBILL, self.facility, said)

    def tick(self, instants: Iterable[datetime], *, times: int = 1) -> None:
        """Let so many tickers look at each of these instants, one after the other."""
        for instant in instants:
            self.clock.move_to(instant)
            for _ in range(times):
                schedules.fire(clock.now())


@pytest.fixture
def world(home: Path) -> Iterator[World]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel(BEFORE, tick=False) as traveller:
        entity = entities.create(WAYBILL, "Acme Corp")
        facility = facilities.create(WAYBILL, entity, "Bank files", destinations.find(entity, "payable"), {})
        facilities.activate(WAYBILL, facility)
        finance = people.create(WAYBILL, "finn@example.com")
        people.grant(WAYBILL, finance, Role.FINANCE, entity.id)
        if not is_postgresql():
            execute("PRAGMA synchronous = 0")  # years of commits, and no power cut among them
        yield World(clock=traveller, facility=Facility.get_by_id(facility.id), finance=finance)


def due_of(schedule: Schedule) -> list[datetime]:
    """The due times that had their effect, each as often as it had one."""
    return [job.due_at for job in Job.select().where(Job.schedule_id == schedule.id).order_by(Job.due_at)]


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def at(day: date, hour: int, minute: int = 0, zone: str = "UTC") -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def minutes(first: datetime, last: datetime, step: int = 1) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += timedelta(minutes=step)


def rule(kind: Frequency, **changes: object) -> Recurrence:
    said: dict[str, object] = {"kind": kind, "start_date": START, "at": time(2, 30)}
    return Recurrence(**said | changes)  # type: ignore[arg-type]


def test_three_years_of_every_kind_have_one_effect_per_due_time(world: World) -> None:
    last = date(2028, 12, 31)
    every_day = list(days(START, last))
    expected = {
        "once": [at(date(2027, 2, 28), 2, 30)],
        "hourly": [at(START, 2, 30) + timedelta(hours=12 * n) for n in range(2 * len(every_day))],
        "daily": [at(day, 2, 30) for day in every_day[::3]],
        "weekly": [at(day, 2, 30) for day in every_day if day.isoweekday() in (1, 5)],
        "monthly": [
            at(day, 2, 30) for day in every_day if day.day == min(31, monthrange(day.year, day.month)[1])
        ],
    }
    made = {
        "once": world.create(rule(Frequency.ONCE, start_date=date(2027, 2, 28)), "once"),
        "hourly": world.create(rule(Frequency.HOURLY, every=12), "hourly"),
        "daily": world.create(rule(Frequency.DAILY, every=3), "daily"),
        "weekly": world.create(rule(Frequency.WEEKLY, weekdays=frozenset({1, 5})), "weekly"),
        "monthly": world.create(rule(Frequency.MONTHLY, day=31), "monthly"),
    }
    looks = [at(day, hour, minute) for day in every_day for hour, minute in ((2, 30), (14, 31))]
    world.tick(looks, times=2)
    until = looks[-1]
    for name, schedule in made.items():
        assert due_of(schedule) == [due for due in expected[name] if due <= until], name


def test_twenty_ninth_of_february_comes_in_leap_years_and_the_last_day_in_others(world: World) -> None:
    yearly = world.create(rule(Frequency.MONTHLY, every=12, start_date=date(2028, 2, 29), at=time(0, 0)))
    world.tick(at(day, 0) for day in days(date(2028, 2, 27), date(2033, 3, 1)))
    assert [due.date().isoformat() for due in due_of(yearly)] == [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
        "2033-02-28",
    ]


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [
        # 02:30 does not exist, so the first instant after the gap; it comes twice, so the first one.
        ("Europe/Copenhagen", "2026-03-29T01:00", "2026-10-25T00:30"),
        # The gap alike, but what comes twice here is the hour before; and a gap of half an hour, to 02:30.
        ("America/New_York", "2026-03-08T07:00", "2026-11-01T07:30"),
        ("Australia/Lord_Howe", "2026-10-03T15:30", "2026-04-04T16:00"),
    ],
)
def test_both_daylight_saving_nights_minute_by_minute_have_one_run_each(
    world: World, zone: str, spring: str, autumn: str
) -> None:
    recurrence = rule(Frequency.DAILY, at=time(2, 30), zone=zone)
    made: Schedule | None = None
    for night in sorted((spring, autumn)):
        due = datetime.fromisoformat(night).replace(tzinfo=UTC)
        world.clock.move_to(due - timedelta(hours=5))
        if made is None:
            made = world.create(recurrence)
        else:
            schedules.fire(clock.now())  # the months between, as one
        before = len(due_of(made))
        world.tick(minutes(due - timedelta(hours=5), due + timedelta(hours=5)))
        assert due_of(made)[before:] == [due]


@pytest.mark.parametrize("frequency", [Frequency.WEEKLY, Frequency.MONTHLY])
def test_weekly_and_monthly_keep_their_wall_time_over_a_year(world: World, frequency: Frequency) -> None:
    made = world.create(rule(frequency, at=time(9, 0), zone="Europe/Copenhagen"))
    world.tick(minutes(at(START, 0), at(date(2026, 12, 31), 23), step=60))
    zone = ZoneInfo("Europe/Copenhagen")
    assert {due.astimezone(zone).time() for due in due_of(made)} == {time(9, 0)}
    assert len(due_of(made)) == (53 if frequency is Frequency.WEEKLY else 12)
    assert len({due.time() for due in due_of(made)}) == 2


@pytest.mark.parametrize("kind", [Frequency.HOURLY, Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY])
def test_start_and_end_are_both_days_it_runs_on(world: World, kind: Frequency) -> None:
    first, last = date(2026, 1, 31), date(2026, 3, 31)
    everyday = frozenset(range(1, 8)) if kind is Frequency.WEEKLY else frozenset[int]()
    made = world.create(rule(kind, start_date=first, end_date=last, weekdays=everyday))
    world.tick(minutes(at(date(2026, 1, 29), 0), at(date(2026, 4, 3), 0), step=30))
    dues = due_of(made)
    final = at(last, 23, 30) if kind is Frequency.HOURLY else at(last, 2, 30)
    assert (dues[0], dues[-1]) == (at(first, 2, 30), final)
    assert schedules.look(Schedule.get_by_id(made.id)).next_run is None


@pytest.mark.parametrize("seed", range(5))
def test_clock_that_jumps_back_and_forth_has_no_due_time_twice(world: World, seed: int) -> None:
    made = [
        world.create(rule(Frequency.HOURLY, every=4), "hourly"),
        world.create(rule(Frequency.DAILY, zone="Europe/Copenhagen"), "daily"),
        world.create(rule(Frequency.MONTHLY, day=31), "monthly"),
    ]
    chance, now, furthest = random.Random(seed), BEFORE, BEFORE
    for _ in range(300):
        now += timedelta(hours=chance.choice([1, 1, 2, 4, 24, -1, -3, -24, 400, -400]))
        now = max(now, BEFORE)
        furthest = max(furthest, now)
        world.tick([now], times=chance.choice([1, 2]))
    for schedule in made:
        dues = due_of(schedule)
        assert len(dues) == len(set(dues))
        assert max(dues, default=BEFORE) <= furthest
        kept = Schedule.get_by_id(schedule.id)
        assert kept.cursor == furthest or kept.next_due is None or kept.next_due > furthest
        # Whatever was coalesced on the way, the newest due time within reach had its effect.
        newest, _ = schedule.recurrence.latest(BEFORE, furthest)
        assert (dues[-1] if dues else None) == newest


def test_day_ahead_and_back_is_one_catch_up_and_nothing_twice(world: World) -> None:
    made = world.create(rule(Frequency.HOURLY, every=1))
    right = at(date(2026, 1, 10), 12, 15)
    world.tick([right])
    before = due_of(made)
    world.tick([right + timedelta(days=1)])
    ahead = due_of(made)
    assert len(ahead) == len(before) + 1
    job = Job.select().order_by(Job.id.desc()).first()
    assert job.note == "catches up 23 missed runs since 2026-01-10 12:30 UTC"
    world.tick(minutes(right, right + timedelta(days=1), step=15))
    assert due_of(made) == ahead
    world.tick(minutes(right + timedelta(days=1), right + timedelta(days=1, hours=3), step=15))
    assert len(due_of(made)) == len(ahead) + 3


def test_time_it_was_disabled_passes_without_a_run(world: World) -> None:
    made = world.create(rule(Frequency.DAILY))
    world.tick(at(day, 3) for day in days(START, date(2026, 1, 10)))
    schedules.disable(WAYBILL, made)
    world.tick(at(day, 3) for day in days(date(2026, 1, 11), date(2027, 1, 20)))
    schedules.enable(WAYBILL, Schedule.get_by_id(made.id))
    world.tick(at(day, 3) for day in days(date(2027, 1, 20), date(2027, 1, 31)))
    assert [due.date() for due in due_of(made)] == [
        *days(START, date(2026, 1, 10)),
        *days(date(2027, 1, 21), date(2027, 1, 31)),
    ]


def test_tickers_whose_clocks_disagree_fire_each_due_time_once(world: World) -> None:
    made = world.create(rule(Frequency.HOURLY))
    chance = random.Random(7)
    for instant in minutes(at(START, 0), at(date(2026, 1, 15), 0), step=20):
        skews = [timedelta(seconds=chance.randint(-90, 90)) for _ in range(3)]
        world.tick(instant + skew for skew in skews)
    last = at(date(2026, 1, 14), 23, 30)
    assert due_of(made) == list(minutes(at(START, 2, 30), last, step=60))


def test_tickers_at_the_same_instant_fire_each_due_time_once(world: World) -> None:
    made = world.create(rule(Frequency.HOURLY))
    barrier = threading.Barrier(3)
    failures: list[Exception] = []

    def look(instants: list[datetime]) -> None:
        try:
            with connection():
                for instant in instants:
                    barrier.wait()
                    schedules.fire(instant)
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)
            barrier.abort()

    instants = list(minutes(at(START, 2, 30), at(date(2026, 1, 3), 2, 30), step=60))
    threads = [threading.Thread(target=look, args=(instants,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert due_of(made) == instants
