"""What document content consists of, and the checks that every source's documents pass.

`SHAPE` is the list of fields (EN 16931 terms; BT and BG numbers in the comments); `settle` is the last step
of every reader. Content holds text, lists and objects only; a field without a value is absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from worker.sources import totals


class Kind(StrEnum):
    """What the text of a field is, for sources that have to read it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


Field: TypeAlias = "Kind | Mapping[str, Field] | list[Field]"

_T, _N, _D = Kind.TEXT, Kind.NUMBER, Kind.DATE

_IDENTIFIER: dict[str, Field] = {"scheme": _T, "value": _T}
_PERIOD: dict[str, Field] = {"start": _D, "end": _D}
_ADDRESS: dict[str, Field] = {
    "line1": _T,
    "line2": _T,
    "line3": _T,
    "building": _T,  # OIOUBL and others keep the house number apart from the street
    "city": _T,
    "postal_code": _T,
    "subdivision": _T,
    "country": _T,
}
_PARTY: dict[str, Field] = {
    "name": _T,  # BT-27, BT-44
    "number": _T,  # the customer or vendor number of the entity's own books; no business term
    "trading_name": _T,  # BT-28, BT-45
    "identifiers": [_IDENTIFIER],  # BT-29, BT-46
    "legal_id": _IDENTIFIER,  # BT-30, BT-47
    "vat_id": _T,  # BT-31, BT-48
    "tax_id": _T,  # BT-32
    "endpoint": _IDENTIFIER,  # BT-34, BT-49
    "address": _ADDRESS,  # BG-5, BG-8
    "contact": {"name": _T, "phone": _T, "email": _T},  # BG-6, BG-9
}
_ALLOWANCE: dict[str, Field] = {
    "amount": _N,
    "base": _N,
    "percent": _N,
    "reason": _T,
    "reason_code": _T,
    "vat_category": _T,
    "vat_rate": _N,
}
_ITEM: dict[str, Field] = {
    "name": _T,  # BT-153
    "description": _T,  # BT-154
    "seller_id": _T,  # BT-155
    "buyer_id": _T,  # BT-156
    "standard_id": _IDENTIFIER,  # BT-157
    "classifications": [{"scheme": _T, "version": _T, "value": _T}],  # BT-158
    "origin_country": _T,  # BT-159
    "properties": [{"name": _T, "value": _T}],  # BG-32
}
_LINE: dict[str, Field] = {
    "id": _T,  # BT-126
    "note": _T,  # BT-127
    "quantity": _N,  # BT-129
    "unit": _T,  # BT-130
    "net": _N,  # BT-131
    "order_line": _T,  # BT-132
    "accounting_reference": _T,  # BT-133
    "period": _PERIOD,  # BG-26
    "allowances": [_ALLOWANCE],  # BG-27
    "charges": [_ALLOWANCE],  # BG-28
    "price": _N,  # BT-146
    "price_discount": _N,  # BT-147
    "gross_price": _N,  # BT-148
    "base_quantity": _N,  # BT-149
    "vat_category": _T,  # BT-151
    "vat_rate": _N,  # BT-152
    "free_of_charge": _T,  # "true": OIOUBL leaves such a line out of the sum of lines (F-INV126)
    "item": _ITEM,
    "custom": {},
}

