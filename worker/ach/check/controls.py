"""Rules about batch and file controls: what they say is what stands before them."""

from __future__ import annotations

from dataclasses import dataclass

from worker.ach.findings import Report
from worker.ach.structure import Line

HASH = 10**10
"""Of a hash, the lowest ten digits are kept."""


@dataclass(slots=True)
class Sums:
    """What was counted on the way: of a batch, or of a file."""

    records: int = 0
    """Entries and addenda."""
    hash: int = 0
    debits: int = 0
    credits: int = 0

    def add(self, other: Sums) -> None:
        """Take in a whole batch."""
        self.records += other.records
        self.hash += other.hash % HASH
        self.debits += other.debits
        self.credits += other.credits


def check_sums(report: Report, line: Line, sums: Sums) -> None:
    """Counts, hash and totals, which batch and file controls share."""
    wanted = (
        ("entry/addenda count", "control_count", sums.records, "the entries and addenda"),
        ("entry hash", "control_hash", sums.hash % HASH, "the RDFI fields added up, the lowest 10 digits"),
        ("total debit amount", "control_debits", sums.debits, "the debits in cents"),
        ("total credit amount", "control_credits", sums.credits, "the credits in cents"),
    )
    for name, code, value, what in wanted:
        _number(report, line, name, code, value, what)


def _number(report: Report, line: Line, name: str, code: str, value: int, what: str) -> None:
    field = line.layout.field(name)
    text = f"{value:0{field.end - field.start + 1}d}"
    if field.of(line.record.text) != text:
        remedy = "make the file anew, or ask who made it whether records are missing"
        report.field(code, line, name, f"is {what}: {text}", remedy)


def check_batch_control(report: Report, line: Line, header: Line, sums: Sums) -> None:
    """A batch control against its header and the entries between them."""
    check_sums(report, line, sums)
    company = "originator identification" if header.layout.has("originator identification") else ""
    for name, of_header in (
        ("service class code", ""),
        ("company identification", company),
        ("ODFI", ""),
        ("batch number", ""),
    ):
        if line.layout.has(name) and line.value(name) != (wanted := header.value(of_header or name)):
            rule = f"is the same as in the batch header: {wanted}"
            report.field("control_differs", line, name, rule, "write what the header says, or correct both")
    if line.value("message authentication code"):
        rule = "is blank unless the bank agreed on a code"
        report.field(
            "authentication", line, "message authentication code", rule, "leave it blank", warning=True
        )
    _blank(report, line)
    if header.value("service class code") == "200" and sums.debits != sums.credits:
        rule = (
            f"debits and credits of a batch of class 200 are equal where it is balanced: {sums.credits:012d}"
        )
        remedy = "add the offset entry, use class 220 or 225, or see that the bank takes it unbalanced"
        report.field("unbalanced", line, "total debit amount", rule, remedy, warning=True)


def check_file_control(report: Report, line: Line, sums: Sums, *, batches: int, records: int) -> None:
    """The file control against all batches; `records`: with headers and controls, this one included."""
    _number(report, line, "batch count", "batch_count", batches, "the batches")
    _number(report, line, "block count", "block_count", -(-records // 10), "the blocks of ten records")
    check_sums(report, line, sums)
    _blank(report, line)


def _blank(report: Report, line: Line) -> None:
    for field, value in line.layout.values(line.record.text):
        if field.name == "reserved" and value.strip():
            report.field("reserved", line, "reserved", "is blank", "leave it blank", warning=True)
