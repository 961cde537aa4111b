"""Finding invoices: pages that meet without gap or double, each filter, and plans that walk an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import destinations, invoice_search
from models.database import execute
from models.destinations import LedgerState
from models.invoice_search import Wanted
from models.invoices import Direction, Invoice
from models.people import WAYBILL
from tests.models.ended_jobs import Site, make_site


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    other = make_site("Other")
    other.add_invoices(5)
    site = make_site()
    ids = site.add_invoices(20)
    for number, invoice_id in enumerate(ids):
        Invoice.update(number=f"INV-{number:02}").where(Invoice.id == invoice_id).execute()
    execute("UPDATE export_ledger SET state = 'exported', version = 1 WHERE invoice_id IN (?, ?)", ids[:2])
    execute("UPDATE export_ledger SET state = 'on_hold' WHERE invoice_id = ?", (ids[5],))
    return site


def numbers(site: Site, wanted: Wanted) -> list[str]:
    return [row.number for row in invoice_search.search(site.entity, wanted)]


@pytest.mark.parametrize("state", [None, LedgerState.PENDING])
def test_search_pages_meet_without_gap_or_double(site: Site, state: LedgerState | None) -> None:
    whole = numbers(site, Wanted(state=state, limit=1000))
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == (17 if state else 20)
    paged, after = list[str](), None
    while page := invoice_search.search(site.entity, Wanted(state=state, after=after, limit=3)):
        paged += [row.number for row in page]
        after = page[-1].invoice_id
    assert paged == whole


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(state=LedgerState.EXPORTED), ["INV-01", "INV-00"]),
        (Wanted(state=LedgerState.ON_HOLD), ["INV-05"]),
        (Wanted(state=LedgerState.IN_PROGRESS), []),
        (Wanted(text="v-1", limit=2), ["INV-19", "INV-18"]),
        (Wanted(text="blue", limit=1), ["INV-19"]),
        (Wanted(text="%"), []),
        (Wanted(text="INV_0"), []),
        (Wanted(text="\\"), []),
        (Wanted(direction=Direction.RECEIVABLE), []),
        (Wanted(direction=Direction.PAYABLE, limit=1), ["INV-19"]),
        (Wanted(party_id=-1), []),
    ],
)
def test_search_narrowed_finds_what_matches(site: Site, wanted: Wanted, found: list[str]) -> None:
    assert numbers(site, wanted) == found


def test_search_by_party_and_state_finds_its_invoices(site: Site) -> None:
    wanted = Wanted(party_id=site.party.id, state=LedgerState.EXPORTED)
    assert numbers(site, wanted) == ["INV-01", "INV-00"]


def test_search_at_another_destination_shows_its_states(site: Site) -> None:
    more = destinations.create(WAYBILL, site.entity, Direction.PAYABLE, "more")
    found = invoice_search.search(site.entity, Wanted(state=LedgerState.PENDING), destination=more)
    assert len(found) == 20
    assert {row.state for row in invoice_search.search(site.entity, Wanted(), destination=more)} == {
        "pending"
    }


def test_found_amount_of_a_credit_note_is_below_zero(site: Site) -> None:
    Invoice.update(document_type="credit_note").where(Invoice.number == "INV-19").execute()
    newest, next_one, *_ = invoice_search.search(site.entity, Wanted())
    assert (newest.amount, next_one.amount) == ("-12.30", "12.30")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "SCAN i"),  # by id, from the newest, until the page is full
        (Wanted(after=10), "i USING INTEGER PRIMARY KEY (rowid<?)"),
        (Wanted(state=LedgerState.PENDING), "export_ledger_pending"),
        (Wanted(state=LedgerState.PENDING, after=10), "export_ledger_pending"),
        (Wanted(state=LedgerState.ON_HOLD), "export_ledger_on_hold"),
        (Wanted(state=LedgerState.IN_PROGRESS), "export_ledger_in_progress"),
        (Wanted(state=LedgerState.EXPORTED), "PRIMARY KEY"),
        (Wanted(party_id=1), "invoice_party_id"),
    ],
)
def test_search_walks_an_index_in_order(site: Site, wanted: Wanted, index: str) -> None:
    text, parameters = invoice_search.statement(site.destination, wanted)
    steps = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {text}", parameters)]
    assert any(index in step for step in steps), steps
    assert not [step for step in steps if "TEMP B-TREE" in step]