SHAPE: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "document_type": _T,  # "invoice" or "credit_note"
        "type_code": _T,  # BT-3
        "number": _T,  # BT-1
        "issue_date": _D,  # BT-2
        "due_date": _D,  # BT-9
        "currency": _T,  # BT-5
        "tax_currency": _T,  # BT-6
        "tax_point_date": _D,  # BT-7
        "buyer_reference": _T,  # BT-10
        "project_reference": _T,  # BT-11
        "contract_reference": _T,  # BT-12
        "order_reference": _T,  # BT-13
        "sales_order_reference": _T,  # BT-14
        "receipt_reference": _T,  # BT-15
        "despatch_reference": _T,  # BT-16
        "tender_reference": _T,  # BT-17
        "invoiced_object": _T,  # BT-18
        "buyer_accounting_reference": _T,  # BT-19
        "payment_terms": _T,  # BT-20
        "notes": [_T],  # BT-22
        "process": _T,  # BT-23
        "specification": _T,  # BT-24
        "preceding_invoices": [{"number": _T, "issue_date": _D}],  # BG-3
        "seller": _PARTY,
        "buyer": _PARTY,
        "party": _PARTY,  # the other side, for files that do not say which side that is
        "payee": {"name": _T, "identifiers": [_IDENTIFIER], "legal_id": _IDENTIFIER},  # BG-10
        "tax_representative": {"name": _T, "vat_id": _T, "address": _ADDRESS},  # BG-11
        "delivery": {"name": _T, "date": _D, "location": _IDENTIFIER, "address": _ADDRESS},  # BG-13
        "period": _PERIOD,  # BG-14
        "payment": [  # BG-16
            {
                "means_code": _T,
                "means_text": _T,
                "remittance": _T,
                "instruction": _T,  # UBL InstructionID: the digits of a payment slip (OIOUBL 71, 75)
                "account": {"id": _T, "name": _T, "bic": _T, "branch": _T},
                "card": {"number": _T, "network": _T, "holder": _T},
                "mandate": {"id": _T, "account": _T},
            }
        ],
        "allowances": [_ALLOWANCE],  # BG-20
        "charges": [_ALLOWANCE],  # BG-21
        "totals": dict.fromkeys(totals.NAMES, _N),  # BG-22
        "vat_breakdown": [  # BG-23
            {
                "category": _T,
                "rate": _N,
                "base": _N,
                "amount": _N,
                "exemption_reason": _T,
                "exemption_code": _T,
            }
        ],
        "attachments": [  # BG-24; content is base64
            {"id": _T, "description": _T, "uri": _T, "mime": _T, "filename": _T, "content": _T}
        ],
        "lines": [_LINE],  # BG-25
        "custom": {},  # what has no field, under the name the source gives it
        "other": [{"path": _T, "value": _T}],  # what has no field, under its place in the XML
    }
)

PARTIES: Final = ("seller", "buyer", "party")
# UNTDID 1001: codes of documents that give money back (EN 16931 BR-CL-01, credit note list).
CREDIT_NOTE_CODES: Final = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
)

# What no database keeps as text: NUL, and surrogates (which also stand for bytes of no encoding, PEP 383).
NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_NUMBER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a document is not taken; `field` is the dotted path of the content it is about."""

    field: str
    code: str
    message: str
    remedy: str


def settle(content: dict[str, Any], *, whole: bool = False) -> Problem | None:
    """Complete a document's content in place, or say why it is not taken.

    Fills in `document_type`, `totals.with_vat` and `totals.payable`. `whole` says that the source carries
    every allowance, charge and line, so that a sum of none is zero and not unknown.
    """
    if "document_type" not in content:
        credit = content.get("type_code") in CREDIT_NOTE_CODES
        content["document_type"] = "credit_note" if credit else "invoice"
    return _head_problem(content) or _totals_problem(content, whole)


def _head_problem(content: dict[str, Any]) -> Problem | None:
    for name in ("number", "issue_date", "currency"):
        if name not in content:
            return missing(name)
    if content["document_type"] not in ("invoice", "credit_note"):
        return _wrong("document_type", content, "neither invoice nor credit_note", "give one of the two")
    if len(content["number"]) > _LONGEST_NUMBER:
        remedy = f"give a number of at most {_LONGEST_NUMBER} characters"
        return _wrong("number", content, "too long to be an invoice number", remedy)
    currency = content["currency"]
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        return _wrong(
            "currency", content, "not a currency code", "give the three letters of ISO 4217, as EUR"
        )
    if not any("name" in content[side] for side in PARTIES if side in content):
        return missing("party.name" if "party" in content else "seller.name")
    for name in ("issue_date", "due_date", "tax_point_date"):
        if name in content and not is_day(content[name]):
            return _wrong(name, content, "not a day", "give the day as YYYY-MM-DD")
    return None


def _totals_problem(content: dict[str, Any], whole: bool) -> Problem | None:
    fault = totals.settle(content, whole=whole)
    if fault is None:
        return None
    return Problem(field=f"totals.{fault.name}", code=fault.code, message=fault.message, remedy=fault.remedy)


def missing(field: str) -> Problem:
    """The problem of a field that every document must have."""
    return Problem(
        field=field,
        code="missing_field",
        message=f"it has no {WORDS.get(field, field)}",
        remedy="add it where the invoice is made and import the file again",
    )


WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number": "invoice number",
        "issue_date": "issue date",
        "currency": "currency",
        "party.name": "name of the other party",
        "seller.name": "name of the seller",
        "buyer.name": "name of the buyer",
        "totals.payable": "amount to pay",
    }
)


def is_day(text: str) -> bool:
    """Whether a text is a calendar day as YYYY-MM-DD."""
    if not _ISO_DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _wrong(field: str, content: dict[str, Any], what: str, remedy: str) -> Problem:
    value = content[field] if len(content[field]) <= 50 else content[field][:50] + "…"
    return Problem(
        field=field,
        code="invalid_field",
        message=f"the {WORDS.get(field, field)} is {value!r}, which is {what}",
        remedy=remedy,
    )
