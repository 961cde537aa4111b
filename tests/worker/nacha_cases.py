"""A bank's profile, documents to pay, and the judge, for the tests of ACH files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from models.catalogue import parse_settings
from models.errors import InvalidInput
from tests.peers.nacha_checker import Report, check
from tests.worker.format_cases import PERSON, batch, item, written
from worker.formats import Batch, Item, Reservation, Totals
from worker.formats.nacha import Nacha

NACHA = Nacha()
LINE_ENDS = {"crlf": b"\r\n", "lf": b"\n", "none": b""}
PROFILE = {
    "immediate_destination": "021000021",
    "immediate_origin": "1234567890",
    "destination_name": "FIRST BANK",
    "origin_name": "HARBOUR GOODS INC",
    "company_name": "HARBOUR GOODS",
    "company_id": "1234567890",
    "odfi": "021000021",
}
BALANCED = {"balanced": "yes", "offset_routing": "011401533", "offset_account": "555-1"}


def profile(**given: Any) -> dict[str, str | int | bool | None]:
    """A bank's profile with what is given changed."""
    return parse_settings(NACHA.settings, PROFILE | given)


def ach(
    posting_date: date = date(2026, 3, 2),
    first_trace: int = 1,
    *,
    at: datetime | None = None,
    prenotes: Sequence[Item] = (),
    **given: Any,
) -> Batch:
    """An ACH batch; `given` are settings of the profile."""
    return batch(
        route="ach",
        settings=profile(**given),
        posting_date=posting_date,
        reservation=Reservation("A", first_trace, at),
        prenotes=lambda: iter(prenotes),
    )


def judged(tmp_path: Path, of: Batch, items: Sequence[Item]) -> tuple[Report, Totals]:
    """Write the file, have it judged, and answer what the judge saw and the writer's totals."""
    assert list(NACHA.problems(items, of)) == []
    path, totals = written(tmp_path, NACHA, of, items)
    report = check(path.read_bytes(), LINE_ENDS[str(of.settings["line_end"])])
    assert report.faults == []
    assert (report.credit, report.debit) == (totals.control["credit_cents"], totals.control["debit_cents"])
    return report, totals


def fault(path: Path, of: Batch) -> str:
    """What the file's own reader finds wrong with it; empty when nothing."""
    try:
        NACHA.read_back(path, of)
    except InvalidInput as damage:
        return damage.message if damage.code == "file_damaged" else ""
    return ""


def credit(number: str, cents: int, serial: int, **given: Any) -> Item:
    """A credit note."""
    return item(number, amount=cents, serial=serial, document_type="credit_note", **given)


def prenote(party_id: int = 9, **given: Any) -> Item:
    """A new account that the bank is asked about."""
    return item("", amount=0, party_id=party_id, party_number=f"S-{party_id}", serial=900 + party_id, **given)


MIXED = [
    credit("CN-9", 50_00, 1),
    item("INV-1", amount=100_00, serial=2),
    item("INV-2", amount=250_00, serial=3),
    item("2026/0007", party_id=2, party_number="S-2", party_name="Søren Ågård", account=PERSON, serial=4),
    item("LONG-INVOICE-NUMBER-0001", party_id=3, party_number="S-3", party_name="Łódź & Co.", serial=5),
    item("INV-8", party_id=3, party_number="S-3", party_name="Łódź & Co.", serial=6),
]
