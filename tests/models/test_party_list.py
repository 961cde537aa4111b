"""Parties as lists show them: scope, filter, pages at any length, and what waits for a change of payment."""

from __future__ import annotations

import pytest

from models import clock, entities, parties, party_list, people
from models.audit import Actor
from models.database import execute, executemany
from models.errors import InvalidInput, NotFound
from models.fields import to_millis
from models.paging import Seek
from models.parties import PaymentMethod
from models.party_list import Words
from models.people import WAYBILL, Role
from tests.models.ended_jobs import Site, make_site

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def acme() -> Site:
    return make_site("Acme", party="Blue Ltd")


def names(words: Words, actor: Actor = WAYBILL) -> list[str]:
    found = [row.name for row in party_list.paged(actor, words, Seek())]
    assert len(found) == party_list.count(actor, words)
    return found


def of_entity_only(site: Site) -> Actor:
    user = site.add_user("ben@example.com", Role.FINANCE)
    return Actor(user_id=user.id, name=user.email)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", ["Blue Ltd", "Red", "Äther", "Blue GmbH"]),
        ("blue", ["Blue Ltd", "Blue GmbH"]),
        ("v-7", ["Red"]),
        ("ar@red", ["Red"]),
        ("dk123", ["Red"]),
        ("100%", []),  # a sign of LIKE is an ordinary one
        ("method:ach", ["Red"]),
        ("account:yes", ["Red"]),
        ("blue account:no entity:other", ["Blue GmbH"]),
        ('"blue g"', ["Blue GmbH"]),
    ],
)
def test_filter_line_finds(acme: Site, line: str, found: list[str]) -> None:
    red = parties.create(
        WAYBILL, acme.entity, "Red", number="V-7", email="AR@red.example", identifiers=["DK 123"],
        payment_method=PaymentMethod.ACH,
    )  # fmt: skip
    parties.add_bank_account(WAYBILL, red, routing="021000021", number="99887766")
    parties.create(WAYBILL, acme.entity, "Äther")
    parties.create(WAYBILL, entities.create(WAYBILL, "Other"), "Blue GmbH")
    assert names(party_list.parse(line)) == found


@pytest.mark.parametrize("line", ["colour:red", "method:cheque", "account:maybe"])
def test_filter_line_that_says_nothing_known_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        party_list.parse(line)
    assert refused.value.remedy


def test_account_in_a_row_is_masked_and_one_missing_is_told(acme: Site) -> None:
    parties.edit(WAYBILL, acme.party, payment_method=PaymentMethod.ACH)
    (row,) = party_list.paged(WAYBILL, Words(), Seek())
    assert row.unpayable
    parties.add_bank_account(WAYBILL, acme.party, routing="021000021", number="99887766")
    (row,) = party_list.paged(WAYBILL, Words(), Seek())
    assert (row.routing, row.account, row.unpayable) == ("021000021", "••••7766", False)


def test_parties_of_other_entities_are_not_seen(acme: Site) -> None:
    other = parties.create(WAYBILL, entities.create(WAYBILL, "Other"), "Hidden")
    ben = of_entity_only(acme)
    assert names(Words(), ben) == ["Blue Ltd"]
    assert party_list.detail(ben, acme.party.id).row.name == "Blue Ltd"
    with pytest.raises(NotFound):
        party_list.detail(ben, other.id)
    assert names(Words(), Actor(user_id=people.create(WAYBILL, "no@example.com").id, name="no")) == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_meet_without_gap_or_double(acme: Site, newest_first: bool) -> None:
    add_many(acme, 25, "Name {}")
    add_many(acme, 5, "Same")
    whole = party_list.paged(WAYBILL, Words(), Seek(), newest_first=newest_first)
    assert len(whole) == 31
    for backwards in (False, True):
        walked, seek = list[party_list.PartyRow](), Seek(limit=4, backwards=backwards)
        while page := party_list.paged(WAYBILL, Words(), seek, newest_first=newest_first):
            walked = [*page, *walked] if backwards else [*walked, *page]
            seek = seek._replace(key=party_list.key(page[0 if backwards else -1], newest_first=newest_first))
        assert walked == whole


@pytest.mark.sqlite
@pytest.mark.parametrize("actor_of", ["all", "one"])
def test_page_is_walked_along_an_index_whatever_its_place(acme: Site, actor_of: str) -> None:
    add_many(acme, 50, "Name {}")
    actor = WAYBILL if actor_of == "all" else of_entity_only(acme)
    scope, values = party_list._scope(actor)
    beyond, order, keys = Seek((acme.entity.id, "Name 20", 20)).sql(*party_list._BY_NAME)
    sql = f"EXPLAIN QUERY PLAN {party_list._ROWS} WHERE {scope} AND {beyond} ORDER BY {order} LIMIT 200"
    plan = "\n".join(row[3] for row in execute(sql, [*values, *keys]))
    assert "TEMP B-TREE" not in plan
    assert "USING INDEX party_entity_id_name" in plan


def test_what_waits_is_counted_by_state_and_currency(acme: Site) -> None:
    acme.add_invoices(3)
    execute("UPDATE invoice SET document_type = 'credit_note' WHERE id = (SELECT MAX(id) FROM invoice)")
    (waiting,) = party_list.waiting(acme.party.id)
    assert (waiting.state, waiting.currency, waiting.number, waiting.amount) == ("pending", "EUR", 3, "12.30")
    acme.run()
    assert party_list.waiting(acme.party.id) == ()
    assert party_list.detail(WAYBILL, acme.party.id).waiting == ()


def test_reason_of_a_change_of_payment_stands_in_the_history(acme: Site) -> None:
    parties.edit(WAYBILL, acme.party, payment_method=PaymentMethod.ACH, reason="asked by letter")
    parties.add_bank_account(WAYBILL, acme.party, routing="021000021", number="99887766", reason="same")
    acts = party_list.detail(WAYBILL, acme.party.id).acts
    assert acts is not None
    assert [(act.what, act.reason) for act in acts] == [
        ("add bank account", "same"),
        ("edit", "asked by letter"),
    ]
    assert "99887766" not in str(acts)


def add_many(site: Site, number: int, name: str) -> None:
    now = to_millis(clock.now())
    executemany(
        "INSERT INTO party (entity_id, name, number, email, payment_method, may_be_debited, created_at)"
        " VALUES (?, ?, '', '', 'other', FALSE, ?)",
        [(site.entity.id, name.format(each), now) for each in range(number)],
    )
