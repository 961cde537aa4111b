"""Invoices found among all that somebody may see, and parted by direction."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import destinations, invoices
from models.audit import WAYBILL, Actor
from models.errors import InvalidInput, NotFound
from models.invoices import Direction, Invoice
from models.people import Role
from models.repairs.ledger import Choice, load
from tests.models.ended_jobs import Site, make_site


@pytest.fixture
def two(home: Path) -> tuple[Site, Site]:  # noqa: ARG001 - the installation they stand in
    made = make_site("Acme"), make_site("Other")
    for site in made:
        site.add_invoices(3)
    return made


def ids(site: Site) -> list[int]:
    query = Invoice.select(Invoice.id).where(Invoice.entity == site.entity).order_by(Invoice.id)
    return [row.id for row in query]


def number(invoice_id: int, text: str) -> None:
    Invoice.update(number=text).where(Invoice.id == invoice_id).execute()


def test_find_visible_finds_in_any_entity_that_may_be_seen_and_in_no_other(two: tuple[Site, Site]) -> None:
    acme, other = two
    theirs = ids(other)[0]
    number(theirs, "O-1")
    user = acme.add_user("support@example.com", Role.SUPPORT)
    support = Actor(user_id=user.id, name=user.email)
    assert invoices.find_visible(WAYBILL, "O-1").id == theirs
    assert invoices.find_visible(WAYBILL, str(theirs)).id == theirs
    assert invoices.visible_by_id(WAYBILL, theirs).id == theirs
    for wanted in ("O-1", str(theirs)):
        with pytest.raises(NotFound):
            invoices.find_visible(support, wanted)
    with pytest.raises(NotFound):
        invoices.visible_by_id(support, theirs)


def test_find_visible_of_one_number_in_two_entities_asks_which(two: tuple[Site, Site]) -> None:
    first, second = (ids(site)[0] for site in two)
    number(first, "SAME")
    number(second, "SAME")
    with pytest.raises(InvalidInput, match="several") as caught:
        invoices.find_visible(WAYBILL, "SAME")
    assert str(first) in caught.value.remedy
    assert str(second) in caught.value.remedy


def test_by_direction_parts_those_we_owe_from_those_we_are_owed(
    two: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "_LOOKUP", 2)
    first, second, third = ids(two[0])
    Invoice.update(direction=Direction.RECEIVABLE).where(Invoice.id == second).execute()
    assert invoices.by_direction([third, second, first]) == {
        Direction.PAYABLE: [first, third],
        Direction.RECEIVABLE: [second],
    }


def test_choice_by_id_never_takes_another_whose_number_it_is(two: tuple[Site, Site]) -> None:
    acme, other = two
    first, second, _ = ids(acme)
    number(second, str(first))
    rows, missing = load(acme.destination, Choice(invoice_ids=(first, ids(other)[0])))
    assert [row.invoice_id for row in rows] == [first]
    assert [left.name for left in missing] == [str(ids(other)[0])]
    assert destinations.ledger_row(acme.destination, Invoice.get_by_id(second)) is not None
