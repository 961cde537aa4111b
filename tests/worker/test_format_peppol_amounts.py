"""Amounts are worked out in the one order that every rule agrees with, never from what was rounded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.invoice_document import Document, Line
from worker.formats.einvoice import amounts, rules
from worker.formats.einvoice.completed import complete


@pytest.mark.parametrize(
    ("value", "expected"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1.004999", "1.00")]
)
def test_rounding_is_half_up_away_from_zero(value: str, expected: str) -> None:
    assert amounts.rounded(Decimal(value)) == Decimal(expected)


@pytest.mark.parametrize("text", ["1e3", "NaN", "1,5", "1_000", "", " 1", "٣", "1" * 15, "0." + "1" * 21])
def test_what_xml_schema_does_not_take_as_a_number_is_none(text: str) -> None:
    assert amounts.number(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12.500", "12.50"), ("12.505", "12.505"), ("12.5", "12.5"), ("12", "12"), ("-0.0000", "-0.00")],
)
def test_amount_loses_zeros_and_nothing_else(text: str, expected: str) -> None:
    assert amounts.plain(text) == expected
    assert amounts.is_precise(text) == (text == "12.505")


def test_line_is_rounded_once_with_the_price_in_full() -> None:
    line: Line = {
        "quantity": "3",
        "price": "33.33333333",
        "base_quantity": "10",
        "allowances": [{"amount": "1.00"}],
        "charges": [{"amount": "0.50"}],
    }
    assert amounts.line_net(line) == Decimal("9.50")
    assert amounts.line_net({"quantity": "1"}) is None


def test_vat_is_rounded_once_for_each_category_and_rate() -> None:
    lines: list[Line] = [
        {"net": "0.10", "vat_category": "S", "vat_rate": rate} for rate in ("25", "25.0", "25", "12")
    ]
    bases = amounts.taxable(lines, (), ())
    assert bases is not None
    assert amounts.breakdown(bases, "EUR") == [
        {"category": "S", "base": "0.30", "amount": "0.08", "rate": "25"},
        {"category": "S", "base": "0.10", "amount": "0.01", "rate": "12"},
    ]


money = st.decimals(-10_000, 10_000, places=2).map(str)


@given(
    rows=st.lists(
        st.tuples(
            st.decimals(0, 1000, places=3),
            st.decimals(0, 1000, places=8),
            st.sampled_from(["25", "12.5", "6", "0.5"]),  # below that BR-CO-17 takes no VAT
        ),
        min_size=1,
        max_size=20,
    ),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    paid=st.one_of(st.none(), money),
)
def test_what_is_worked_out_breaks_no_rule_of_sums(
    rows: list[tuple[Decimal, Decimal, str]], currency: str, paid: str | None
) -> None:
    document: Document = {
        "document_type": "invoice",
        "currency": currency,
        "lines": [
            {"quantity": f"{quantity:f}", "price": f"{price:f}", "vat_category": "S", "vat_rate": rate}
            for quantity, price, rate in rows
        ],
        "totals": {} if paid is None else {"paid": paid},
    }
    broken = {found.code for found in rules.check(complete(document))}
    sums = {"BR-CO-10", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16", "BR-CO-17", "BR-S-08", "BR-S-09"}
    assert not broken & sums
    assert not {code for code in broken if code.startswith("BR-DEC")}
