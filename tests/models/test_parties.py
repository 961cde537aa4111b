"""Parties and bank accounts: recognised by what they are known by, accounts that never change."""

from __future__ import annotations

from typing import Any

import pytest

from models import entities, parties
from models.audit import AuditEntry
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.parties import AccountKind, BankAccount, Holder, PaymentMethod
from models.people import WAYBILL

ROUTING = "021000021"


@pytest.fixture
def acme(home: object) -> LegalEntity:  # noqa: ARG001 - the installation it stands in
    return entities.create(WAYBILL, "Acme")


def test_find_party_by_id_number_identifier_or_name_is_one(acme: LegalEntity) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd", number="V-17", identifiers=["DK 12.34.56.78"])
    for wanted in (str(blue.id), "v-17", "dk12345678", "Blue Ltd"):
        assert parties.find(acme, wanted) == blue
    assert parties.known_by(blue) == ["DK12345678", "NUMBER:V-17"]


@pytest.mark.parametrize("wanted", ["nobody", "²", "9" * 30, "x" * 10_000, "\x1b[2J", ""])
def test_find_party_unknown_is_refused_briefly(acme: LegalEntity, wanted: str) -> None:
    with pytest.raises(NotFound) as missing:
        parties.find(acme, wanted)
    assert len(missing.value.message) < 150
    assert missing.value.message.isprintable()


def test_find_party_several_share_the_name_is_refused_with_their_ids(acme: LegalEntity) -> None:
    first = parties.create(WAYBILL, acme, "Blue Ltd", identifiers=["GB999"])
    second = parties.create(WAYBILL, acme, "Blue Ltd")
    with pytest.raises(InvalidInput, match=f"several parties are called Blue Ltd: {first.id}, {second.id}$"):
        parties.find(acme, "Blue Ltd")
    assert parties.find(acme, "GB 999") == first
    assert parties.find(acme, str(second.id)) == second


def test_find_party_of_another_entity_is_not_found(acme: LegalEntity) -> None:
    other = entities.create(WAYBILL, "Other")
    blue = parties.create(WAYBILL, other, "Blue Ltd")
    for wanted in (str(blue.id), "Blue Ltd"):
        with pytest.raises(NotFound):
            parties.find(acme, wanted)


def test_create_party_known_identifier_is_refused_whole(acme: LegalEntity) -> None:
    parties.create(WAYBILL, acme, "Blue Ltd", identifiers=["DK1"])
    with pytest.raises(Conflict, match="DK1 already belongs to the party Blue Ltd"):
        parties.create(WAYBILL, acme, "Red Ltd", identifiers=["RED", "DK1"])
    assert [party.name for party in parties.of_entity(acme)] == ["Blue Ltd"]
    assert parties.create(WAYBILL, entities.create(WAYBILL, "Other"), "Blue Ltd", identifiers=["DK1"])


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"email": "nobody"}, "not an e-mail address"),
        ({"number": "a\tb"}, "no name for a party's number"),
        ({"identifiers": ["..."]}, "no identifier"),
        ({"name": "\x07"}, "no name for a party"),
        ({"name": "x" * 501}, "has 501 characters"),
    ],
)
def test_create_or_edit_party_bad_value_is_refused(
    acme: LegalEntity, fields: dict[str, Any], what: str
) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd")
    with pytest.raises(InvalidInput, match=what):
        parties.create(WAYBILL, acme, **{"name": "Red Ltd", **fields})
    with pytest.raises(InvalidInput, match=what):
        parties.edit(WAYBILL, blue, **fields)
    assert len(parties.of_entity(acme)) == 1


def test_edit_party_by_two_at_once_keeps_both_changes(acme: LegalEntity) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd")
    stale = parties.find(acme, "Blue Ltd")
    parties.edit(WAYBILL, blue, email="ar@blue.example")
    parties.add_bank_account(WAYBILL, stale, routing=ROUTING, number="123456")
    parties.edit(WAYBILL, blue, number="17")
    kept = parties.find(acme, "17")
    assert (kept.email, kept.number) == ("ar@blue.example", "17")
    assert parties.current_accounts([kept])[kept.id].number == "123456"


def test_add_bank_account_makes_a_new_row_and_leaves_the_old_one(acme: LegalEntity) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd", payment_method=PaymentMethod.ACH)
    first = parties.add_bank_account(WAYBILL, blue, routing=ROUTING, number=" 11112222 ")
    row = BankAccount.select().where(BankAccount.id == first.id).dicts().get()
    second = parties.add_bank_account(
        WAYBILL, blue, routing=ROUTING, number="33334444", kind=AccountKind.SAVINGS, holder=Holder.PERSON
    )
    assert BankAccount.select().where(BankAccount.id == first.id).dicts().get() == row
    assert [account.id for account in parties.accounts(blue)] == [first.id, second.id]
    assert parties.current_accounts([blue]) == {blue.id: second}


def test_add_bank_account_number_never_reaches_the_audit(acme: LegalEntity) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd")
    added = parties.add_bank_account(WAYBILL, blue, routing=ROUTING, number="987654321")
    assert added.masked == "••••4321"
    written = " ".join(str((row.before, row.after)) for row in AuditEntry.select())
    assert "••••4321" in written
    assert "987654321" not in written


@pytest.mark.parametrize(
    ("routing", "number", "code"),
    [
        ("021000022", "1234", "invalid_routing_number"),  # check digit
        ("02100002", "1234", "invalid_routing_number"),
        ("abcdefghi", "1234", "invalid_routing_number"),
        ("", "1234", "invalid_routing_number"),
        (ROUTING, "", "invalid_account_number"),
        (ROUTING, "-", "invalid_account_number"),
        (ROUTING, "123456789012345678", "invalid_account_number"),  # 18: the record keeps 17
        (ROUTING, "12 34", "invalid_account_number"),
        (ROUTING, "१२३४", "invalid_account_number"),
        (ROUTING, "123456\x1b", "invalid_account_number"),
    ],
)
def test_add_bank_account_no_bank_could_have_is_refused(
    acme: LegalEntity, routing: str, number: str, code: str
) -> None:
    blue = parties.create(WAYBILL, acme, "Blue Ltd")
    with pytest.raises(InvalidInput) as refused:
        parties.add_bank_account(WAYBILL, blue, routing=routing, number=number)
    assert refused.value.code == code
    assert refused.value.message.isprintable()
    assert len(number) <= 4 or number not in refused.value.message
    assert parties.accounts(blue) == []


def test_of_entity_is_paged_and_searched(acme: LegalEntity) -> None:
    for number in range(5):
        parties.create(WAYBILL, acme, f"Party {number}", number=f"N{number}", email=f"p{number}@x.example")
    first = parties.of_entity(acme, limit=2)
    second = parties.of_entity(acme, limit=2, after_id=first[-1].id)
    assert [party.number for party in first + second] == ["N0", "N1", "N2", "N3"]
    for text in ("party 4", "n4", "p4@"):
        assert [party.number for party in parties.of_entity(acme, search=text)] == ["N4"]
    assert parties.of_entity(acme, search="%") == []
