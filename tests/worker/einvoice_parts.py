# ruff: noqa: E501 - tables of values
"""Parts of documents as sources may give them: parties, payments, lines, and what else comes and goes."""

from __future__ import annotations

import base64
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from models.fields import minor_digits
from tests.worker.einvoice_cases import Content
from tests.worker.einvoice_values import LONG, TEXT

Taxes = tuple[tuple[str, str | None], ...]
CENT = Decimal("0.01")


@st.composite
def parties(draw: st.DrawFn, country: str, *, seller: bool, unrated: bool) -> Content:
    """A party of a country."""
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


def heads() -> st.SearchStrategy[Content]:
    """Terms of the head that come and go."""
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
def lines(draw: st.DrawFn, kind: str, currency: str, taxes: Taxes) -> Content:
    """A line whose amount is that of its price."""
    quantity = draw(
        st.decimals("-50" if kind == "invoice" else "0", 500, places=draw(st.sampled_from([0, 2, 3])))
    )
    price = draw(st.decimals(0, 10_000, places=draw(st.sampled_from([0, 2, 4, 8]))))
    category, rate = draw(st.sampled_from(taxes))
    line: Content = {
        "quantity": f"{quantity:f}",
        "unit": draw(st.sampled_from(["C62", "EA", "HUR", "KGM", "DAY"])),
        "price": f"{price:f}",
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
        line |= {"gross_price": f"{gross:f}", "price_discount": "1.50"}
    for name, sign in (("allowances", -1), ("charges", 1)):
        if draw(st.sampled_from([False, False, False, True])):
            amount = draw(st.decimals(0, 50, places=2))
            line[name] = [{"amount": f"{amount:f}", "reason": "Agreed"}]
            net += sign * amount
    line["net"] = str(net.quantize(unit(currency), ROUND_HALF_UP))
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
def details(draw: st.DrawFn, name: str, of: list[Content]) -> Content:
    """An allowance or charge of the document, taxed as one of its lines."""
    line = draw(st.sampled_from(of))
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


def unit(currency: str) -> Decimal:
    """The least amount that is summed."""
    return Decimal(1).scaleb(-min(2, minor_digits(currency)))
