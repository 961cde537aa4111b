"""The file as a whole: which record may follow which, blocks, fillers, and whether it was sent before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.ach.check.batch import BatchChecker, Traces
from worker.ach.check.controls import Sums, check_file_control
from worker.ach.check.headers import check_file_header
from worker.ach.check.text import TextChecker
from worker.ach.findings import Finding, Report
from worker.ach.layouts import of as layout_of
from worker.ach.records import FILLER, Record
from worker.ach.structure import Line

_IDENTITY = (
    "immediate destination",
    "immediate origin",
    "file creation date",
    "file creation time",
    "file ID modifier",
)


class FileChecker:
    """One pass over the records of a file."""

    def __init__(self, name: str, sent: dict[tuple[str, ...], str] | None) -> None:
        self._name = name
        self._sent = sent
        self._report = Report()
        self._text = TextChecker(self._report)
        self._traces = Traces()
        self._header: Line | None = None
        self._batch: BatchChecker | None = None
        self._sec = ""
        self._ended = False
        self._records = self._last = self._batches = self._fillers = 0
        self._last_batch = ""
        self._sums = Sums()
        self._takes = {
            "1": self._file_header,
            "5": self._batch_header,
            "6": self._entry,
            "7": self._addenda,
            "8": self._batch_control,
            "9": self._file_control,
        }

    def findings(self, records: Iterable[Record]) -> Iterator[Finding]:
        """Each problem as it is met."""
        for record in records:
            self._take(record)
            if self._report.found:
                yield from self._report.drain()
        self._finish()
        yield from self._report.drain()

    def _take(self, record: Record) -> None:
        self._last = record.number
        if not record.text.strip():
            rule = "no blank line stands in a file"
            self._report.record("blank_line", record.number, rule, "take it away")
            return
        self._text.look(record)
        if record.text == FILLER:
            self._filler(record)
        elif self._ended:
            rule = "nothing but fillers of nines follows the file control"
            remedy = "take it away, or make a file of its own of it"
            self._report.record("after_control", record.number, rule, remedy, value=record.text[:1])
        else:
            self._records += 1
            if self._records == 1 and record.kind != "1":
                rule = "a file begins with its header, a record of type 1"
                self._report.record("first_record", record.number, rule, "add it", value=record.kind)
            self._takes.get(record.kind, self._unknown)(record)

    def _filler(self, record: Record) -> None:
        self._fillers += 1
        if not self._ended and self._fillers == 1:
            rule = "fillers of nines follow the file control, which has not come yet"
            self._report.record("early_filler", record.number, rule, "add the file control before it")

    def _unknown(self, record: Record) -> None:
        rule = "the record type is 1, 5, 6, 7, 8 or 9"
        remedy = "see whether a line was broken in two"
        self._report.record("record_type", record.number, rule, remedy, value=record.kind)

    def _file_header(self, record: Record) -> None:
        line = Line(record, layout_of(record.text, ""))
        if self._header is not None:
            rule = "a file has one header"
            self._report.record("second_header", record.number, rule, "make two files of it")
            return
        self._header = line
        check_file_header(self._report, line)
        self._compare(line)

    def _compare(self, line: Line) -> None:
        """Whether the operator would take it for a file checked before."""
        if self._sent is None:
            return
        identity = tuple(line.value(name) for name in _IDENTITY)
        if (earlier := self._sent.get(identity)) is None:
            self._sent[identity] = self._name
        else:
            rule = f"tells the file apart from others of its origin, date and time; {earlier} has the same"
            remedy = "send only one of them, or give the other the next modifier"
            self._report.field("sent_twice", line, "file ID modifier", rule, remedy)

    def _batch_header(self, record: Record) -> None:
        line = Line(record, layout_of(record.text, ""))
        if self._batch is not None:
            self._left_open(record.number)
        self._sec = line.value("SEC code")
        created = self._header.value("file creation date") if self._header else ""
        self._batch = BatchChecker(self._report, line, created, self._traces)
        self._batches += 1
        number = line.value("batch number")
        if number.isdecimal() and self._last_batch and number <= self._last_batch:
            rule = f"is above that of the batch before: {self._last_batch}"
            self._report.field("batch_order", line, "batch number", rule, "number the batches anew")
        self._last_batch = number if number.isdecimal() else self._last_batch

    def _left_open(self, number: int) -> None:
        """Another record than its control ends the open batch."""
        if self._batch is not None:
            rule = "a batch ends with its control, a record of type 8, before anything else begins"
            self._report.record("batch_open", number, rule, "add the batch control")
            self._batch.close(number)
            self._sums.add(self._batch.sums)
            self._batch = None

    def _entry(self, record: Record) -> None:
        if self._batch is not None:
            self._batch.entry(record)
        else:
            rule = "an entry stands between a batch header and its control"
            self._report.record("outside_batch", record.number, rule, "put it into a batch", value="6")

    def _addenda(self, record: Record) -> None:
        if self._batch is None or not self._batch.addenda(record):
            rule = "addenda follow an entry"
            self._report.record("outside_entry", record.number, rule, "put it behind its entry", value="7")

    def _batch_control(self, record: Record) -> None:
        if self._batch is None:
            rule = "a batch control ends a batch, and none is open"
            self._report.record("outside_batch", record.number, rule, "add the batch header", value="8")
            return
        self._batch.control(Line(record, layout_of(record.text, self._sec)))
        self._sums.add(self._batch.sums)
        self._batch = None

    def _file_control(self, record: Record) -> None:
        self._left_open(record.number)
        self._ended = True
        line = Line(record, layout_of(record.text, self._sec))
        check_file_control(self._report, line, self._sums, batches=self._batches, records=self._records)

    def _finish(self) -> None:
        self._text.finish(self._last)
        if not self._last:
            self._report.record(
                "empty_file", 0, "an ACH file has records", "see whether it is the right file"
            )
            return
        self._left_open(self._last)
        if not self._ended:
            rule = "a file ends with its control, a record of type 9"
            remedy = "get the file anew: it may have been cut short on its way"
            self._report.record("no_control", self._last, rule, remedy)
            return
        wanted = -self._records % 10
        if self._fillers < wanted:
            rule = f"{wanted} fillers of nines fill the last block of ten; there are {self._fillers}"
            remedy = "add the missing ones, unless the bank takes files without"
            self._report.record("filler_missing", self._last, rule, remedy)
        elif self._fillers > wanted:
            rule = f"{wanted} fillers of nines fill the last block of ten; there are {self._fillers}"
            self._report.record("filler_too_long", self._last, rule, "take the last ones away")
