"""Batches and items for the tests of formats, with everything that a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from models.columns import Layout
from models.fields import amount_text, canonical_json
from worker.formats import Account, Batch, Format, Item, Reservation, Totals

GOLDEN = Path(__file__).parent / "golden"
ROUTINGS = ("021000021", "011401533", "091000019", "122105155", "076401251")
COMPANY = Account("021000021", "1234567", "checking", "company", "")
PERSON = Account("091000019", "98-765", "savings", "person", "")


def item(number: str = "INV-1", **given: Any) -> Item:
    """An item; `content` is merged into the content, `lines` are its lines."""
    serial = given.pop("serial", 1)
    content = given.pop("content", {})
    fields: dict[str, Any] = {
        "item_id": serial,
        "invoice_id": 1000 + serial,
        "direction": "payable",
        "document_type": "invoice",
        "number": number,
        "party_id": 1,
        "party_number": "S-1",
        "party_name": "Acme Supply",
        "issue_date": "2026-02-20",
        "due_date": "2026-03-22",
        "currency": "USD",
        "amount": 12_345,
        "account": COMPANY,
    }
    fields.update(given)
    payable = amount_text(fields["amount"], fields["currency"])
    whole = {"number": number, "currency": fields["currency"], "totals": {"payable": payable}} | content
    return Item(**fields, content_json=canonical_json(whole))


def batch(columns: dict[str, Any] | None = None, **given: Any) -> Batch:
    """A batch of Monday, 2 March 2026, as job 42."""
    fields: dict[str, Any] = {
        "entity": "Harbour Goods Inc",
        "route": "other",
        "job_id": 42,
        "file_name": "InvoiceBatch.txt",
        "created": datetime(2026, 3, 2, 14, 5, tzinfo=UTC),
        "posting_date": date(2026, 3, 2),
        "columns": None if columns is None else Layout.from_dict(columns),
        "reservation": Reservation("A", 1),
    }
    return Batch(**fields | given)


def written(
    tmp_path: Path, format_: Format, of: Batch, items: Sequence[Item], name: str = "batch"
) -> tuple[Path, Totals]:
    """Write a file, check that it reads back as written, and answer where it is and its totals."""
    path = tmp_path / name
    with path.open("wb") as out:
        totals = format_.write(of, lambda: iter(items), out)
    assert totals.differences(format_.read_back(path, of)) == []
    return path, totals
