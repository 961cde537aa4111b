"""What is wrong with a bank's profile, beyond what each setting checks by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stdnum.us import rtn

from worker.formats import Problem
from worker.formats.nacha.codes import RESERVED_DESCRIPTIONS
from worker.formats.nacha.profile import Values, cut_offs

_PRINTABLE = re.compile(r"[ -~]*")
_DESCRIPTIONS = ("entry_description", "person_description")


def check(settings: Values) -> list[Problem]:
    """What a bank would reject, or two settings contradict each other in."""
    text = {name: "" if value is None else str(value) for name, value in settings.items()}
    return [
        *_check_routing(text, bool(settings.get("balanced"))),
        *_check_texts(text),
        *_check_descriptions(text),
        *_check_dates(text),
        *_check_entries(settings),
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
        for name in (*names, "discretionary_data", *_DESCRIPTIONS)
        if not _PRINTABLE.fullmatch(text.get(name, ""))
    ]
    found += [
        _problem(name, f"is {text[name]!r}", "banks reject blanks and zeros: give what was agreed")
        for name in ("company_name", "company_id", *_DESCRIPTIONS)
        if not text.get(name, "").strip(" 0") and (text.get(name) or name != "person_description")
    ]
    found += [
        _problem(
            name, f"is {text[name]!r}", "begin it with a letter or digit: fields are filled from the left"
        )
        for name in (*names[:4], "discretionary_data", *_DESCRIPTIONS)
        if text.get(name, "").startswith(" ") and text[name].strip()
    ]
    return found


def _check_descriptions(text: Mapping[str, str]) -> list[Problem]:
    found = []
    for name in _DESCRIPTIONS:
        description = text.get(name, "").upper().strip()
        if description in RESERVED_DESCRIPTIONS or description.startswith("PAYROLL"):
            remedy = "the rules keep this word for another kind of payment: use VENDOR PAY or INVOICE"
            found.append(_problem(name, f"is {description}", remedy))
    return found


def _check_dates(text: Mapping[str, str]) -> list[Problem]:
    found = []
    if not 0 <= int(text.get("effective_days") or 0) <= 10:
        found.append(_problem("effective_days", f"is {text['effective_days']}", "give 0 to 10"))
    try:
        ZoneInfo(text["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        what = f"is {text['time_zone']!r}, which is no time zone"
        found.append(_problem("time_zone", what, "give a name such as America/New_York"))
    return found + _check_same_day(text)


def _check_same_day(text: Mapping[str, str]) -> list[Problem]:
    found, given = [], text.get("same_day_cut_offs", "")
    times = [each for each in cut_offs(given) if each is not None]
    if times != sorted(set(times)):
        found.append(_problem("same_day_cut_offs", f"is {given}", "give them in the order of the day"))
    if text.get("same_day") != "urgent":
        return found
    if int(text.get("effective_days") or 0) == 0:
        what = "is 0, which makes every entry same-day, and same_day is for urgent ones"
        found.append(_problem("effective_days", what, "give 1 or more, or set same_day to off"))
    if given and not times:
        remedy = "give the bank's cut-offs, or set same_day to off"
        found.append(_problem("same_day_cut_offs", f"is {given}, so that nothing is ever same-day", remedy))
    return found


def _check_entries(settings: Values) -> list[Problem]:
    found = []
    if settings.get("zero_dollar") and settings.get("addenda") == "off" and settings.get("ctx") == "never":
        what = "is yes, and an entry of zero must say in addenda what it is about"
        found.append(_problem("zero_dollar", what, "set addenda to needed, or zero_dollar to no"))
    return found


def _problem(name: str, what: str, remedy: str) -> Problem:
    return Problem(code="invalid_setting", reason=f"the bank profile's {name} {what}", remedy=remedy)
