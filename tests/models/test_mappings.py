"""Mappings: checked when saved, every change a new version, kept while a schedule uses them."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from models import destinations, entities, facilities, mappings, people, schedules
from models.audit import AuditEntry
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.jobs import Output, Route
from models.mappings import Mapping, MappingVersion
from models.people import WAYBILL, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction

LAYOUT: dict[str, Any] = {"columns": ["number", "totals.payable"], "delimiter": ";"}


@pytest.fixture
def acme(home: Path) -> LegalEntity:  # noqa: ARG001 - the installation it stands in
    return entities.create(WAYBILL, "Acme")


def test_edit_mapping_makes_a_version_and_keeps_the_earlier_one(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    mappings.edit(WAYBILL, mapping, LAYOUT | {"delimiter": "\t"})
    assert mapping.version == 2
    assert mappings.layout_of(mapping).delimiter == "\t"
    assert mappings.layout_of(mapping, 1).delimiter == ";"
    with pytest.raises(NotFound, match="no version 3"):
        mappings.layout_of(mapping, 3)


def test_edit_mapping_same_layout_changes_nothing(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    before = AuditEntry.select().count()
    assert mappings.edit(WAYBILL, mapping, dict(reversed(LAYOUT.items()))).version == 1
    assert AuditEntry.select().count() == before


def test_edit_mapping_by_two_at_once_makes_two_versions(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    stale = mappings.find(acme, "Vendors")
    mappings.edit(WAYBILL, mapping, LAYOUT | {"bom": True})
    assert mappings.edit(WAYBILL, stale, LAYOUT | {"header": False}).version == 3
    assert [row.number for row in MappingVersion.select().order_by(MappingVersion.id)] == [1, 2, 3]
    with pytest.raises(Conflict, match="version 3 meanwhile"):
        mappings.edit(WAYBILL, stale, LAYOUT, expected=2)
    assert mappings.edit(WAYBILL, stale, LAYOUT, expected=3).version == 4


@pytest.mark.parametrize(
    "layout",
    [
        {"columns": []},
        {"columns": ["nosuch"]},
        {"columns": ["number"], "delimiter": "::"},
        {"columns": ["number"], "nosuch": 1},
        {"columns": "number"},
        {},
    ],
)
def test_create_or_edit_mapping_bad_layout_is_refused(acme: LegalEntity, layout: dict[str, Any]) -> None:
    kept = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    with pytest.raises(InvalidInput):
        mappings.create(WAYBILL, acme, "Other", layout)
    with pytest.raises(InvalidInput):
        mappings.edit(WAYBILL, kept, layout)
    assert [(mapping.name, mapping.version) for mapping in mappings.of_entity(acme)] == [("Vendors", 1)]


@pytest.mark.parametrize("name", ["", "a\x00", "x" * 101])
def test_create_mapping_bad_name_is_refused(acme: LegalEntity, name: str) -> None:
    with pytest.raises(InvalidInput, match="a mapping"):
        mappings.create(WAYBILL, acme, name, LAYOUT)


def test_delete_mapping_frees_its_name_and_keeps_its_versions(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    with pytest.raises(Conflict, match="Vendors already"):
        mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    mappings.delete(WAYBILL, mapping)
    assert mappings.of_entity(acme) == []
    with pytest.raises(NotFound, match="no mapping Vendors"):
        mappings.find(acme, "Vendors")
    assert mappings.create(WAYBILL, acme, "Vendors", LAYOUT).id != mapping.id
    assert mappings.layout_of(Mapping.get_by_id(mapping.id)).delimiter == ";"


def test_delete_mapping_a_schedule_uses_is_refused(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    user = people.create(WAYBILL, "finance@example.com")
    people.grant(WAYBILL, user, Role.FINANCE, None)
    facility = facilities.create(WAYBILL, acme, "Files", destinations.find(acme, "payable"), {})
    facilities.activate(WAYBILL, facility)
    recurrence = Recurrence(kind=Frequency.DAILY, start_date=date(2030, 1, 1), at=time(2, 0))
    outputs = {Route.OTHER: Output(format="csv", mapping_id=mapping.id)}
    said = Instruction(name="nightly", on_behalf_of=user.id, recurrence=recurrence, outputs=outputs)
    schedules.create(WAYBILL, facility, said, enabled=False)
    with pytest.raises(Conflict, match=r"used by: .*nightly"):
        mappings.delete(WAYBILL, mapping)
    schedules.delete(WAYBILL, schedules.find(acme, "nightly"))
    mappings.delete(WAYBILL, mapping)


def test_rename_mapping_keeps_versions_and_refuses_a_taken_name(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    mappings.create(WAYBILL, acme, "Banks", LAYOUT)
    with pytest.raises(Conflict, match="Banks already"):
        mappings.rename(WAYBILL, mapping, "Banks")
    mappings.rename(WAYBILL, mapping, "Suppliers")
    assert mappings.find(acme, "Suppliers").version == 1
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.action, entry.before, entry.after) == (
        "rename",
        {"name": "Vendors"},
        {"name": "Suppliers"},
    )
    mappings.rename(WAYBILL, mapping, "Suppliers")
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().id == entry.id
