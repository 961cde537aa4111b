"""Schedules: what may be kept, what acts do, and one effect per due time whatever happens to the clock."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import IntegrityError

from models import clock, destinations, entities, facilities, mappings, people, schedules
from models.audit import WAYBILL, Actor, AuditEntry
from models.database import connection, database, execute, transaction
from models.entities import LegalEntity
from models.errors import ConfigurationError, Conflict, InvalidInput, NotFound, PermissionDenied
from models.facilities import Facility
from models.jobs import Job, JobEvent, JobState, NewJob, Output, Route, Trigger, insert_all
from models.people import Role, User
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, Schedule, ScheduleState, acts, firing, rules
from tests.records import allow, refuse

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
CSV = {Route.OTHER: Output(format="csv")}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One legal entity with an active facility and a Finance user, at a clock that is moved by hand."""

    clock: time_machine.Traveller
    entity: LegalEntity
    facility: Facility
    finance: User

    def instruction(self, **changes: Any) -> Instruction:
        """Every day at 02:00 UTC, as CSV."""
        said = Instruction(name="nightly", on_behalf_of=self.finance.id, recurrence=daily(), outputs=CSV)
        return dataclasses.replace(said, **changes)

    def create(self, *, enabled: bool = True, **changes: Any) -> Schedule:
        """A schedule of that instruction."""
        return schedules.create(WAYBILL, self.facility, self.instruction(**changes), enabled=enabled)

    def fire_at(self, instant: datetime) -> list[int]:
        """Move the clock and tick once."""
        self.clock.move_to(instant)
        return schedules.fire(clock.now())


@pytest.fixture
def world(home: Path) -> Iterator[World]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel(NOW, tick=False) as traveller:
        entity = entities.create(WAYBILL, "Acme Corp", zone="Europe/Copenhagen")
        facility = facilities.create(WAYBILL, entity, "Bank files", destinations.find(entity, "payable"), {})
        facilities.activate(WAYBILL, facility)
        finance = people.create(WAYBILL, "finn@example.com")
        people.grant(WAYBILL, finance, Role.FINANCE, entity.id)
        yield World(clock=traveller, entity=entity, facility=facility, finance=finance)


def daily(**changes: Any) -> Recurrence:
    said: dict[str, Any] = {"kind": Frequency.DAILY, "start_date": date(2026, 1, 1), "at": time(2, 0)}
    return Recurrence(**said | changes)


def once(at: time, on: date = TODAY) -> Recurrence:
    return Recurrence(kind=Frequency.ONCE, start_date=on, at=at)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def user_with(role: Role, entity: LegalEntity | None, email: str | None = None) -> Actor:
    user = people.create(WAYBILL, email or f"{role}@example.com")
    people.grant(WAYBILL, user, role, entity.id if entity else None)
    return Actor(user_id=user.id, name=user.email)


def due_times() -> list[datetime]:
    return [job.due_at for job in Job.select().order_by(Job.due_at)]


def fresh(schedule: Schedule) -> Schedule:
    found: Schedule = Schedule.get_by_id(schedule.id)
    return found


# What a schedule keeps


@pytest.mark.parametrize(
    "recurrence",
    [
        once(time(23, 59)),
        Recurrence(kind=Frequency.HOURLY, start_date=date(2026, 1, 5), at=time(6, 0), every=4),
        daily(every=3, end_date=date(2030, 1, 1)),
        Recurrence(
            kind=Frequency.WEEKLY,
            start_date=date(2026, 1, 5),
            at=time(7, 5),
            weekdays=frozenset({5, 1}),
            zone="Asia/Tokyo",
        ),
        Recurrence(kind=Frequency.MONTHLY, start_date=date(2026, 1, 31), at=time(0, 0), day=31),
    ],
    ids=lambda recurrence: recurrence.kind,
)
def test_create_any_recurrence_says_it_again(world: World, recurrence: Recurrence) -> None:
    outputs = {Route.ACH: Output(format="csv"), Route.OTHER: Output(format="json")}
    said = world.instruction(recurrence=recurrence, outputs=outputs)
    schedule = schedules.create(WAYBILL, world.facility, said)
    assert fresh(schedule).instruction == said
    assert fresh(schedule).next_due == recurrence.next_after(NOW)


