"""Rules about lines and characters, the same for every record."""

from __future__ import annotations

from worker.ach.findings import Report
from worker.ach.records import WIDTH, LineEnd, Record


class TextChecker:
    """Looks at each record as text."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._end: LineEnd | None = None
        self._broken_end = 0
        """The number of a record without a line end, which only the last one may be."""

    def look(self, record: Record) -> None:
        """Width, line end and characters of a record."""
        end = self._end
        if end is None:
            end = self._end = record.end
        if record.width != WIDTH:
            self._width(record)
        if record.end is not end:
            self._line_end(record, end)
        if not (record.text.isascii() and record.text.isprintable()):
            self._characters(record)

    def finish(self, last: int) -> None:
        """Say what only the file's end shows: a record within it that had no line end."""
        if self._broken_end and self._broken_end != last:
            self._mixed(self._broken_end, LineEnd.NONE)
        elif self._broken_end:
            self._report.record(
                "last_line_end",
                last,
                "every record has a line end, the last one too, where the others have one",
                "end the last line like the others",
                warning=True,
            )

    def _width(self, record: Record) -> None:
        rule = f"a record has {WIDTH} characters; this line has {record.width}"
        if record.width < WIDTH:
            self._report.record("short_record", record.number, rule, "fill it with blanks at its end")
        else:
            self._report.record(
                "long_record", record.number, rule, "take away what stands after or before it"
            )

    def _line_end(self, record: Record, end: LineEnd) -> None:
        if self._broken_end:
            self._mixed(self._broken_end, LineEnd.NONE)
            self._broken_end = 0
        if record.end is LineEnd.NONE:
            self._broken_end = record.number
        else:
            self._mixed(record.number, record.end, end)

    def _mixed(self, number: int, found: LineEnd, first: LineEnd | None = None) -> None:
        rule = f"all records end alike; the first ends with {first or self._end}"
        remedy = "write the file anew with one line end"
        self._report.record("mixed_line_ends", number, rule, remedy, value=found)

    def _characters(self, record: Record) -> None:
        for place, character in enumerate(record.text, 1):
            if not " " <= character <= "~":
                self._report.record(
                    "character",
                    record.number,
                    f"only printable ASCII stands in a record; at position {place} stands something else",
                    "write it with plain letters, digits and blanks",
                    value=f"{ord(character):02X} hex",
                )
                return
