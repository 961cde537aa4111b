"""A document with what follows from the rest of it filled in, as it is checked and written.

Nothing that a document states is changed. Filled in, where they are not stated: the side that a source calls
`party`, net amounts of lines, VAT groups and totals (`amounts`), the zero of VAT categories whose rate is
always zero, the exemption code of those that have one reason only, and the usual type code. What says nothing
is left out: a zero rate of category O, which has none, and an accounting currency that is the document's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, TypeVar, cast

from models.invoice_document import AllowanceCharge, Document, Line, Totals, VatSubtotal
from worker.formats.einvoice import amounts
from worker.formats.einvoice.amounts import NO_RATE, ZERO_RATED, number

_TYPE_CODES: Final = {"invoice": "380", "credit_note": "381"}
_ONLY_REASON: Final = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
_Taxed = TypeVar("_Taxed", Line, AllowanceCharge)


def complete(document: Document, direction: str = "") -> Document:
    """The document as formats take it; the given one is left as it is."""
    found = document.copy()
    found.setdefault("type_code", _TYPE_CODES[found.get("document_type", "invoice")])
    _sides(found, direction)
    digits = amounts.decimals(found.get("currency", ""))
    if "lines" in found:
        found["lines"] = [_line(line, digits) for line in found["lines"]]
    for kind in ("allowances", "charges"):
        if kind in found:
            found[kind] = [_rated(detail) for detail in found[kind]]
    if "vat_breakdown" not in found:
        _groups(found)
    if "vat_breakdown" in found:
        found["vat_breakdown"] = [_group(group) for group in found["vat_breakdown"]]
    found["totals"] = _totals(found)
    if "tax_currency" in found and found["tax_currency"] == found.get("currency"):
        del found["tax_currency"]
        found["totals"].pop("vat_accounting", None)
    return found


def _sides(document: Document, direction: str) -> None:
    if "party" not in document or not direction:
        return
    side = "seller" if direction == "payable" else "buyer"
    if side not in document:
        cast("dict[str, Any]", document)[side] = document["party"]


def _line(line: Line, digits: int) -> Line:
    if "net" not in line and (net := amounts.line_net(line, digits)) is not None:
        line = {**line, "net": amounts.text(net)}
    return _rated(line)


def _rated(of: _Taxed) -> _Taxed:
    category = of.get("vat_category")
    if category == NO_RATE and "vat_rate" in of and number(of["vat_rate"]) == 0:
        bare = of.copy()
        del bare["vat_rate"]
        return bare
    if category in ZERO_RATED and "vat_rate" not in of:
        return cast("_Taxed", {**of, "vat_rate": "0"})
    return of


def _group(group: VatSubtotal) -> VatSubtotal:
    category = group.get("category", "")
    if category == NO_RATE and "rate" in group and number(group["rate"]) == 0:
        group = group.copy()
        del group["rate"]
    elif category in ZERO_RATED and "rate" not in group:
        group = {**group, "rate": "0"}
    if category in _ONLY_REASON and "exemption_reason" not in group and "exemption_code" not in group:
        group = {**group, "exemption_code": _ONLY_REASON[category]}
    return group


def _groups(document: Document) -> None:
    bases = amounts.taxable(
        document.get("lines", ()), document.get("allowances", ()), document.get("charges", ())
    )
    if bases:
        document["vat_breakdown"] = amounts.breakdown(bases, document.get("currency", ""))


def _totals(document: Document) -> Totals:
    """BG-22; a sum is filled in only where all that it is the sum of are numbers."""
    totals = document.get("totals", {}).copy()
    lines, groups = document.get("lines", ()), document.get("vat_breakdown", ())
    _fill(totals, "line_net", amounts.sum_of(line.get("net", "") for line in lines) if lines else None)
    for kind, details in (("allowances", document.get("allowances")), ("charges", document.get("charges"))):
        _fill(totals, kind, amounts.total(details) if details else None)
    _fill(totals, "vat", amounts.sum_of(group.get("amount", "") for group in groups) if groups else None)
    _fill(totals, "without_vat", _sum(totals, ("line_net",), ("charges",), ("allowances",)))
    _fill(totals, "with_vat", _sum(totals, ("without_vat", "vat")))
    _fill(totals, "payable", _sum(totals, ("with_vat",), ("rounding",), ("paid",)))
    return totals


def _sum(
    totals: Totals, needed: tuple[str, ...], plus: tuple[str, ...] = (), minus: tuple[str, ...] = ()
) -> Decimal | None:
    stated = cast("dict[str, str]", totals)
    if any(name not in stated for name in needed):
        return None
    less = amounts.sum_of(stated[name] for name in minus if name in stated)
    more = amounts.sum_of(stated[name] for name in (*needed, *plus) if name in stated)
    return None if less is None or more is None else more - less


def _fill(totals: Totals, name: str, value: Decimal | None) -> None:
    if name not in totals and value is not None:
        cast("dict[str, str]", totals)[name] = amounts.text(value)
