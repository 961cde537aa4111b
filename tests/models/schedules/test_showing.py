"""What is shown of schedules: their state, what holds them up, what comes next."""

from __future__ import annotations

from datetime import date, time

import pytest

from models import clock, entities, mappings, schedules
from models.audit import WAYBILL
from models.database import database
from models.errors import Conflict
from models.jobs import JobState, Output, Route
from models.people import Role
from models.recurrence import Frequency, Recurrence
from models.schedules import ScheduleState
from tests.models.schedules.world import NOW, World, daily, once, user_with, utc


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
