"""Whole jobs that write tables, XML and SEPA: by ready mappings, by the version they began with, exactly."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree

from models import mapping_ready, mappings
from models.audit import WAYBILL
from models.jobs import ExportItem, Job, JobState, Output, Route
from tests.worker.export_site import Site, make_site
from worker import export

SEPA = {"pain001.debtor_name": "Acme Inc", "pain001.debtor_iban": "DK5000400440116243"}
LINES = [{"id": "1", "net": "60.00", "item": {"name": "Rope"}}, {"id": "2", "net": "40.00"}]
TAXED: dict[str, Any] = {
    "totals": {"without_vat": "100.00", "vat": "25.00", "with_vat": "125.00", "payable": "125.00"}
}


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """A site in a fresh home that knows who pays by SEPA."""
    return make_site(**SEPA)


def written(site: Site, format_key: str, mapping_id: int | None = None) -> tuple[Job, bytes]:
    """A job of one file, run to its end, and the file."""
    job = site.job({Route.OTHER: Output(format=format_key, mapping_id=mapping_id)})
    export.run(job.id)
    published = site.published()
    return Job.get_by_id(job.id), published[max(published)] if published else b""


def begun_with(site: Site, ready: str) -> int:
    """A saved mapping that began with a ready one."""
    return int(mappings.create(WAYBILL, site.entity, ready, mapping_ready.find(ready).layout).id)


def taxed(site: Site, number: str) -> None:
    """An invoice with two lines and their tax."""
    site.invoice(number, lines=LINES, vat_breakdown=[{"amount": "25.00", "category": "S"}], **TAXED)


def test_job_writes_quickbooks_bills_that_balance_and_fails_what_does_not(site: Site) -> None:
    taxed(site, "A-1")
    site.invoice("A-2", "90.00", lines=LINES)
    job, data = written(site, "csv", begun_with(site, "quickbooks-desktop-bills"))
    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 1, 1)
    [failed] = ExportItem.select().where(ExportItem.job == job, ExportItem.code == "rows_unbalanced")
    assert "10.00 USD" in failed.reason
    rows = list(csv.reader(io.StringIO(data.decode("cp1252"), newline=""), delimiter="\t"))
    assert [row[0] for row in rows] == ["!TRNS", "!SPL", "!ENDTRNS", "TRNS", "SPL", "SPL", "SPL", "ENDTRNS"]
    assert sum(Decimal(row[5]) for row in rows[3:7]) == 0


def test_job_writes_a_workbook_with_every_cent(site: Site) -> None:
    site.invoice("A-1", "0.10")
    site.invoice("A-2", "1234567.89", document_type="credit_note")
    job, data = written(site, "xlsx")
    assert (job.state, job.succeeded) == (JobState.COMPLETED, 2)
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    header, *rows = page.iter_rows(values_only=True)
    found = {row[header.index("Invoice number")]: row[header.index("Amount due (signed)")] for row in rows}
    assert found == {"A-1": 0.1, "A-2": -1234567.89}


def test_job_writes_json_lines_and_xml_with_all_of_an_invoice(site: Site) -> None:
    taxed(site, "A-1")
    _, data = written(site, "jsonl")
    assert json.loads(data)["lines"] == LINES
    taxed(site, "A-2")
    job, data = written(site, "xml")
    assert job.state is JobState.COMPLETED
    names = [each.text for each in etree.fromstring(data).iter("{urn:waybill:invoices:1}name")]
    assert names == ["Blue Ltd", "Rope"]


def test_job_pays_by_sepa_and_names_what_it_cannot_pay(site: Site) -> None:
    account: dict[str, Any] = {"payment": [{"means_code": "58", "account": {"id": "DE89370400440532013000"}}]}
    site.invoice("A-1", "10.00", currency="EUR", **account)
    site.invoice("A-2", "10.00", currency="EUR")
    job, data = written(site, "pain001")
    assert (job.succeeded, job.failed) == (1, 1)
    assert b'<InstdAmt Ccy="EUR">10.00</InstdAmt>' in data
    [failed] = ExportItem.select().where(ExportItem.job == job, ExportItem.code != "")
    assert failed.code == "SEPA-IBAN"


def test_job_that_began_keeps_the_version_of_its_mapping(site: Site) -> None:
    site.invoice("A-1")
    mapping = mappings.create(WAYBILL, site.entity, "own", {"columns": [{"value": "concat(number, '!')"}]})
    job = site.job({Route.OTHER: Output(format="csv", mapping_id=mapping.id)})
    export.run(job.id)
    mappings.edit(WAYBILL, mapping, {"columns": ["currency"]})
    plan = Job.get_by_id(job.id).plan
    assert plan["routes"]["other"]["mapping"] == {"id": mapping.id, "version": 1}
    assert mappings.layout_of(mapping, 1).columns[0].value == "concat(number, '!')"


def test_job_with_columns_without_width_touches_nothing(site: Site) -> None:
    site.invoice("A-1")
    job, data = written(site, "fixed", mappings.create(WAYBILL, site.entity, "m", {"columns": ["number"]}).id)
    assert (job.state, job.code, data) == (JobState.FAILED, "columns_without_width", b"")
    assert site.ledger() == {"A-1": "pending"}


def test_job_writes_500_bills_for_xero_and_the_rest_goes_with_the_next(site: Site) -> None:
    layout = mapping_ready.find("xero-bills").layout | {"document_limit": 2}
    mapping = mappings.create(WAYBILL, site.entity, "xero", layout)
    for number in range(3):
        taxed(site, f"A-{number}")
    job, _ = written(site, "csv", mapping.id)
    assert (job.state, job.succeeded, job.failed) == (JobState.COMPLETED_WITH_ERRORS, 2, 1)
    job, data = written(site, "csv", mapping.id)
    assert (job.state, job.succeeded) == (JobState.COMPLETED, 1)
    assert {row["*InvoiceNumber"] for row in csv.DictReader(io.StringIO(data.decode()))} == {"A-2"}
