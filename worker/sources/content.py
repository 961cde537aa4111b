"""What document content consists of, and the checks that every source's documents pass.

`SHAPE` is `models.invoice_document` for those who read texts into it; `settle` is the last step of every
reader. Content holds text, lists and objects only; a field without a value is absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints, is_typeddict

from models.invoice_document import Document
from worker.sources import totals


class Kind(StrEnum):
    """What the text of a field is, for sources that have to read it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


Field: TypeAlias = "Kind | Mapping[str, Field] | list[Field]"


def _shape(kind: Any) -> Field:
    """The shape of a declared term: a list's, an object's, or what its text is."""
    if get_origin(kind) is list:
        return [_shape(get_args(kind)[0])]
    if get_origin(kind) is dict:
        return {}
    if is_typeddict(kind):
        return {name: _shape(of) for name, of in get_type_hints(kind, include_extras=True).items()}
    return Kind(kind.__metadata__[0]) if get_origin(kind) is Annotated else Kind.TEXT


SHAPE: Final[Mapping[str, Field]] = MappingProxyType(
    {name: _shape(of) for name, of in get_type_hints(Document, include_extras=True).items()}
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
