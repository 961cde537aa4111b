"""Reading any ACH file: records, layouts, entries with their addenda, remittance, codes."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ach_returns.records import AnswerKind
from tests.worker.ach_files import (
    INVOICES,
    Batch,
    Entry,
    File,
    answers,
    changed,
    mixed,
    remittances,
    returned,
)
from worker.ach import answers as bank
from worker.ach import layouts, reasons, remittance
from worker.ach.codes import TRANSACTIONS, amount_text
from worker.ach.records import WIDTH, LineEnd, Record, records
from worker.ach.structure import Entry as ReadEntry
from worker.ach.structure import Line, parts


def read(data: bytes) -> list[Record]:
    """The records of some bytes."""
    return list(records(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("end", "kind"), [("\n", LineEnd.LF), ("\r", LineEnd.CR), ("\r\n", LineEnd.CRLF), ("", LineEnd.NONE)]
)
@pytest.mark.parametrize("lines", [30, 9_000])
def test_records_are_the_same_whatever_ends_them(end: str, kind: LineEnd, lines: int) -> None:
    texts = [f"{number % 10}{number:093d}" for number in range(lines)]
    found = read("".join(text + end for text in texts).encode())
    assert [one.text for one in found] == texts
    assert [one.number for one in found] == list(range(1, lines + 1))
    assert {(one.width, one.end) for one in found} == {(WIDTH, kind)}


@given(
    widths=st.lists(st.integers(0, WIDTH), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_short_lines_are_filled_and_keep_their_width(widths: list[int], end: str) -> None:
    found = read("".join(f"{'x' * width}{end}" for width in widths).encode())
    assert [one.width for one in found] == widths
    assert [one.text for one in found] == [("x" * width).ljust(WIDTH) for width in widths]


@pytest.mark.parametrize(
    ("data", "widths"),
    [
        (b"1" * 94 + b"   \n" + b"5" * 94 + b"\n", [97, 94]),
        (b"1" * 188 + b"\n" + b"5" * 94, [94, 94, 94]),
        (b"\xef\xbb\xbf" + b"1" * 94 + b"\n", [97]),
        (b"1" * 94 + b"\n\n" + b"5" * 94 + b"\r\n", [94, 0, 94]),
        (b"1" * 94 + b"\r\n\x1a", [94, 1]),
        (b"", []),
    ],
    ids=["padded", "two in a line", "byte order mark", "blank line", "end mark", "nothing"],
)
def test_lines_of_another_width_come_as_records(data: bytes, widths: list[int]) -> None:
    found = read(data)
    assert [one.width for one in found] == widths
    assert {len(one.text) for one in found} <= {WIDTH}


@pytest.mark.parametrize("sec", sorted(layouts.SEC_CODES))
def test_every_sec_code_has_an_entry_whose_fields_fill_the_record(sec: str) -> None:
    found = layouts.of("6" + "0" * 93, sec)
    assert found.fields[0].start == 1
    assert found.fields[-1].end == WIDTH
    assert all(one.end + 1 == two.start for one, two in zip(found.fields, found.fields[1:], strict=False))
    assert found.title == f"{sec} entry"


def test_entries_come_with_their_addenda_and_their_batch() -> None:
    found = [part for part in parts(read(mixed().bytes())) if isinstance(part, ReadEntry)]
    assert [(entry.sec, len(entry.addenda)) for entry in found] == [
        ("CCD", 0),
        ("CCD", 1),
        ("CCD", 1),
        ("CTX", 5),
        ("PPD", 0),
        ("PPD", 0),
    ]
    assert {entry.header.value("batch number") for entry in found if entry.header} == {
        "0000001",
        "0000002",
        "0000003",
    }


def test_records_out_of_place_come_as_lines() -> None:
    lines = mixed().records()
    strayed = [lines[4], lines[0], lines[2]]
    found = list(parts(read("\n".join(strayed).encode())))
    assert [type(part) for part in found] == [Line, Line, ReadEntry]


def test_820_that_is_cut_without_regard_to_segments_is_read() -> None:
    found = remittance.decode(piece[3:83] for piece in remittances(INVOICES, 1))
    assert found is not None
    assert (found.amount, found.reference, found.paid) == ("3000.00", "PAY-77", Decimal(3000))
    assert [(item.kind, item.number, item.paid, item.gross, item.discount) for item in found.items] == [
        ("invoice", "INV-1", "1000.00", "1010.00", "10.00"),
        ("invoice", "INV-2", "2000.00", "", ""),
    ]
    assert found.items[0].notes == ["DTM*003*20261101"]


@pytest.mark.parametrize(
    ("text", "items", "free"),
    [
        ("RMR*IV*022**2000.00\\", [("invoice", "022", "2000.00")], ""),
        ("RMR*IV*1**5.00~RMR*CL*2**-1.00~", [("invoice", "1", "5.00"), ("credit memo", "2", "-1.00")], ""),
        ("RMR*XX*9**1\\", [("XX", "9", "1")], ""),
        ("INV A-1, A-2 LESS CREDIT C-3", [], "INV A-1, A-2 LESS CREDIT C-3"),
        ("RMR\\", [], "RMR\\"),
    ],
)
def test_remittance_of_ccd_is_read_as_segments_or_text(
    text: str, items: list[tuple[str, str, str]], free: str
) -> None:
    found = remittance.decode([text])
    assert found is not None
    assert [(item.kind, item.number, item.paid) for item in found.items] == items
    assert found.text == free


@given(st.text(max_size=200))
def test_any_text_is_read_as_remittance_without_an_exception(text: str) -> None:
    found = remittance.decode([text])
    assert (found is None) == (not text.strip())


def test_isa_says_itself_which_characters_part_its_elements() -> None:
    text = INVOICES.replace("*", "|").replace("\\", "'")
    found = remittance.decode([text])
    assert found is not None
    assert [item.number for item in found.items] == ["INV-1", "INV-2"]


def test_returns_and_changes_are_read_by_their_columns() -> None:
    original = File(batches=[Batch(entries=[Entry(amount=5_000, trace=7)])]).records()
    data = answers(
        returned(original, "076401250000007", "R03", "NO SUCH ACCOUNT"),
        changed(original, "076401250000007", "C06", f"{'555-1':<17}   32"),
    )
    back, change = bank.read(read(data))
    assert (back.kind, back.code, back.trace, back.cents) == (
        AnswerKind.RETURN,
        "R03",
        "076401250000007",
        5_000,
    )
    assert (back.account, back.rdfi, back.information) == ("123456789", "02100002", "NO SUCH ACCOUNT")
    assert (change.kind, change.code, change.cents) == (AnswerKind.CHANGE, "C06", 0)
    assert change.corrected == bank.Corrected(account="555-1", transaction_code="32")
    assert change.key != back.key


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("R61", AnswerKind.DISHONORED),
        ("R70", AnswerKind.DISHONORED),
        ("R71", AnswerKind.CONTESTED),
        ("R77", AnswerKind.CONTESTED),
        ("R99", AnswerKind.RETURN),
    ],
)
def test_kinds_of_returns_are_told_by_their_codes(code: str, kind: AnswerKind) -> None:
    original = File(batches=[Batch(entries=[Entry(amount=5_000, trace=7)])]).records()
    (found,) = bank.read(read(answers(returned(original, "076401250000007", code))))
    assert found.kind is kind


def test_refused_change_says_why_it_was_refused() -> None:
    original = File(batches=[Batch(entries=[Entry(amount=5_000, trace=7)])]).records()
    batch = changed(original, "076401250000007", "C62", "555-1")
    batch[2] = f"{batch[2][:64]}C01{batch[2][67:]}"
    (found,) = bank.read(read(answers(batch)))
    assert (found.kind, found.code, found.corrected) == (AnswerKind.REFUSED_CHANGE, "C62", None)


def test_every_code_has_words_and_a_remedy() -> None:
    for code, reason in (reasons.RETURNS | reasons.CHANGES).items():
        assert reasons.of(code) is reason
        assert reason.words
        assert reason.remedy
    assert "do not know" in reasons.of("R98").words


def test_transaction_codes_say_account_side_and_purpose() -> None:
    assert TRANSACTIONS["22"].words == "checking credit"
    assert TRANSACTIONS["38"].words == "savings debit prenote"
    assert TRANSACTIONS["54"].words == "loan credit zero-dollar"
    assert TRANSACTIONS["55"].side == "debit"
    assert TRANSACTIONS["26"].words == "checking debit return or change"
    assert TRANSACTIONS["81"].credit
    assert not TRANSACTIONS["82"].credit
    assert "58" not in TRANSACTIONS


@pytest.mark.parametrize(("cents", "text"), [("0000012345", "123.45"), ("5", "0.05"), ("12A", "12A")])
def test_amounts_are_shown_with_a_point(cents: str, text: str) -> None:
    assert amount_text(cents) == text
