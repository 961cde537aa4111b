"""From an invoice to the payment it asks for, or everything that keeps it from being a SEPA credit transfer.

Rules: EPC132-08 (SEPA credit transfer, customer to bank), EPC217-08 (characters), EPC409-09 (countries).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from stdnum import bic, iban, iso11649

from worker.formats import Item, Problem
from worker.formats.pain001.characters import carries, plain
from worker.formats.pain001.settings import AUTO, STRUCTURED, Payer

_REFERENCE = re.compile(r"(?=.*\S)(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<!/)")
_COUNTRIES = re.compile(
    "AD|AL|AT|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GB|GI|GR|HR|HU|IE|IS|IT|LI|LT|LU|LV|MC|MD|ME|MK|MT|NL|NO|PL|PT|"
    "RO|RS|SE|SI|SK|SM|VA"
)
"""Whose IBANs SEPA reaches; the French and other territories have those of their country."""
_MOST = 99_999_999_999  # 999,999,999.99 euros
_LONGEST_NAME, _LONGEST_REMITTANCE = 70, 140
_TRANSFERS = ("", "1", "30", "31", "42", "57", "58", "59", "ZZZ")
"""UNTDID 4461: means of payment that a transfer into an account can be."""


class Payment(NamedTuple):
    """One credit transfer."""

    minor: int
    name: str
    iban: str
    bic: str
    end_to_end: str
    reference: str
    """A creditor reference of ISO 11649; empty: there is a text."""
    text: str


def payment_of(item: Item, payer: Payer) -> Payment:
    """The payment of an item without findings."""
    content = item.content
    account = _account(content)
    reference, text = _remittance(item, content, payer)
    return Payment(
        minor=item.amount,
        name=plain(_name(item, content)),
        iban=iban.compact(account.get("id", "")),
        bic=bic.compact(account.get("bic", "")),
        end_to_end=_end_to_end(item),
        reference=reference,
        text=plain(text),
    )


def findings(item: Item, payer: Payer) -> Iterator[Problem]:
    """Everything that keeps the item from being paid so."""
    content = item.content
    yield from _amount(item)
    yield from _paid_to(item, content)
    reference, text = _remittance(item, content, payer)
    if payer.remittance == STRUCTURED and not reference:
        yield _found(
            item,
            "SEPA-RF",
            "BT-83",
            f"has the payment reference {text!r}, which is none of ISO 11649",
            "have the supplier give one (RF…), or set pain001.remittance to auto",
            text,
        )
    texts = (
        ("BT-83", "payment reference", text, _LONGEST_REMITTANCE),
        ("BT-59", "name of the payee", _name(item, content), _LONGEST_NAME),
    )
    for term, what, value, longest in texts:
        yield from _text(item, term, what, value, longest)


def _amount(item: Item) -> Iterator[Problem]:
    if item.direction != "payable":
        yield _found(
            item, "SEPA-PAYABLE", "", "is owed to us", "export receivable invoices by another format"
        )
    if item.currency != "EUR":
        remedy = "pay it another way: SEPA carries euros alone"
        yield _found(item, "SEPA-EUR", "BT-5", f"is in {item.currency}", remedy, item.currency)
    if item.document_type == "credit_note":
        remedy = "settle it with the supplier by hand, then: waybill invoice mark-exported"
        yield _found(item, "SEPA-CREDIT-NOTE", "BT-3", "is a credit note, which nobody is paid for", remedy)
    elif not 0 < item.amount <= _MOST:
        what = "asks for no amount from 0.01 to 999,999,999.99"
        yield _found(item, "SEPA-AMOUNT", "BT-115", what, "settle it by hand", str(item.amount))


def _paid_to(item: Item, content: dict[str, Any]) -> Iterator[Problem]:
    account = _account(content)
    number = iban.compact(account.get("id", ""))
    if not number:
        remedy = "have the supplier name an account on the invoice, or pay it another way"
        yield _found(item, "SEPA-IBAN", "BT-84", "names no account to transfer to", remedy)
    elif not iban.is_valid(number):
        remedy = "have the supplier correct it, or pay it another way"
        yield _found(item, "SEPA-IBAN", "BT-84", f"names the account {number}, no valid IBAN", remedy, number)
    elif not _COUNTRIES.match(number):
        what = f"names an account in {number[:2]}, which SEPA does not reach"
        yield _found(item, "SEPA-COUNTRY", "BT-84", what, "pay it another way", number)
    code = bic.compact(account.get("bic", ""))
    if code and not bic.is_valid(code):
        remedy = "have the supplier correct it or leave it out"
        yield _found(item, "SEPA-BIC", "BT-86", f"names the bank {code}, no valid BIC", remedy, code)


def _text(item: Item, term: str, what: str, value: str, longest: int) -> Iterator[Problem]:
    written = plain(value)
    if not written.strip():
        yield _found(item, "SEPA-MISSING", term, f"has no {what}", "give it where the invoice is made")
    if len(written) > longest:
        reason = f"has a {what} of {len(written)} characters; SEPA carries {longest}: {value!r}"
        yield _found(item, "SEPA-LENGTH", term, reason, "have it shortened, nothing is cut in silence", value)
    strange = next((char for char in written if not carries(char)), None)
    if strange is not None:
        reason = f"has a {what} with {strange!r} (U+{ord(strange):04X}), which SEPA does not carry"
        yield _found(item, "SEPA-CHARACTER", term, reason, "have it written in Latin letters", value)


def _account(content: dict[str, Any]) -> dict[str, str]:
    """The first account that the invoice asks to be transferred to."""
    for each in content.get("payment") or []:
        account: dict[str, str] = each.get("account") or {}
        if account.get("id") and str(each.get("means_code") or "") in _TRANSFERS:
            return account
    return {}


def _name(item: Item, content: dict[str, Any]) -> str:
    holder = _account(content).get("name", "")
    return holder or str((content.get("payee") or {}).get("name") or "") or item.party_name


def _remittance(item: Item, content: dict[str, Any], payer: Payer) -> tuple[str, str]:
    """A creditor reference, or else a text."""
    given = next((each["remittance"] for each in content.get("payment") or [] if each.get("remittance")), "")
    if payer.remittance in (AUTO, STRUCTURED) and iso11649.is_valid(given):
        return iso11649.compact(given), given
    return "", given or item.number


def _end_to_end(item: Item) -> str:
    """The invoice's number where SEPA carries it, else Waybill's own."""
    return item.number if _REFERENCE.fullmatch(item.number) else f"WAYBILL-{item.invoice_id}"


def _found(item: Item, code: str, term: str, what: str, remedy: str, value: str = "") -> Problem:
    reason = f"invoice {item.number} of {item.party_name} {what}"
    return Problem(code=code, reason=reason, remedy=remedy, term=term, value=value)
