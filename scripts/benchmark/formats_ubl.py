"""UBL: ten-line documents looked at, written and read back, beside an lxml tree of as many elements."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from lxml import etree

from models.fields import amount_text, canonical_json, to_minor
from scripts.benchmark.engine import Line
from worker.formats import Batch, Item
from worker.formats.documents import DocumentFormat
from worker.formats.oioubl import Oioubl
from worker.formats.peppol import Peppol

DOCUMENTS = 2_000
_RUNS = 5
_LINES = 10
_AIM = 3_000


def measure(folder: Path) -> list[Line]:
    """Documents a second of each format: looked at and written, and read back besides."""
    del folder
    found: list[Line] = []
    for format_ in (Peppol(), Oioubl()):
        found += _format(format_)
    return found


def _format(format_: DocumentFormat) -> list[Line]:
    items, batch = [_item(number) for number in range(DOCUMENTS)], _batch()
    if any(format_.findings(one, batch) for one in items[:10]):
        raise RuntimeError("an item of the benchmark has findings")
    data = format_.document(items[0], batch)
    look = _seconds(lambda: [format_.findings(one, batch) for one in items])
    write = _seconds(lambda: [format_.document(one, batch) for one in items])
    read = _seconds(lambda: [format_.read_document(data, batch) for _ in items])
    tree = _seconds(lambda: [_tree(data) for _ in items])
    rate = DOCUMENTS / (look + write)
    return [
        Line(
            f"{format_.title}, {_LINES} lines, checked and written",
            f"{rate:,.0f} /s",
            f">= {_AIM:,} /s",
            rate >= _AIM,
            f"lxml tree of the same elements, nothing checked: {DOCUMENTS / tree:,.0f} /s",
        ),
        Line("  read back as well", f"{DOCUMENTS / (look + write + read):,.0f} /s"),
        Line("  checked / written / read back, each",
             " / ".join(f"{seconds / DOCUMENTS * 1e6:.0f}" for seconds in (look, write, read)) + " us"),
    ]  # fmt: skip


def _seconds(act: Callable[[], object]) -> float:
    """Seconds of the processor, the middle of several runs: what else runs here is not counted."""
    times = []
    for _ in range(_RUNS):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return median(times)


def _tree(data: bytes) -> bytes:
    """The same document built as a tree and written."""
    return etree.tostring(_copy(etree.fromstring(data)), encoding="utf-8")


def _copy(of: etree._Element) -> etree._Element:
    made = etree.Element(of.tag, {str(name): str(value) for name, value in of.attrib.items()})
    made.text = of.text
    for child in of:
        made.append(_copy(child))
    return made


def _batch() -> Batch:
    return Batch(
        entity="Bench",
        route="other",
        job_id=1,
        file_name="bench.xml",
        created=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        posting_date=date(2026, 3, 2),
        settings={"packing": "each"},
    )


def _item(number: int) -> Item:
    content = _content(number)
    payable = to_minor(content["totals"]["payable"], "DKK")
    return Item(number, number, "receivable", "invoice", content["number"], 1, "K-1", "Kystby Kommune",
                "2026-02-27", "2026-03-29", "DKK", payable, None, canonical_json(content))  # fmt: skip


def _content(number: int) -> dict[str, Any]:
    cents = [quantity * (number % 90 + 10) * 100 for quantity in range(1, _LINES + 1)]
    net = sum(cents)
    vat = net // 4
    return {
        "document_type": "invoice",
        "number": f"INV-{number:07d}",
        "issue_date": "2026-02-27",
        "due_date": "2026-03-29",
        "currency": "DKK",
        "buyer_reference": "Afd. 12",
        "order_reference": f"PO-{number}",
        "seller": _party("Havnens Handel ApS", "12345678", "0184", "12345678"),
        "buyer": _party("Kystby Kommune", "87654321", "0088", "5790000435951"),
        "payment": [
            {
                "means_code": "42",
                "remittance": f"INV-{number}",
                "account": {"id": "1234567890", "branch": "9541"},
            }
        ],
        "lines": [_line(position, number, cent) for position, cent in enumerate(cents, start=1)],
        "vat_breakdown": [{"category": "S", "rate": "25", "base": _amount(net), "amount": _amount(vat)}],
        "totals": {
            "line_net": _amount(net),
            "without_vat": _amount(net),
            "vat": _amount(vat),
            "with_vat": _amount(net + vat),
            "payable": _amount(net + vat),
        },
    }


def _amount(cents: int) -> str:
    return amount_text(cents, "DKK")


def _party(name: str, cvr: str, scheme: str, endpoint: str) -> dict[str, Any]:
    return {
        "name": name,
        "legal_id": {"scheme": "0184", "value": cvr},
        "vat_id": f"DK{cvr}",
        "endpoint": {"scheme": scheme, "value": endpoint},
        "address": {"line1": "Havnegade 1", "city": "København", "postal_code": "1058", "country": "DK"},
        "contact": {"name": "Åse", "email": "aase@example.com"},
    }


def _line(position: int, number: int, cents: int) -> dict[str, Any]:
    return {
        "id": str(position),
        "quantity": str(position),
        "unit": "C62",
        "net": _amount(cents),
        "price": f"{number % 90 + 10}.00",
        "vat_category": "S",
        "vat_rate": "25",
        "item": {
            "name": f"Vare {position} & tilbehør",
            "description": "Som aftalt",
            "seller_id": f"V-{position}",
        },
    }
