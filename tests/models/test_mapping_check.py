"""Mappings held against their own rules and against what the sources give."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from models import (
    destinations,
    entities,
    facilities,
    mapping_check,
    mapping_fields,
    mappings,
    people,
    schedules,
)
from models.database import execute
from models.entities import LegalEntity
from models.intake import Intake, Origin
from models.invoices import Direction
from models.jobs import Output, Route
from models.people import WAYBILL, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction

LAYOUT: dict[str, Any] = {
    "columns": [
        "number",
        {"header": "Centre", "source": "custom.centre"},
        {"header": "Job", "value": "concat(number, line.custom.job)"},
    ],
    "rows": "line",
}


@pytest.fixture
def acme(home: Path) -> LegalEntity:  # noqa: ARG001 - the installation it stands in
    return entities.create(WAYBILL, "Acme")


def take(entity: LegalEntity, number: str, **content: Any) -> None:
    """One document in."""
    told = {
        "document_type": "invoice",
        "number": number,
        "issue_date": "2026-11-01",
        "currency": "USD",
        "party": {"name": "Blue Ltd"},
        "totals": {"payable": "100.00"},
    }
    assert not Intake(WAYBILL, entity, Direction.PAYABLE).take([(told | content, Origin("test"))]).refused


def schedule(entity: LegalEntity, mapping: mappings.Mapping) -> None:
    """A schedule that writes with it."""
    user = people.create(WAYBILL, "finance@example.com")
    people.grant(WAYBILL, user, Role.FINANCE, None)
    facility = facilities.create(WAYBILL, entity, "Files", destinations.find(entity, "payable"), {})
    facilities.activate(WAYBILL, facility)
    recurrence = Recurrence(kind=Frequency.DAILY, start_date=date(2090, 1, 1), at=time(2, 0))
    outputs = {Route.OTHER: Output(format="csv", mapping_id=mapping.id)}
    said = Instruction(name="nightly", on_behalf_of=user.id, recurrence=recurrence, outputs=outputs)
    schedules.create(WAYBILL, facility, said)


def test_vanished_fields_are_named_with_who_uses_them(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", LAYOUT)
    assert mapping_check.vanished(acme) == [], "nobody knows while there is no document"
    schedule(acme, mapping)
    take(acme, "A-1", custom={"centre": "7"}, lines=[{"id": "1", "custom": {"job": "J"}}])
    assert mapping_check.vanished(acme) == []
    take(acme, "A-2", lines=[{"id": "1", "custom": {"job": "J"}}])
    assert mapping_check.vanished(acme) == [], "an earlier one has it"
    [lost] = mapping_check.vanished(acme, newest=1)
    assert (lost.mapping, lost.column, lost.path, lost.required) == (
        "Vendors",
        "Centre",
        "custom.centre",
        True,
    )
    assert len(lost.users) == 1
    assert "nightly" in lost.users[0]
    assert "nightly" in lost.told


def test_unknown_fields_of_a_layout_are_told_by_column(acme: LegalEntity) -> None:
    assert mapping_check.unknown(acme, LAYOUT) == []
    take(acme, "A-1")
    assert mapping_check.unknown(acme, LAYOUT) == [
        (2, "Centre", "custom.centre"),
        (3, "Job", "line.custom.job"),
    ]


@pytest.mark.parametrize(
    ("layout", "places"),
    [
        (LAYOUT, []),
        ({"columns": ["nubmer", "number", {"value": "left(number)"}]}, [1, 3]),
        ({"columns": ["number", "number"]}, [2]),
        ({"columns": ["number", "line.net"]}, [2]),
        ({"columns": ["number"], "bom": "yes"}, [0]),
        ({"columns": []}, [0]),
        ({}, [0]),
        ({"columns": [7]}, [1]),
    ],
)
def test_wrong_columns_are_all_named(layout: dict[str, Any], places: list[int]) -> None:
    found = mapping_check.wrong_columns(layout)
    assert [each.place for each in found] == places
    assert all(each.message and each.remedy for each in found)


def test_fields_to_choose_have_examples_of_taxes_and_of_lines_own_columns(acme: LegalEntity) -> None:
    lines = [{"id": "1", "custom": {"Cost centre": "7"}}]
    take(acme, "A-1", vat_breakdown=[{"rate": "25", "amount": "0.00"}], lines=lines)
    examples = {one.path: one.example for one in mapping_fields.choosable(acme)}
    assert (examples["tax.rate"], examples["line.custom.Cost centre"]) == ("25", "7")
    assert "file.rows" not in examples


@pytest.mark.sqlite
def test_documents_of_late_are_found_without_looking_at_the_archive(acme: LegalEntity) -> None:
    plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {mapping_check._NEWEST}", (acme.id, 200))]
    assert not any("TEMP B-TREE" in step for step in plan), plan
