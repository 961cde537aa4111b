"""One invoice as the segments of an 810, release 004010, between ST and SE."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from models.invoice_document import Address, AllowanceCharge, Document, Line, LineItem, Party
from worker.formats.edi.document import Sums, amount, gln, shown
from worker.formats.edi.segments import Segment, segment
from worker.formats.edi.text import pieces
from worker.formats.x12 import tables

Say = Callable[[str], str]
"""Free text as X12 takes it."""
Settings = Mapping[str, str | int | bool | None]


def segments(
    document: Document, total: Sums, sides: tuple[Party, Party], values: Settings, say: Say
) -> Iterator[Segment]:
    """All segments between ST and SE."""
    yield from _head(document, sides, values, say)
    for place, line in enumerate(document.get("lines", []), 1):
        yield from _line(place, line, say)
    yield from _summary(document, total, values, say)


def implied(value: Decimal) -> str:
    """An amount with two implied decimals (N2)."""
    return f"{(value * 100).normalize():f}"


def unit_price(line: Line) -> Decimal | None:
    """The price of one unit; None where dividing by the base quantity never ends."""
    price, base = amount(line.get("price", "0")), amount(line.get("base_quantity", "1"))
    if not base:
        return None
    one = price / base
    return one if one * base == price else None


def _day(iso: str) -> str:
    return iso.replace("-", "")


def _head(document: Document, sides: tuple[Party, Party], values: Settings, say: Say) -> Iterator[Segment]:
    credit = document.get("document_type") == "credit_note"
    order = document.get("order_reference", "")
    kind = "CR" if credit else "DI"
    yield segment(
        "BIG", _day(document["issue_date"]), document["number"], "", order, "", "", kind, term="BT-1"
    )
    for note in document.get("notes", []):
        for piece in pieces(say(note), 80):
            yield segment("NTE", "GEN", piece, term="BT-22")
    yield segment("CUR", "SE", document["currency"], term="BT-5")
    yield from _references(document, values, say)
    yield from _party("SE", sides[0], say, "BT-27")
    yield from _party("BY", sides[1], say, "BT-44")
    if (delivery := document.get("delivery")) and delivery.keys() - {"date"}:
        name = delivery.get("name", sides[1].get("name", ""))
        place = Party(name=name, address=delivery.get("address", {}))
        place["identifiers"] = [delivery.get("location", {})]
        yield from _party("ST", place, say, "BT-70")
    if payee := document.get("payee"):
        yield from _party("RE", Party(name=payee.get("name", "")), say, "BT-59")
    yield from _terms(document, say)


_REFERENCES = (
    ("CT", "contract_reference", "BT-12"),
    ("PK", "despatch_reference", "BT-16"),
    ("RV", "receipt_reference", "BT-15"),
    ("CO", "sales_order_reference", "BT-14"),
    ("CR", "buyer_reference", "BT-10"),
    ("PE", "project_reference", "BT-11"),
    ("AC", "buyer_accounting_reference", "BT-19"),
)


def _references(document: Document, values: Settings, say: Say) -> Iterator[Segment]:
    if vendor := values.get("vendor_number"):
        yield segment("REF", "VR", str(vendor))
    for preceding in document.get("preceding_invoices", []):
        if "number" in preceding:
            yield segment("REF", "OI", say(preceding["number"]), term="BT-25")
    for qualifier, name, term in _REFERENCES:
        if value := document.get(name):
            yield segment("REF", qualifier, say(str(value)), term=term)


def _party(role: str, party: Party, say: Say, term: str) -> Iterator[Segment]:
    first, *more = pieces(say(party.get("name", "")), 60) or [""]
    yield segment("N1", role, first, *_identity(party), term=term)
    for start in range(0, len(more), 2):
        yield segment("N2", *more[start : start + 2], term=term)
    where = party.get("address", Address())
    lines = (where.get("line1"), where.get("building"), where.get("line2"), where.get("line3"))
    street = pieces(say(" ".join(filter(None, lines))), 55)
    for start in range(0, len(street), 2):
        yield segment("N3", *street[start : start + 2], term="BG-5")
    region = say(where.get("subdivision", ""))
    region = region.rpartition("-")[2] if len(region) <= 6 else region  # ISO 3166-2: US-GA
    state, elsewhere = (region, ()) if len(region) == 2 else ("", ("SP", region) if region else ())
    city, code, country = (
        say(where.get("city", "")),
        say(where.get("postal_code", "")),
        where.get("country", ""),
    )
    if city or code or country or region:
        yield segment("N4", city, state, code, country, *elsewhere, term="BG-5")
    yield from _contact(party, say)


def _identity(party: Party) -> tuple[str, ...]:
    """GLN (UL), DUNS (1), else a number of the other's books (92)."""
    if number := gln(party):
        return ("UL", number)
    known = [one for one in [party.get("legal_id", {}), *party.get("identifiers", [])] if "value" in one]
    for one in known:
        if one.get("scheme") in ("0060", "DUNS"):
            return ("1", one["value"])
    number = party.get("number", "")
    return ("92", number) if len(number) > 1 else ()


