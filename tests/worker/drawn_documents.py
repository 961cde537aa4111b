"""Documents as Hypothesis draws them: whatever a source may take in, kind or hostile.

Sums add up in most of them, for a document whose sums do not is refused at once and shows little else.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from models.fields import canonical_json, minor_digits, to_minor
from tests.worker.format_cases import item
from worker.formats import Item

CURRENCIES = (
    *("EUR", "USD", "DKK", "SEK", "NOK", "GBP", "CHF", "PLN", "CZK", "HUF", "RON", "BGN", "ISK", "JPY"),
    *("KRW", "CLP", "BHD", "KWD", "TND", "CAD", "AUD", "NZD", "ZAR", "INR", "BRL", "MXN", "TRY"),
)
_CATEGORIES = (
    ("S", "25"),
    ("S", "7.7"),
    ("Z", "0"),
    ("E", "0"),
    ("AE", "0"),
    ("K", "0"),
    ("G", "0"),
    ("O", None),
)
_SCHEMES = ("0088", "0184", "0192", "0208", "9930", "GLN", "DK:CVR", "")

texts = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=40),
    st.sampled_from(
        ["Blåbær & Ørsted", "株式会社", "شركة", "=cmd()", "a\nb\tc", "O'Brien+Søn:?", "x" * 300, "€ 5*>~"]
    ),
).filter(str.strip)
days = st.dates(date(1999, 12, 31), date(2100, 1, 1)).map(date.isoformat)
_prices = st.decimals(0, 10_000, places=8) | st.decimals(0, 500, places=2)
_quantities = st.decimals(-50, 500, places=3) | st.integers(-3, 20).map(Decimal)
_identifiers = st.builds(
    lambda scheme, value: {"value": value} | ({"scheme": scheme} if scheme else {}),
    st.sampled_from(_SCHEMES),
    st.sampled_from(["5790000436101", "DK12345674", "12345674", "123"]) | texts,
)
_addresses = st.fixed_dictionaries(
    {},
    optional={
        "line1": texts,
        "line2": texts,
        "city": texts,
        "postal_code": texts,
        "subdivision": texts,
        "country": st.sampled_from(["DK", "US", "DE", "NO", "SE", "XX", "Denmark"]),
    },
)
_parties = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "number": texts,
        "trading_name": texts,
        "identifiers": st.lists(_identifiers, max_size=2),
        "legal_id": _identifiers,
        "vat_id": st.sampled_from(["DK12345674", "DE136695976", "NO974760673MVA"]) | texts,
        "tax_id": texts,
        "endpoint": _identifiers,
        "address": _addresses,
        "contact": st.fixed_dictionaries({}, optional={"name": texts, "phone": texts, "email": texts}),
    },
)
_payments = st.fixed_dictionaries(
    {},
    optional={
        "means_code": st.sampled_from(["1", "10", "30", "31", "42", "48", "49", "58", "93", "ZZ"]),
        "remittance": texts,
        "account": st.fixed_dictionaries(
            {"id": st.sampled_from(["DK5000400440116243", "1234567890"]) | texts},
            optional={"name": texts, "bic": st.sampled_from(["DABADKKK"]) | texts, "branch": texts},
        ),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document's content as `worker.sources` leaves it."""
    currency = draw(st.sampled_from(CURRENCIES))
    unit = Decimal(1).scaleb(-minor_digits(currency))
    lines = [draw(_lines(str(place), unit)) for place in range(1, draw(st.integers(0, 4)) + 1)]
    head = draw(st.fixed_dictionaries({"number": texts, "issue_date": days}, optional=_OPTIONAL))
    kind = draw(st.sampled_from(["invoice", "credit_note"]))
    content = {"currency": currency, "document_type": kind, **head, "lines": lines}
    content |= {"seller": draw(_parties), "buyer": draw(_parties)}
    content |= _summed(lines, unit, draw(st.sampled_from([Decimal(0), Decimal(0), unit, -5 * unit])))
    return content


def drawn_item(content: dict[str, Any], direction: str = "receivable") -> Item:
    """The item of a drawn document."""
    currency = content["currency"]
    fields: dict[str, Any] = {
        "direction": direction,
        "document_type": content["document_type"],
        "party_name": content["buyer"]["name"],
        "issue_date": content["issue_date"],
        "due_date": content.get("due_date"),
        "currency": currency,
        "amount": to_minor(content["totals"]["payable"], currency),
        "account": None,
    }
    return item(content["number"], **fields)._replace(content_json=canonical_json(content))


_OPTIONAL: dict[Any, Any] = {
    "type_code": st.sampled_from(["380", "381", "384", "386", "389", "XX"]),
    "due_date": days,
    "tax_point_date": days,
    "buyer_reference": texts,
    "order_reference": texts,
    "contract_reference": texts,
    "payment_terms": texts,
    "notes": st.lists(texts, max_size=3),
    "preceding_invoices": st.lists(
        st.fixed_dictionaries({"number": texts}, optional={"issue_date": days}), max_size=2
    ),
    "delivery": st.fixed_dictionaries({}, optional={"name": texts, "date": days, "address": _addresses}),
    "period": st.fixed_dictionaries({}, optional={"start": days, "end": days}),
    "payment": st.lists(_payments, max_size=2),
    "payee": st.fixed_dictionaries({"name": texts}),
}


@st.composite
def _lines(draw: st.DrawFn, name: str, unit: Decimal) -> dict[str, Any]:
    price, quantity = draw(_prices), draw(_quantities)
    category, rate = draw(st.sampled_from(_CATEGORIES))
    line: dict[str, Any] = {
        "id": draw(st.just(name) | texts),
        "quantity": f"{quantity:f}",
        "unit": draw(st.sampled_from(["EA", "C62", "HUR", "KGM", "XPP", "??"])),
        "price": f"{price:f}",
        "net": f"{(price * quantity).quantize(unit, ROUND_HALF_UP):f}",
        "vat_category": category,
        "item": draw(
            st.fixed_dictionaries({"name": texts}, optional={"description": texts, "seller_id": texts})
        ),
    }
    if rate is not None:
        line["vat_rate"] = rate
    return line | draw(st.fixed_dictionaries({}, optional={"note": texts, "order_line": texts}))


def _summed(lines: list[dict[str, Any]], unit: Decimal, off: Decimal) -> dict[str, Any]:
    bases: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for line in lines:
        bases[line["vat_category"], line.get("vat_rate")] += Decimal(line["net"])
    groups, vat = [], Decimal(0)
    for (category, rate), base in bases.items():
        amount = (base * Decimal(rate or 0) / 100).quantize(unit, ROUND_HALF_UP)
        vat += amount
        group = {"category": category, "base": f"{base:f}", "amount": f"{amount:f}"}
        groups.append(group | ({} if rate is None else {"rate": rate}))
    net = sum(bases.values(), Decimal(0))
    totals = {
        "line_net": net,
        "without_vat": net,
        "vat": vat,
        "with_vat": net + vat,
        "payable": net + vat + off,
    }
    stated: dict[str, Any] = {"totals": {name: f"{value.quantize(unit):f}" for name, value in totals.items()}}
    if off:
        stated["totals"]["rounding"] = f"{off:f}"
    return stated | ({"vat_breakdown": groups} if groups else {})
