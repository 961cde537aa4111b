"""Mappings as they are looked at: who uses them, and what changed between versions."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from models import destinations, entities, facilities, mapping_list, mappings, people, schedules
from models.columns import Layout
from models.document_fields import FIELDS
from models.entities import LegalEntity
from models.errors import Conflict, NotFound
from models.field_words import WORDS
from models.jobs import Output, Route
from models.mapping_list import differences
from models.people import WAYBILL, Actor, Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction, ScheduleState

A, B, C = "number", "issue_date", "currency"


@pytest.fixture
def acme(home: Path) -> LegalEntity:  # noqa: ARG001 - the installation it stands in
    return entities.create(WAYBILL, "Acme")


def layout(*columns: Any, **other: Any) -> Layout:
    return Layout.from_dict({"columns": columns, **other})


CASES: list[tuple[Layout, Layout, list[str], str]] = [
    (layout(A, B), layout(A, B), [], "nothing changed"),
    (layout(A), layout(A, B), ["column 'Invoice date' added as the 2nd"], "an added one"),
    (layout(A, B), layout(B), ["column 'Invoice number' removed"], "a removed one moves no other"),
    (layout(A, B, C), layout(C, A, B), ["column 'Currency' moved, now the 1st"], "one moved, not two"),
    (
        layout(A),
        layout({"header": "No", "source": A}),
        ["column 'No': header 'Invoice number' -> 'No'"],
        "another header is no other column",
    ),
    (
        layout({"header": "Type", "constant": "A"}),
        layout({"header": "Type", "constant": "B"}),
        ["column 'Type': constant 'A' -> 'B'"],
        "another constant under the same header",
    ),
    (
        layout({"header": "Ref", "value": "concat(number, 'a')"}),
        layout({"header": "Ref", "value": "concat(number, 'b')", "width": 9}),
        [
            "column 'Ref': value \"concat(number, 'a')\" -> \"concat(number, 'b')\"",
            "column 'Ref': width none -> 9",
        ],
        "another expression",
    ),
    (
        layout(A, last=[["file.rows"]]),
        layout(A, last=[["file.rows"], ["file.total"]], document_limit=500),
        ["last 1 rows -> 2 rows", "document limit none -> 500"],
        "other rows and limits",
    ),
    (
        layout(A, delimiter=",", bom=False),
        layout(A, delimiter="\t", bom=True),
        ["delimiter ',' -> tab", "bom no -> yes"],
        "how it is written",
    ),
]


@pytest.mark.parametrize(("before", "after", "said", "why"), CASES, ids=[case[3] for case in CASES])
def test_differences_between_layouts(before: Layout, after: Layout, said: list[str], why: str) -> None:
    assert differences(before, after) == said, why


def test_versions_say_what_each_changed(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", {"columns": [A]})
    mappings.edit(WAYBILL, mapping, {"columns": [A, C]})
    newest, first = mapping_list.versions(mapping.id)
    assert (newest.number, newest.changes) == (2, ("column 'Currency' added as the 2nd",))
    assert (first.number, first.changes) == (1, ("made",))
    assert mapping_list.compared(mapping, 2, 1) == ["column 'Currency' removed"]
    with pytest.raises(NotFound):
        mapping_list.compared(mapping, 1, 7)


def test_listed_names_schedules_that_use_it_until_they_are_completed(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", {"columns": [A]})
    user = people.create(WAYBILL, "finance@example.com")
    people.grant(WAYBILL, user, Role.FINANCE, None)
    facility = facilities.create(WAYBILL, acme, "Files", destinations.find(acme, "payable"), {})
    facilities.activate(WAYBILL, facility)
    outputs = {Route.OTHER: Output(format="csv", mapping_id=mapping.id)}
    recurrence = Recurrence(kind=Frequency.DAILY, start_date=date(2090, 1, 1), at=time(2, 0))
    said = Instruction(name="nightly", on_behalf_of=user.id, recurrence=recurrence, outputs=outputs)
    schedules.create(WAYBILL, facility, said)
    [one] = mapping_list.listed(WAYBILL)
    assert [(use.schedule, use.facility, use.format, use.state) for use in one.uses] == [
        ("nightly", "Files", "csv", ScheduleState.PENDING)
    ]
    assert one.formats == ("csv",)
    schedules.delete(WAYBILL, schedules.find(acme, "nightly"))
    assert mapping_list.listed(WAYBILL)[0].uses == ()


def test_find_takes_a_name_or_a_number_and_shows_nobody_anothers(acme: LegalEntity) -> None:
    mapping = mappings.create(WAYBILL, acme, "Vendors", {"columns": [A]})
    assert mapping_list.find(WAYBILL, "Vendors").id == mapping.id
    assert mapping_list.find(WAYBILL, str(mapping.id)).name == "Vendors"
    mappings.create(WAYBILL, entities.create(WAYBILL, "Blue"), "Vendors", {"columns": [A]})
    with pytest.raises(Conflict, match="several mappings"):
        mapping_list.find(WAYBILL, "Vendors")
    user = people.create(WAYBILL, "sue@example.com")
    people.grant(WAYBILL, user, Role.SUPPORT, acme.id)
    sue = Actor(user_id=user.id, name=user.email)
    assert mapping_list.find(sue, "Vendors").entity == "Acme"
    with pytest.raises(NotFound):
        mapping_list.find(sue, "Nothing")


def test_every_field_is_described_and_nothing_else_is() -> None:
    assert set(WORDS) == set(FIELDS)
    assert all(words.endswith(".") and words[0].isupper() for words in WORDS.values())
