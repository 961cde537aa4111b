"""Facilities: draft → active ⇄ inactive, at most one active per destination, settings checked."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from models import destinations, entities, facilities, facility_settings, people, schedules
from models.audit import AuditEntry
from models.database import connect, connection, database, is_postgresql
from models.destinations import Destination
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.facilities import Facility, FacilityState
from models.jobs import Output, Route
from models.people import WAYBILL, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from models.settings import current
from tests.records import refuse

BANK = {
    "nacha.immediate_destination": "076401251",
    "nacha.immediate_origin": "1234567890",
    "nacha.company_name": "ACME INC",
    "nacha.company_id": "1234567890",
    "nacha.odfi": "07640125",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A legal entity with two facilities for its payable invoices."""

    entity: LegalEntity
    destination: Destination
    old: Facility
    new: Facility

    def states(self) -> dict[str, str]:
        """Facility name → state, as the database has it."""
        return {facility.name: facility.state for facility in facilities.of_entity(self.entity)}

    def schedule(self, name: str, *, enabled: bool = True) -> None:
        """A schedule of the old facility."""
        user = people.find("finance@example.com")
        recurrence = Recurrence(kind=Frequency.DAILY, start_date=date(2030, 1, 1), at=time(2, 0))
        outputs = {Route.OTHER: Output(format="csv")}
        said = Instruction(name=name, on_behalf_of=user.id, recurrence=recurrence, outputs=outputs)
        schedules.create(WAYBILL, self.old, said, enabled=enabled)


@pytest.fixture
def world(home: Path) -> World:  # noqa: ARG001 - the installation it stands in
    entity = entities.create(WAYBILL, "Acme")
    people.grant(WAYBILL, people.create(WAYBILL, "finance@example.com"), Role.FINANCE, entity.id)
    destination = destinations.find(entity, "payable")
    return World(
        entity=entity,
        destination=destination,
        old=facilities.create(WAYBILL, entity, "Old", destination, {}),
        new=facilities.create(WAYBILL, entity, "New", destination, {}),
    )


def test_facility_life_goes_from_draft_to_active_and_back(world: World) -> None:
    assert world.states() == {"New": "draft", "Old": "draft"}
    facilities.activate(WAYBILL, world.old)
    with pytest.raises(Conflict, match="active already"):
        facilities.activate(WAYBILL, world.old)
    facilities.deactivate(WAYBILL, world.old)
    with pytest.raises(Conflict, match="not active"):
        facilities.deactivate(WAYBILL, world.old)
    facilities.activate(WAYBILL, world.old)
    assert world.states() == {"New": "draft", "Old": "active"}


def test_activate_shows_beforehand_what_it_then_switches_off(world: World) -> None:
    facilities.activate(WAYBILL, world.old)
    world.schedule("nightly")
    world.schedule("off", enabled=False)
    plan = facilities.plan_activation(world.new)
    assert (plan.replaces, plan.schedules_disabled, plan.pending) == ("Old", ["nightly"], 0)
    assert world.states() == {"New": "draft", "Old": "active"}

    assert facilities.activate(WAYBILL, world.new) == plan
    assert world.states() == {"New": "active", "Old": "inactive"}
    assert not schedules.find(world.entity, "nightly").enabled
    last = AuditEntry.select().order_by(AuditEntry.id.desc()).limit(3)
    assert [(row.action, row.subject_name, row.reason) for row in last] == [
        ("activate", "New", ""),
        ("deactivate", "Old", "New was activated"),
        ("disable", "nightly", "the facility Old was deactivated"),
    ]


def test_activate_again_leaves_schedules_off(world: World) -> None:
    facilities.activate(WAYBILL, world.old)
    world.schedule("nightly")
    assert facilities.enabled_schedules(world.old) == ["nightly"]
    assert facilities.deactivate(WAYBILL, world.old) == ["nightly"]
    facilities.activate(WAYBILL, world.old)
    assert not schedules.find(world.entity, "nightly").enabled


# The last step of the act fails, when the other facility and its schedules are off already.


def test_activate_failing_midway_switches_nothing(world: World) -> None:
    facilities.activate(WAYBILL, world.old)
    world.schedule("nightly")
    refuse("refuse_new", "UPDATE", "facility", only="NEW.name = 'New'")
    with pytest.raises(Conflict, match="at the same moment"):
        facilities.activate(WAYBILL, world.new)
    assert world.states() == {"New": "draft", "Old": "active"}
    assert schedules.find(world.entity, "nightly").enabled


def test_activate_facilities_of_other_destinations_stay(world: World) -> None:
    facilities.activate(WAYBILL, world.old)
    receivable = destinations.find(world.entity, "receivable")
    facilities.activate(WAYBILL, facilities.create(WAYBILL, world.entity, "Customers", receivable, {}))
    assert world.states() == {"Customers": "active", "New": "draft", "Old": "active"}


