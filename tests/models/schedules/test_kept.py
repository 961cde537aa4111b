"""What may be kept as a schedule, and how many of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time

import pytest

from models import clock, destinations, entities, facilities, mappings, people, schedules
from models.audit import WAYBILL, AuditEntry
from models.database import connection
from models.errors import ConfigurationError, Conflict, InvalidInput, PermissionDenied
from models.jobs import Output, Route
from models.people import Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Schedule, ScheduleState, acts, rules
from tests.models.schedules.world import NOW, World, daily, due_times, fresh, once, user_with, utc


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
