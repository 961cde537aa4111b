"""Destinations and the ledger: who gets a row and when, counts, and release from hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import destinations
from models.database import execute
from models.destinations import Destination, LedgerState
from models.errors import Conflict, InvalidInput, NotFound
from models.invoices import Direction, Invoice
from models.people import WAYBILL
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    return make_site()


def plan(sql: str, *parameters: object) -> str:
    """How SQLite goes about a statement."""
    return "\n".join(row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", parameters))


def hold(destination: Destination, invoice_id: int, *, state: str = "on_hold") -> Invoice:
    execute(
        "UPDATE export_ledger SET state = ?, code = 'no_route', reason = 'no route', job_id = 7"
        " WHERE destination_id = ? AND invoice_id = ?",
        (state, destination.id, invoice_id),
    )
    return Invoice.get_by_id(invoice_id)


def test_create_destination_opens_a_row_for_each_ready_invoice_since_its_day(site: Site) -> None:
    ids = site.add_invoices(4)
    Invoice.update(issue_date="2026-06-01").where(Invoice.id.in_(ids[:2])).execute()
    Invoice.update(status="void").where(Invoice.id == ids[0]).execute()
    late = destinations.create(WAYBILL, site.entity, Direction.PAYABLE, "late", since=date(2026, 6, 1))
    whole = destinations.create(WAYBILL, site.entity, Direction.PAYABLE, "whole")
    other = destinations.create(WAYBILL, site.entity, Direction.RECEIVABLE, "whole")
    assert [destinations.pending_count(place.id) for place in (late, whole, other)] == [1, 3, 0]
    assert [row.destination.label for row in destinations.ledger_of(Invoice.get_by_id(ids[1]))] == [
        "payable/main",
        "payable/late",
        "payable/whole",
    ]


@pytest.mark.parametrize("name", ["", "Two Words", "ü", "../x", "-x", "x" * 51, "a/b", "a\n"])
def test_create_destination_bad_name_is_refused(site: Site, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name for a destination"):
        destinations.create(WAYBILL, site.entity, Direction.PAYABLE, name)


def test_create_destination_twice_is_refused(site: Site) -> None:
    with pytest.raises(Conflict, match="payable/main already"):
        destinations.create(WAYBILL, site.entity, Direction.PAYABLE, "main")


def test_find_destination_by_direction_is_the_main_one(site: Site) -> None:
    assert destinations.find(site.entity, "payable") == destinations.find(site.entity, "payable/main")
    for label in ("nosuch", "payable/nosuch", "", "\x1b"):
        with pytest.raises(NotFound, match="has no destination"):
            destinations.find(site.entity, label)


def test_counts_tell_every_state_and_add_up(site: Site) -> None:
    ids = site.add_invoices(6)
    hold(site.destination, ids[0])
    hold(site.destination, ids[1], state="exported")
    hold(site.destination, ids[2], state="in_progress")
    assert destinations.counts(site.destination) == {
        LedgerState.PENDING: 3,
        LedgerState.IN_PROGRESS: 1,
        LedgerState.EXPORTED: 1,
        LedgerState.ON_HOLD: 1,
    }


@pytest.mark.sqlite
def test_pending_count_walks_what_waits_and_not_the_archive(site: Site) -> None:
    assert "INDEX export_ledger_pending" in plan(destinations._PENDING, site.destination.id)


def test_ledger_after_a_failed_job_holds_every_invoice_as_pending(site: Site) -> None:
    site.add_invoices(3)
    site.run(error=CANNOT_WRITE)
    assert destinations.counts(site.destination)[LedgerState.PENDING] == 3
