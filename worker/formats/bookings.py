"""An invoice as accounting rows: each line and each tax on one side, the total against them on the other.

A payable invoice debits its lines, charges and taxes and credits what is owed to the supplier; a receivable
one and a credit note turn both sides, and both together turn them back. What is paid already, what the total
was rounded by and allowances on the whole invoice have rows of their own, so that debits equal credits to
the cent, or the invoice fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from models.columns import Layout, TotalRow
from models.errors import InvalidInput
from models.fields import amount_text, to_minor
from worker.formats import Item
from worker.formats.parts import EMPTY, Part, Unfit

Content = dict[str, Any]


class Booking(NamedTuple):
    """One row: its amount in minor units, what a payable invoice debits being positive."""

    type: str
    minor: int
    account: str
    description: str
    line: Content = EMPTY
    tax: Content = EMPTY


def booked(item: Item, content: Content, layout: Layout) -> list[Part]:
    """The rows of an invoice; raises `Unfit` when debits would not equal credits."""
    bookings = list(_bookings(item, content))
    owed = Booking("total", -item.amount, item.party_number, "")
    if sum(each.minor for each in bookings) + owed.minor:
        difference = amount_text(sum(each.minor for each in bookings) + owed.minor, item.currency)
        raise Unfit(
            "rows_unbalanced",
            f"its lines, taxes and total do not balance: {difference} {item.currency} are left over",
            "look at its totals (waybill invoice show), or export it with a row per invoice",
        )
    ordered = [owed, *bookings] if layout.total_row is TotalRow.FIRST else [*bookings, owed]
    wanted = [each for each in ordered if not layout.row_types or each.type in layout.row_types]
    return [_part(item, each, number) for number, each in enumerate(wanted, start=1)]


def _bookings(item: Item, content: Content) -> Iterator[Booking]:
    totals = content.get("totals", {})
    taxes = list(_taxes(item, content))
    beside = [
        Booking("paid", -_minor(totals.get("paid"), item), "", ""),
        Booking("rounding", _minor(totals.get("rounding"), item), "", ""),
    ]
    beside = [each for each in beside if each.minor]
    lines = list(_lines(item, content))
    if not lines:  # an invoice whose source gave no lines: what is left is one line
        rest = item.amount - sum(each.minor for each in (*taxes, *beside))
        lines = [Booking("line", rest, _reference(content), "")]
    yield from (*lines, *taxes, *beside)


def _lines(item: Item, content: Content) -> Iterator[Booking]:
    lines = content.get("lines") or []
    for line in lines:
        if line.get("free_of_charge") != "true":  # left out of the sum of lines (OIOUBL F-INV126)
            what = line.get("item", {})
            named = str(what.get("name") or what.get("description") or "")
            account = str(line.get("accounting_reference") or _reference(content))
            yield Booking("line", _minor(line.get("net"), item), account, named, line, _taxed(line))
    if lines:
        for name, sign in (("allowances", -1), ("charges", 1)):
            for each in content.get(name) or []:
                minor = sign * _minor(each.get("amount"), item)
                why = str(each.get("reason") or "")
                yield Booking(name[:-1], minor, _reference(content), why, tax=_taxed(each))


def _taxed(part: Content) -> Content:
    """The VAT category and rate of a line, allowance or charge."""
    return {"category": part.get("vat_category"), "rate": part.get("vat_rate")}


def _taxes(item: Item, content: Content) -> Iterator[Booking]:
    for tax in taxes_of(content):
        if minor := _minor(tax.get("amount"), item):
            yield Booking("tax", minor, "", str(tax.get("exemption_reason") or ""), tax=tax)


def taxes_of(content: Content) -> list[Content]:
    """The VAT breakdown; of an invoice whose source gave none, its totals as one."""
    if breakdown := content.get("vat_breakdown"):
        return list(breakdown)
    totals = content.get("totals", {})
    given = {"base": totals.get("without_vat"), "amount": totals.get("vat")}
    return [given] if any(given.values()) else []


def _reference(content: Content) -> str:
    return str(content.get("buyer_accounting_reference") or "")


def _minor(amount: Any, item: Item) -> int:
    if amount is None or amount == "":
        return 0
    try:
        return to_minor(str(amount), item.currency)
    except InvalidInput as error:
        raise Unfit(error.code, error.message, error.remedy) from error


def _part(item: Item, booking: Booking, number: int) -> Part:
    turned = (item.direction == "receivable") != (item.document_type == "credit_note")
    minor = -booking.minor if turned else booking.minor
    usual_debit = (booking.type != "total") != turned
    debit = minor > 0 or (minor == 0 and usual_debit)
    shown = amount_text(abs(minor), item.currency)
    partner = "vendor" if item.direction == "payable" else "customer"
    facts = {
        "row.number": str(number),
        "row.type": booking.type,
        "row.side": "debit" if debit else "credit",
        "row.amount": amount_text(minor, item.currency),
        "row.debit": shown if debit else "",
        "row.credit": "" if debit else shown,
        "row.account": booking.account,
        "row.account_type": partner if booking.type == "total" else "gl",
        "row.description": booking.description,
    }
    return Part(booking.line, booking.tax, facts)
