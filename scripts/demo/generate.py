"""Write the demo's invoices: as UBL, as a portal's CSV, and as JSON; the same seed gives the same bytes.

python scripts/demo/generate.py --seed 7 --count 240 --out scripts/demo/invoices
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

import ubl
from companies import BY_JSON, BY_TABLE, BY_XML, QUARRY_ROAD, Company
from documents import Document, Press

# The rest is split between XML and the table, two to three.
_JSON_SHARE = 6


@click.command()
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--count", "many", type=click.IntRange(min=12), default=240, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(seed: int, many: int, out: Path) -> None:
    """Write COUNT documents in all: OUT/ubl/*.xml, OUT/portal.csv and OUT/agency.json."""
    press = Press(seed)
    corrected = press.corrected_job(QUARRY_ROAD)
    by_json = many // _JSON_SHARE
    by_table = (many - by_json) * 3 // 5
    by_xml = many - by_json - by_table - len(corrected)
    write_ubl(out / "ubl", [*corrected, *press.documents(BY_XML, by_xml)])
    write_csv(out / "portal.csv", press.documents(BY_TABLE, by_table))
    write_json(out / "agency.json", press.documents(BY_JSON, by_json))


def write_ubl(folder: Path, documents: Iterable[Document]) -> None:
    """A file a document."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (folder / f"{document.number}.xml").write_bytes(ubl.to_xml(document))


def write_csv(path: Path, documents: Iterable[Document]) -> None:
    """A row a document, as the portal of the demo has it: European numbers, credit notes negative."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";", lineterminator="\n")
        table.writerow(("Vendor", "Vendor ID", "Invoice", "Invoice date", "Due date", *_MORE))
        table.writerows(map(_row, documents))


_MORE = ("Purchase order", "Currency", "Amount", "Cost centre", "Approved by")


def _row(document: Document) -> tuple[str, ...]:
    amount = -document.payable if document.is_credit_note else document.payable
    return (
        document.seller.name,
        document.seller.legal_id,
        document.number,
        f"{document.issued:%d.%m.%Y}",
        f"{document.due:%d.%m.%Y}",
        document.order,
        document.seller.currency,
        f"{amount:,f}".translate(str.maketrans(",.", ".,")),
        document.cost_centre,
        document.approver,
    )


def write_json(path: Path, documents: Iterable[Document]) -> None:
    """One list, in Waybill's own names."""
    found = {"invoices": [_as_json(document) for document in documents]}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _as_json(document: Document) -> dict[str, Any]:
    category = {"vat_category": "S", "vat_rate": str(document.seller.vat_rate)}
    taxed = category if document.seller.vat_id else {"vat_category": "O"}
    found: dict[str, Any] = {
        "document_type": "credit_note" if document.is_credit_note else "invoice",
        "number": document.number,
        "issue_date": document.issued.isoformat(),
        "due_date": document.due.isoformat(),
        "currency": document.seller.currency,
        "order_reference": document.order,
        "buyer_accounting_reference": document.cost_centre,
        "seller": _party(document.seller),
        "buyer": _party(document.buyer),
        "totals": {
            "without_vat": f"{document.net:f}",
            "vat": f"{document.vat:f}",
            "with_vat": f"{document.payable:f}",
            "payable": f"{document.payable:f}",
        },
        "lines": [
            {
                "id": str(number),
                "quantity": str(line.quantity),
                "unit": line.good.unit,
                "price": f"{line.price:f}",
                "net": f"{line.net:f}",
                "item": {"name": line.good.name},
                **taxed,
            }
            for number, line in enumerate(document.lines, start=1)
        ],
        "custom": {"Approved by": document.approver},
    }
    if document.corrects is not None:
        before = document.corrects
        found["preceding_invoices"] = [{"number": before.number, "issue_date": before.issued.isoformat()}]
    return found


def _party(company: Company) -> dict[str, Any]:
    address = {
        "line1": company.street,
        "city": company.city,
        "postal_code": company.postal_code,
        "country": company.country,
    }
    found: dict[str, Any] = {
        "name": company.name,
        "legal_id": {"value": company.legal_id},
        "address": address,
    }
    return found | ({"vat_id": company.vat_id} if company.vat_id else {})


if __name__ == "__main__":
    main()
