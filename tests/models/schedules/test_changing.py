"""What may be done with a schedule, and that each act leaves its due times right."""

from __future__ import annotations

from datetime import date, time

import pytest

from models import clock, facilities, people, schedules
from models.audit import WAYBILL, AuditEntry
from models.errors import Conflict, InvalidInput, NotFound
from models.jobs import Job, Output, Route
from models.people import Role
from tests.models.schedules.world import World, daily, due_times, fresh, once, utc


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
