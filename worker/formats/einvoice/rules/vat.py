"""Rules of VAT: categories, rates, groups and exemptions (BR-S, -Z, -E, -AE, -IC, -G, -O, -AF, -AG, -B)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from models.invoice_document import Document, VatSubtotal
from worker.formats.einvoice import amounts, codes
from worker.formats.einvoice.amounts import (
    EXACT,
    HUNDRED,
    NO_RATE,
    ZERO,
    ZERO_RATED,
    Group,
    is_precise,
    number,
)
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.formats.einvoice.rules import vat_parties

PREFIX: Final = {
    "S": "S",
    "Z": "Z",
    "E": "E",
    "AE": "AE",
    "K": "IC",
    "G": "G",
    "O": "O",
    "L": "AF",
    "M": "AG",
}
"""How the rules of a category begin: BR-IC-01 for K."""
_RATED: Final = frozenset({"S", "L", "M"})
_EXEMPT: Final = frozenset({"E", "AE", "K", "G", "O"})
_WANTED: Final = {"S": "a rate above zero", NO_RATE: "no rate", "L": "a rate", "M": "a rate"}


class Use(NamedTuple):
    """Where a document uses a VAT category; the rules about parties and rate, by their last two digits."""

    party_rule: str
    rate_rule: str
    term: str
    where: str
    category: str
    rate: str | None


def check(document: Document, found: Findings) -> None:
    """BR-32, BR-37, BR-45 to BR-48, BR-CO-17, BR-CO-18, BR-CL-17, -18, -22 and the rules of each category."""
    uses = list(_uses(document, found))
    for use in uses:
        _rate(use, found)
    groups = document.get("vat_breakdown", ())
    if not groups:
        found.missing("BR-CO-18", "BG-23", "the VAT breakdown")
    for group in groups:
        _group(group, found)
    _groups_match(document, {use.category for use in uses}, found)
    vat_parties.check(document, uses, found)


def _uses(document: Document, found: Findings) -> Iterator[Use]:
    known = codes.load("vat_categories").codes
    for position, line in enumerate(document.get("lines", ()), start=1):
        category = line.get("vat_category")
        if category in known:
            where = f"line {line.get('id', position)}"
            yield Use("02", "05", "BT-151", where, category, line.get("vat_rate"))
        elif category is not None:
            where = f"line {line.get('id', position)}"
            found.unlisted("BR-CL-18", "BT-151", f"the VAT category of {where}", category, "vat_categories")
    for kind, missing, rules, term, where in (
        ("allowances", "BR-32", ("03", "06"), "BT-95", "an allowance"),
        ("charges", "BR-37", ("04", "07"), "BT-102", "a charge"),
    ):
        for detail in document.get(kind, ()):  # type: ignore[attr-defined]
            category = detail.get("vat_category")
            if category is None:
                found.missing(missing, term, f"the VAT category of {where} of the document")
            elif category in known:
                yield Use(*rules, term, where, category, detail.get("vat_rate"))
            else:
                found.unlisted("BR-CL-17", term, f"the VAT category of {where}", category, "vat_categories")


def _rate(use: Use, found: Findings) -> None:
    category, stated = use.category, use.rate
    rate = None if stated is None else number(stated)
    if stated is not None and rate is None:
        found.no_number("BT-152", f"the VAT rate of {use.where}", stated)
        return
    if category in ZERO_RATED:
        good = rate == 0
    elif category == NO_RATE:
        good = rate is None
    elif category == "S":
        good = rate is not None and rate > 0
    else:
        good = category not in _RATED or (rate is not None and rate >= 0)
    if not good:
        wanted = _WANTED.get(category, "the rate 0")
        has = "no rate" if stated is None else f"the rate {stated}"
        found.add(
            f"BR-{PREFIX[category]}-{use.rate_rule}",
            use.term,
            f"{use.where} has VAT category {category} and {has}",
            f"give {wanted}, or another category, {AT_SOURCE}",
            stated or "",
        )


def _group(group: VatSubtotal, found: Findings) -> None:
    category, rate = group.get("category"), group.get("rate")
    for name, code, term, what in (
        ("base", "BR-45", "BT-116", "the taxable amount"),
        ("amount", "BR-46", "BT-117", "the VAT"),
        ("category", "BR-47", "BT-118", "the category"),
    ):
        if name not in group:
            found.missing(code, term, f"{what} of a VAT group")
    if rate is None and category != NO_RATE:
        found.missing("BR-48", "BT-119", f"the rate of the VAT group {category}")
    for name, code, term in (
        ("base", "BR-DEC-19", "BT-116"),
        ("amount", "BR-DEC-20", "BT-117"),
        ("rate", "", "BT-119"),
    ):
        stated: str | None = group.get(name)  # type: ignore[assignment]
        if stated is not None and number(stated) is None:
            found.no_number(term, f"the {name} of the VAT group {category}", stated)
        elif code and is_precise(stated or ""):
            found.too_precise(code, term, f"the {name} of the VAT group {category}", stated or "")
    if category is not None and category not in codes.load("vat_categories"):
        found.unlisted("BR-CL-17", "BT-118", "the category of a VAT group", category, "vat_categories")
    _exemption(group, found)
    _group_amount(group, found)


def _exemption(group: VatSubtotal, found: Findings) -> None:
    category = group.get("category", "")
    code = group.get("exemption_code")
    if code is not None and code.upper() not in codes.load("exemption_reasons"):
        found.unlisted("BR-CL-22", "BT-121", "the exemption code", code, "exemption_reasons")
    given = "exemption_reason" in group or code is not None
    if category in _EXEMPT and not given:
        what = f"the reason why the VAT group {category} is exempt, as text or VATEX code"
        found.missing(f"BR-{PREFIX[category]}-10", "BT-120", what)
    elif given and category in ("S", "Z", "L", "M"):
        reason = f"the VAT group {category} has an exemption reason, which is for exempt categories only"
        found.add(f"BR-{PREFIX[category]}-10", "BT-120", reason, f"leave it out {AT_SOURCE}", code or "")


def _group_amount(group: VatSubtotal, found: Findings) -> None:
    """BR-CO-17 and BR-x-09."""
    category = group.get("category", "")
    base, amount = number(group.get("base", "")), number(group.get("amount", ""))
    rate = number(group.get("rate", ""))
    if base is None or amount is None:
        return
    if category in ZERO_RATED or category == NO_RATE:
        rule, good = f"BR-{PREFIX[category]}-09", amount == 0
    else:
        rule = f"BR-{PREFIX[category]}-09" if category in PREFIX else "BR-CO-17"
        good = abs(abs(amount) - _vat(abs(base), rate or ZERO)) < 1
    if good and not _as_rounded(base, amount, rate):
        rule, good = "BR-CO-17", False
    if not good:
        expected = _vat(base, rate or ZERO)
        found.add(
            rule,
            "BT-117",
            f"the VAT of group {category} is {amount:f}, but {base:f} at {rate or 0:f} % is {expected:f}",
            f"have the VAT corrected {AT_SOURCE}",
            group["amount"],
        )


def _vat(base: Decimal, rate: Decimal) -> Decimal:
    return amounts.rounded(EXACT.divide(EXACT.multiply(base, rate), HUNDRED))


def _as_rounded(base: Decimal, amount: Decimal, rate: Decimal | None) -> bool:
    """BR-CO-17 as published: where the rate rounds to nothing, so must the VAT."""
    if rate is None or _half_up(rate) == 0:
        return _half_up(amount) == 0
    return abs(abs(amount) - _vat(abs(base), rate)) < 1


def _half_up(value: Decimal) -> Decimal:
    """XPath's round: halves go up, also below zero."""
    return Decimal(math.floor(value + Decimal("0.5")))


