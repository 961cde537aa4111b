"""SG25 to SG43 of INVOIC: one line, with its item, price, tax and adjustments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from models.invoice_document import AllowanceCharge, Line
from worker.formats.edi.document import amount, shown
from worker.formats.edi.segments import Segment, segment
from worker.formats.edi.text import pieces

Say = Callable[[str], str]


def segments(place: int, line: Line, say: Say) -> Iterator[Segment]:
    """The line's segments; `place` counts from 1, its own id (BT-126) is a reference."""
    item = line.get("item", {})
    article = item.get("standard_id", {}).get("value", "")
    yield segment("LIN", str(place), "", (article, "EN") if article else "", term="BT-157")
    for value, kind, term in (
        (item.get("seller_id"), "SA", "BT-155"),
        (item.get("buyer_id"), "BP", "BT-156"),
    ):
        if value:
            yield segment("PIA", "1", (say(value), kind), term=term)
    name = pieces(say(item.get("name", "")), 35)
    for start in range(0, len(name), 2):
        yield segment("IMD", "F", "", ("", "", "", *name[start : start + 2]), term="BT-153")
    yield segment("QTY", ("47", shown(line.get("quantity", "0")), line.get("unit", "")), term="BT-129")
    yield from _texts(line, say)
    yield segment("MOA", ("203", shown(line.get("net", "0"))), term="BT-131")
    yield from _prices(line)
    yield from _references(place, line, say)
    if "vat_category" in line:
        yield tax(line["vat_category"], line.get("vat_rate"))
    for one in line.get("allowances", []):
        yield from adjustment("A", one, say, "BG-27")
    for one in line.get("charges", []):
        yield from adjustment("C", one, say, "BG-28")


def tax(category: str | None, rate: str | None) -> Segment:
    """TAX of a VAT category (UNTDID 5305) and rate, in percent."""
    percent = "" if rate is None else shown(rate)
    return segment("TAX", "7", "VAT", "", "", ("", "", "", percent), category or "", term="BT-151")


def adjustment(kind: str, one: AllowanceCharge, say: Say, term: str) -> Iterator[Segment]:
    """ALC of an allowance (A) or charge (C), with percentage, amount and tax."""
    code = one.get("reason_code", "") if kind == "C" else "DI"
    reason = pieces(say(one.get("reason", "")), 35)
    yield segment("ALC", kind, "", "", "", (code, "", "", *reason), term=term)
    if "percent" in one:
        yield segment("PCD", ("3", shown(one["percent"])), term=term)
    yield segment("MOA", ("204" if kind == "A" else "23", shown(amount(one.get("amount")))), term=term)
    if "vat_category" in one:
        yield tax(one["vat_category"], one.get("vat_rate"))


def _texts(line: Line, say: Say) -> Iterator[Segment]:
    period = line.get("period", {})
    if "start" in period and "end" in period:
        yield segment(
            "DTM", ("263", f"{period['start']}{period['end']}".replace("-", ""), "718"), term="BG-26"
        )
    for text, term in ((line.get("item", {}).get("description"), "BT-154"), (line.get("note"), "BT-127")):
        parts = pieces(say(text or ""), 70)
        for start in range(0, len(parts), 5):
            yield segment("FTX", "AAI", "", "", tuple(parts[start : start + 5]), term=term)


def _prices(line: Line) -> Iterator[Segment]:
    base = line.get("base_quantity")
    per = ("", "", shown(base), line.get("unit", "")) if base and amount(base) != 1 else ()
    yield segment("PRI", ("AAA", shown(line.get("price", "0")), *per), term="BT-146")
    if "gross_price" in line:
        yield segment("PRI", ("AAB", shown(line["gross_price"]), *per), term="BT-148")


def _references(place: int, line: Line, say: Say) -> Iterator[Segment]:
    if "order_line" in line:
        yield segment("RFF", ("ON", "", say(line["order_line"])), term="BT-132")
    if line.get("id", str(place)) != str(place):
        yield segment("RFF", ("LI", say(line["id"])), term="BT-126")
    if "accounting_reference" in line:
        yield segment("RFF", ("ADE", say(line["accounting_reference"])), term="BT-133")
