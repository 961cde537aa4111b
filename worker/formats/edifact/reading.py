"""Reads an EDIFACT file as a partner would: by its service characters, nothing taken from how we write."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TextIO

from models.fields import to_minor
from worker.formats import Totals

_BLOCK = 1 << 16
_CREDITS = ("81", "83", "381", "396", "458")
_SEGMENT = re.compile(r"(?:[^?']|\?.)*+'", re.DOTALL)
_RELEASE = re.compile(r"\?(.)", re.DOTALL)
Parts = list[list[str]]


def read(text: TextIO) -> Totals:
    """Counts, references and sums of a file of interchanges; raises `ValueError` where they do not hold."""
    reader = _Reader()
    for parts in _segments(text):
        reader.take(parts)
    return reader.totals()


class _Reader:
    def __init__(self) -> None:
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._items = 0
        self._interchanges: list[str] = []
        self._interchange = self._message = ""
        self._messages = self._segments = self._lines = 0
        self._seen: dict[str, str] = {}

    def take(self, parts: Parts) -> None:
        """One more segment, its tag first."""
        tag = parts[0][0]
        if tag == "UNB":
            _hold(not self._interchange, "UNB stands inside an interchange")
            self._interchange, self._messages = parts[5][0], 0
            self._interchanges.append(self._interchange)
        elif tag == "UNZ":
            _hold(
                parts[2][0] == self._interchange and not self._message, f"UNZ names interchange {parts[2][0]}"
            )
            _hold(int(parts[1][0]) == self._messages, f"UNZ says {parts[1][0]} messages of {self._messages}")
            self._interchange = ""
        else:
            _hold(bool(self._interchange), f"{tag} stands outside of an interchange")
            self._within(tag, parts)

    def _within(self, tag: str, parts: Parts) -> None:
        if tag == "UNH":
            _hold(not self._message, "UNH stands inside a message")
            self._message, self._segments, self._lines = parts[1][0], 0, 0
            self._seen = {}
            self._messages += 1
        _hold(bool(self._message), f"{tag} stands outside of a message")
        self._segments += 1
        if tag == "BGM":
            self._seen["kind"] = parts[1][0]
        elif tag == "CUX":
            self._seen["currency"] = parts[1][1]
        elif tag == "LIN":
            self._lines += 1
        elif tag == "CNT":
            _hold(int(parts[1][1]) == self._lines, f"CNT says {parts[1][1]} lines of {self._lines}")
        elif tag == "MOA" and parts[1][0] == "9":
            self._seen["due"] = parts[1][1]
        elif tag == "UNT":
            self._end(parts)

    def _end(self, parts: Parts) -> None:
        _hold(parts[2][0] == self._message, f"UNT names message {parts[2][0]} in {self._message}")
        _hold(int(parts[1][0]) == self._segments, f"UNT says {parts[1][0]} segments of {self._segments}")
        missing = {"kind", "currency", "due"} - self._seen.keys()
        _hold(not missing, f"message {self._message} has no {', '.join(sorted(missing))}")
        currency, due = self._seen["currency"], Decimal(self._seen["due"])
        credit = self._seen["kind"] in _CREDITS
        self._sums[currency] += to_minor(f"{-due if credit else due:f}", currency)
        self._items += 1
        self._message = ""

    def totals(self) -> Totals:
        """What was read, once the last segment was."""
        _hold(not self._interchange, "the file ends within an interchange")
        control: dict[str, str | int] = {"interchanges": ",".join(self._interchanges)}
        return Totals(items=self._items, records=self._items, sums=dict(self._sums), control=control)


def _hold(good: bool, what: str) -> None:
    if not good:
        raise ValueError(what)


def _segments(text: TextIO) -> Iterator[Parts]:
    """Each segment's elements and components, released characters taken for themselves."""
    rest = ""
    while block := text.read(_BLOCK):
        rest += block
        end = 0
        for found in _SEGMENT.finditer(rest):
            end = found.end()
            segment = found[0].lstrip("\r\n")[:-1]
            if segment.startswith("UNA"):
                _hold(segment == "UNA:+.? ", "the service string advice is another one")
                continue
            yield [[_released(part) for part in _split(element, ":")] for element in _split(segment, "+")]
        rest = rest[end:]
    _hold(not rest.strip("\r\n"), "the file ends within a segment")


def _split(text: str, sign: str) -> list[str]:
    """The text at each such sign that is not released."""
    if "?" not in text:
        return text.split(sign)
    between = re.escape(sign)
    return re.findall(rf"{between}((?:[^?{sign}]|\?.)*)", f"{sign}{text}", re.DOTALL)


def _released(text: str) -> str:
    return _RELEASE.sub(r"\1", text) if "?" in text else text
