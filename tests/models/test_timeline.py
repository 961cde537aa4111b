"""What became of an invoice, told in the order it happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import timeline
from models.database import execute
from models.invoices import Invoice
from tests.models.ended_jobs import BAD_ACCOUNT, CANNOT_WRITE, Site, make_site
from tests.models.repairs import reverted


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - the installation it stands in
    return make_site()


def test_events_of_a_failed_then_released_then_exported_invoice_are_in_order(site: Site) -> None:
    (one,) = site.add_invoices(1)
    invoice = Invoice.get_by_id(one)
    site.run(error=CANNOT_WRITE)
    execute("UPDATE export_ledger SET state = 'on_hold' WHERE invoice_id = ?", (one,))
    assert reverted(site.destination, invoice.number, reason="the folder was mended").done
    site.run()
    told = [event.what for event in timeline.events(invoice)]
    assert told == [
        "taken for payable/main, version 1, job 1",
        "abandoned, not exported",
        "revert",
        "taken for payable/main, version 1, job 2",
        "written to batch.csv",
        "pickup: delivered",
        "exported",
    ]


def test_exports_tell_why_each_one_ended_as_it_did(site: Site) -> None:
    (one,) = site.add_invoices(1)
    site.run(failing={one: BAD_ACCOUNT})
    (export,) = timeline.exports(Invoice.get_by_id(one))
    assert (export.state, export.code, export.remedy) == ("failed", BAD_ACCOUNT.code, BAD_ACCOUNT.remedy)
    assert export.amount_text == "12.30"
    assert export.ended is not None
    assert export.began <= export.ended


def test_events_of_a_job_that_took_nothing_are_not_the_invoices(site: Site) -> None:
    (one,) = site.add_invoices(1)
    site.run(error=CANNOT_WRITE, collect=False)
    assert timeline.events(Invoice.get_by_id(one)) == []
