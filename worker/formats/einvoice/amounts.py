"""Numbers of a document, and sums in the order that every rule set agrees with.

1. A line's net amount is quantity x price / base quantity - allowances + charges, rounded once, half up.
2. Totals are sums of rounded lines.
3. VAT is worked out per category and rate on the sum of rounded lines, and rounded once per group.
4. With VAT is without VAT plus the sum of the groups; payable is that less what is paid plus the rounding.

Prices keep all their decimals and are never worked back from an amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final

from models.fields import minor_digits
from models.invoice_document import AllowanceCharge, Line, VatSubtotal

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
CENT: Final = Decimal("0.01")
ZERO_RATED: Final = frozenset({"Z", "E", "AE", "K", "G"})
"""VAT categories whose rate is zero."""
NO_RATE: Final = "O"
"""The category that has no rate at all."""
EXACT: Final = Context(prec=80, rounding=ROUND_HALF_UP)
"""Wide enough that products of what `number` takes are never rounded."""

_UNITS: Final = (Decimal(1), Decimal("0.1"), CENT)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,14}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")

Group = tuple[str, Decimal | None]
"""A VAT category and its rate."""


@lru_cache(maxsize=8192)
def number(text: str) -> Decimal | None:
    """The value of a number as XML Schema writes it; None for what is none, or too long to be carried."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def is_precise(text: str) -> bool:
    """Whether an amount has more than two decimals that count."""
    point = text.find(".")
    return point >= 0 and len(text) > point + 3 and len(text.rstrip("0")) > point + 3


def plain(text: str) -> str:
    """An amount without the zeros that would make it too long: 12.500 is 12.50."""
    point = text.find(".")
    if point < 0 or len(text) <= point + 3 or text[point + 3 :].strip("0"):
        return text
    return text[: point + 3]


def rounded(value: Decimal, digits: int = 2) -> Decimal:
    """Half up, away from zero."""
    return value.quantize(_UNITS[digits], ROUND_HALF_UP, EXACT)


def text(value: Decimal) -> str:
    """A number without an exponent."""
    return format(value, "f")


def decimals(currency: str) -> int:
    """How many decimals computed amounts have: those of the currency, but never more than two (BR-DEC)."""
    return min(2, minor_digits(currency))


def line_net(line: Line, digits: int = 2) -> Decimal | None:
    """A line's net amount by its quantity and price (BT-131); None where one of them is missing."""
    quantity, price = number(line.get("quantity", "")), number(line.get("price", ""))
    base = number(line.get("base_quantity", "1"))
    less, more = total(line.get("allowances", ())), total(line.get("charges", ()))
    if quantity is None or price is None or not base or less is None or more is None:
        return None
    return rounded(EXACT.divide(EXACT.multiply(quantity, price), base) - less + more, digits)


def total(details: Iterable[AllowanceCharge]) -> Decimal | None:
    """The sum of allowances or charges; None where one of them has no amount."""
    return sum_of(detail.get("amount", "") for detail in details)


def sum_of(texts: Iterable[str]) -> Decimal | None:
    """The sum of amounts; None where one of them is no number."""
    found = ZERO
    for each in texts:
        value = number(each)
        if value is None:
            return None
        found += value
    return found


def group(category: str, rate: str | None) -> Group:
    """Where an amount is summed for VAT."""
    return category, None if rate is None else number(rate)


def taxable(
    lines: Iterable[Line], allowances: Iterable[AllowanceCharge], charges: Iterable[AllowanceCharge]
) -> dict[Group, Decimal] | None:
    """The taxable amount of each VAT group (BT-116); None where an amount or a category is missing."""
    found: dict[Group, Decimal] = {}
    for line in lines:
        if not _add(found, line, line.get("net", ""), 1):
            return None
    for details, sign in ((allowances, -1), (charges, 1)):
        for detail in details:
            if not _add(found, detail, detail.get("amount", ""), sign):
                return None
    return found


def _add(found: dict[Group, Decimal], of: Line | AllowanceCharge, amount: str, sign: int) -> bool:
    value, category = number(amount), of.get("vat_category")
    if value is None or category is None:
        return False
    key = group(category, of.get("vat_rate"))
    found[key] = found.get(key, ZERO) + sign * value
    return True


def breakdown(bases: dict[Group, Decimal], currency: str) -> list[VatSubtotal]:
    """The VAT groups (BG-23) of taxable amounts, each rounded once."""
    digits = decimals(currency)
    found: list[VatSubtotal] = []
    for (category, rate), base in bases.items():
        vat = rounded(EXACT.divide(EXACT.multiply(base, rate or ZERO), HUNDRED), digits)
        one: VatSubtotal = {"category": category, "base": text(base), "amount": text(vat)}
        if rate is not None:
            one["rate"] = text(rate)
        found.append(one)
    return found
