"""Reads an X12 file as a partner would: by the separators of its ISA, nothing taken from how we write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TextIO

from models.fields import to_minor
from worker.formats import Totals

_BLOCK = 1 << 16
_ISA = 106


def read(text: TextIO, *, negative_credits: bool) -> Totals:
    """Counts, control numbers and sums of one interchange; raises `ValueError` where they do not hold.

    `negative_credits`: whether the partner wants the total of a credit negative, besides BIG07 saying so.
    """
    reader = _Reader(negative_credits)
    for parts in _segments(text):
        reader.take(parts)
    return reader.totals()


class _Reader:
    def __init__(self, negative_credits: bool) -> None:
        self._negative_credits = negative_credits
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._items = self._groups = self._sets = self._segments = self._lines = 0
        self._control = {"ISA": "", "GS": "", "ST": ""}
        self._number = -1
        self._seen: dict[str, str] = {}

    def take(self, parts: list[str]) -> None:
        """One more segment, its tag first."""
        tag = parts[0]
        if tag in self._control:
            self._open(tag, parts)
        elif tag in ("SE", "GE", "IEA"):
            self._close(tag, parts)
        else:
            _hold(bool(self._control["ST"]), f"{tag} stands outside of a transaction set")
            self._within(tag, parts)

    def _open(self, tag: str, parts: list[str]) -> None:
        _hold(not self._control[tag], f"{tag} stands inside another one")
        self._control[tag] = parts[{"ISA": 13, "GS": 6, "ST": 2}[tag]]
        if tag == "ISA":
            self._number, self._groups = int(parts[13]), 0
        elif tag == "GS":
            self._groups, self._sets = self._groups + 1, 0
        else:
            self._sets, self._segments, self._lines = self._sets + 1, 1, 0
            self._seen = {}

    def _close(self, tag: str, parts: list[str]) -> None:
        opened, counted = {
            "SE": ("ST", self._segments + 1),
            "GE": ("GS", self._sets),
            "IEA": ("ISA", self._groups),
        }[tag]
        _hold(parts[2] == self._control[opened], f"{tag} names {parts[2]} in {self._control[opened]}")
        _hold(int(parts[1]) == counted, f"{tag} says {parts[1]} of {counted}")
        self._control[opened] = ""
        if tag == "SE":
            self._add()

    def _within(self, tag: str, parts: list[str]) -> None:
        self._segments += 1
        if tag == "BIG":
            self._seen["kind"] = parts[7]
        elif tag == "CUR":
            self._seen["currency"] = parts[2]
        elif tag == "IT1":
            self._lines += 1
        elif tag == "TDS":
            self._seen["due"] = parts[1]
        elif tag == "CTT":
            _hold(int(parts[1]) == self._lines, f"CTT says {parts[1]} lines of {self._lines}")

    def _add(self) -> None:
        missing = {"kind", "currency", "due"} - self._seen.keys()
        _hold(not missing, f"a transaction set has no {', '.join(sorted(missing))}")
        due = Decimal(self._seen["due"]) / 100
        signed = -due if self._seen["kind"] == "CR" and not self._negative_credits else due
        self._sums[self._seen["currency"]] += to_minor(f"{signed:f}", self._seen["currency"])
        self._items += 1

    def totals(self) -> Totals:
        """What was read, once the last segment was."""
        _hold(not any(self._control.values()) and self._number >= 0, "the file ends within an interchange")
        control: dict[str, str | int] = {"interchange": self._number}
        return Totals(items=self._items, records=self._items, sums=dict(self._sums), control=control)


def _hold(good: bool, what: str) -> None:
    if not good:
        raise ValueError(what)


def _segments(text: TextIO) -> Iterator[list[str]]:
    head = text.read(_ISA)
    _hold(
        len(head) == _ISA and head.startswith("ISA"), "the file does not begin with an ISA of 106 characters"
    )
    between, end = head[3], head[105]
    rest = head
    while True:
        *whole, rest = rest.split(end)
        for one in whole:
            yield one.strip("\r\n").split(between)
        block = text.read(_BLOCK)
        if not block:
            _hold(not rest.strip("\r\n"), "the file ends within a segment")
            return
        rest += block