def _groups_match(document: Document, used: set[str], found: Findings) -> None:
    """BR-x-01 and BR-x-08: each category that is used has its groups, with the bases of its lines."""
    groups = document.get("vat_breakdown", ())
    stated = [group.get("category", "") for group in groups]
    for category, prefix in PREFIX.items():
        count = stated.count(category)
        good = (count > 0) == (category in used) if category in _RATED else count == 1
        if not good and (count or category in used):
            number_of = f"{count} groups" if count else "no group"
            reason = f"the VAT breakdown has {number_of} of category {category}, lines and allowances " + (
                "use it" if category in used else "do not use it"
            )
            remedy = f"give one group for each category and rate that is used, {AT_SOURCE}"
            found.add(f"BR-{prefix}-01", "BG-23", reason, remedy, category)
    bases = amounts.taxable(
        document.get("lines", ()), document.get("allowances", ()), document.get("charges", ())
    )
    if bases is not None:
        for group in groups:
            _base(group, bases, found)


def _base(group: VatSubtotal, bases: dict[Group, Decimal], found: Findings) -> None:
    category, base = group.get("category", ""), number(group.get("base", ""))
    if category not in PREFIX or base is None:
        return
    if category in _RATED:
        key = amounts.group(category, group.get("rate"))
        expected = bases.get(key)
        good = expected is not None and abs(expected - base) < 1
    else:
        expected = sum((value for (of, _), value in bases.items() if of == category), ZERO)
        good = expected == base
    if not good:
        what = "no line has that rate" if expected is None else f"its lines come to {expected:f}"
        reason = f"the taxable amount of VAT group {category} {group.get('rate', '')} is {base:f}, but {what}"
        remedy = f"have the VAT breakdown corrected {AT_SOURCE}"
        found.add(f"BR-{PREFIX[category]}-08", "BT-116", reason, remedy, group["base"])
