"""The checker of ACH files: nothing is found in a good file, and every kind of mutation where it was made."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.worker.ach_files import (
    INVOICES,
    Batch,
    Entry,
    File,
    abroad,
    advised,
    as_bytes,
    closed,
    mixed,
    remittance,
    remittances,
)
from worker.ach.check import Finding, Sent, Severity, check
from worker.ach.check.entries import Terms, check_entry, is_plain
from worker.ach.findings import Report
from worker.ach.layouts import of as layout_of
from worker.ach.records import LineEnd, Record
from worker.ach.structure import Line

Lines = list[str]
Mutate = Callable[[Lines], Lines]


def findings(data: bytes) -> list[Finding]:
    """Everything found in a file."""
    return list(check(io.BytesIO(data)))


def put(record: int, start: int, text: str) -> Mutate:
    """Write a text into a record, at a position from 1."""

    def mutate(lines: Lines) -> Lines:
        line = lines[record - 1]
        lines[record - 1] = line[: start - 1] + text + line[start - 1 + len(text) :]
        return lines

    return mutate


def drop(record: int) -> Mutate:
    """Take a record away."""
    return lambda lines: [*lines[: record - 1], *lines[record:]]


def insert(record: int, text: str) -> Mutate:
    """Put a record before the one numbered."""
    return lambda lines: [*lines[: record - 1], text, *lines[record - 1 :]]


def both(*mutations: Mutate) -> Mutate:
    """One after the other."""

    def mutate(lines: Lines) -> Lines:
        for one in mutations:
            lines = one(lines)
        return lines

    return mutate


def cut(record: int, width: int) -> Mutate:
    """Take away the end of a record."""

    def mutate(lines: Lines) -> Lines:
        lines[record - 1] = lines[record - 1][:width]
        return lines

    return mutate


def swap(record: int) -> Mutate:
    """A record and the next one change places."""

    def mutate(lines: Lines) -> Lines:
        lines[record - 1], lines[record] = lines[record], lines[record - 1]
        return lines

    return mutate


DESCRIPTION = "company entry description"
# Records of `mixed`: 1 file header; 2 CCD: 3, 4 with 5, 6 with 7, 8; 9 CTX: 10 with 11 to 15, 16;
# 17 PPD: 18, 19 (a prenote), 20; 21 file control; fillers to 30.
MUTATIONS = [
    # what moov-io/ach rejects
    ("modifier in lower case", put(1, 34, "a"), ("modifier", 1, "file ID modifier")),
    ("format code", put(1, 40, "2"), ("format_code", 1, "format code")),
    ("check digit of the destination", put(1, 13, "2"), ("destination", 1, "immediate destination")),
    ("destination blank", put(1, 4, " " * 10), ("destination", 1, "immediate destination")),
    ("origin of zeros", put(1, 14, "0" * 10), ("origin", 1, "immediate origin")),
    ("creation date that is no day", put(1, 24, "261331"), ("creation_date", 1, "file creation date")),
    ("creation time that is none", put(1, 30, "2460"), ("creation_time", 1, "file creation time")),
    ("no file header", drop(1), ("first_record", 1, "")),
    ("two file headers", insert(2, mixed().records()[0]), ("second_header", 2, "")),
    ("header not first", swap(1), ("first_record", 1, "")),
    ("an entry after the file control", insert(22, mixed().records()[2]), ("after_control", 22, "")),
    ("no file control", drop(21), ("no_control", 29, "")),
    ("unknown record type", put(3, 1, "4"), ("record_type", 3, "")),
    ("entry outside of a batch", insert(2, mixed().records()[2]), ("outside_batch", 2, "")),
    ("control outside of a batch", insert(9, mixed().records()[7]), ("outside_batch", 9, "")),
    ("addenda before its entry", swap(4), ("addenda_trace", 4, "entry detail sequence number")),
    ("addenda without an entry", insert(3, mixed().records()[4]), ("outside_entry", 3, "")),
    ("two batch headers in a row", insert(3, mixed().records()[1]), ("batch_open", 3, "")),
    ("no batch control", drop(8), ("batch_open", 8, "")),
    ("batch without entries", lambda lines: [*lines[:17], *lines[19:]], ("empty_batch", 18, "")),
    ("unknown service class", put(2, 2, "210"), ("service_class", 2, "service class code")),
    ("unknown SEC code", put(2, 51, "CDD"), ("sec_code", 2, "SEC code")),
    ("SEC code in lower case", put(2, 51, "ccd"), ("sec_code", 2, "SEC code")),
    ("unknown transaction code", put(3, 2, "20"), ("transaction_code", 3, "transaction code")),
    ("unknown originator status", put(2, 79, "7"), ("originator_status", 2, "originator status code")),
    ("class of header and control", put(8, 2, "200"), ("control_differs", 8, "service class code")),
    ("company of header and control", put(8, 45, "9"), ("control_differs", 8, "company identification")),
    ("ODFI of header and control", put(8, 80, "1"), ("control_differs", 8, "ODFI")),
    ("number of header and control", put(8, 94, "7"), ("control_differs", 8, "batch number")),
    ("company name blank", put(2, 5, " " * 16), ("company_name", 2, "company name")),
    ("company name of zeros", put(2, 5, "0" * 16), ("company_name", 2, "company name")),
    ("company ID blank", put(2, 41, " " * 10), ("company_id", 2, "company identification")),
    ("description blank", put(2, 54, " " * 10), ("entry_description", 2, DESCRIPTION)),
    ("check digit of the RDFI", put(3, 12, "9"), ("check_digit", 3, "check digit")),
    ("RDFI with a letter", put(3, 4, "X"), ("routing", 3, "RDFI")),
    ("account blank", put(3, 13, " " * 17), ("account", 3, "account number")),
    ("amount with a sign", put(3, 30, "-"), ("amount", 3, "amount")),
    ("control character", put(3, 60, "\x01"), ("character", 3, "")),
    ("trace not ascending", put(4, 80, "076401250000001"), ("trace_order", 4, "trace number")),
    ("trace of another bank", put(3, 80, "1"), ("trace_odfi", 3, "trace number")),
    ("trace with a letter", put(3, 94, "A"), ("trace", 3, "trace number")),
    ("indicator 0 with addenda", put(4, 79, "0"), ("indicator", 4, "addenda indicator")),
    ("indicator 1 without addenda", put(3, 79, "1"), ("indicator", 3, "addenda indicator")),
    ("indicator 2", put(3, 79, "2"), ("indicator", 3, "addenda indicator")),
    ("addenda of another entry", put(5, 94, "9"), ("addenda_trace", 5, "entry detail sequence number")),
    ("two addenda on CCD", insert(6, remittance("MORE", 2, 2)), ("too_many_addenda", 4, "")),
    ("CTX count", put(10, 55, "0004"), ("addenda_count", 10, "number of addenda records")),
    ("batch count of entries", put(8, 10, "9"), ("control_count", 8, "entry/addenda count")),
    ("batch hash", put(8, 20, "9"), ("control_hash", 8, "entry hash")),
    ("batch debits", put(8, 32, "1"), ("control_debits", 8, "total debit amount")),
    ("batch credits", put(8, 44, "1"), ("control_credits", 8, "total credit amount")),
    ("file count of batches", put(21, 7, "4"), ("batch_count", 21, "batch count")),
    ("file count of entries", put(21, 21, "9"), ("control_count", 21, "entry/addenda count")),
    ("file hash", put(21, 31, "9"), ("control_hash", 21, "entry hash")),
    ("file debits", put(21, 43, "1"), ("control_debits", 21, "total debit amount")),
    ("file credits", put(21, 55, "1"), ("control_credits", 21, "total credit amount")),
    ("batch numbers not ascending", put(9, 88, "0000001"), ("batch_order", 9, "batch number")),
    ("batch number with a letter", put(9, 94, "A"), ("batch_number", 9, "batch number")),
    ("live entry of zero", put(3, 30, "0" * 10), ("amount_zero", 3, "amount")),
    ("prenote with an amount", put(19, 30, "0000000100"), ("amount_not_zero", 19, "amount")),
    ("debit in a credits batch", put(3, 2, "27"), ("code_of_class", 3, "transaction code")),
    ("credits in a debits batch", put(2, 2, "225"), ("code_of_class", 3, "transaction code")),
    # what it lets through
    ("block count", put(21, 13, "9"), ("block_count", 21, "block count")),
    ("a filler missing", drop(30), ("filler_missing", 29, "")),
    ("a filler too many", insert(30, "9" * 94), ("filler_too_long", 31, "")),
    ("record size", put(1, 35, "096"), ("record_size", 1, "record size")),
    ("blocking factor", put(1, 38, "20"), ("blocking_factor", 1, "blocking factor")),
    ("priority code", put(1, 2, "02"), ("priority_code", 1, "priority code")),
    ("a short line", cut(21, 55), ("short_record", 21, "")),
    ("a long line", put(3, 95, "  "), ("long_record", 3, "")),
    ("a trailing blank line", insert(31, ""), ("blank_line", 31, "")),
    ("a blank line within", insert(5, ""), ("blank_line", 5, "")),
    ("a letter of Latin-1", put(3, 56, "Ä"), ("character", 3, "")),
    ("reserved field of the file control", put(21, 70, "X"), ("reserved", 21, "reserved")),
    ("reserved field of a batch control", put(8, 75, "X"), ("reserved", 8, "reserved")),
    ("reserved field of a CTX entry", put(10, 75, "X"), ("reserved", 10, "reserved")),
    ("authentication code", put(8, 60, "X"), ("authentication", 8, "message authentication code")),
    ("account to the right", put(3, 13, f"{'123456789':>17}"), ("account_place", 3, "account number")),
    ("account with a blank", put(3, 13, "1234 6789"), ("account_blanks", 3, "account number")),
    ("receiver's name blank", put(3, 55, " " * 22), ("receiver_name", 3, "receiver name")),
    ("settlement date filled", put(2, 76, "328"), ("settlement_date", 2, "settlement date")),
    ("effective date blank", put(2, 70, " " * 6), ("effective_date", 2, "effective entry date")),
    ("effective date that is no day", put(2, 70, "261131"), ("effective_date", 2, "effective entry date")),
    ("effective date on a Saturday", put(2, 70, "261128"), ("effective_date", 2, "effective entry date")),
    ("effective date on Thanksgiving", put(2, 70, "261126"), ("effective_date", 2, "effective entry date")),
    ("effective date gone by", put(2, 70, "261120"), ("effective_date", 2, "effective entry date")),
    ("addenda numbers begin at 2", put(5, 84, "0002"), ("addenda_sequence", 5, "addenda sequence number")),
    ("addenda numbers with a gap", put(13, 84, "0004"), ("addenda_sequence", 13, "addenda sequence number")),
    ("CTX prenote with addenda", put(10, 2, "23"), ("prenote_addenda", 10, "")),
    ("class 200 not balanced", put(2, 2, "200"), ("unbalanced", 8, "total debit amount")),
    ("trace used in another batch", put(18, 80, "076401250000004"), ("trace_repeated", 18, "trace number")),
    # ours besides
    ("zero-dollar code on PPD", put(19, 2, "24"), ("code_of_sec", 19, "transaction code")),
    ("zero-dollar with an amount", put(6, 30, "0000000001"), ("amount_not_zero", 6, "amount")),
    ("zero-dollar without addenda", both(drop(7), put(6, 79, "0")), ("addenda_missing", 6, "")),
    ("advice code", put(3, 2, "81"), ("code_of_sec", 3, "transaction code")),
    ("type of addenda", put(5, 2, "02"), ("addenda_type", 5, "addenda type code")),
    (
        "over the same-day limit",
        both(put(2, 70, "261123"), put(3, 30, "01")),
        ("same_day_limit", 3, "amount"),
    ),
    ("820 over another amount", put(10, 30, "0000300001"), ("remittance_amount", 10, "amount")),
    ("REVERSAL in small letters", put(2, 54, "Reversal  "), ("reserved_description", 2, DESCRIPTION)),
    ("PAYROLL on CCD", put(2, 54, "PAYROLL   "), ("reserved_description", 2, DESCRIPTION)),
    ("ODFI with a blank", put(2, 87, " "), ("odfi", 2, "ODFI")),
    ("a filler before the control", insert(21, "9" * 94), ("early_filler", 21, "")),
]
KINDS = [row[0] for row in MUTATIONS]


def test_file_as_it_should_be_has_no_findings() -> None:
    assert findings(mixed().bytes()) == []


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", ""])
def test_line_ends_of_any_kind_are_no_finding(end: str) -> None:
    assert findings(mixed().bytes(end)) == []


def test_there_are_more_kinds_of_mutation_than_asked_for() -> None:
    assert len(mixed().records()) == 30
    assert len(set(KINDS)) == len(MUTATIONS) > 50


@pytest.mark.parametrize(("mutate", "expected"), [row[1:] for row in MUTATIONS], ids=KINDS)
def test_mutation_is_found_where_it_was_made(mutate: Mutate, expected: tuple[str, int, str]) -> None:
    found = findings(as_bytes(mutate(mixed().records())))
    assert expected in [(one.code, one.record, one.field) for one in found]
    for one in found:
        assert one.rule
        assert one.remedy
        assert 1 <= one.start <= one.end <= 94


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (mixed().bytes("\n").replace(b"\n", b"\r\n", 3), "mixed_line_ends"),
        (mixed().bytes()[:-2], "last_line_end"),
        (b"\xef\xbb\xbf" + mixed().bytes(), "long_record"),
        (mixed().bytes()[: 94 * 12], "no_control"),
        (mixed().bytes() + b"\x1a", "after_control"),
        (bytes(range(256)) * 100, "record_type"),
    ],
    ids=["nothing", "two line ends", "last line open", "byte order", "cut short", "end mark", "no ACH file"],
)
def test_damaged_file_is_found_and_never_an_exception(data: bytes, code: str) -> None:
    assert code in {one.code for one in findings(data)}


def test_zero_dollar_codes_are_allowed_where_the_rules_allow_them() -> None:
    entries = [
        Entry(amount=0, trace=number, code=code, addenda=[remittance("RMR*CL*CN-1**0.00\\", number)])
        for number, code in enumerate(("24", "34", "44", "54"), 1)
    ]
    assert findings(File(batches=[Batch(entries=entries)]).bytes()) == []
    debits = [
        Entry(amount=0, trace=number, code=code, addenda=[remittance("RMR*CL*CN-1**0.00\\", number)])
        for number, code in enumerate(("29", "39"), 1)
    ]
    assert findings(File(batches=[Batch(entries=debits, service_class="225")]).bytes()) == []


def test_balanced_batch_of_class_200_has_no_findings() -> None:
    offset = Entry(amount=500, trace=2, code="27", middle=f"{'':15}{'OFFSET':<22}  ")
    batch = Batch(entries=[Entry(amount=500, trace=1), offset], service_class="200")
    assert findings(File(batches=[batch]).bytes()) == []


def test_loan_debit_is_allowed_in_a_reversal_only() -> None:
    def batch(description: str) -> bytes:
        entries = [Entry(amount=500, trace=1, code="55")]
        return File(batches=[Batch(entries=entries, service_class="225", description=description)]).bytes()

    assert findings(batch("REVERSAL")) == []
    assert [one.code for one in findings(batch("VENDOR PAY"))] == ["code_of_sec"]


def test_returns_and_changes_keep_the_dates_of_the_original() -> None:
    answer = f"799R0307640125000000{'1':1}{'':6}02100002{'NO SUCH ACCOUNT':<44}021000020000001"
    entry = Entry(amount=500, trace=1, code="21", odfi="02100002", addenda=[answer])
    batch = Batch(entries=[entry], odfi="02100002", settlement="328", effective="261101")
    assert findings(File(batches=[batch]).bytes()) == []


@pytest.mark.parametrize(
    ("lines", "mutate", "expected"),
    [
        (abroad(), drop(6), ("iat_addenda", 3)),
        (abroad(), put(3, 13, "0008"), ("addenda_count", 3)),
        (abroad(), put(11, 84, "0002"), ("addenda_sequence", 11)),
        (abroad(), put(10, 88, "0000002"), ("addenda_trace", 10)),
        (abroad(), put(3, 17, "X"), ("reserved", 3)),
        (abroad(), put(2, 41, " " * 10), ("company_id", 2)),
        (advised(), put(4, 60, "9"), ("control_credits", 4)),
        (advised(), put(3, 2, "22"), ("code_of_sec", 3)),
        (advised(), put(5, 51, "9"), ("control_debits", 5)),
    ],
)
def test_iat_and_adv_files_are_counted_and_held_to_their_layouts(
    lines: Lines, mutate: Mutate, expected: tuple[str, int]
) -> None:
    assert findings(as_bytes(lines)) == []
    assert expected in [(one.code, one.record) for one in findings(as_bytes(mutate(list(lines))))]


def test_enrollment_has_addenda_and_no_day_on_which_it_settles() -> None:
    said = remittance("22*12200004*3*123987654321*777777777*DOE*JOHN*1\\", 1)
    entry = Entry(amount=0, trace=1, code="23", middle=f"{'':15}0001{'AGENCY':<16}    ", addenda=[said])
    batch = Batch(entries=[entry], sec="ENR", description="AUTOENROLL", effective="      ")
    assert findings(File(batches=[batch]).bytes()) == []
    missing = replace(entry, addenda=[], middle=f"{'':15}0000{'AGENCY':<16}    ")
    found = findings(File(batches=[replace(batch, entries=[missing])]).bytes())
    assert [one.code for one in found] == ["addenda_missing"]


def test_same_file_twice_is_found_by_what_the_operator_compares(tmp_path: Path) -> None:
    (tmp_path / "one.ach").write_bytes(mixed().bytes())
    (tmp_path / "two.ach").write_bytes(File(batches=[Batch(entries=[Entry(amount=5, trace=1)])]).bytes())
    sent: Sent = {}
    assert list(check(tmp_path / "one.ach", sent=sent)) == []
    (found,) = check(tmp_path / "two.ach", sent=sent)
    assert (found.code, found.field, found.value) == ("sent_twice", "file ID modifier", "A")
    assert "one.ach" in found.rule


def test_account_numbers_are_masked_in_findings() -> None:
    found = findings(as_bytes(put(3, 13, "1234 6789")(mixed().records())))
    assert [one.value for one in found] == ["••••6789"]


def test_warnings_are_told_from_errors() -> None:
    (found,) = findings(as_bytes(put(2, 70, "261128")(mixed().records())))
    assert found.severity is Severity.WARNING
    (found,) = findings(as_bytes(put(2, 70, "261131")(mixed().records())))
    assert found.severity is Severity.ERROR


def test_820_whose_amounts_agree_has_no_finding() -> None:
    pieces = remittances(INVOICES.replace("2000.00", "2000.01"), 4)
    middle = f"{'PAY-77':<15}{len(pieces):04d}{'ACME SUPPLIES':<16}    "
    entry = Entry(amount=300_000, trace=4, middle=middle, addenda=pieces)
    found = findings(File(batches=[Batch(entries=[entry], sec="CTX")]).bytes())
    assert [one.code for one in found] == ["remittance_amount"]
    assert "RMR" in found[0].rule


GOLDEN = sorted((ROOT / "tests" / "worker" / "golden" / "nacha").glob("*.ach"))


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_files_that_we_write_pass(path: Path) -> None:
    assert list(check(path)) == []


FREE = {
    "account number",
    "company descriptive date",
    "company discretionary data",
    "company entry description",
    "company name",
    "discretionary data",
    "file creation date",
    "file creation time",
    "file ID modifier",
    "identification number",
    "immediate destination",
    "immediate destination name",
    "immediate origin",
    "immediate origin name",
    "payment related information",
    "receiver name",
    "reference code",
    "SEC code",  # ATX looks like CTX
    "trace number",  # a gap is allowed
}
"""What may be changed to another value that the rules allow."""


@pytest.mark.parametrize("character", ["A", "9"])
def test_one_changed_column_is_noticed_but_in_what_is_free_text(character: str) -> None:
    lines, sec = mixed().records(), ""
    unnoticed = set()
    for number, line in enumerate(lines[:22]):
        sec = line[50:53] if line[0] == "5" else sec
        for column in (column for column in range(94) if line[column] != character):
            changed = [*lines[:number], line[:column] + character + line[column + 1 :], *lines[number + 1 :]]
            if not findings(as_bytes(changed)):
                unnoticed.add(_field(line, sec, column + 1))
    assert unnoticed <= FREE


def _field(line: str, sec: str, position: int) -> str:
    return next(field.name for field in layout_of(line, sec).fields if field.start <= position <= field.end)


TERMS = Terms(service_class="220", sec="CCD", odfi="07640125", same_day=False, reversal=False)


@given(
    position=st.integers(2, 79),
    character=st.characters(min_codepoint=32, max_codepoint=126),
    sec=st.sampled_from(["CCD", "PPD", "CTX", "WEB"]),
    same_day=st.booleans(),
    service_class=st.sampled_from(["200", "220", "225"]),
)
def test_what_is_called_plain_has_no_findings(
    position: int, character: str, sec: str, same_day: bool, service_class: str
) -> None:
    text = Entry(amount=99_999_999, trace=1).records()[0]
    text = text[: position - 1] + character + text[position:]
    terms = replace(TERMS, sec=sec, same_day=same_day, service_class=service_class)
    if is_plain(text, terms):
        report = Report()
        check_entry(report, Line(Record(1, text, 94, LineEnd.LF), layout_of(text, sec)), terms)
        assert report.found == []


@given(st.data())
def test_any_bytes_are_checked_without_an_exception(data: st.DataObject) -> None:
    lines = mixed().records()
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(lines) - 1))
        start = data.draw(st.integers(0, 93))
        piece = data.draw(st.text(st.characters(max_codepoint=255), max_size=30))
        lines[place] = lines[place][:start] + piece + lines[place][start + len(piece) :]
    for one in check(io.BytesIO(as_bytes(lines, data.draw(st.sampled_from(["\n", "\r\n", ""]))))):
        assert one.code


def test_many_entries_are_checked_in_flat_memory() -> None:
    stream = _Stream(30_000)
    tracemalloc.start()
    try:
        assert list(check(cast(BinaryIO, stream))) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * 2**20


class _Stream(io.RawIOBase):
    """A file of many entries that is made while it is read."""

    def __init__(self, entries: int) -> None:
        self._parts = self._made(entries)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    @staticmethod
    def _made(entries: int) -> Iterator[bytes]:
        empty = File(batches=[Batch(entries=[Entry(amount=1, trace=1)])]).records()
        yield as_bytes(empty[:2])
        entry = empty[2][:29] + f"{1:010d}" + empty[2][39:87]
        for number in range(1, entries + 1):
            yield f"{entry}{number:07d}\r\n".encode()
        control = f"8220{entries:06d}{int(entry[3:11]) * entries % 10**10:010d}{0:012d}{entries:012d}"
        lines = [empty[0], empty[1], *["6"] * entries, control + empty[3][44:]]
        yield as_bytes([line for line in closed(lines)[2:] if line != "6"])
