"""Long lists of invoices: pages that meet both ways, in each order, and plans that walk an index."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import destinations, invoice_pages
from models.database import execute
from models.destinations import LedgerState
from models.errors import InvalidInput
from models.invoice_pages import Sought, paged
from models.invoices import Direction, Invoice
from models.paging import Seek
from tests.models.ended_jobs import Site, change, make_site

MARCH = Sought(since=date(2026, 3, 5), until=date(2026, 3, 14))


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    make_site("Other").add_invoices(5)
    site = make_site()
    ids = site.add_invoices(20)
    for number, each in enumerate(ids):
        day = f"2026-03-{20 - number:02}"
        Invoice.update(number=f"INV-{number:02}", issue_date=day).where(Invoice.id == each).execute()
    execute("UPDATE invoice SET payable = 99900 WHERE id IN (?, ?)", (ids[3], ids[7]))
    execute("UPDATE export_ledger SET state = 'exported', version = 1 WHERE invoice_id IN (?, ?)", ids[:2])
    execute("UPDATE export_ledger SET state = 'on_hold' WHERE invoice_id = ?", (ids[5],))
    receivable = destinations.find(site.entity, "receivable")
    execute("UPDATE invoice SET direction = 'receivable' WHERE id = ?", (ids[10],))
    execute("UPDATE export_ledger SET destination_id = ? WHERE invoice_id = ?", (receivable.id, ids[10]))
    return site


def found(site: Site, sought: Sought, seek: Seek | None = None) -> list[str]:
    return [row.number[-2:] for row in paged(site.entity, sought, seek or Seek())]


@pytest.mark.parametrize(
    "sought",
    [Sought(), Sought(state=LedgerState.PENDING), Sought(number="INV-"), MARCH, Sought(amount="12.30")],
)
def test_paged_both_ways_gives_every_row_once_in_order(site: Site, sought: Sought) -> None:
    whole = paged(site.entity, sought, Seek())
    assert len(whole) >= 10
    assert [row.number for row in paged(site.entity, sought, Seek(backwards=True))] == [
        row.number for row in whole
    ]
    down = paged(site.entity, sought, Seek(limit=3))
    while page := paged(site.entity, sought, Seek(key=sought.key(down[-1]), limit=3)):
        down += page
    assert down == whole
    up = paged(site.entity, sought, Seek(backwards=True, limit=3))
    while page := paged(site.entity, sought, Seek(key=sought.key(up[0]), backwards=True, limit=3)):
        up = page + up
    assert up == whole


@pytest.mark.parametrize(
    ("sought", "wanted"),
    [
        (Sought(number="INV-1"), [f"{number}" for number in range(10, 20)]),
        (Sought(number="inv-1"), []),
        (Sought(amount="999.00"), ["07", "03"]),
        (Sought(amount="-999", currency="eur"), ["07", "03"]),
        (Sought(amount="999.00", currency="USD"), []),
        (Sought(state=LedgerState.ON_HOLD), ["05"]),
        (Sought(state=LedgerState.EXPORTED), ["01", "00"]),
        (Sought(direction=Direction.RECEIVABLE), ["10"]),
        (Sought(since=date(2026, 3, 19)), ["00", "01"]),
        (Sought(since=date(2026, 3, 19), state=LedgerState.PENDING), []),
        (Sought(party_id=-1), []),
        (Sought(changed=True), []),
    ],
)
def test_paged_narrowed_finds_what_matches(site: Site, sought: Sought, wanted: list[str]) -> None:
    assert found(site, sought) == wanted


def test_paged_for_an_amount_that_is_none_says_so(site: Site) -> None:
    with pytest.raises(InvalidInput):
        paged(site.entity, Sought(amount="much"), Seek())


@pytest.mark.sqlite
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("sought", "index"),
    [
        (Sought(), "i"),
        (Sought(number="INV"), "invoice_entity_id_number_direction_party_id_document_type"),
        (Sought(amount="12.30"), "invoice_entity_id_direction_payable_id"),
        (MARCH, "invoice_entity_id_direction_issue_date_id"),
        (Sought(party_id=1), "invoice_party_id_id"),
        (Sought(changed=True), "invoice_changed"),
        (Sought(state=LedgerState.PENDING), "export_ledger_pending"),
        (Sought(state=LedgerState.ON_HOLD), "export_ledger_on_hold"),
        (Sought(state=LedgerState.IN_PROGRESS), "export_ledger_in_progress"),
        (Sought(state=LedgerState.IN_PROGRESS, since=date(2026, 3, 5)), "export_ledger_in_progress"),
    ],
)
def test_paged_walks_an_index_in_order(site: Site, sought: Sought, index: str, *, backwards: bool) -> None:
    (first, *_) = paged(site.entity, Sought(), Seek())
    for key in (None, sought.key(first)):
        text, values = invoice_pages.statement(
            site.destination, sought, Seek(key=key, backwards=backwards, limit=5)
        )
        steps = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {text}", values)]
        assert any(index in step for step in steps), steps
        assert not [step for step in steps if step == "USE TEMP B-TREE FOR ORDER BY"], steps


@pytest.mark.parametrize(
    "sought",
    [Sought(), Sought(state=LedgerState.PENDING), Sought(number="INV-1"), MARCH, Sought(amount="12.30")],
)
def test_counted_and_taken_by_id_are_those_that_the_pages_hold(site: Site, sought: Sought) -> None:
    whole = paged(site.entity, sought, Seek())
    assert invoice_pages.count(site.entity, sought) == len(whole)
    ids = invoice_pages.ids(site.entity, sought, 1_000)
    assert sorted(each for several in ids.values() for each in several) == sorted(
        row.invoice_id for row in whole
    )
    assert {row.invoice_id for row in whole if row.direction == Direction.RECEIVABLE} == set(
        ids[Direction.RECEIVABLE]
    )
    assert len(invoice_pages.ids(site.entity, sought, 3)[Direction.PAYABLE]) == 3


def test_paged_of_changed_ones_finds_those_with_a_newer_version(site: Site) -> None:
    (first, *_) = paged(site.entity, Sought(state=LedgerState.EXPORTED), Seek())
    change([first.invoice_id])
    assert found(site, Sought(changed=True)) == [first.number[-2:]]
    assert invoice_pages.count(site.entity, Sought(changed=True)) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("state", [LedgerState.PENDING, LedgerState.IN_PROGRESS, LedgerState.ON_HOLD])
def test_paged_by_a_state_of_few_walks_its_index_on_postgresql(site: Site, state: LedgerState) -> None:
    site.add_invoices(3_000)
    execute("UPDATE export_ledger SET state = 'exported', version = 1")
    execute("UPDATE export_ledger SET state = ? WHERE invoice_id % 100 = 0", (str(state),))
    execute("ANALYZE")
    text, values = invoice_pages.statement(site.destination, Sought(state=state), Seek(limit=5))
    plan = "\n".join(row[0] for row in execute(f"EXPLAIN {text}", values))
    assert f"export_ledger_{state}" in plan, plan
    assert "Seq Scan on export_ledger" not in plan, plan