def test_create_writes_audit(world: World) -> None:
    world.create()
    entry = AuditEntry.select().where(AuditEntry.subject == "schedule").get()
    assert (entry.action, entry.subject_name, entry.entity_id) == ("create", "nightly", world.entity.id)
    assert entry.after["on_behalf_of"] == "finn@example.com"
    assert entry.after["at"] == "02:00"


@pytest.mark.parametrize("role", [Role.FINANCE, Role.SUPPORT, Role.INVOICE_SETTINGS])
def test_create_without_the_right_is_refused(world: World, role: Role) -> None:
    actor = user_with(role, world.entity)
    with pytest.raises(PermissionDenied, match="manage schedules"):
        schedules.create(actor, world.facility, world.instruction())
    assert not Schedule.select().exists()


def test_acts_by_someone_of_another_entity_are_refused(world: World) -> None:
    stranger = user_with(Role.ADMINISTRATOR, entities.create(WAYBILL, "Other"))
    schedule = world.create()
    with pytest.raises(PermissionDenied):
        schedules.edit(stranger, schedule, world.instruction())
    for act in (schedules.enable, schedules.disable, schedules.duplicate, schedules.delete):
        with pytest.raises(PermissionDenied):
            act(stranger, schedule)
    assert fresh(schedule).enabled


def test_create_for_a_facility_that_is_not_active_says_to_activate_it(world: World) -> None:
    draft = facilities.create(WAYBILL, world.entity, "New", destinations.find(world.entity, "payable"), {})
    with pytest.raises(Conflict, match="New is draft") as refused:
        schedules.create(WAYBILL, draft, world.instruction())
    assert refused.value.remedy == "activate it first: waybill facility activate New"


def test_create_with_a_facility_deactivated_since_it_was_read_is_refused(world: World) -> None:
    facilities.deactivate(WAYBILL, facilities.find(world.entity, None))
    with pytest.raises(Conflict, match="inactive"):
        world.create()


def test_create_on_behalf_of_someone_else_names_who_could_be(world: World) -> None:
    user_with(Role.ADMINISTRATOR, None, "boss@example.com")
    with pytest.raises(InvalidInput, match=r"boss@example\.com does not hold the role Finance") as refused:
        world.create(on_behalf_of=people.find("boss@example.com").id)
    assert refused.value.remedy == "name one of: finn@example.com"


def test_create_on_behalf_of_finance_of_another_entity_is_refused(world: World) -> None:
    user_with(Role.FINANCE, entities.create(WAYBILL, "Other"), "far@example.com")
    with pytest.raises(InvalidInput, match=r"far@example\.com does not hold"):
        world.create(on_behalf_of=people.find("far@example.com").id)


def test_create_on_behalf_of_finance_for_all_is_taken(world: World) -> None:
    user_with(Role.FINANCE, None, "all@example.com")
    assert world.create(on_behalf_of=people.find("all@example.com").id).enabled


def test_create_on_behalf_of_an_inactive_user_is_refused(world: World) -> None:
    people.edit(WAYBILL, world.finance, active=False)
    with pytest.raises(InvalidInput, match=r"finn@example\.com is not active") as refused:
        world.create()
    assert "nobody holds it yet" in refused.value.remedy


