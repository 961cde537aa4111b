"""Imports of real files: every published sample, a second time, and good files beside bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import entities
from models.audit import WAYBILL, AuditEntry
from models.entities import LegalEntity
from models.invoices import Direction, Invoice
from tests.records import dump
from worker import importing

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"

REFUSED = {
    # lines 100.00 without an allowance, but 90.00 without VAT
    "gobl-parse/custom-namespace-prefixes.xml": "totals_contradict",
    # 5,015.00 without VAT and 2,000.00 VAT, but 7,000.00 with it
    "oioubl-gobl/used-invoice_real.xml": "totals_contradict",
}


@pytest.fixture
def entity(home: Path) -> LegalEntity:  # noqa: ARG001 - it must be there
    """A legal entity in a fresh home."""
    return entities.create(WAYBILL, "Acme")


def everything() -> list[str]:
    """The database as text, without the audit, which tells of imports that changed nothing too."""
    return dump(without="audit_entry")


@pytest.mark.parametrize("direction", list(Direction))
def test_every_sample_is_taken_and_a_second_import_changes_nothing(
    entity: LegalEntity, samples: Path, direction: Direction
) -> None:
    files = sorted(samples.rglob("*.xml"))
    report = importing.run(WAYBILL, entity, files, direction=direction)
    refused = {Path(one.path).relative_to(samples).as_posix(): one.code for one in report.refused}
    assert refused == REFUSED
    assert report.imported + report.updated + report.unchanged == len(files) - len(REFUSED)
    assert Invoice.select().count() == report.imported

    before = everything()
    again = importing.run(WAYBILL, entity, files, direction=direction)
    assert (again.imported, again.updated) == (0, 0)
    assert again.unchanged == len(files) - len(REFUSED)
    assert everything() == before


def test_good_files_go_in_beside_bad_ones_and_each_refusal_names_its_place(
    entity: LegalEntity, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    good = '{"document_type": "invoice", "number": "1", "issue_date": "2026-11-01", "currency": "EUR", '
    good += '"party": {"name": "Blue"}, "totals": {"payable": "10.00"}}'
    (folder / "good.json").write_text(good)
    (folder / "bad.xml").write_text(f'<Invoice xmlns="{UBL}">\n<broken')
    (folder / "doctype.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]>\n<Invoice/>')
    (folder / "lines.jsonl").write_text(
        good.replace('"1"', '"2"') + "\n" + good.replace("10.00", "ten") + "\n"
    )
    report = importing.run(WAYBILL, entity, [folder, tmp_path / "missing"], direction=Direction.PAYABLE)
    assert report.imported == 2
    places = {(Path(one.path).name, one.line) for one in report.refused}
    assert places == {("bad.xml", 2), ("doctype.xml", None), ("lines.jsonl", 2), ("missing", None)}
    assert all(one.message and one.remedy for one in report.refused)


def test_import_that_is_stopped_keeps_what_it_took_and_the_audit_says_so(
    entity: LegalEntity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    good = '{"document_type": "invoice", "number": "%d", "issue_date": "2026-11-01", "currency": "EUR", '
    good += '"party": {"name": "Blue"}, "totals": {"payable": "10.00"}}\n'
    (tmp_path / "lines.jsonl").write_text("".join(good % number for number in range(3)))
    batches = importing.run_by_batch(WAYBILL, entity, [tmp_path], direction=Direction.PAYABLE)
    assert next(batches) == 1
    batches.close()
    assert Invoice.select().count() == 1
    (entry,) = AuditEntry.select().where(AuditEntry.action == "import")
    assert entry.after == {"imported": 1, "updated": 0, "unchanged": 0, "refused": 0}
