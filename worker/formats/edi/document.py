"""An invoice as EDI sees it: both sides, exact sums, and what is found where they cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from models.fields import minor_digits
from models.invoice_document import AllowanceCharge, Document, Party
from models.problems import Problem
from worker.formats import Item
from worker.formats.einvoice.amounts import number

_LineNumber = Literal["net", "quantity", "price", "gross_price", "base_quantity", "vat_rate"]
_ZERO = Decimal(0)
_LINE_NUMBERS: tuple[tuple[str, _LineNumber], ...] = (
    ("BT-131", "net"),
    ("BT-129", "quantity"),
    ("BT-146", "price"),
    ("BT-148", "gross_price"),
    ("BT-149", "base_quantity"),
    ("BT-152", "vat_rate"),
)


class Sums(NamedTuple):
    """The totals (BG-22), as stated, else as they follow from the rest."""

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    without_vat: Decimal
    vat: Decimal
    with_vat: Decimal
    paid: Decimal
    rounding: Decimal
    payable: Decimal


def sides(document: Document, item: Item, entity: str) -> tuple[Party, Party]:
    """Seller and buyer. A source that names only the other party leaves our side to the legal entity."""
    own, other = Party(name=entity), document.get("party", Party(name=item.party_name))
    if item.direction == "receivable":
        return document.get("seller", own), document.get("buyer", other)
    return document.get("seller", other), document.get("buyer", own)


def gln(party: Party) -> str:
    """The party's global location number (ISO 6523 ICD 0088), wherever it stands; empty: none."""
    ids = [party.get("endpoint", {}), *party.get("identifiers", []), party.get("legal_id", {})]
    return next((one["value"] for one in ids if one.get("scheme") in ("0088", "GLN") and "value" in one), "")


def amount(text: str | None) -> Decimal:
    """The value of a number that `unreadable` did not find; zero where there is none."""
    return _ZERO if text is None else number(text) or _ZERO


def shown(value: Decimal | str) -> str:
    """A number with a point, without exponent or a bare point."""
    return f"{value if isinstance(value, Decimal) else amount(value):f}"


def sums(document: Document) -> Sums:
    """All totals of a document whose numbers are readable."""
    stated = document.get("totals", {})

    def of(name: str, computed: Decimal) -> Decimal:
        text = stated.get(name)
        return computed if not isinstance(text, str) else amount(text)

    lines = of("line_net", _total(line.get("net") for line in document.get("lines", [])))
    allowances = of("allowances", _total(one.get("amount") for one in document.get("allowances", [])))
    charges = of("charges", _total(one.get("amount") for one in document.get("charges", [])))
    without_vat = of("without_vat", lines - allowances + charges)
    vat = of("vat", _total(one.get("amount") for one in document.get("vat_breakdown", [])))
    with_vat = of("with_vat", without_vat + vat)
    paid, rounding = of("paid", _ZERO), of("rounding", _ZERO)
    payable = of("payable", with_vat - paid + rounding)
    return Sums(lines, allowances, charges, without_vat, vat, with_vat, paid, rounding, payable)


def findings(document: Document, total: Sums) -> Iterator[Problem]:
    """What no EDI invoice can be without, and sums that contradict each other (EN 16931, BR-CO-10 to -16)."""
    lines = document.get("lines", [])
    if not lines:
        yield missing("BR-16", "lines", "BG-25")
        return
    for line in lines:
        where = line.get("id", "?")
        if "net" not in line:
            yield missing("BR-24", f"net amount on line {where}", "BT-131")
        if "quantity" not in line:
            yield missing("BR-22", f"quantity on line {where}", "BT-129")
        if "price" not in line:
            yield missing("BR-26", f"price on line {where}", "BT-146")
        if not line.get("item", {}).get("name"):
            yield missing("BR-25", f"item name on line {where}", "BT-153")
    yield from _contradictions(document, total)


def unreadable(document: Document) -> Iterator[Problem]:
    """Every value that should be a number and is none."""
    for term, text in _numbers(document):
        if text is not None and number(text) is None:
            yield Problem(
                code="not_a_number",
                reason=f"{text!r} is no number of at most 14 digits and 20 decimals",
                remedy="correct it where the invoice is made and import it again",
                term=term,
                value=text,
            )


def missing(code: str, what: str, term: str) -> Problem:
    """The finding of a term that must be there."""
    return Problem(
        code=code,
        reason=f"the invoice has no {what}",
        remedy="add it where the invoice is made, or send this invoice in another format",
        term=term,
    )


def _contradictions(document: Document, total: Sums) -> Iterator[Problem]:
    lines = _total(line.get("net") for line in document.get("lines", []))
    net = total.lines - total.allowances + total.charges
    rules = [
        ("BR-CO-10", "the sum of the lines", "BT-106", total.lines, lines),
        (
            "BR-CO-13",
            "the net total",
            "BT-109",
            total.without_vat,
            net,
        ),
        ("BR-CO-15", "the total with tax", "BT-112", total.with_vat, total.without_vat + total.vat),
        ("BR-CO-16", "the amount due", "BT-115", total.payable, total.with_vat - total.paid + total.rounding),
    ]
    if "vat_breakdown" in document:
        taxes = _total(one.get("amount") for one in document["vat_breakdown"])
        rules.append(("BR-CO-14", "the tax", "BT-110", total.vat, taxes))
    unit = Decimal(1).scaleb(-minor_digits(document.get("currency", "")))
    for code, what, term, stated, computed in rules:
        if abs(stated - computed) >= unit / 2:
            yield Problem(
                code=code,
                reason=f"{what} is {shown(stated)}, but its parts give {shown(computed)}",
                remedy="correct the invoice where it is made and import it again",
                term=term,
                value=shown(stated),
            )


def _total(texts: Iterable[str | None]) -> Decimal:
    return sum((amount(text) for text in texts), _ZERO)


def _numbers(document: Document) -> Iterator[tuple[str, str | None]]:
    for name, text in document.get("totals", {}).items():
        yield f"totals.{name}", str(text)
    for one in document.get("vat_breakdown", []):
        yield from (("BT-116", one.get("base")), ("BT-117", one.get("amount")), ("BT-119", one.get("rate")))
    yield from _adjustments(document.get("allowances", []), "BT-92")
    yield from _adjustments(document.get("charges", []), "BT-99")
    for line in document.get("lines", []):
        for term, name in _LINE_NUMBERS:
            yield term, line.get(name)
        yield from _adjustments(line.get("allowances", []), "BT-136")
        yield from _adjustments(line.get("charges", []), "BT-141")


def _adjustments(many: Iterable[AllowanceCharge], term: str) -> Iterator[tuple[str, str | None]]:
    for one in many:
        yield term, one.get("amount")
        yield f"{term} base", one.get("base")
        yield f"{term} percent", one.get("percent")
