"""A bank's profile: what it agreed with the company about the files it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from worker.formats.nacha.settings import SETTINGS
from worker.formats.transliteration import to_ascii

Values = Mapping[str, str | int | bool | None]
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


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
    person_description: str  # 10
    odfi: str  # 8 digits
    effective_days: int
    by_due_date: bool
    days_ahead: int
    same_day: bool
    same_day_limit: int  # cents
    cut_offs: tuple[time | None, ...]
    """One for each of `codes.SETTLEMENTS`."""
    same_day_mark: bool
    prenotes: bool
    prenote_days: int
    zone: ZoneInfo
    per_payee: bool
    addenda: str
    rmr: bool
    ctx: str
    refuse_long_lists: bool
    zero_dollar: bool
    debits: bool
    offset: tuple[str, str, str] | None  # routing, account, kind
    line_end: str
    upper_case: bool
    allowed: str

    @classmethod
    def of(cls, settings: Values) -> Profile:
        """From parsed settings that `profile_check` found nothing wrong with.

        A job may have frozen them when there were fewer: those that lack have their defaults.
        """
        values = _DEFAULTS | dict(settings)
        text = {name: "" if value is None else str(value) for name, value in values.items()}
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
            person_description=(text["person_description"] or text["entry_description"]).ljust(10),
            odfi=text["odfi"][:8],
            effective_days=int(text["effective_days"]),
            by_due_date=text["effective_by"] == "due_date",
            days_ahead=int(text["days_ahead"]),
            same_day=text["same_day"] == "urgent",
            same_day_limit=int(text["same_day_limit"]) * 100,
            cut_offs=cut_offs(text["same_day_cut_offs"]),
            same_day_mark=bool(values["same_day_mark"]),
            prenotes=bool(values["prenotes"]),
            prenote_days=int(text["prenote_days"]),
            zone=ZoneInfo(text["time_zone"]),
            per_payee=text["one_entry_per"] == "payee",
            addenda=text["addenda"],
            rmr=text["addenda_form"] == "rmr",
            ctx=text["ctx"],
            refuse_long_lists=text["list_too_long"] == "refuse",
            zero_dollar=bool(values["zero_dollar"]),
            debits=bool(values["debits"]),
            offset=offset if values["balanced"] else None,
            line_end={"crlf": "\r\n", "lf": "\n", "none": ""}[text["line_end"]],
            upper_case=bool(values["upper_case"]),
            allowed=allowed if values["upper_case"] else allowed + "abcdefghijklmnopqrstuvwxyz",
        )

    def local(self, created: datetime) -> datetime:
        """The file's creation date and time as the bank reads them."""
        return created.astimezone(self.zone)

    def clean(self, text: str) -> str | None:
        """The text in the characters allowed, accents taken off; None when some have no plain form."""
        plain = text if text.isascii() else to_ascii(text)
        if self.upper_case:
            plain = plain.upper()
        # What `strip` leaves begins with a character that is not allowed.
        return None if plain.strip(self.allowed) else plain.strip()


def cut_offs(text: str) -> tuple[time | None, ...]:
    """`10:30,-,16:45` as times of day, None where there is none."""
    return tuple(None if part == "-" else time.fromisoformat(part) for part in text.split(",") if part)
