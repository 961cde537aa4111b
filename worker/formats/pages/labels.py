"""The words of a page in one language, and how that language writes numbers and days.

A language is a file in `labels/`, named after its ISO 639 code: adding one is adding a file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from models.fields import minor_digits

_FOLDER: Final = Path(__file__).parent / "labels"
_NUMBER: Final = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

LANGUAGES: Final = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""What there are words for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language's file."""

    code: str
    decimal: str
    group: str
    date: str
    months: tuple[str, ...]
    words: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]
    """By name (`units`), then by code."""

    def word(self, name: str, **values: str) -> str:
        """The label of something, with values filled in; a name that no file has is a programmer's error."""
        text = self.words[name]
        return text.format(**values) if values else text

    def coded(self, table: str, code: str) -> str:
        """A code in words; the code itself where there are none for it."""
        return self.tables[table].get(code, code)

    def title(self, document_type: str, type_code: str) -> str:
        """What the document is called."""
        names = self.tables["credit_notes" if document_type == "credit_note" else "invoices"]
        return names.get(type_code, names["default"])

    def is_credit_note(self, title: str) -> bool:
        """Whether a title is one of a credit note; raises `ValueError` where it is no title at all."""
        plain = "".join(title.split())  # it may have stood on two lines
        for table in ("invoices", "credit_notes"):
            if plain in {"".join(known.split()) for known in self.tables[table].values()}:
                return table == "credit_notes"
        raise ValueError(f"{title!r} is no title of a document")

    def amount(self, text: str, currency: str) -> str:
        """Money with its currency's decimals; further ones stay where they are not zero."""
        return self._figure(text, minor_digits(currency))

    def price(self, text: str) -> str:
        """A price: two decimals at least."""
        return self._figure(text, 2)

    def quantity(self, text: str) -> str:
        """A quantity or rate, without zeros behind it."""
        return self._figure(text, 0)

    def day(self, text: str) -> str:
        """A day; what is none stands as it is."""
        read = _DAY.fullmatch(text)
        if read is None or not 1 <= int(read[2]) <= 12:
            return text
        year, month, day = read.groups()
        return self.date.format(
            year=year,
            month2=month,
            month_name=self.months[int(month) - 1],
            day2=day,
            day=day.removeprefix("0"),
        )

    def _figure(self, text: str, decimals: int) -> str:
        """A number in groups of three digits; what is no number stands as it is, nothing is rounded."""
        read = _NUMBER.fullmatch(text)
        if read is None or not text.isascii() or not any(map(str.isdigit, text)):
            return text
        sign, whole, fraction = read[1].replace("+", ""), read[2].lstrip("0") or "0", read[3] or ""
        fraction = fraction.rstrip("0").ljust(decimals, "0")
        groups = f"{int(whole):,}".replace(",", self.group) if len(whole) < 1000 else whole
        return f"{sign}{groups}{self.decimal}{fraction}" if fraction else f"{sign}{groups}"


@cache
def language(code: str) -> Language:
    """A language by its code, one of `LANGUAGES`."""
    data: dict[str, Any] = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    numbers, words = data.pop("numbers"), data.pop("words")
    return Language(
        code=code,
        decimal=numbers["decimal"],
        group=numbers["group"],
        date=numbers["date"],
        months=tuple(numbers["months"]),
        words=words,
        tables=data,
    )
