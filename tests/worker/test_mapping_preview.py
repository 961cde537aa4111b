"""A mapping's first rows, as the format writes them, while it is being edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import mapping_fields, mappings, people
from models.audit import WAYBILL, Actor
from models.database import execute
from models.errors import InvalidInput, PermissionDenied
from models.people import Role
from tests.records import dump
from tests.worker.export_site import Site, make_site
from worker import mapping_preview, tasks
from worker.mapping_preview import show

LAYOUT = {
    "delimiter": ";",
    "columns": [
        "number",
        {"header": "Owed", "source": "signed_payable"},
        {"header": "Kind", "constant": "B"},
    ],
}


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    site = make_site()
    site.invoice("A-1", "99.95")
    site.invoice("A-2", "10.00")
    return site


def test_show_writes_the_pending_invoices_by_the_format_and_nothing_else(site: Site) -> None:
    before = dump()
    shown = tasks.preview_mapping(WAYBILL, site.entity, LAYOUT)
    assert dump() == before
    assert shown.header == ("Invoice number", "Owed", "Kind")
    assert sorted(shown.rows) == [("A-1", "99.95", "B"), ("A-2", "10.00", "B")]
    assert shown.text.startswith("Invoice number;Owed;Kind\r\n")
    assert (shown.pending, shown.refused) == (True, ())
    assert len(show(WAYBILL, site.entity, LAYOUT, limit=1).rows) == 1


def test_show_without_pending_invoices_takes_the_newest(site: Site) -> None:
    execute("UPDATE export_ledger SET state = 'exported'")
    shown = show(WAYBILL, site.entity, LAYOUT | {"header": False})
    assert (shown.pending, len(shown.rows)) == (False, 2)


def test_show_says_which_invoices_could_not_go(site: Site) -> None:
    layout = {"columns": ["number", {"header": "Centre", "source": "custom.centre", "required": True}]}
    shown = show(WAYBILL, site.entity, layout)
    assert shown.rows == ()
    assert sorted(number for number, _ in shown.refused) == ["A-1", "A-2"]


def test_show_of_what_cannot_be_is_refused(site: Site) -> None:
    with pytest.raises(InvalidInput):
        show(WAYBILL, site.entity, {"columns": ["colour"]})
    with pytest.raises(InvalidInput, match="no columns"):
        show(WAYBILL, site.entity, LAYOUT, format_key="nacha")
    user = people.create(WAYBILL, "sue@example.com")
    people.grant(WAYBILL, user, Role.SUPPORT, None)
    with pytest.raises(PermissionDenied):
        show(Actor(user_id=user.id, name=user.email), site.entity, LAYOUT)


@pytest.mark.sqlite
def test_show_looks_at_what_it_shows_only(site: Site) -> None:
    for sql, values in (
        (mapping_preview._PENDING, (1, 20)),
        (mapping_preview._NEWEST, (site.entity.id, "payable", 20)),
    ):
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert any("export_ledger_pending" in step or step == "SCAN invoice" for step in plan), plan


def test_choosable_fields_carry_an_example_of_the_entitys_own(site: Site) -> None:
    found = {one.path: one for one in mapping_fields.choosable(site.entity)}
    assert found["number"].example == "A-2"
    assert found["number"].title == "Invoice number"
    assert found["line.net"].per_line
    assert (found["direction"].example, found["entity.name"].example) == ("payable", site.entity.name)
    assert found["party.name"].example != ""


def test_mapping_as_a_file_reads_back_as_it_was(site: Site) -> None:
    mapping = mappings.create(WAYBILL, site.entity, "north", LAYOUT)
    name, layout = mapping_fields.read(mapping_fields.as_file(mapping))
    assert name == "north"
    assert mappings.edit(WAYBILL, mapping, layout).version == 1
    assert mapping_fields.read('{"columns": ["number"]}') == ("", {"columns": ["number"]})
    assert mapping_fields.used_by(mapping) == []
    for text in ("", "[]", "{}", '{"layout": 3}'):
        with pytest.raises(InvalidInput):
            mapping_fields.read(text)
