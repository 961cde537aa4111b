"""Records put together: an entry with its addenda, within its batch. Takes any order that a file has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from worker.ach import layouts
from worker.ach.layout import Layout
from worker.ach.records import FILLER, Record


class Line(NamedTuple):
    """A record with the layout that fits it."""

    record: Record
    layout: Layout

    def value(self, name: str) -> str:
        """The value of a field, without the blanks around it; empty where the record has no such field."""
        return self.layout.value(self.record.text, name)


class Entry(NamedTuple):
    """An entry detail record and the addenda that follow it."""

    line: Line
    sec: str
    """The SEC code of its batch; empty outside of one."""
    header: Line | None
    """Its batch header."""
    addenda: list[Line]


def parts(records: Iterable[Record]) -> Iterator[Line | Entry]:
    """Headers, controls and whole entries, in their order; fillers and blank lines are left out.

    Addenda that follow no entry come alone, as what they are: lines.
    """
    entry: Entry | None = None
    header: Line | None = None
    sec = ""
    for record in records:
        if record.text == FILLER or not record.text.strip():
            continue
        line = Line(record, layouts.of(record.text, sec))
        if record.kind == "7" and entry is not None:
            entry.addenda.append(line)
            continue
        if entry is not None:
            yield entry
            entry = None
        if record.kind == "6":
            entry = Entry(line, sec, header, [])
            continue
        if record.kind == "5":
            header, sec = line, line.value("SEC code")
        yield line
    if entry is not None:
        yield entry
