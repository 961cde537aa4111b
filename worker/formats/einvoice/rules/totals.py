"""Rules of the document's totals: that they are there, and that they add up to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, cast

from models.invoice_document import Document
from worker.formats.einvoice import amounts
from worker.formats.einvoice.amounts import ZERO, is_precise, number
from worker.formats.einvoice.findings import AT_SOURCE, Findings

# total: rule and term where it is missing, its rule of decimals, what it is
_TOTALS: Final = {
    "line_net": ("BR-12", "BT-106", "BR-DEC-09", "the sum of line amounts"),
    "allowances": ("", "BT-107", "BR-DEC-10", "the sum of allowances"),
    "charges": ("", "BT-108", "BR-DEC-11", "the sum of charges"),
    "without_vat": ("BR-13", "BT-109", "BR-DEC-12", "the total without VAT"),
    "vat": ("BR-CO-14", "BT-110", "BR-DEC-13", "the VAT"),
    "vat_accounting": ("", "BT-111", "BR-DEC-15", "the VAT in the accounting currency"),
    "with_vat": ("BR-14", "BT-112", "BR-DEC-14", "the total with VAT"),
    "paid": ("", "BT-113", "BR-DEC-16", "the amount already paid"),
    "rounding": ("", "BT-114", "BR-DEC-17", "the rounding"),
    "payable": ("BR-15", "BT-115", "BR-DEC-18", "the amount to pay"),
}
_Numbers = dict[str, Decimal]


def check(document: Document, found: Findings) -> None:
    """BR-12 to BR-15, BR-53, BR-CO-10 to BR-CO-16, BR-DEC-09 to BR-DEC-18."""
    stated = cast("dict[str, str]", document.get("totals", {}))
    numbers = _numbers(stated, found)
    if "tax_currency" in document and "vat_accounting" not in stated:
        found.missing(
            "BR-53", "BT-111", f"the VAT in {document['tax_currency']}, the VAT accounting currency"
        )
    if "vat_accounting" in stated and "tax_currency" not in document:
        found.missing("BR-53", "BT-6", "the currency of the VAT in accounting currency")
    for name, code, expected, what in _expected(document, numbers):
        if expected is not None and name in numbers and numbers[name] != expected:
            _, term, _, total = _TOTALS[name]
            found.add(
                code,
                term,
                f"{total} is {stated[name]}, but {what} is {expected:f}",
                f"have the totals corrected {AT_SOURCE}",
                stated[name],
            )


def _numbers(stated: dict[str, str], found: Findings) -> _Numbers:
    numbers: _Numbers = {}
    for name, (missing, term, precise, what) in _TOTALS.items():
        value = stated.get(name)
        if value is None:
            if missing:
                found.missing(missing, term, what)
            continue
        known = number(value)
        if known is None:
            found.no_number(term, what, value)
        else:
            numbers[name] = known
            if is_precise(value):
                found.too_precise(precise, term, what, value)
    return numbers


def _expected(document: Document, numbers: _Numbers) -> list[tuple[str, str, Decimal | None, str]]:
    """Each total, the rule it is held to, and what it should be; None where that cannot be told."""
    lines = document.get("lines", ())
    less, more = document.get("allowances", ()), document.get("charges", ())
    groups = document.get("vat_breakdown", ())
    zero = numbers.get
    net = _sum(numbers, "line_net", -zero("allowances", ZERO) + zero("charges", ZERO))
    due = _sum(numbers, "with_vat", -zero("paid", ZERO) + zero("rounding", ZERO))
    return [
        (
            "line_net",
            "BR-CO-10",
            amounts.sum_of(line.get("net", "") for line in lines),
            "the sum of the lines",
        ),
        ("allowances", "BR-CO-11", amounts.total(less), "the sum of the allowances"),
        ("charges", "BR-CO-12", amounts.total(more), "the sum of the charges"),
        ("without_vat", "BR-CO-13", net, "lines - allowances + charges"),
        (
            "vat",
            "BR-CO-14",
            amounts.sum_of(group.get("amount", "") for group in groups),
            "the sum of its groups",
        ),
        ("with_vat", "BR-CO-15", _sum(numbers, "without_vat", numbers.get("vat")), "without VAT + VAT"),
        ("payable", "BR-CO-16", due, "with VAT - paid + rounding"),
    ]


def _sum(numbers: _Numbers, name: str, more: Decimal | None) -> Decimal | None:
    return None if name not in numbers or more is None else numbers[name] + more
