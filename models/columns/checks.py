"""What stands under a key of a layout as data, or why it cannot stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from models.errors import InvalidInput

_COLUMN = re.compile(r"columns\[(\d+)\]")
_DATE_FORMAT = re.compile(r"(?:YYYY|YY|MM|DD|[-/. ])+")
DATE_REMEDY = "give YYYY or YY, MM and DD with - / . or a blank between, such as DD.MM.YYYY"


class WrongLayout(InvalidInput):
    """A layout that cannot be; `column` is the place, from 1, of the column that is wrong, if it is one."""

    column: int | None = None


def wrong(
    where: str, what: str, remedy: str, code: str = "invalid_layout", column: int | None = None
) -> WrongLayout:
    """The error about what stands at a place."""
    error = WrongLayout(f"{where} {what}", remedy=remedy, code=code)
    named = _COLUMN.match(where)
    error.column = int(named[1]) if named else column
    return error


def only_known(data: Mapping[str, Any], known: set[str], where: str) -> None:
    """Refuse a key there is not."""
    for key in data:
        if key not in known:
            raise wrong(
                where, f"has no {key!r}", f"the keys are: {', '.join(sorted(known))}", code="unknown_key"
            )


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """A column as an object."""
    if not isinstance(value, Mapping):
        raise wrong(where, f"is {value!r}, which is no column", "give a field's path, or header and source")
    return value


def text(data: Mapping[str, Any], key: str, where: str) -> str:
    """A text."""
    value = data[key]
    if not isinstance(value, str):
        raise wrong(f"{where}.{key}", f"is {value!r}, which is no text", "put it in quotation marks")
    return value


def switch(data: Mapping[str, Any], key: str, default: bool, where: str = "") -> bool:
    """True or false."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise wrong(_place(where, key), f"is {value!r}", "give true or false")
    return value


def count(data: Mapping[str, Any], key: str, most: int, where: str = "") -> int | None:
    """A whole number from 1, or nothing."""
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise wrong(_place(where, key), f"is {value!r}", f"give a whole number from 1 to {most:,}")
    return value


_Choice = TypeVar("_Choice", bound=StrEnum)


def choice(
    kinds: type[_Choice], data: Mapping[str, Any], key: str, default: _Choice, where: str = ""
) -> _Choice:
    """One of several."""
    value = data.get(key, default)
    if not isinstance(value, str) or value not in list(kinds):
        raise wrong(_place(where, key), f"is {value!r}", f"give one of: {', '.join(kinds)}")
    return kinds(value)


def character(data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """One of several characters, the first of which is the default."""
    value = data.get(key, allowed[0])
    if value not in allowed:
        named = " ".join("tab" if mark == "\t" else mark for mark in allowed)
        raise wrong(key, f"is {value!r}", f"give one of: {named}")
    return str(value)


def is_date_format(value: object) -> bool:
    """Whether dates can be written so: year, month and day, and nothing that is no part of a date."""
    if not isinstance(value, str) or not _DATE_FORMAT.fullmatch(value):
        return False
    return all(token in value for token in ("YY", "MM", "DD"))


def date_format(data: Mapping[str, Any]) -> str:
    """How dates are written."""
    value = data.get("date_format", "YYYY-MM-DD")
    if not is_date_format(value):
        raise wrong("date_format", f"is {value!r}", DATE_REMEDY)
    return str(value)


def _place(where: str, key: str) -> str:
    return f"{where}.{key}".lstrip(".")