def test_one_active_is_held_by_the_database_itself(world: World) -> None:
    statement = f"UPDATE facility SET state = 'active' WHERE id = {database.param}"  # noqa: S608
    first: Any = connect(current())
    second: Any = connect(current())
    first.execute_sql(statement, (world.old.id,))
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        second.execute_sql(statement, (world.new.id,))
    for each in (first, second):
        each.close()
        if is_postgresql():
            each.close_idle()  # what was closed is kept there for the next one
    assert world.states() == {"New": "draft", "Old": "active"}


def test_activate_by_many_at_once_leaves_one_active(world: World) -> None:
    every = [world.old, world.new]
    every += [facilities.create(WAYBILL, world.entity, f"F{n}", world.destination, {}) for n in range(4)]
    barrier, errors = threading.Barrier(len(every)), list[Exception]()

    def switch(facility: Facility) -> None:
        barrier.wait()
        try:
            with connection():
                facilities.activate(WAYBILL, Facility.get_by_id(facility.id))
        except Conflict as error:
            errors.append(error)

    threads = [threading.Thread(target=switch, args=(facility,)) for facility in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    states = list(world.states().values())
    assert states.count(FacilityState.ACTIVE) == 1
    assert states.count(FacilityState.INACTIVE) == len(every) - 1 - len(errors)


def test_edit_facility_by_two_at_once_keeps_both_changes(world: World) -> None:
    stale = facilities.find(world.entity, "Old")
    facilities.edit(WAYBILL, world.old, {"empty_file": "yes"})
    facilities.activate(WAYBILL, stale)
    facilities.edit(WAYBILL, stale, {"posting_date": "run_date_earliest"}, name="Renamed")
    kept = facilities.find(world.entity, "Renamed")
    assert kept.settings == {"empty_file": "yes", "posting_date": "run_date_earliest"}
    assert kept.state == FacilityState.ACTIVE
    facilities.edit(WAYBILL, kept, {"empty_file": None})
    assert facility_settings.effective_settings(kept)["empty_file"] is False


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"nosuch": "x"}, "no setting nosuch"),
        ({"empty_file": "perhaps"}, "neither yes nor no"),
        ({"posting_date": "tomorrow"}, "posting_date is 'tomorrow'"),
        ({"other_file_name": "batch.csv"}, "two files would have one name"),
        ({"other_file_name": "../{job}.csv"}, "no path inside a folder"),
        ({"other_file_name": "/{job}.csv"}, "no path inside a folder"),
        ({"other_file_name": "{nosuch}{job}"}, "uses {nosuch}"),
        ({"other_file_name": "{job"}, "other_file_name is"),
        ({"other_file_name": "x" * 10_000 + "{job}"}, "no path inside a folder"),
        ({"telex.speed": "1"}, "names no format"),
        ({"nacha.speed": "1"}, "no setting nacha.speed"),
        ({"nacha.odfi": "12"}, "odfi is '12'"),
    ],
)
def test_settings_that_cannot_be_are_refused(world: World, settings: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        facilities.edit(WAYBILL, world.old, settings)
    with pytest.raises(InvalidInput, match=what):
        facilities.create(WAYBILL, world.entity, "Third", world.destination, settings)
    assert facilities.find(world.entity, "Old").settings == {}
    assert len(world.states()) == 2


@pytest.mark.parametrize("name", ["", " ", "a\x1b[0m", "x" * 101])
def test_create_facility_bad_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidInput, match="a facility"):
        facilities.create(WAYBILL, world.entity, name, world.destination, {})
    with pytest.raises(InvalidInput, match="a facility"):
        facilities.edit(WAYBILL, world.old, {}, name=name)


def test_create_or_rename_facility_to_a_taken_name_is_refused(world: World) -> None:
    with pytest.raises(Conflict, match="New already"):
        facilities.create(WAYBILL, world.entity, "New", world.destination, {})
    with pytest.raises(Conflict, match="New already"):
        facilities.edit(WAYBILL, world.old, {}, name="New")


def test_find_facility_left_out_is_the_only_one(world: World) -> None:
    with pytest.raises(InvalidInput) as which:
        facilities.find(world.entity, None)
    assert which.value.remedy == "name one of: New, Old"
    with pytest.raises(NotFound, match="no facility Nosuch"):
        facilities.find(world.entity, "Nosuch")
    with pytest.raises(NotFound, match="no facility yet"):
        facilities.find(entities.create(WAYBILL, "Other"), None)


def test_missing_settings_names_all_that_a_file_type_lacks(world: World) -> None:
    assert facility_settings.missing_settings(world.old, "csv") is None
    missing = facility_settings.missing_settings(world.old, "nacha")
    assert missing is not None
    assert all(key in missing.message and f"--set {key}=…" in missing.remedy for key in BANK)
    facilities.edit(WAYBILL, world.old, {**BANK})
    assert facility_settings.missing_settings(world.old, "nacha") is None
    facilities.edit(WAYBILL, world.old, {"nacha.immediate_destination": "076401252"})
    wrong = facility_settings.missing_settings(world.old, "nacha")
    assert wrong is not None
    assert "check digit is wrong" in wrong.message
