"""Whether a document's totals agree with each other, by the rules BR-CO-10 to BR-CO-16 of EN 16931.

A total that is not stated cannot contradict anything; one that is stated must be right to the last minor
unit. Only sums of amounts with more decimals than the document's totals have are rounded, half up, as the
rules themselves do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Final

from models.fields import minor_digits

NAMES: Final = (
    "line_net",  # BT-106
    "allowances",  # BT-107
    "charges",  # BT-108
    "without_vat",  # BT-109
    "vat",  # BT-110
    "vat_accounting",  # BT-111, in the tax currency
    "with_vat",  # BT-112
    "paid",  # BT-113
    "rounding",  # BT-114
    "payable",  # BT-115
)

# xsd:decimal, no longer than what still sums exactly and fits the database's integers.
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,14}(?:\.[0-9]{0,8})?|\.[0-9]{1,8})")
_ZERO = Decimal(0)
_Numbers = dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why totals are not taken; `name` is the total it shows at."""

    name: str
    code: str
    message: str
    remedy: str


def number(text: str) -> Decimal | None:
    """An amount's value; None for what is no amount (exponents, separators, more than 14 digits)."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def settle(content: dict[str, Any], *, whole: bool) -> Fault | None:
    """Check the totals of a content and fill in `payable` and `with_vat` where they follow from the rest.

    `whole`: the document carries all its lines, allowances and charges, so that none means a sum of zero.
    """
    stated = content.get("totals", {})
    numbers: _Numbers = {}
    for name, text in stated.items():
        value = number(text)
        if value is None:
            return _not_a_number(name, text)
        numbers[name] = value
    fault = _complete(numbers) or _decimals(numbers, content["currency"])
    if fault is not None:
        return fault
    if len(stated) > 1 or whole:
        fault = _contradiction(content, numbers, whole)
        if fault is not None:
            return fault
    for name in ("with_vat", "payable"):
        if name not in stated:
            content.setdefault("totals", stated)[name] = format(numbers[name], "f")
    return None


def _complete(numbers: _Numbers) -> Fault | None:
    """Work out the total with VAT and the amount to pay where they are not stated (BR-CO-15, BR-CO-16)."""
    settled = numbers.get("paid", _ZERO) - numbers.get("rounding", _ZERO)
    if "with_vat" not in numbers:
        if "without_vat" in numbers and "vat" in numbers:
            numbers["with_vat"] = numbers["without_vat"] + numbers["vat"]
        elif "payable" in numbers:
            numbers["with_vat"] = numbers["payable"] + settled
        else:
            return Fault(
                name="payable",
                code="missing_field",
                message="it states neither the amount to pay nor the total with VAT",
                remedy="add one of them where the invoice is made and import the file again",
            )
    numbers.setdefault("payable", numbers["with_vat"] - settled)
    return None


def _decimals(numbers: _Numbers, currency: str) -> Fault | None:
    digits = minor_digits(currency)
    unit = _unit(digits)
    for name in ("payable", "with_vat"):
        value = numbers[name]
        if value != value.quantize(unit):
            return Fault(
                name=name,
                code="too_many_decimals",
                message=f"{_says(name, value)}, but an amount in {currency} has {digits} decimals",
                remedy="give the amount rounded as it is to be paid",
            )
    return None


def _contradiction(content: dict[str, Any], numbers: _Numbers, whole: bool) -> Fault | None:
    # EN 16931 compares with two decimals whatever the currency; those with more minor digits keep theirs.
    unit = _unit(max(2, minor_digits(content["currency"])))
    sums = dict(numbers)
    for kind in ("allowances", "charges"):
        details = content.get(kind, ())
        if details or (whole and kind in numbers):
            total = _sum(detail.get("amount") for detail in details)
            fault = _compare(numbers, kind, total, unit, f"the sum of the {kind}")
            if fault is not None:
                return fault
            if total is not None:
                sums.setdefault(kind, total)
    return _lines(content, numbers, unit, whole) or _vat(content, numbers, unit) or _sums(sums, unit)


def _lines(content: dict[str, Any], numbers: _Numbers, unit: Decimal, whole: bool) -> Fault | None:
    """BR-CO-10; OIOUBL F-INV126 leaves lines that are free of charge out of the sum."""
    lines = content.get("lines", ())
    if not lines and not whole:
        return None
    paid_lines = [line.get("net") for line in lines if line.get("free_of_charge") != "true"]
    if len(paid_lines) < len(lines) and _compare(numbers, "line_net", _sum(paid_lines), unit, "") is None:
        return None
    total = _sum(line.get("net") for line in lines)
    return _compare(numbers, "line_net", total, unit, "the sum of the lines")


def _vat(content: dict[str, Any], numbers: _Numbers, unit: Decimal) -> Fault | None:
    """BR-CO-14."""
    groups = content.get("vat_breakdown", ())
    if not groups:
        return None
    total = _sum(group.get("amount") for group in groups)
    return _compare(numbers, "vat", total, unit, "the sum of the VAT groups")


def _sums(numbers: _Numbers, unit: Decimal) -> Fault | None:
    """BR-CO-13, BR-CO-15 and BR-CO-16."""
    net = None
    if "line_net" in numbers:
        net = numbers["line_net"] - numbers.get("allowances", _ZERO) + numbers.get("charges", _ZERO)
        fault = _compare(numbers, "without_vat", net, unit, "lines - allowances + charges", numbers)
        if fault is not None:
            return fault
    net = numbers.get("without_vat", net)
    if net is not None and "vat" in numbers:
        fault = _compare(numbers, "with_vat", net + numbers["vat"], unit, "without VAT + VAT", numbers)
        if fault is not None:
            return fault
    due = numbers["with_vat"] - numbers.get("paid", _ZERO) + numbers.get("rounding", _ZERO)
    return _compare(numbers, "payable", due, unit, "with VAT - paid + rounding", numbers)


def _sum(texts: Iterable[str | None]) -> Decimal | None:
    """The sum of amounts; None if one of them is no number, for then nothing can be said."""
    total = _ZERO
    for text in texts:
        value = None if text is None else number(text)
        if value is None:
            return None
        total += value
    return total


def _compare(
    numbers: _Numbers,
    name: str,
    expected: Decimal | None,
    unit: Decimal,
    what: str,
    terms: Mapping[str, Decimal] | None = None,
) -> Fault | None:
    stated = numbers.get(name)
    if stated is None or expected is None or stated == expected:
        return None
    if stated.quantize(unit, ROUND_HALF_UP) == expected.quantize(unit, ROUND_HALF_UP):
        return None
    message = f"{_says(name, stated)}, but {what} is {expected:f} ({_RULES[name]})"
    if terms is not None:
        message += "; it states " + ", ".join(f"{term} {value:f}" for term, value in terms.items())
    return Fault(
        name=name,
        code="totals_contradict",
        message=message,
        remedy="have the invoice corrected where it is made, and import the corrected one",
    )


_RULES: Final = {
    "line_net": "BR-CO-10",
    "allowances": "BR-CO-11",
    "charges": "BR-CO-12",
    "without_vat": "BR-CO-13",
    "vat": "BR-CO-14",
    "with_vat": "BR-CO-15",
    "payable": "BR-CO-16",
}
_WORDS: Final = {
    "line_net": "the sum of line amounts",
    "allowances": "the sum of allowances",
    "charges": "the sum of charges",
    "without_vat": "the total without VAT",
    "vat": "the VAT",
    "vat_accounting": "the VAT in the tax currency",
    "with_vat": "the total with VAT",
    "paid": "the amount already paid",
    "rounding": "the rounding",
    "payable": "the amount to pay",
}


def _says(name: str, value: Decimal) -> str:
    return f"{_WORDS[name]} is {value:f}"


def _not_a_number(name: str, text: str) -> Fault:
    shown = text if len(text) <= 50 else text[:50] + "…"
    return Fault(
        name=name,
        code="amount_not_number",
        message=f"{_WORDS.get(name, name)} is {shown!r}, which is not an amount",
        remedy="give at most 14 digits with a decimal point and at most 8 decimals, as 1234.50",
    )


@cache
def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)
