"""What a manual export found, one by one: pages that meet both ways, by where each stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import facilities, manual
from models.audit import WAYBILL
from models.database import execute
from models.manual import AGAIN, Choice, Standing
from models.manual.listing import page_statement
from models.paging import Seek
from tests.models.ended_jobs import Site, change, make_site

EVERY = frozenset(Standing)
WAITING = frozenset({Standing.NOT_EXPORTED})


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    """Twelve that were exported, one of them changed since; eight that wait, one of them on hold."""
    site = make_site()
    facilities.activate(WAYBILL, site.facility)
    first, *_ = site.add_invoices(12)
    site.run()
    change([first])
    waiting = site.add_invoices(8)
    execute("UPDATE export_ledger SET state = 'on_hold', reason = 'why' WHERE invoice_id = ?", (waiting[3],))
    return site


def of_party(site: Site) -> Choice:
    return Choice(parties=(site.party.id,))


@pytest.mark.parametrize(("standings", "number"), [(EVERY, 20), (AGAIN, 12), (WAITING, 7)])
def test_paged_both_ways_gives_every_row_once_in_order(
    site: Site, standings: frozenset[Standing], number: int
) -> None:
    whole = manual.paged(site.facility, of_party(site), standings, Seek())
    assert len(whole) == number
    assert [row.invoice_id for row in whole] == sorted(row.invoice_id for row in whole)
    down = manual.paged(site.facility, of_party(site), standings, Seek(limit=3))
    while page := manual.paged(
        site.facility, of_party(site), standings, Seek(key=down[-1].invoice_id, limit=3)
    ):
        down += page
    assert down == whole
    up = manual.paged(site.facility, of_party(site), standings, Seek(backwards=True, limit=3))
    while page := manual.paged(
        site.facility, of_party(site), standings, Seek(key=up[0].invoice_id, backwards=True, limit=3)
    ):
        up = page + up
    assert up == whole


def test_paged_says_where_each_stands_and_why(site: Site) -> None:
    rows = manual.paged(site.facility, of_party(site), EVERY, Seek())
    assert rows[0].standing is Standing.CHANGED
    assert rows[1].standing is Standing.EXPORTED
    assert rows[1].job_id is not None
    (held,) = [row for row in rows if row.standing is Standing.ON_HOLD]
    assert (held.reason, held.amount, held.currency) == ("why", "12.30", "EUR")
    assert held.since is not None


def test_paged_of_all_lists_what_was_not_exported_alone(site: Site) -> None:
    rows = manual.paged(site.facility, Choice(), EVERY, Seek())
    assert {row.standing for row in rows} == {Standing.NOT_EXPORTED, Standing.ON_HOLD}
    assert len(rows) == 8


def test_standings_count_what_the_pages_hold(site: Site) -> None:
    found = manual.standings(WAYBILL, site.facility, of_party(site))
    rows = manual.paged(site.facility, of_party(site), EVERY, Seek())
    for standing in Standing:
        listed = sum(row.standing is standing for row in rows)
        assert sum(group.invoices for group in found if group.standing is standing) == listed


@pytest.mark.sqlite
@pytest.mark.parametrize("named", [False, True])
def test_paged_looks_invoices_up_and_never_goes_through_all(site: Site, *, named: bool) -> None:
    first = manual.paged(site.facility, of_party(site), EVERY, Seek())[0].invoice_id
    choice = Choice(invoices=(first,)) if named else Choice()
    text, values = page_statement(site.facility, choice, WAITING, Seek(key=first, limit=5))
    steps = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert any(step.startswith("SEARCH i USING INTEGER PRIMARY KEY") for step in steps), steps
    assert not [step for step in steps if step.startswith(("SCAN i", "SCAN export_ledger"))], steps
