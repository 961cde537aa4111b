# ruff: noqa: E501, RUF001 - tables of values, in many scripts
"""Documents as sources may give them, good ones and with anything wrong, for laws of e-invoice formats."""

from __future__ import annotations

import base64
from copy import deepcopy
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from models.fields import amount_text, canonical_json, minor_digits, to_minor
from tests.worker.format_cases import item
from worker.formats import Item
from worker.sources.content import settle

Content = dict[str, Any]

CURRENCIES = [
    "EUR",
    "DKK",
    "SEK",
    "NOK",
    "USD",
    "GBP",
    "CHF",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "BGN",
    "ISK",
    "JPY",
    "KRW",
    "CLP",
    "VND",
    "BHD",
    "KWD",
    "TND",
    "JOD",
    "OMR",
    "AUD",
    "CAD",
    "NZD",
    "SGD",
    "MXN",
]
COUNTRIES = ["DK", "DK", "DK", "DE", "DE", "SE", "NO", "NL", "IT", "IS", "GR", "FI", "BE", "FR", "US", "CN"]
NAMES = (
    "Nordvind Energi A/S",
    "Müller & Söhne GmbH <Köln>",
    "株式会社サンプル",
    "شركة الاختبار",
    "Ελληνική Εταιρεία",
    "ООО «Ромашка»",
    "दिल्ली ट्रेडर्स",
    "Mc\"Quote's & Co.",
    "👩‍🚀 Space 𝔘nicode",
    "line one\nline two\ttabbed\r\nthree",
)
HOSTILE = ("\x00", "a\x01b", "\x0b", "\ufffe", "   ", "", "\n", "]]>", "<x/>", "&amp;", "\ud800", "=1+1")
TEXT = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
LONG = st.sampled_from(["\n".join(f"line {n} of a long text, ærlig talt" for n in range(100)), "x" * 3000])
NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "0.00", "-0.01", "1", "+5", "7.", ".5", "1e3", "NaN", "12,5", "1.005", "99999999999999"]
    ),
    st.decimals(-(10**6), 10**6, places=2).map(str),
    st.decimals(-100, 100, places=8).map(str),
)
DAYS = st.sampled_from(
    ["2025-12-31", "2026-01-01", "2024-02-29", "2026-02-30", "0001-01-01", "9999-12-31", "x"]
)
CODES = st.sampled_from(
    [
        "S",
        "Z",
        "E",
        "AE",
        "K",
        "G",
        "O",
        "L",
        "M",
        "B",
        "380",
        "381",
        "326",
        "384",
        "389",
        "30",
        "31",
        "42",
        "49",
        "50",
        "58",
        "59",
        "93",
        "97",
        "ZZZ",
        "EUR",
        "XXX",
        "DK",
        "C62",
        "EA",
        "HUR",
        "0088",
        "0184",
        "DK:CVR",
        "GLN",
        "9999",
        "SEPA",
        "AAI",
        "VATEX-EU-AE",
        "VATEX-EU-132",
        "vatex-eu-ic",
        "95",
        "FC",
        "TAB",
        "NA",
        "25",
        "0",
        "3",
        "35",
        "text/xml",
        "application/pdf",
        "01#1",
        "71#123456789012345",
        "04#",
        "Odd",
    ]
)
ANYTHING = st.one_of(TEXT, LONG, NUMBERS, DAYS, CODES, st.sampled_from(HOSTILE))
CENT = Decimal("0.01")
_UNTAXED = (("O", None),)
_TAXES: tuple[tuple[tuple[str, str | None], ...], ...] = (
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
    lines = draw(
        st.lists(_lines(kind, currency, taxes), min_size=1, max_size=draw(st.sampled_from([2, 5, 40])))
    )
    for position, line in enumerate(lines, start=1):
        line["id"] = str(position)
    content: Content = {
        "document_type": kind,
        "number": draw(st.one_of(st.just("INV-2026-1"), TEXT)),
        "issue_date": draw(st.sampled_from(["2025-12-31", "2026-01-01", "2026-02-28"])),
        "due_date": "2026-03-31",
        "currency": currency,
        "seller": draw(_party(home, seller=True, unrated=unrated)),
        "buyer": draw(_party(away, seller=False, unrated=unrated)),
        "lines": lines,
    }
    content |= draw(_head())
    for name in ("allowances", "charges"):
        if draw(st.sampled_from([False, False, True])):
            content[name] = draw(st.lists(_details(name, lines), min_size=1, max_size=2))
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


@st.composite
def _party(draw: st.DrawFn, country: str, *, seller: bool, unrated: bool) -> Content:
    found: Content = {
        "name": draw(TEXT),
        "endpoint": draw(
            st.sampled_from(
                [
                    {"scheme": "0184", "value": "12345678"},
                    {"scheme": "0088", "value": "5790000435951"},
                    {"scheme": "GLN", "value": "5790000435951"},
                    {"scheme": "DK:CVR", "value": "DK12345678"},
                    {"scheme": "9930", "value": "DE123456789"},
                    {"scheme": "0007", "value": "5567321707"},
                ]
            )
        ),
        "address": {"country": country}
        | draw(st.fixed_dictionaries({}, optional={
            "line1": TEXT, "line2": TEXT, "line3": TEXT, "building": st.just("12 B"),
            "city": TEXT, "postal_code": st.just("2100"), "subdivision": TEXT,
        })),
    }  # fmt: skip
    if draw(st.sampled_from([True, True, True, False])):
        found["address"] |= {"line1": "Havnegade 1", "city": "København", "postal_code": "1058"}
    registered = {"DK": ("0184", "12345678"), "SE": ("0007", "5567321707"), "NL": ("0106", "12345678"),
                  "IS": ("0196", "1234567890")}.get(country, ("0002", "123456789"))  # fmt: skip
    if draw(st.sampled_from([True, True, True, False])):
        found["legal_id"] = dict(zip(("scheme", "value"), registered, strict=True))
    if not unrated and draw(st.sampled_from([True, True, True, False])):
        vat = {"DK": "DK12345678", "SE": "SE556732170701", "NO": "NO974760673MVA", "GR": "EL094259216"}
        found["vat_id"] = vat.get(country, f"{country}123456789")
    found |= draw(st.fixed_dictionaries({}, optional={
        "trading_name": TEXT,
        "identifiers": st.lists(st.sampled_from([
            {"value": "4711"}, {"scheme": "0088", "value": "5790000435951"}, {"scheme": "DK:SE", "value": "DK12345678"},
            {"scheme": "SEPA" if seller else "0002", "value": "DE98ZZZ09999999999"},
        ]), min_size=1, max_size=2),
        "contact": st.fixed_dictionaries({}, optional={"name": TEXT, "phone": st.just("+45 12345678"),
                                                       "email": st.just("a@example.com"), "id": st.just("7")}),
        "number": st.just("V-1"),
    }))  # fmt: skip
    if seller and draw(st.sampled_from([False, False, True])):
        found["tax_id"] = draw(st.sampled_from(["Foretaksregisteret", "Godkänd för F-skatt", "12345678901"]))
    return found


def _head() -> st.SearchStrategy[Content]:
    reference = {"buyer_reference": TEXT} | {"order_reference": TEXT}
    options: dict[str, st.SearchStrategy[Any]] = {
        "tax_point_code": st.sampled_from(["3", "35", "432"]),
        "project_reference": TEXT,
        "contract_reference": TEXT,
        "sales_order_reference": TEXT,
        "receipt_reference": TEXT,
        "despatch_reference": TEXT,
        "tender_reference": TEXT,
        "invoiced_object": TEXT,
        "buyer_accounting_reference": TEXT,
        "payment_terms": st.one_of(TEXT, LONG, st.just("#SKONTO#TAGE=14#PROZENT=2.25#")),
        "notes": st.lists(st.one_of(TEXT, LONG, st.just("#AAI#General")), min_size=1, max_size=3),
        "preceding_invoices": st.lists(st.just({"number": "INV-0", "issue_date": "2025-11-30"}), min_size=1),
        "payment": st.lists(_payment(), min_size=1, max_size=2),
        "delivery": st.fixed_dictionaries({}, optional={
            "name": TEXT, "date": st.just("2026-01-01"), "location": st.just({"scheme": "0088", "value": "5790000435951"}),
            "address": st.just({"line1": "Kaj 7", "city": "Aarhus", "postal_code": "8000", "country": "DK"}),
        }),
        "period": st.sampled_from([{"start": "2026-01-01", "end": "2026-01-31"}, {"end": "2026-01-31"}]),
        "payee": st.fixed_dictionaries({"name": TEXT}, optional={
            "identifiers": st.just([{"value": "4711"}]), "legal_id": st.just({"scheme": "0184", "value": "87654321"}),
        }),
        "tax_representative": st.just(
            {"name": "Fiskal AB", "vat_id": "DK87654321", "address": {"country": "DK", "line1": "Gade 1"}}
        ),
        "attachments": st.lists(_attachment(), min_size=1, max_size=2),
        "tax_currency": st.sampled_from(["DKK", "EUR"]),
        "custom": st.just({"Approved by": "AB"}),
    }  # fmt: skip
    return st.builds(
        lambda one, more: one | more,
        st.fixed_dictionaries({}, optional=reference),
        st.fixed_dictionaries({"order_reference": st.just("PO-1")}, optional=options),
    )


@st.composite
def _payment(draw: st.DrawFn) -> Content:
    code = draw(st.sampled_from(["1", "10", "30", "31", "42", "48", "49", "50", "58", "59", "93", "97"]))
    found: Content = {"means_code": code}
    if code in ("30", "31", "42", "58", "50", "93"):
        found["account"] = draw(st.sampled_from([
            {"id": "DK5000400440116243", "bic": "DABADKKK", "name": "Nord"}, {"id": "1234567890", "branch": "1234"},
            {"id": "12345678"}, {"id": "1234567", "branch": "9999", "bic": "DABADKKK"},
        ]))  # fmt: skip
    if code in ("48",):
        found["card"] = draw(
            st.sampled_from([{"number": "1234"}, {"number": "4111111111111111", "holder": "A"}])
        )
    if code in ("49", "59"):
        found["mandate"] = {"id": "M-1", "account": "DE89370400440532013000"}
    if code in ("50", "93"):
        found |= draw(st.sampled_from([
            {"remittance": "71#123456789012345"}, {"remittance": "71", "instruction": "123456789012347"},
            {"remittance": "04#1234567890123456"}, {"remittance": "01#"}, {"remittance": "73#"},
            {"remittance": "75", "instruction": "1234567890123456"}, {},
        ]))  # fmt: skip
    elif draw(st.booleans()):
        found["remittance"] = draw(TEXT)
    if draw(st.booleans()):
        found["means_text"] = draw(TEXT)
    return found


def _attachment() -> st.SearchStrategy[Content]:
    file = st.sampled_from([
        ("application/pdf", "a.pdf"), ("image/png", "b.png"), ("text/csv", "c.csv"), ("text/xml", "d.xml"),
    ]).map(lambda of: {"mime": of[0], "filename": of[1], "content": base64.b64encode(b"%PDF-1.7").decode()})  # fmt: skip
    other = st.sampled_from([{"uri": "https://example.com/a.pdf"}, {"uri": "urn:x"}, {}])
    return st.builds(
        lambda one, more: one | more, st.just({"id": "A-1", "description": "Time sheet"}), file | other
    )


@st.composite
def _lines(draw: st.DrawFn, kind: str, currency: str, taxes: tuple[tuple[str, str | None], ...]) -> Content:
    quantity = draw(
        st.decimals("-50" if kind == "invoice" else "0", 500, places=draw(st.sampled_from([0, 2, 3])))
    )
    price = draw(st.decimals(0, 10_000, places=draw(st.sampled_from([0, 2, 4, 8]))))
    category, rate = draw(st.sampled_from(taxes))
    line: Content = {
        "quantity": str(quantity),
        "unit": draw(st.sampled_from(["C62", "EA", "HUR", "KGM", "DAY"])),
        "price": str(price),
        "vat_category": category,
        "item": {"name": draw(TEXT)} | draw(_item()),
    }
    if rate is not None:
        line["vat_rate"] = rate
    net = quantity * price
    if draw(st.sampled_from([False, False, False, True])):
        base = draw(st.sampled_from(["1", "10", "100", "1000"]))
        line["base_quantity"] = base
        net /= Decimal(base)
    if draw(st.sampled_from([False, False, False, True])):
        gross = price + Decimal("1.50")
        line |= {"gross_price": str(gross), "price_discount": "1.50"}
    for name, sign in (("allowances", -1), ("charges", 1)):
        if draw(st.sampled_from([False, False, False, True])):
            amount = draw(st.decimals(0, 50, places=2))
            line[name] = [{"amount": str(amount), "reason": "Agreed"}]
            net += sign * amount
    line["net"] = str(net.quantize(_unit(currency), ROUND_HALF_UP))
    line |= draw(st.fixed_dictionaries({}, optional={
        "note": TEXT, "order_line": st.just("10"), "accounting_reference": TEXT,
        "period": st.just({"start": "2026-01-05", "end": "2026-01-20"}),
        "object": st.just({"value": "meter 7", "scheme": "ABZ"}),
    }))  # fmt: skip
    return line


def _item() -> st.SearchStrategy[Content]:
    return st.fixed_dictionaries({}, optional={
        "description": st.one_of(TEXT, LONG), "seller_id": TEXT, "buyer_id": TEXT,
        "standard_id": st.sampled_from([{"scheme": "0160", "value": "05704066204093"}, {"scheme": "GTIN", "value": "05704066204093"}]),
        "classifications": st.sampled_from([
            [{"scheme": "TST", "version": "19.05.01", "value": "86132201"}],
            [{"scheme": "UNSPSC", "version": "7.0401", "value": "86132201"}],
            [{"scheme": "STI", "value": "9873242"}],
        ]),
        "origin_country": st.sampled_from(["DK", "CN"]),
        "properties": st.just([{"name": "Colour", "value": "Black"}]),
    })  # fmt: skip


@st.composite
def _details(draw: st.DrawFn, name: str, lines: list[Content]) -> Content:
    line = draw(st.sampled_from(lines))
    code = {"allowances": ["95", "100"], "charges": ["FC", "ZZZ", "AA"]}[name]
    found: Content = {
        "amount": str(draw(st.decimals(0, 100, places=2))),
        "vat_category": line["vat_category"],
    }
    found |= draw(
        st.sampled_from(
            [{"reason": "Agreed"}, {"reason_code": code[0]}, {"reason": "3021", "reason_code": code[-1]}]
        )
    )
    if "vat_rate" in line:
        found["vat_rate"] = line["vat_rate"]
    if draw(st.sampled_from([False, False, True])):
        base = draw(st.decimals(0, 1000, places=2))
        found |= {
            "base": str(base),
            "percent": "10",
            "amount": str((base / 10).quantize(CENT, ROUND_HALF_UP)),
        }
        for gone in draw(st.sampled_from([(), (), ("base",), ("percent",)])):
            del found[gone]
    return found


def _sum_up(draw: st.DrawFn, content: Content) -> None:
    """Groups and totals: stated as the rules have them, or left to be worked out."""
    unit = _unit(content["currency"])
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
        group["amount"] = str((base * (rate or 0) / 100).quantize(unit, ROUND_HALF_UP))
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


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-min(2, minor_digits(currency)))


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


__all__ = ["CURRENCIES", "amount_text", "as_item", "documents", "sound_documents"]