def _contact(party: Party, say: Say) -> Iterator[Segment]:
    contact = party.get("contact", {})
    ways = [(kind, contact.get(name)) for kind, name in (("TE", "phone"), ("EM", "email"))]
    pairs = [part for kind, value in ways if value for part in (kind, say(str(value)))]
    if contact:
        yield segment("PER", "IC", say(contact.get("name", "")), *pairs, term="BG-6")


def _terms(document: Document, say: Say) -> Iterator[Segment]:
    parts = pieces(say(document.get("payment_terms", "")), 80)
    due = _day(document["due_date"]) if "due_date" in document else ""
    for number, text in enumerate(parts or ([""] if due else [])):
        net = due if number == 0 else ""
        yield segment("ITD", "05", "3", "", "", "", net, "", "", "", "", "", text, term="BT-20")
    if "date" in document.get("delivery", {}):
        yield segment("DTM", "035", _day(document["delivery"]["date"]), term="BT-72")
    if "tax_point_date" in document:
        yield segment("DTM", "110", _day(document["tax_point_date"]), term="BT-7")


def _line(place: int, line: Line, say: Say) -> Iterator[Segment]:
    item = line.get("item", {})
    quantity, price = shown(line.get("quantity", "0")), unit_price(line) or Decimal(0)
    unit = tables.UNITS.get(line.get("unit", "EA"), line.get("unit", ""))
    named = [part for pair in _article(item, say) for part in pair]
    yield segment("IT1", str(place), quantity, unit, shown(price), "", *named, term="BG-25")
    texts = ((item.get("name"), "BT-153"), (item.get("description"), "BT-154"), (line.get("note"), "BT-127"))
    for text, term in texts:
        for piece in pieces(say(text or ""), 80):
            yield segment("PID", "F", "", "", "", piece, term=term)
    for name, value, term in (("LI", line.get("id"), "BT-126"), ("PL", line.get("order_line"), "BT-132")):
        if value and value != str(place):
            yield segment("REF", name, say(value), term=term)
    for allowance in line.get("allowances", []):
        yield _adjustment("A", allowance, say, "BG-27")
    for charge in line.get("charges", []):
        yield _adjustment("C", charge, say, "BG-28")


_GTIN = {12: "UP", 13: "EN", 14: "UK"}


def _article(item: LineItem, say: Say) -> Iterator[tuple[str, str]]:
    """Qualifier and number: GTIN by its length, the vendor's and the buyer's."""
    if standard := item.get("standard_id", {}).get("value"):
        yield _GTIN.get(len(standard), "ZZ"), say(standard)
    for kind, value in (("VP", item.get("seller_id")), ("BP", item.get("buyer_id"))):
        if value:
            yield kind, say(value)


def _adjustment(kind: str, one: AllowanceCharge, say: Say, term: str) -> Segment:
    """SAC: C310 discount, D240 freight, F050 other charges (element 1300)."""
    code = "C310" if kind == "A" else "D240" if one.get("reason_code") == "FC" else "F050"
    cents = implied(amount(one.get("amount")))
    reason = say(one.get("reason", ""))
    return segment("SAC", kind, code, "", "", cents, "", "", "", "", "", "", "", "", "", reason, term=term)


def _summary(document: Document, total: Sums, values: Settings, say: Say) -> Iterator[Segment]:
    credit = document.get("document_type") == "credit_note" and values.get("credit_amounts") == "negative"
    yield segment("TDS", implied(-total.payable if credit else total.payable), term="BT-115")
    kind = str(values.get("tax_type", "ST"))
    for rate in document.get("vat_breakdown", []):
        percent = shown(rate["rate"]) if "rate" in rate else ""
        yield segment("TXI", kind, shown(amount(rate.get("amount"))), percent, term="BG-23")
    if total.vat and not document.get("vat_breakdown"):
        yield segment("TXI", kind, shown(total.vat), term="BT-110")
    for allowance in document.get("allowances", []):
        yield _adjustment("A", allowance, say, "BG-20")
    for charge in document.get("charges", []):
        yield _adjustment("C", charge, say, "BG-21")
    yield segment("CTT", str(len(document.get("lines", []))))
