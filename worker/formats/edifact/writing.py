"""Interchanges of messages, streamed into a file, with what was written counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import BinaryIO

from worker.formats import Batch, Item, Totals
from worker.formats.edi.segments import Segment, segment
from worker.formats.edifact import findings, syntax


class Writer:
    """Writes one file."""

    def __init__(self, batch: Batch, out: BinaryIO) -> None:
        values = batch.settings
        self._batch, self._out, self._values = batch, out, values
        self._level = str(values.get("syntax", "UNOC"))
        self._encoding = "latin-1" if self._level == "UNOC" else "ascii"
        self._end = "\n" if values.get("line_breaks") else ""
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._items = 0
        self._numbers: list[str] = []

    def interchange(self, receiver: str, number: int, items: Iterable[Item]) -> None:
        """One from UNA to UNZ, under its number."""
        self._text(f"{syntax.UNA}{self._end}")
        self._segments([self._header(number, receiver)])
        count = 0
        for count, item in enumerate(items, 1):
            self._message(count, item)
        self._segments([segment("UNZ", str(count), str(number))])
        self._items += count
        self._numbers.append(str(number))

    def totals(self) -> Totals:
        """What was written."""
        control: dict[str, str | int] = {"interchanges": ",".join(self._numbers)}
        return Totals(items=self._items, records=self._items, sums=dict(self._sums), control=control)

    def _header(self, number: int, receiver: str) -> Segment:
        values, created = self._values, self._batch.created
        return segment(
            "UNB",
            (self._level, "3"),
            (str(values["sender"]), str(values.get("sender_qualifier") or "")),
            (receiver, str(values.get("receiver_qualifier") or "")),
            (f"{created:%y%m%d}", f"{created:%H%M}"),
            str(number),
            "",
            str(values.get("application_reference") or ""),
            "",
            "1" if values.get("acknowledgement") else "",
            str(values.get("agreement") or ""),
            "1" if values.get("test") else "",
        )

    def _message(self, number: int, item: Item) -> None:
        body = findings.segments(item.document, item, self._batch)
        kind = ("INVOIC", "D", "96A", "UN", str(self._values.get("association") or ""))
        head = segment("UNH", str(number), kind)
        self._segments([head, *body, segment("UNT", str(len(body) + 2), str(number))])
        self._sums[item.currency] += item.signed

    def _segments(self, many: list[Segment]) -> None:
        self._text(syntax.text_of(many, self._end))

    def _text(self, text: str) -> None:
        self._out.write(text.encode(self._encoding))
