"""A bank's profile: what it agreed with the company about the files it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stdnum.us import rtn

from models.banking_days import banking_day_after
from worker.formats import Problem
from worker.formats.transliteration import to_ascii

# Fixed by the rules for other operations than paying vendors.
RESERVED_DESCRIPTIONS = frozenset(
    {
        "ACCTVERIFY",
        "AUTOENROLL",
        "HCCLAIMPMT",
        "NO CHECK",
        "NONSETTLED",
        "PAYROLL",
        "PURCHASE",
        "RECLAIM",
        "REDEPCHECK",
        "RETRY PYMT",
        "RETURN FEE",
        "REVERSAL",
    }
)
_PRINTABLE = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The settings, ready for use: fields padded to their widths."""

    destination: str  # 10
    origin: str  # 10
    destination_name: str  # 23
    origin_name: str  # 23
    reference_code: str  # 8
    company_name: str  # 16
    company_id: str  # 10
    discretionary: str  # 20
    description: str  # 10
    odfi: str  # 8 digits
    effective_days: int
    zone: ZoneInfo
    per_payee: bool
    addenda: str
    rmr: bool
    refuse_long_lists: bool
    offset: tuple[str, str, str] | None  # routing, account, kind
    line_end: str
    upper_case: bool
    allowed: str

    @classmethod
    def of(cls, settings: Mapping[str, str | int | bool | None]) -> Profile:
        """From parsed settings (`catalogue.parse_settings`) that `check` found nothing wrong with."""
        text = {name: "" if value is None else str(value) for name, value in settings.items()}
        allowed = text["characters"] + " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        offset = (text["offset_routing"], text["offset_account"], text["offset_kind"])
        return cls(
            destination=text["immediate_destination"].rjust(10),
            origin=text["immediate_origin"].rjust(10),
            destination_name=text["destination_name"].ljust(23),
            origin_name=text["origin_name"].ljust(23),
            reference_code=text["reference_code"].ljust(8),
            company_name=text["company_name"].ljust(16),
            company_id=text["company_id"],
            discretionary=text["discretionary_data"].ljust(20),
            description=text["entry_description"].ljust(10),
            odfi=text["odfi"][:8],
            effective_days=int(text["effective_days"]),
            zone=ZoneInfo(text["time_zone"]),
            per_payee=text["one_entry_per"] == "payee",
            addenda=text["addenda"],
            rmr=text["addenda_form"] == "rmr",
            refuse_long_lists=text["list_too_long"] == "refuse",
            offset=offset if settings["balanced"] else None,
            line_end={"crlf": "\r\n", "lf": "\n", "none": ""}[text["line_end"]],
            upper_case=bool(settings["upper_case"]),
            allowed=allowed if settings["upper_case"] else allowed + "abcdefghijklmnopqrstuvwxyz",
        )

    def local(self, created: datetime) -> datetime:
        """The file's creation date and time as the bank reads them."""
        return created.astimezone(self.zone)

    def effective(self, posting_date: date) -> date:
        """The effective entry date: always a banking day."""
        return banking_day_after(posting_date, self.effective_days)

    def clean(self, text: str) -> str | None:
        """The text in the characters allowed, accents taken off; None when some have no plain form."""
        plain = text if text.isascii() else to_ascii(text)
        if self.upper_case:
            plain = plain.upper()
        # What `strip` leaves begins with a character that is not allowed.
        return None if plain.strip(self.allowed) else plain.strip()


def check(settings: Mapping[str, str | int | bool | None]) -> list[Problem]:
    """What is wrong with parsed settings, beyond what each declaration checks by itself."""
    text = {name: "" if value is None else str(value) for name, value in settings.items()}
    return [
        *_check_routing(text, bool(settings.get("balanced"))),
        *_check_texts(text),
        *_check_rest(settings, text),
    ]


def _check_routing(text: Mapping[str, str], balanced: bool) -> list[Problem]:
    names = ["immediate_destination", "odfi", *(["offset_routing"] if balanced else [])]
    found = [
        _problem(name, f"is {text[name]!r}, whose check digit is wrong", "compare it with the bank's letter")
        for name in names
        if len(text[name].strip()) == 9 and not rtn.is_valid(text[name])
    ]
    found += [
        _problem(name, "is missing, and the file is to be balanced", "give it, or set balanced to no")
        for name in ("offset_routing", "offset_account")
        if balanced and not text[name]
    ]
    return found


def _check_texts(text: Mapping[str, str]) -> list[Problem]:
    names = ("destination_name", "origin_name", "reference_code", "company_name", "company_id")
    found = [
        _problem(name, f"is {text[name]!r}, which is not plain ASCII", "write it without accents")
        for name in (*names, "discretionary_data", "entry_description")
        if not _PRINTABLE.fullmatch(text[name])
    ]
    found += [
        _problem(name, f"is {text[name]!r}", "banks reject blanks and zeros: give what was agreed")
        for name in ("company_name", "company_id", "entry_description")
        if not text[name].strip(" 0")
    ]
    description = text["entry_description"].upper().strip()
    if description in RESERVED_DESCRIPTIONS or description.startswith("PAYROLL"):
        remedy = "the rules keep this word for another kind of payment: use VENDOR PAY or INVOICE"
        found.append(_problem("entry_description", f"is {description}", remedy))
    return found


def _check_rest(settings: Mapping[str, str | int | bool | None], text: Mapping[str, str]) -> list[Problem]:
    found = []
    if not 0 <= int(settings.get("effective_days") or 0) <= 10:
        found.append(_problem("effective_days", f"is {text['effective_days']}", "give 0 to 10"))
    try:
        ZoneInfo(text["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        what = f"is {text['time_zone']!r}, which is no time zone"
        found.append(_problem("time_zone", what, "give a name such as America/New_York"))
    return found


def _problem(name: str, what: str, remedy: str) -> Problem:
    return Problem(code="invalid_setting", reason=f"the bank profile's {name} {what}", remedy=remedy)
