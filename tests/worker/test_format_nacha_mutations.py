"""A valid file of several batches, broken in one way each time: the reader of our own files finds every one.

After a change the counts, hashes, totals and blocks are made to agree again, so that nothing but the rule
that was broken can give it away; only where these themselves are what is broken they stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.nacha_checker import check
from tests.worker.format_cases import PERSON, item
from tests.worker.nacha_cases import BALANCED, ach, credit, fault, judged, prenote
from worker.formats import Batch

Records = list[str]
Change = Callable[[Records], Records]

ITEMS = [
    credit("CN-100", 20_00, 1, due_date="2026-03-10"),
    *(item(f"INVOICE-{n:05}", amount=n * 100, serial=n) for n in range(2, 9)),
    item("INV-1", party_id=2, serial=10),
    item("LONG-INVOICE-NUMBER-0001", party_id=3, serial=11),
    credit("CN-1", 123_45, 12, party_id=4),
    item("INV-2", party_id=4, serial=13),
    item("INV-3", party_id=5, account=PERSON, serial=14),
]
NINES = "9" * 94


def base() -> Batch:
    return ach(line_end="lf", ctx="needed", zero_dollar="yes", prenotes=[prenote()])


def nth(records: Records, kind: str, number: int) -> int:
    """Where the `number`th record of a kind stands, from 1."""
    return [at for at, record in enumerate(records) if record[0] == kind][number - 1]


def put(kind: str, number: int, position: int, text: str) -> Change:
    """Write over columns, counted from 1."""

    def change(records: Records) -> Records:
        at = nth(records, kind, number)
        assert records[at][position - 1 : position - 1 + len(text)] != text
        records[at] = records[at][: position - 1] + text + records[at][position - 1 + len(text) :]
        return records

    return change


def both(*changes: Change) -> Change:
    def change(records: Records) -> Records:
        for one in changes:
            records = one(records)
        return records

    return change


def without(kind: str, number: int) -> Change:
    def change(records: Records) -> Records:
        del records[nth(records, kind, number)]
        return records

    return change


def again(kind: str, number: int, before: tuple[str, int]) -> Change:
    """The same record once more, before another."""

    def change(records: Records) -> Records:
        records.insert(nth(records, *before), records[nth(records, kind, number)])
        return records

    return change


def healed(records: Records) -> Records:
    """Counts, hashes and totals as the entries have them, and the last block filled."""
    records = [record for record in records if record != NINES]
    sums, batch, batches = [0, 0, 0, 0], [0, 0, 0, 0], 0
    for at, record in enumerate(records):
        if record[0] == "5":
            batch, batches = [0, 0, 0, 0], batches + 1
        elif record[0] in "67":
            batch[0] += 1
            if record[0] == "6" and record[3:11].isdigit() and record[29:39].isdigit():
                batch[1] += int(record[3:11])
                batch[3 if record[2] < "5" else 2] += int(record[29:39])
        elif record[0] == "8":
            counted, hashed, debits, credits_ = batch
            told = f"{counted:06}{hashed % 10**10:010}{debits:012}{credits_:012}"
            records[at] = record[:4] + told + record[44:]
            sums = [sum(pair) for pair in zip(sums, batch, strict=True)]
        elif record[0] == "9":
            blocks = -(-len(records) // 10)
            told = f"{batches:06}{blocks:06}{sums[0]:08}{sums[1] % 10**10:010}{sums[2]:012}{sums[3]:012}"
            records[at] = record[0] + told + record[55:]
    return records + [NINES] * (-len(records) % 10)


SAME_COMPANY = both(put("5", 1, 41, " " * 10), put("8", 1, 45, " " * 10))
HEALED: list[tuple[str, Change]] = [
    # The file header
    ("priority", put("1", 1, 2, "02")),
    ("destination's check digit", put("1", 1, 13, "9")),
    ("blank destination", put("1", 1, 4, " " * 10)),
    ("blank origin", put("1", 1, 14, " " * 10)),
    ("creation date that is none", put("1", 1, 24, "260231")),
    ("creation date after the effective ones", put("1", 1, 24, "260304")),
    ("creation time that is none", put("1", 1, 30, "2460")),
    ("lower-case file id modifier", put("1", 1, 34, "a")),
    ("blank file id modifier", put("1", 1, 34, " ")),
    ("record size", put("1", 1, 35, "096")),
    ("blocking factor", put("1", 1, 38, "20")),
    ("format code", put("1", 1, 40, "2")),
    ("bank's name not to the left", put("1", 1, 41, " FIRST")),
    ("two file headers", again("1", 1, ("5", 1))),
    ("no file header", without("1", 1)),
    # Batch headers
    ("service class that is none", both(put("5", 1, 2, "280"), put("8", 1, 2, "280"))),
    ("credits in a batch of debits", both(put("5", 1, 2, "225"), put("8", 1, 2, "225"))),
    ("mixed batch without its other side", both(put("5", 1, 2, "200"), put("8", 1, 2, "200"))),
    ("blank company name", put("5", 1, 5, " " * 16)),
    ("company name of zeros", put("5", 1, 5, "0" * 16)),
    ("company name not to the left", put("5", 1, 5, "  HARBOUR GOODS ")),
    ("blank company", SAME_COMPANY),
    ("SEC code of another operation", put("5", 1, 51, "WEB")),
    ("lower-case SEC code", put("5", 1, 51, "ccd")),
    ("blank description", put("5", 1, 54, " " * 10)),
    ("description of wages", put("5", 3, 54, "PAYROLL   ")),
    ("description of another operation", put("5", 1, 54, "RETRY PYMT")),
    ("the same in lower case", put("5", 1, 54, "hcclaimpmt")),
    ("same-day mark that is none", put("5", 1, 64, "SD1400")),
    ("no effective date", put("5", 1, 70, " " * 6)),
    ("effective date that is none", put("5", 1, 70, "260230")),
    ("effective date on a Saturday", put("5", 1, 70, "260307")),
    ("effective date on a holiday", put("5", 1, 70, "260525")),
    ("effective date before the file", put("5", 1, 70, "260227")),
    ("settlement date filled in", put("5", 1, 76, "062")),
    ("originator status", put("5", 1, 79, "2")),
    ("originating bank of letters", put("5", 1, 80, "ABCDEFGH")),
    ("batch number that stood before", both(put("5", 2, 88, "0000001"), put("8", 2, 88, "0000001"))),
    ("batch number left out", both(put("5", 2, 88, "0000003"), put("8", 2, 88, "0000003"))),
    ("batch without entries", without("6", 6)),
    ("batch without control", without("8", 1)),
    ("two batch headers", again("5", 1, ("6", 1))),
    ("entry outside a batch", again("6", 2, ("9", 1))),
    # Entries: 1 prenote, 2 plain, 3 with an addenda, 4 of zero, 5 CTX, 6 person
    ("transaction code of a return", put("6", 2, 2, "21")),
    ("transaction code of a ledger account", put("6", 2, 2, "42")),
    ("debit among credits", put("6", 2, 2, "27")),
    ("check digit of the receiving bank", put("6", 2, 12, "9")),
    ("two digits of the bank exchanged", put("6", 2, 4, "201000021")),
    ("account missing", put("6", 2, 13, " " * 17)),
    ("account not to the left", put("6", 2, 13, f"{'1234567':>17}")),
    ("account with a blank", put("6", 2, 13, "123 4567")),
    ("account with another character", put("6", 2, 13, "123_4567")),
    ("amount of letters", put("6", 2, 30, "00000123A5")),
    ("live entry of zero", put("6", 2, 30, "0" * 10)),
    ("prenote with an amount", put("6", 1, 30, "0000000001")),
    ("entry of zero with an amount", put("6", 4, 30, "0000000001")),
    ("identification not to the left", put("6", 2, 40, " INV-1")),
    ("name missing", put("6", 2, 55, " " * 22)),
    ("name not to the left", put("6", 2, 55, " ACME SUPPLY")),
    ("CTX name missing", put("6", 5, 59, " " * 16)),
    ("reserved field of CTX", put("6", 5, 75, "X")),
    ("number of CTX addenda", put("6", 5, 55, "0006")),
    ("discretionary data", put("6", 2, 77, "AK")),
    ("addenda indicator that is none", put("6", 2, 79, "2")),
    ("addenda not announced", put("6", 3, 79, "0")),
    ("addenda announced, and none there", put("6", 2, 79, "1")),
    ("trace of another bank", put("6", 2, 80, "01140153")),
    ("trace as the one before", put("6", 2, 88, "0000001")),
    ("trace that stands in another batch", put("6", 6, 88, "0000002")),
    ("trace of letters", put("6", 2, 88, "000000A")),
    (
        "prenote with an addenda",
        both(again("7", 1, ("6", 2)), put("6", 1, 79, "1"), put("7", 1, 88, "0000001")),
    ),
    ("entry of zero without addenda", both(without("7", 2), put("6", 4, 79, "0"))),
    ("entry of zero in PPD", put("6", 6, 2, "24")),
    # Addenda: 1 of entry 3, 2 of entry 4, 3 to 9 of the CTX entry
    ("addenda type", put("7", 1, 2, "99")),
    ("empty addenda", put("7", 1, 4, " " * 80)),
    ("addenda not to the left", put("7", 1, 4, " RMR")),
    ("amount in an RMR", put("7", 1, 35, "1")),
    ("RMR without an end", put("7", 1, 39, " ")),
    ("addenda numbered from 0", put("7", 1, 84, "0000")),
    ("addenda numbered with a gap", put("7", 4, 84, "0003")),
    ("addenda of another entry", put("7", 1, 88, "0000004")),
    ("second addenda in CCD", both(again("7", 1, ("7", 1)), put("7", 2, 84, "0002"))),
    ("addenda left out", without("7", 5)),
    ("addenda before any entry", again("7", 1, ("6", 1))),
    ("820 that lost its last piece", both(without("7", 9), put("6", 5, 55, "0006"))),
    # Controls, in what is no sum
    ("service class in the control", put("8", 1, 2, "225")),
    ("company in the control", put("8", 1, 45, "9999999999")),
    ("authentication code", put("8", 1, 55, "X")),
    ("reserved field of the control", put("8", 1, 74, "X")),
    ("originating bank in the control", put("8", 1, 80, "01140153")),
    ("batch number in the control", put("8", 1, 88, "0000002")),
    ("two batch controls", again("8", 1, ("5", 2))),
    ("reserved field of the file control", put("9", 1, 56, "X")),
    ("no file control", without("9", 1)),
    ("two file controls", again("9", 1, ("9", 1))),
    ("a record of no kind", put("6", 2, 1, "4")),
]
AS_THEY_ARE: list[tuple[str, Change]] = [
    ("batch's count", put("8", 1, 5, "000007")),
    ("batch's hash", put("8", 1, 11, "0000000001")),
    ("batch's debits", put("8", 1, 21, "000000000001")),
    ("batch's credits", put("8", 1, 33, "000000000001")),
    ("batch's credits of letters", put("8", 1, 33, "00000000000A")),
    ("file's batches", put("9", 1, 2, "000004")),
    ("file's blocks", put("9", 1, 8, "000004")),
    ("file's count", put("9", 1, 14, "00000001")),
    ("file's hash", put("9", 1, 22, "0000000001")),
    ("file's debits", put("9", 1, 32, "000000000001")),
    ("file's credits", put("9", 1, 44, "000000000001")),
    ("file's credits of letters", put("9", 1, 44, "00000000000A")),
    ("an amount", put("6", 2, 39, "4")),
    ("an entry left out", without("6", 2)),
    ("a filler less", lambda records: records[:-1]),
    ("a filler more", lambda records: [*records, NINES]),
    ("a block of fillers more", lambda records: [*records, *[NINES] * 10]),
    ("a filler that is none", lambda records: [*records[:-1], "9" * 93 + "8"]),
    ("a batch after the file control", lambda records: [*records, *records[1:11]]),
    ("an empty line", lambda records: [*records, ""]),
    ("a record too short", lambda records: [*records[:2], records[2][:-1], *records[3:]]),
    ("a record too long", lambda records: [*records[:2], records[2] + " ", *records[3:]]),
]
OF_BYTES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("a letter beyond ASCII", lambda data: data.replace(b"ACME", b"\xc4CME", 1)),
    ("the same as UTF-8", lambda data: data.replace(b"ACME ", "ÄCME".encode(), 1)),
    ("a control character", lambda data: data.replace(b"ACME S", b"ACME\tS", 1)),
    ("a byte order mark", lambda data: b"\xef\xbb\xbf" + data),
    ("one line end of another kind", lambda data: data.replace(b"\n", b"\r\n", 1)),
    ("other line ends", lambda data: data.replace(b"\n", b"\r\n")),
    ("no line end at the end", lambda data: data[:-1]),
    ("an end-of-file mark", lambda data: data + b"\x1a"),
    ("no bytes", lambda _: b""),
]
BALANCED_CHANGES: list[tuple[str, Change]] = [
    ("offset of another amount", put("6", 4, 30, "0000000001")),
    ("offset of another name", put("6", 4, 55, "SOMEBODY")),
    ("offset on the same side", put("6", 4, 2, "22")),
    ("entry after the offset", both(again("6", 4, ("8", 1)), put("6", 5, 88, "0000005"))),
    ("no offset", without("6", 4)),
    ("class of credits alone", both(put("5", 1, 2, "220"), put("8", 1, 2, "220"))),
]


def broken(tmp_path: Path, of: Batch, records: Records) -> str:
    path = tmp_path / "batch"
    path.write_bytes("".join(f"{record}\n" for record in records).encode("ascii"))
    return fault(path, of)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """The records of the valid file."""
    judged(tmp_path, base(), ITEMS)
    found = (tmp_path / "batch").read_text("ascii").splitlines()
    assert "".join(record[0] for record in found) == "1566676785677777778568" + "9" * 8
    return found


def test_healing_changes_nothing_in_a_valid_file(tmp_path: Path, records: Records) -> None:
    assert healed(list(records)) == records
    assert broken(tmp_path, base(), records) == ""


@pytest.mark.parametrize("change", [change for _, change in HEALED], ids=[name for name, _ in HEALED])
def test_broken_rule_is_found_though_all_sums_agree(tmp_path: Path, records: Records, change: Change) -> None:
    assert broken(tmp_path, base(), healed(change(records))) != ""


@pytest.mark.parametrize(
    "change", [change for _, change in AS_THEY_ARE], ids=[name for name, _ in AS_THEY_ARE]
)
def test_broken_sum_or_block_is_found(tmp_path: Path, records: Records, change: Change) -> None:
    assert broken(tmp_path, base(), change(records)) != ""


@pytest.mark.parametrize("change", [change for _, change in OF_BYTES], ids=[name for name, _ in OF_BYTES])
def test_broken_bytes_are_found(tmp_path: Path, records: Records, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "batch"
    data = "".join(f"{record}\n" for record in records).encode("ascii")
    assert change(data) != data
    path.write_bytes(change(data))
    assert fault(path, base()) != ""


@pytest.mark.parametrize(
    "change", [change for _, change in BALANCED_CHANGES], ids=[name for name, _ in BALANCED_CHANGES]
)
def test_broken_balance_is_found(tmp_path: Path, change: Change) -> None:
    of = ach(line_end="lf", **BALANCED)
    judged(tmp_path, of, [item("A"), item("B", serial=2), item("C", serial=3)])
    found = (tmp_path / "batch").read_text("ascii").splitlines()
    assert broken(tmp_path, of, healed(list(found))) == ""
    assert broken(tmp_path, of, healed(change(found))) != ""


def test_second_judge_finds_them_too(records: Records) -> None:
    missed = []
    for name, change in HEALED:
        changed = healed(change(list(records)))
        if not check("".join(f"{record}\n" for record in changed).encode("ascii"), b"\n").faults:
            missed.append(name)
    assert missed == []
