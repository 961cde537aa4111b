"""PDF, Factur-X and CII: ten-line invoices with their findings, beside the libraries' own ways."""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from models.fields import canonical_json
from scripts.benchmark.engine import Line
from worker.formats import Batch, Item
from worker.formats.cii import Cii
from worker.formats.documents import DocumentFormat
from worker.formats.facturx import FacturX
from worker.formats.pages import typefaces
from worker.formats.pdf import Pdf

_ROUNDS = 5
_LINES = 10
_ZIPPED = 2_000
_PARTY = {
    "legal_id": {"scheme": "0184", "value": "12345674"},
    "vat_id": "DK12345674",
    "address": {"line1": "Havnegade 1", "city": "Aarhus", "postal_code": "8000", "country": "DK"},
}


def measure(folder: Path) -> list[Line]:
    """Documents a second, each looked at, written and read back, and the memory that many of them need."""
    pdf, facturx, cii = Pdf(), FacturX(), Cii()
    grown = _growth(pdf, folder / "many.zip")
    platypus, bare = _rate(_platypus, 20), _rate(_bare_pdf_a, 20)
    beside = "reportlab, table alone"
    return [
        _line("PDF, ten lines, findings and all", _rate(lambda: _made(pdf), 100), 200, beside, platypus),
        _plain("  read back", _rate(_reader(pdf), 100)),
        Line(f"  memory that {_ZIPPED:,} in a ZIP add", f"{grown:.0f} MiB", "<= 16 MiB", grown <= 16),
        _line("Factur-X, the same", _rate(lambda: _made(facturx), 20), 30, "fpdf2, one word", bare),
        _plain("  read back", _rate(_reader(facturx), 50)),
        _plain("CII, the same", _rate(lambda: _made(cii), 500)),
    ]


def _line(name: str, rate: float, aim: int, peer: str, of_peer: float) -> Line:
    return Line(name, f"{rate:,.0f}/s", f">= {aim}/s", rate >= aim, f"{peer}: {of_peer:,.0f}/s")


def _plain(name: str, rate: float) -> Line:
    return Line(name, f"{rate:,.0f}/s")


def _rate(act: Callable[[], object], times: int) -> float:
    """How often a second of the processor, in the middle one of some rounds."""
    act()
    return median(_round(act, times) for _ in range(_ROUNDS))


def _round(act: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        act()
    return times / (time.process_time() - begun)


def _made(form: DocumentFormat) -> bytes:
    item, batch = _item(1), _batch("each")
    if found := form.findings(item, batch):
        raise RuntimeError(f"the invoice of the benchmark cannot be written: {found}")
    return form.document(item, batch)


def _reader(form: DocumentFormat) -> Callable[[], object]:
    data, batch = _made(form), _batch("each")
    return lambda: form.read_document(data, batch)


def _growth(form: DocumentFormat, path: Path) -> float:
    """How much more memory many documents need than one."""
    _made(form)
    before = _peak()
    with path.open("wb") as out:
        form.write(_batch("zip"), _items, out)
    return _peak() - before


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _batch(packing: str) -> Batch:
    return Batch(
        entity="Nordvind",
        route="other",
        job_id=1,
        file_name="bench",
        created=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        posting_date=date(2026, 3, 2),
        settings={"packing": packing},
    )


def _items() -> Iterator[Item]:
    first = _item(1)
    for number in range(_ZIPPED):
        yield first._replace(number=f"INV-{number}")


def _item(number: int) -> Item:
    content = _content(f"INV-{number}")
    return Item(
        item_id=number,
        invoice_id=number,
        direction="receivable",
        document_type="invoice",
        number=content["number"],
        party_id=1,
        party_number="K-1",
        party_name="Kunde",
        issue_date="2026-03-02",
        due_date="2026-04-01",
        currency="DKK",
        amount=125_000,
        account=None,
        content_json=canonical_json(content),
    )


def _content(number: str) -> dict[str, Any]:
    lines = [
        {"id": str(line), "quantity": "2", "unit": "C62", "price": "50.00", "net": "100.00"}
        | {"vat_category": "S", "vat_rate": "25"}
        | {"item": {"name": f"Vare {line}", "description": f"Hvad vare {line} er"}}
        for line in range(1, _LINES + 1)
    ]
    totals = {"line_net": "1000.00", "without_vat": "1000.00", "vat": "250.00", "with_vat": "1250.00"}
    return {
        "document_type": "invoice",
        "number": number,
        "issue_date": "2026-03-02",
        "due_date": "2026-04-01",
        "currency": "DKK",
        "order_reference": "PO-7",
        "seller": _PARTY | {"name": "Nordvind Energi A/S"},
        "buyer": _PARTY | {"name": "Østergårds Blåbær ApS"},
        "payment": [{"means_code": "58", "account": {"id": "DK5000400440116243"}, "remittance": number}],
        "lines": lines,
        "vat_breakdown": [{"category": "S", "rate": "25", "base": "1000.00", "amount": "250.00"}],
        "totals": totals | {"payable": "1250.00"},
    }


def _platypus() -> bytes:
    """The lines alone as reportlab's own table, in the same font."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import SimpleDocTemplate, Table

    registerFont(TTFont("Bench", str(typefaces.path("NotoSans-Regular"))))
    rows = [
        [line["id"], line["item"]["name"], line["quantity"], line["price"], line["net"]]
        for line in _content("INV-1")["lines"]
    ]
    out = io.BytesIO()
    SimpleDocTemplate(out).build([Table(rows, style=[("FONTNAME", (0, 0), (-1, -1), "Bench")])])
    return out.getvalue()


def _bare_pdf_a() -> bytes:
    """One word and one attachment: what no document of this kind can do without."""
    from fpdf import FPDF

    file = FPDF(enforce_compliance="PDF/A-3B")
    file.add_font("Bench", fname=typefaces.path("NotoSans-Regular"))
    file.add_page()
    file.set_font("Bench", size=12)
    file.text(20, 20, "Faktura")
    file.embed_file(bytes=b"<x/>", basename="factur-x.xml", associated_file_relationship="Alternative")
    return bytes(file.output())
