"""Rules of allowances and charges, of the document and of lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from models.invoice_document import AllowanceCharge, Document
from worker.formats.einvoice import codes
from worker.formats.einvoice.amounts import is_precise, number
from worker.formats.einvoice.findings import Findings


class Kind(NamedTuple):
    """How one kind of allowance or charge is checked and named."""

    word: str
    list_name: str
    list_rule: str
    no_amount: str
    no_reason: str
    precise: str
    precise_base: str
    amount: str
    base: str
    percent: str
    reason: str


_LISTS: Final = ("allowance_reasons", "BR-CL-19"), ("charge_reasons", "BR-CL-20")
ALLOWANCE: Final = Kind(
    "allowance", *_LISTS[0], "BR-31", "BR-33", "BR-DEC-01", "BR-DEC-02", "BT-92", "BT-93", "BT-94", "BT-98"
)
CHARGE: Final = Kind(
    "charge", *_LISTS[1], "BR-36", "BR-38", "BR-DEC-05", "BR-DEC-06", "BT-99", "BT-100", "BT-101", "BT-105"
)
LINE_ALLOWANCE: Final = Kind(
    "allowance",
    *_LISTS[0],
    "BR-41",
    "BR-42",
    "BR-DEC-24",
    "BR-DEC-25",
    "BT-136",
    "BT-137",
    "BT-138",
    "BT-140",
)
LINE_CHARGE: Final = Kind(
    "charge", *_LISTS[1], "BR-43", "BR-44", "BR-DEC-27", "BR-DEC-28", "BT-141", "BT-142", "BT-143", "BT-145"
)


def check(document: Document, found: Findings) -> None:
    """BR-31 to BR-38 of the document's own; their VAT category is `vat`'s."""
    check_each(document.get("allowances", ()), ALLOWANCE, "the document", found)
    check_each(document.get("charges", ()), CHARGE, "the document", found)


def check_each(details: Iterable[AllowanceCharge], kind: Kind, where: str, found: Findings) -> None:
    """What all four kinds have in common."""
    for detail in details:
        _check(detail, kind, f"an {kind.word}" if kind.word == "allowance" else "a charge", where, found)


def _check(detail: AllowanceCharge, kind: Kind, what: str, where: str, found: Findings) -> None:
    amount = detail.get("amount")
    if amount is None:
        found.missing(kind.no_amount, kind.amount, f"the amount of {what} of {where}")
    if "reason" not in detail and "reason_code" not in detail:
        found.missing(kind.no_reason, kind.reason, f"the reason of {what} of {where}, as text or code")
    for value, term, word in (
        (amount, kind.amount, "amount"),
        (detail.get("base"), kind.base, "base"),
        (detail.get("percent"), kind.percent, "percentage"),
    ):
        if value is not None and number(value) is None:
            found.no_number(term, f"the {word} of {what} of {where}", value)
    if amount is not None and is_precise(amount):
        found.too_precise(kind.precise, kind.amount, f"{what} of {where}", amount)
    if "base" in detail and is_precise(detail["base"]):
        found.too_precise(kind.precise_base, kind.base, f"the base of {what} of {where}", detail["base"])
    code = detail.get("reason_code")
    if code is not None and code not in codes.load(kind.list_name):
        found.unlisted(
            kind.list_rule, kind.reason, f"the reason code of {what} of {where}", code, kind.list_name
        )
