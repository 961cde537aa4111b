"""An interchange with one group of invoices, streamed into a file, with what was written counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import BinaryIO

from worker.formats import Batch, Item, Totals
from worker.formats.edi.segments import Segment, segment
from worker.formats.x12 import findings


class Writer:
    """Writes one file."""

    def __init__(self, batch: Batch, out: BinaryIO, number: int) -> None:
        self._batch, self._out, self._number = batch, out, number
        self._end = "~\n" if batch.settings.get("line_breaks") else "~"
        self._sums: defaultdict[str, int] = defaultdict(int)

    def write(self, items: Iterable[Item]) -> Totals:
        """The whole interchange, under its number."""
        self._segments(self._opening())
        count = 0
        for count, item in enumerate(items, 1):
            self._transaction(count, item)
        group = segment("GE", str(count), str(self._number))
        self._segments([group, segment("IEA", "1", f"{self._number:09}")])
        control: dict[str, str | int] = {"interchange": self._number}
        return Totals(items=count, records=count, sums=dict(self._sums), control=control)

    def _opening(self) -> list[Segment]:
        values, created = self._batch.settings, self._batch.created
        sender, receiver = str(values["sender"]), str(values["receiver"])
        isa = segment(
            "ISA",
            "00",
            " " * 10,
            "00",
            " " * 10,
            str(values.get("sender_qualifier") or "ZZ"),
            sender.ljust(15),
            str(values.get("receiver_qualifier") or "ZZ"),
            receiver.ljust(15),
            f"{created:%y%m%d}",
            f"{created:%H%M}",
            "U",
            "00401",
            f"{self._number:09}",
            "1" if values.get("acknowledgement") else "0",
            str(values.get("usage") or "P"),
            findings.SEPARATORS[1],
        )
        ours, theirs = values.get("group_sender") or sender, values.get("group_receiver") or receiver
        day, time = f"{created:%Y%m%d}", f"{created:%H%M}"
        gs = segment("GS", "IN", str(ours), str(theirs), day, time, str(self._number), "X", "004010")
        return [isa, gs]

    def _transaction(self, number: int, item: Item) -> None:
        body = findings.segments(item.document, item, self._batch)
        control = f"{number:04}"
        trailer = segment("SE", str(len(body) + 2), control)
        self._segments([segment("ST", "810", control), *body, trailer])
        self._sums[item.currency] += item.signed

    def _segments(self, many: Iterable[Segment]) -> None:
        lines = ("*".join([one.tag, *(element[0] for element in one.elements)]) + self._end for one in many)
        self._out.write("".join(lines).encode("ascii"))
