"""One batch as its records come: its terms, its entries with their addenda, its sums."""

from __future__ import annotations

from worker.ach.check import addenda
from worker.ach.check.controls import Sums, check_batch_control
from worker.ach.check.entries import Terms, check_entry, is_plain
from worker.ach.check.headers import check_batch_dates, check_batch_header
from worker.ach.codes import TRANSACTIONS, Purpose
from worker.ach.findings import Report
from worker.ach.layouts import of as layout_of
from worker.ach.records import Record
from worker.ach.structure import Entry, Line

_MOST_ODFIS = 16
"""Of so many originating banks in one file it is kept which trace numbers were used."""
_STEP = 65_536


class Traces:
    """Which trace numbers a file has used: a byte for each, up to the highest, for each bank."""

    def __init__(self) -> None:
        self._used: dict[str, bytearray] = {}

    def take(self, trace: str) -> bool:
        """Use a trace number; False when it was used before."""
        used = self._used.get(trace[:8])
        if used is None:
            if len(self._used) == _MOST_ODFIS:
                return True
            used = self._used[trace[:8]] = bytearray()
        number = int(trace[8:])
        if number >= len(used):
            used.extend(bytes(number + _STEP - len(used)))
        if used[number]:
            return False
        used[number] = 1
        return True


class BatchChecker:
    """The batch that is open."""

    def __init__(self, report: Report, header: Line, created: str, traces: Traces) -> None:
        self._report = report
        self._header = header
        self._created = created
        self._traces = traces
        self._sec = header.value("SEC code")
        effective = header.value("effective entry date")
        self._terms = Terms(
            service_class=header.value("service class code"),
            sec=self._sec,
            odfi=header.value("ODFI"),
            same_day=bool(created) and effective == created,
            reversal=header.value("company entry description").upper() == "REVERSAL",
        )
        self._entry: Entry | None = None
        self._plain = True
        self._last_trace = ""
        self._dates_checked = False
        self.sums = Sums()
        check_batch_header(report, header)

    def entry(self, record: Record) -> None:
        """An entry detail record."""
        self._end_entry()
        text = record.text
        line = Line(record, layout_of(text, self._sec))
        if not self._dates_checked:
            self._check_dates(text[1:3])
        self._plain = is_plain(text, self._terms)
        if not self._plain:
            check_entry(self._report, line, self._terms)
        self._count(line)
        if self._sec != "ADV":
            self._trace(line)
        self._entry = Entry(line, self._sec, self._header, [])

    def addenda(self, record: Record) -> bool:
        """An addenda record; False when there is no entry that it could belong to."""
        if self._entry is None:
            return False
        self._entry.addenda.append(Line(record, layout_of(record.text, self._sec)))
        self.sums.records += 1
        return True

    def control(self, line: Line) -> None:
        """The batch control."""
        self.close(line.record.number)
        check_batch_control(self._report, line, self._header, self.sums)

    def close(self, number: int) -> None:
        """No more entries come; the record with this number stands after the last one."""
        self._end_entry()
        if not self._dates_checked:
            self._check_dates("")
            self._report.record("empty_batch", number, "a batch has an entry", "leave the batch out")

    def _check_dates(self, code: str) -> None:
        """The header's dates, by the first entry: returns and changes keep those of the original."""
        self._dates_checked = True
        said = TRANSACTIONS.get(code)
        if said is None or said.purpose is not Purpose.ANSWER:
            check_batch_dates(self._report, self._header, self._created)

    def _end_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None and not (self._plain and addenda.is_plain(entry)):
            addenda.check_addenda(self._report, entry)

    def _count(self, line: Line) -> None:
        text, sums = line.record.text, self.sums
        sums.records += 1
        routing = text[3:11]
        sums.hash += int(routing) if routing.isdecimal() else 0
        cents = line.layout.field("amount").of(text) if self._sec == "ADV" else text[29:39]
        amount = int(cents) if cents.isdecimal() else 0
        said = TRANSACTIONS.get(text[1:3])
        if said.credit if said else text[2:3] < "5":
            sums.credits += amount
        else:
            sums.debits += amount

    def _trace(self, line: Line) -> None:
        trace = line.record.text[79:94]
        if not trace.isdecimal():
            remedy = "give the originating bank's 8 digits and a number of 7"
            self._report.field("trace", line, "trace number", "is 15 digits", remedy)
            return
        if not trace.startswith(self._terms.odfi):
            rule = f"begins with the ODFI of its batch: {self._terms.odfi}"
            self._report.field("trace_odfi", line, "trace number", rule, "write the ODFI there")
        if trace <= self._last_trace:
            rule = f"is above that of the entry before: {self._last_trace}"
            self._report.field(
                "trace_order", line, "trace number", rule, "number the entries in ascending order"
            )
        elif not self._traces.take(trace):
            rule = "stands in no other entry of the file, so that a return finds its way"
            remedy = "number on from batch to batch"
            self._report.field("trace_repeated", line, "trace number", rule, remedy, warning=True)
        self._last_trace = trace
