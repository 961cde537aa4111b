"""Documents as sources may give them, good ones and with anything wrong, for laws of e-invoice formats."""

from __future__ import annotations

from copy import deepcopy
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from models.fields import canonical_json, minor_digits, to_minor
from tests.worker.einvoice_cases import Content
from tests.worker.einvoice_parts import CENT, Taxes, details, heads, lines, parties, unit
from tests.worker.einvoice_values import ANYTHING, COUNTRIES, CURRENCIES, TEXT
from tests.worker.format_cases import item
from worker.formats import Item
from worker.sources.content import settle

_UNTAXED: Taxes = (("O", None),)
_TAXES: tuple[Taxes, ...] = (
    (("S", "25"),),
    (("S", "25"), ("S", "25.00"), ("Z", "0")),
    (("S", "25"), ("E", "0")),
    (("S", "12"), ("S", "6"), ("S", "25")),
    (("AE", "0"), ("S", "25")),
    (("E", "0"), ("Z", "0")),
    (("K", None), ("G", None)),
    _UNTAXED,
)
"""VAT categories and rates that the lines of one document draw from."""


@st.composite
def documents(draw: st.DrawFn) -> Content:
    """A document that mostly obeys the rules, with some of its values changed or gone."""
    content = draw(sound_documents())
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3, 6]))):
        _spoil(draw, content)
    return content


@st.composite
def sound_documents(draw: st.DrawFn) -> Content:
    """A document whose figures agree, of parties in various countries, with terms that come and go."""
    home, away = draw(st.sampled_from(COUNTRIES)), draw(st.sampled_from(COUNTRIES))
    if draw(st.booleans()):
        away = home
    currency = draw(st.sampled_from(CURRENCIES))
    kind = draw(st.sampled_from(["invoice", "invoice", "credit_note"]))
    taxes = draw(st.sampled_from(_TAXES))
    unrated = taxes == _UNTAXED
    drawn = draw(
        st.lists(lines(kind, currency, taxes), min_size=1, max_size=draw(st.sampled_from([2, 5, 40])))
    )
    for position, line in enumerate(drawn, start=1):
        line["id"] = str(position)
    content: Content = {
        "document_type": kind,
        "number": draw(st.one_of(st.just("INV-2026-1"), TEXT)),
        "issue_date": draw(st.sampled_from(["2025-12-31", "2026-01-01", "2026-02-28"])),
        "due_date": "2026-03-31",
        "currency": currency,
        "seller": draw(parties(home, seller=True, unrated=unrated)),
        "buyer": draw(parties(away, seller=False, unrated=unrated)),
        "lines": drawn,
    }
    content |= draw(heads())
    for name in ("allowances", "charges"):
        if draw(st.sampled_from([False, False, True])):
            content[name] = draw(st.lists(details(name, drawn), min_size=1, max_size=2))
    _sum_up(draw, content)
    return content


def as_item(content: Content, direction: str = "receivable") -> Item | None:
    """The item our models make of it; None where they take no such document."""
    content = deepcopy(content)
    if settle(content) is not None:
        return None
    currency, payable = content["currency"], content["totals"]["payable"]
    try:
        text = canonical_json(content)
        text.encode()
    except UnicodeEncodeError:
        return None
    if "\\u0000" in text:
        return None
    return item(
        content["number"],
        document_type=content["document_type"],
        direction=direction,
        currency=currency,
        amount=to_minor(payable, currency),
        issue_date=content["issue_date"],
        due_date=content.get("due_date"),
    )._replace(content_json=text)


def _sum_up(draw: st.DrawFn, content: Content) -> None:
    """Groups and totals: stated as the rules have them, or left to be worked out."""
    least = unit(content["currency"])
    bases: dict[tuple[str, Decimal | None], Decimal] = {}
    signed = [(line, Decimal(line["net"])) for line in content["lines"]]
    signed += [(one, -Decimal(one["amount"])) for one in content.get("allowances", ())]
    signed += [(one, Decimal(one["amount"])) for one in content.get("charges", ())]
    for one, value in signed:
        key = (one["vat_category"], Decimal(one["vat_rate"]) if "vat_rate" in one else None)
        bases[key] = bases.get(key, Decimal(0)) + value
    groups = []
    for (category, rate), base in bases.items():
        group = {"category": category, "base": str(base)}
        group["amount"] = str((base * (rate or 0) / 100).quantize(least, ROUND_HALF_UP))
        if rate is not None:
            group["rate"] = str(rate)
        if category == "E" or (
            draw(st.sampled_from([False, False, False, True])) and category not in ("S", "Z")
        ):
            group["exemption_reason"] = "Exempt"
        groups.append(group)
    without = sum(bases.values(), Decimal(0))
    vat = sum((Decimal(group["amount"]) for group in groups), Decimal(0))
    paid = draw(st.sampled_from([None, None, "10.00", "0.00"])) if minor_digits(content["currency"]) else None
    totals = {"with_vat": str(without + vat), "payable": str(without + vat - Decimal(paid or 0))}
    if paid is not None:
        totals["paid"] = paid
    if draw(st.sampled_from([True, True, False])) or any(key[0] == "E" for key in bases):
        content["vat_breakdown"] = groups
        totals |= {"without_vat": str(without), "vat": str(vat)}
        totals["line_net"] = str(sum((Decimal(line["net"]) for line in content["lines"]), Decimal(0)))
        for name in ("allowances", "charges"):
            if name in content:
                totals[name] = str(sum((Decimal(one["amount"]) for one in content[name]), Decimal(0)))
    if "tax_currency" in content:
        totals["vat_accounting"] = str(vat.quantize(CENT))
    content["totals"] = totals


def _spoil(draw: st.DrawFn, content: Content) -> None:
    """Change, remove or double something somewhere."""
    places = list(_places(content))
    holder, key = places[draw(st.integers(0, len(places) - 1))]
    act = draw(st.sampled_from(["set", "set", "set", "drop", "drop", "double"]))
    if act == "set" and isinstance(holder[key], str):
        holder[key] = draw(ANYTHING)
    elif act == "double" and isinstance(holder, list):
        holder.append(holder[key])
    elif isinstance(holder, dict):
        del holder[key]


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])
