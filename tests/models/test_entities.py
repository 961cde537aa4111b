"""Legal entities: names, folders, identifiers and preferences."""

from __future__ import annotations

import pytest

from models import destinations, entities, people
from models.audit import Actor, AuditEntry
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.people import WAYBILL

pytestmark = pytest.mark.usefixtures("home")


def test_create_entity_needs_a_name_only_and_has_two_destinations() -> None:
    entity = entities.create(WAYBILL, "  Blæ  Company A/S ")
    assert entity.name == "Blæ Company A/S"
    assert entity.folder == "bl-company-a-s"
    assert (entity.zone, entity.schedule_limit, entity.export_scheduler) == ("UTC", 12, True)
    assert [place.label for place in destinations.of_entity(entity)] == ["payable/main", "receivable/main"]


@pytest.mark.parametrize(
    ("name", "folder"),
    [("ACME", "acme-2"), ("Acme!", "acme-2"), ("公司", "entity"), ("../../etc", "etc"), (".", "entity")],
)
def test_create_entity_gets_a_plain_folder_of_its_own(name: str, folder: str) -> None:
    entities.create(WAYBILL, "Acme")
    assert entities.create(WAYBILL, name).folder == folder


@pytest.mark.parametrize(
    "name", ["", "  ", "a\x00b", "a\x1b]0;x\x07", "line\nfeed", "x" * 10_000, "\u202eevil"]
)
def test_create_entity_bad_name_is_refused_briefly(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        entities.create(WAYBILL, name)
    assert len(refused.value.message) < 150
    assert refused.value.message.isprintable()
    assert not LegalEntity.select().exists()


def test_create_entity_taken_name_is_refused() -> None:
    entities.create(WAYBILL, "Acme")
    other = entities.create(WAYBILL, "Other")
    with pytest.raises(Conflict, match="Acme already"):
        entities.create(WAYBILL, "Acme")
    with pytest.raises(Conflict, match="Acme already"):
        entities.edit(WAYBILL, other, name="Acme")
    assert entities.edit(WAYBILL, other, name="Other").name == "Other"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"country": "Denmark"}, "no country"),
        ({"schedule_limit": 0}, "0 is no limit"),
        ({"schedule_limit": 10**30}, "is no limit"),
        ({"identifiers": ["--"]}, "no identifier"),
        ({"identifiers": ["1" * 10_000]}, "no identifier"),
    ],
)
def test_edit_entity_impossible_value_changes_nothing(change: dict[str, object], what: str) -> None:
    entity = entities.create(WAYBILL, "Acme", identifiers=["DK 12 34"])
    with pytest.raises(InvalidInput, match=what):
        entities.edit(WAYBILL, entity, **change)
    assert entities.identifiers(entity) == ["DK 12 34"]


def test_edit_entity_writes_before_and_after() -> None:
    entity = entities.create(WAYBILL, "Acme", identifiers=["DK1"])
    entities.edit(WAYBILL, entity, zone="Europe/Copenhagen", identifiers=["DK2"], name="Acme")
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert entry.before == {"zone": "UTC", "identifiers": ["DK1"]}
    assert entry.after == {"zone": "Europe/Copenhagen", "identifiers": ["DK2"]}


def test_find_entity_left_out_is_the_only_one() -> None:
    with pytest.raises(NotFound, match="no legal entity yet") as missing:
        entities.find(WAYBILL, None)
    assert "waybill entity create NAME" in missing.value.remedy
    acme = entities.create(WAYBILL, "Acme")
    assert entities.find(WAYBILL, None) == acme
    assert entities.find(WAYBILL, " ACME ") == acme
    entities.create(WAYBILL, "Other")
    with pytest.raises(InvalidInput) as which:
        entities.find(WAYBILL, None)
    assert which.value.remedy == "say --entity with one of: Acme, Other"
    with pytest.raises(InvalidInput) as which:
        entities.find(WAYBILL, None, asked="give as NAME")
    assert which.value.remedy == "give as NAME one of: Acme, Other"


def test_plain_identifier_written_in_any_way_is_one() -> None:
    assert entities.plain_identifier(" dk-12.34_56 ") == "DK123456"


def test_extent_is_the_number_and_the_first_name_of_what_is_seen() -> None:
    assert entities.extent(WAYBILL) == (0, "")
    entities.create(WAYBILL, "Blue")
    acme = entities.create(WAYBILL, "Acme")
    assert entities.extent(WAYBILL) == (2, "Acme")
    user = people.create(WAYBILL, "review@example.com")
    actor = Actor(user_id=user.id, name=user.email)
    assert entities.extent(actor) == (0, "")
    people.grant(WAYBILL, user, people.Role.ACCOUNTING_REVIEW, acme.id)
    assert entities.extent(actor) == (1, "Acme")