@pytest.mark.parametrize(
    ("outputs", "code"),
    [
        ({}, "invalid_input"),
        ({Route.OTHER: Output(format="nacha")}, "unknown_format"),  # serves the ACH route only
        ({Route.OTHER: Output(format="docx")}, "unknown_format"),
        ({Route.OTHER: Output(format="csv", mapping_id=99)}, "unknown_mapping"),
        ({Route.ACH: Output(format="nacha", mapping_id=1)}, "format_without_columns"),
    ],
)
def test_create_with_impossible_outputs_is_refused(
    world: World, outputs: dict[Route, Output], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.create(outputs=outputs)
    assert refused.value.code == code
    assert not Schedule.select().exists()


def test_create_with_a_format_whose_settings_are_missing_names_them(world: World) -> None:
    with pytest.raises(ConfigurationError, match="cannot write nacha files"):
        world.create(outputs={Route.ACH: Output(format="nacha")})


def test_create_ach_for_receivables_is_refused(world: World) -> None:
    destination = destinations.find(world.entity, "receivable")
    facility = facilities.create(WAYBILL, world.entity, "Sales", destination, {})
    facilities.activate(WAYBILL, facility)
    with pytest.raises(InvalidInput, match="only payables are paid by ACH"):
        schedules.create(WAYBILL, facility, world.instruction(outputs={Route.ACH: Output(format="csv")}))


def test_create_with_a_mapping_of_another_entity_or_a_deleted_one_is_refused(world: World) -> None:
    layout = {"columns": [{"header": "No", "source": "number"}]}
    other = mappings.create(WAYBILL, entities.create(WAYBILL, "Other"), "cols", layout)
    gone = mappings.create(WAYBILL, world.entity, "cols", layout)
    mappings.delete(WAYBILL, gone)
    for mapping in (other, gone):
        with pytest.raises(InvalidInput, match="none of Acme Corp's"):
            world.create(outputs={Route.OTHER: Output(format="csv", mapping_id=mapping.id)})


def test_create_with_a_name_that_is_taken_is_refused(world: World) -> None:
    world.create()
    with pytest.raises(Conflict, match="there is a schedule nightly already"):
        world.create(name=" nightly ")


# Never, and now


@pytest.mark.parametrize(
    ("recurrence", "message"),
    [
        (once(time(11, 59)), "would never run, all its times are past"),
        (once(time(12, 0), date(2026, 1, 4)), "all its times are past"),
        (daily(end_date=date(2026, 1, 5)), "all its times are past"),
        (
            Recurrence(
                kind=Frequency.MONTHLY,
                start_date=date(2026, 2, 10),
                end_date=date(2026, 2, 12),
                at=time(2),
                day=20,
            ),
            "will never run, it ends before the first such day",
        ),
    ],
)
def test_create_that_would_never_run_says_so(world: World, recurrence: Recurrence, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        world.create(recurrence=recurrence)
    assert refused.value.code == "never_runs"


def test_create_due_in_the_present_minute_fires_at_once_and_completes(world: World) -> None:
    schedule = world.create(recurrence=once(time(12, 0)))
    assert schedules.look(schedule).next_run == utc(2026, 1, 5, 12, 0)
    assert len(schedules.fire(clock.now())) == 1
    assert due_times() == [utc(2026, 1, 5, 12, 0)]
    assert fresh(schedule).state(clock.now()) is ScheduleState.COMPLETED
    assert schedules.fire(clock.now()) == []


def test_create_long_after_its_start_does_not_catch_up(world: World) -> None:
    world.create(recurrence=daily(start_date=date(2020, 1, 1)))
    assert schedules.fire(clock.now()) == []


# The limit


def test_create_one_more_than_the_limit_names_limit_entity_and_setting(world: World) -> None:
    for number in range(12):
        world.create(name=f"s{number}")
    with pytest.raises(Conflict, match="Acme Corp has 12 schedules enabled and not completed") as refused:
        world.create(name="s12")
    assert "its limit is 12" in refused.value.message
    assert "waybill entity edit 'Acme Corp' --schedule-limit 13" in refused.value.remedy
    assert refused.value.code == "schedule_limit"
    entities.edit(WAYBILL, world.entity, schedule_limit=13)
    assert world.create(name="s12").enabled


def test_limit_counts_neither_disabled_nor_completed_nor_deleted_nor_other_entities(world: World) -> None:
    entities.edit(WAYBILL, world.entity, schedule_limit=1)
    world.create(name="off", enabled=False)
    world.create(name="done", recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    schedules.delete(WAYBILL, world.create(name="gone"))
    running = world.create(name="runs")
    with pytest.raises(Conflict, match="its limit is 1"):
        world.create(name="too many")
    schedules.edit(WAYBILL, running, world.instruction(name="renamed"))  # it does not stand in its own way


@pytest.mark.parametrize("act", ["enable", "edit"])
def test_limit_holds_for_whatever_sets_a_schedule_running(world: World, act: str) -> None:
    entities.edit(WAYBILL, world.entity, schedule_limit=1)
    done = world.create(name="done", recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    off = world.create(name="off", enabled=False)
    world.create(name="runs")
    ways: dict[str, Callable[[], object]] = {
        "enable": lambda: schedules.enable(WAYBILL, off),
        "edit": lambda: schedules.edit(WAYBILL, done, world.instruction(name="done")),
    }
    with pytest.raises(Conflict, match="its limit is 1"):
        ways[act]()


def test_limit_under_a_race_lets_no_more_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    entities.edit(WAYBILL, world.entity, schedule_limit=3)
    start, between, outcomes = threading.Barrier(6), threading.Barrier(6), []
    check = rules.check_limit

    def check_and_wait_for_the_others(schedule: Schedule) -> None:
        check(schedule)
        with suppress(threading.BrokenBarrierError):
            between.wait(0.5)  # nobody comes, as whoever checks holds the others off until it has saved

    def create(number: int) -> None:
        with connection():
            start.wait()
            try:
                outcomes.append(world.create(name=f"s{number}").name)
            except Conflict as refused:
                outcomes.append(refused.code)

    monkeypatch.setattr(acts, "check_limit", check_and_wait_for_the_others)
    threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("schedule_limit") == 3
    assert Schedule.select().where(Schedule.enabled).count() == 3


# Acts


def test_edit_moves_only_the_future(world: World) -> None:
    schedule = world.create()
    world.clock.move_to(utc(2026, 1, 8, 12, 0))  # three runs are due and not yet fired
    schedules.edit(WAYBILL, schedule, world.instruction(recurrence=daily(at=time(6, 0))))
    assert schedules.fire(clock.now()) == []
    assert len(world.fire_at(utc(2026, 1, 9, 6, 0))) == 1
    assert due_times() == [utc(2026, 1, 9, 6, 0)]


def test_edit_with_the_same_times_misses_nothing(world: World) -> None:
    schedule = world.create()
    world.clock.move_to(utc(2026, 1, 6, 2, 0, 0))
    schedules.edit(
        WAYBILL, schedule, world.instruction(name="renamed", outputs={Route.OTHER: Output(format="json")})
    )
    (job_id,) = schedules.fire(clock.now())
    assert Job.get_by_id(job_id).outputs == {"other": {"format": "json", "mapping_id": None}}


def test_edit_writes_what_changed(world: World) -> None:
    schedules.edit(WAYBILL, world.create(), world.instruction(recurrence=daily(at=time(6, 0))))
    entry = AuditEntry.select().where(AuditEntry.action == "edit", AuditEntry.subject == "schedule").get()
    assert (entry.before, entry.after) == ({"at": "02:00"}, {"at": "06:00"})


def test_edit_that_changes_nothing_is_no_act(world: World) -> None:
    schedules.edit(WAYBILL, world.create(), world.instruction())
    assert (
        not AuditEntry.select().where(AuditEntry.action == "edit", AuditEntry.subject == "schedule").exists()
    )


def test_edit_to_what_would_never_run_is_refused_and_changes_nothing(world: World) -> None:
    schedule = world.create()
    with pytest.raises(InvalidInput, match="all its times are past"):
        schedules.edit(WAYBILL, schedule, world.instruction(recurrence=daily(end_date=date(2026, 1, 2))))
    assert fresh(schedule).recurrence == daily()


def test_acts_on_a_schedule_read_before_it_fired_leave_its_cursor(world: World) -> None:
    stale = world.create()
    world.fire_at(utc(2026, 1, 6, 2, 0))
    schedules.edit(WAYBILL, stale, world.instruction(name="renamed"))
    assert fresh(stale).cursor == utc(2026, 1, 6, 2, 0)
    schedules.disable(WAYBILL, stale)
    assert fresh(stale).cursor == utc(2026, 1, 6, 2, 0)


def test_enable_does_not_catch_up(world: World) -> None:
    schedule = schedules.disable(WAYBILL, world.create())
    assert world.fire_at(utc(2026, 1, 9, 12, 0)) == []
    schedules.enable(WAYBILL, schedule)
    assert schedules.fire(clock.now()) == []
    assert len(world.fire_at(utc(2026, 1, 10, 2, 0))) == 1
    assert due_times() == [utc(2026, 1, 10, 2, 0)]


def test_enable_checks_everything_again(world: World) -> None:
    schedule = world.create(enabled=False)
    people.withdraw(WAYBILL, world.finance, Role.FINANCE, world.entity.id)
    with pytest.raises(InvalidInput, match="does not hold the role Finance"):
        schedules.enable(WAYBILL, schedule)
    assert not fresh(schedule).enabled


def test_enable_and_disable_twice_are_refused(world: World) -> None:
    schedule = world.create()
    with pytest.raises(Conflict, match="enabled already"):
        schedules.enable(WAYBILL, schedule)
    schedules.disable(WAYBILL, schedule)
    with pytest.raises(Conflict, match="disabled already"):
        schedules.disable(WAYBILL, schedule)


def test_enable_of_a_completed_one_says_it_would_never_run(world: World) -> None:
    schedule = world.create(recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    with pytest.raises(InvalidInput, match="all its times are past"):
        schedules.enable(WAYBILL, schedule)


def test_enable_after_the_clock_ran_ahead_sets_it_right(world: World) -> None:
    schedule = world.create()
    world.fire_at(utc(2036, 1, 1, 12, 0))  # a wrong clock: the cursor is ten years ahead
    world.clock.move_to(utc(2026, 1, 6, 12, 0))
    schedules.enable(WAYBILL, schedules.disable(WAYBILL, schedule))
    assert len(world.fire_at(utc(2026, 1, 7, 2, 0))) == 1


def test_deactivating_the_facility_disables_its_schedules_and_activating_leaves_them_off(
    world: World,
) -> None:
    schedule = world.create()
    assert facilities.deactivate(WAYBILL, world.facility) == ["nightly"]
    assert not fresh(schedule).enabled
    facilities.activate(WAYBILL, world.facility)
    assert not fresh(schedule).enabled
    entry = AuditEntry.select().where(AuditEntry.action == "disable").get()
    assert entry.reason == "the facility Bank files was deactivated"


def test_duplicate_is_a_disabled_copy_under_another_name(world: World) -> None:
    original = world.create()
    copies = [schedules.duplicate(WAYBILL, original) for _ in range(2)]
    assert [copy.name for copy in copies] == ["nightly copy", "nightly copy 2"]
    assert not any(fresh(copy).enabled for copy in copies)
    assert fresh(copies[0]).instruction == world.instruction(name="nightly copy")


def test_duplicate_of_a_completed_one_can_be_edited_and_enabled(world: World) -> None:
    done = world.create(recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    copy = schedules.duplicate(WAYBILL, done, name="again")
    schedules.edit(WAYBILL, copy, world.instruction(name="again", recurrence=once(time(13, 0))))
    schedules.enable(WAYBILL, copy)
    assert len(world.fire_at(utc(2026, 1, 5, 13, 0))) == 1


def test_delete_keeps_the_job_frees_the_name_and_never_gives_the_id_again(world: World) -> None:
    first = world.create(recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    schedules.delete(WAYBILL, first)
    with pytest.raises(NotFound):
        schedules.find(world.entity, "nightly")
    second = world.create(recurrence=once(time(12, 0)))
    assert second.id != first.id
    assert len(schedules.fire(clock.now())) == 1  # jobs are unique by schedule and due time
    assert Job.select().count() == 2


def test_acts_on_a_deleted_one_are_refused(world: World) -> None:
    schedule = world.create()
    schedules.delete(WAYBILL, schedule)
    for act in (schedules.enable, schedules.disable, schedules.duplicate, schedules.delete):
        with pytest.raises(NotFound, match="was deleted"):
            act(WAYBILL, schedule)


# Firing


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


# Looking


def test_listed_groups_by_state_and_puts_the_next_first(world: World) -> None:
    world.create(name="done", recurrence=once(time(12, 0)))
    schedules.fire(clock.now())
    world.create(name="later", recurrence=daily(start_date=date(2026, 2, 1)))
    world.create(name="soon", recurrence=daily(start_date=date(2026, 1, 20)))
    world.create(name="tomorrow")
    world.create(name="tonight", recurrence=daily(at=time(20, 0)))
    world.create(name="off", enabled=False)
    found = schedules.listed(WAYBILL, world.entity)
    assert [(item.schedule.name, str(item.state)) for item in found] == [
        ("tonight", "active"),
        ("tomorrow", "active"),
        ("off", "active"),
        ("soon", "pending"),
        ("later", "pending"),
        ("done", "completed"),
    ]
    done = found[-1]
    assert done.last is not None
    assert done.last.state is JobState.PENDING
    assert found[2].next_run is None


def test_state_of_a_disabled_one_follows_the_time(world: World) -> None:
    schedule = world.create(recurrence=daily(end_date=date(2026, 1, 7)), enabled=False)
    assert schedule.state(NOW) is ScheduleState.ACTIVE
    assert schedule.state(utc(2026, 1, 7, 2, 0)) is ScheduleState.COMPLETED


def test_listed_shows_an_actor_its_own_entities_only(world: World) -> None:
    world.create()
    stranger = user_with(Role.ADMINISTRATOR, entities.create(WAYBILL, "Other"))
    own = user_with(Role.SUPPORT, world.entity)
    assert schedules.listed(stranger) == []
    assert schedules.listed(stranger, world.entity) == []
    assert [item.schedule.name for item in schedules.listed(own)] == ["nightly"]


def test_listed_says_what_holds_an_enabled_schedule_up(world: World) -> None:
    world.create()
    entities.edit(WAYBILL, world.entity, export_scheduler=False)
    (item,) = schedules.listed(WAYBILL)
    assert (item.next_run, item.held_up_by) == (None, "the export scheduler of Acme Corp is off")


def test_users_of_mapping_are_those_not_completed(world: World) -> None:
    mapping = mappings.create(
        WAYBILL, world.entity, "cols", {"columns": [{"header": "No", "source": "number"}]}
    )
    uses = {Route.OTHER: Output(format="csv", mapping_id=mapping.id)}
    world.create(name="done", recurrence=once(time(12, 0)), outputs=uses)
    world.create(name="off", outputs=uses, enabled=False)
    world.create(name="runs", outputs={Route.ACH: uses[Route.OTHER]})
    world.create(name="plain")
    schedules.fire(clock.now())
    assert schedules.users_of_mapping(mapping.id) == ["off", "runs"]
    with pytest.raises(Conflict, match="is used by: off, runs"):
        mappings.delete(WAYBILL, mapping)


def test_next_runs_begin_with_what_is_due_and_note_clamped_days(world: World) -> None:
    monthly = Recurrence(kind=Frequency.MONTHLY, start_date=date(2026, 1, 31), at=time(2), day=31)
    schedule = world.create(recurrence=monthly)
    world.clock.move_to(utc(2026, 1, 31, 2, 0, 5))
    runs = schedules.next_runs(schedule, 3)
    assert [run.at for run in runs] == [utc(2026, 1, 31, 2), utc(2026, 2, 28, 2), utc(2026, 3, 31, 2)]
    assert [run.notes for run in runs] == [(), ("31 → 28 Feb",), ()]


def test_next_runs_of_a_disabled_one_are_those_to_come(world: World) -> None:
    schedule = world.create(enabled=False)
    world.clock.move_to(utc(2026, 1, 9, 12, 0))
    assert [run.at for run in schedules.next_runs(schedule, 2)] == [
        utc(2026, 1, 10, 2),
        utc(2026, 1, 11, 2),
    ]


def test_database_is_left_without_a_transaction(world: World) -> None:
    world.create()
    world.fire_at(utc(2026, 1, 6, 2, 0))
    assert not database.in_transaction()
