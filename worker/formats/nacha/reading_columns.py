"""The columns of each record of an ACH file, judged one by one (Nacha Operating Rules, appendix three).

Positions in messages are those of the rules, counted from 1.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from models.banking_days import is_banking_day

# What the second digit of a transaction code says, on checking (2x) and savings (3x) accounts.
_LIVE, _PRENOTE, _ZERO = {b"2", b"7"}, {b"3", b"8"}, {b"4", b"9"}
_CODES = frozenset(b"%d%d" % (account, kind) for account in (2, 3) for kind in (2, 3, 4, 7, 8, 9))
_SERVICE_CLASSES = {b"200", b"220", b"225"}
_SECS = {b"CCD", b"PPD", b"CTX"}
# Of other operations than payments of invoices. A reversal is one of ours, of a file that went before.
_RESERVED = re.compile(
    rb"PAYROLL.*|(ACCTVERIFY|AUTOENROLL|HCCLAIMPMT|NO CHECK|NONSETTLED|PURCHASE|RECLAIM|REDEPCHECK|RETRY PYMT"
    rb"|RETURN FEE) *",
    re.IGNORECASE,
)
_DESCRIPTIVE = re.compile(rb" {6}|SD(1300|1700|1800)|(?!SD)[!-~][ -~]{5}")
_ACCOUNT = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
_BLANK = 0x20


class BatchHeader(NamedTuple):
    """What a batch header says that its entries and its control must agree with."""

    service_class: bytes
    company_id: bytes
    sec: bytes
    day: date
    end: bytes
    """Originating bank and batch number, which the control repeats."""
    odfi: bytes

    @property
    def is_mixed(self) -> bool:
        """Whether credits and debits may stand in it."""
        return self.service_class == b"200"


class EntryDetail(NamedTuple):
    """What an entry says that its batch must agree with."""

    debit: bool
    is_prenote: bool
    cents: int
    hashed: int
    trace: int
    flagged: bool
    addenda: int | None
    """How many it announces; None where its SEC code has no such field."""
    routing: bytes
    account: bytes
    name: bytes


def file_header(record: bytes) -> tuple[str, date]:
    """The file id modifier and the creation date."""
    _want(record[:3] == b"101", "1-3 are not 101")
    destination = record[3:13]
    if destination[0] == _BLANK:
        _want(destination[1:].isdigit() and _check_digit(destination[1:]), "4-13 is no bank: check digit")
    _want(bool(destination.strip(b" 0")) and bool(record[13:23].strip(b" 0")), "4-23 are blank")
    created = _day(record[23:29], "24-29")
    _want(bool(re.fullmatch(rb"([01]\d|2[0-3])[0-5]\d", record[29:33])), "30-33 is no time")
    _want(bool(re.fullmatch(rb"[A-Z0-9]", record[33:34])), "34 is no file id modifier")
    _want(record[34:40] == b"094101", "35-40 are not 094101")
    for start, end in ((40, 63), (63, 86), (86, 94)):
        _left(record, start, end)
    return record[33:34].decode("ascii"), created


def batch_header(record: bytes, number: int, created: date) -> BatchHeader:
    """What the batch is; `number` is the one it must have."""
    sec = record[50:53]
    _want(record[1:4] in _SERVICE_CLASSES, "2-4 is no service class")
    _want(sec in _SECS, "51-53 is no SEC code that pays invoices")
    for start, end in ((4, 20), (40, 50), (53, 63)):
        _want(bool(record[start:end].strip(b" 0")), f"{start + 1}-{end} are blank or zero")
    for start, end in ((4, 20), (20, 40), (53, 63)):
        _left(record, start, end)
    _want(not _RESERVED.fullmatch(record[53:63]), "54-63 is a description of another operation")
    _want(bool(_DESCRIPTIVE.fullmatch(record[63:69])), "64-69 is no descriptive date")
    day = _day(record[69:75], "70-75")
    _want(is_banking_day(day), f"70-75 is {day}, which is no banking day")
    _want(day >= created, f"70-75 is {day}, before the file's creation")
    _want(record[75:78] == b"   ", "76-78 are not blank, and only the operator fills them in")
    _want(record[78:79] == b"1", "79 is not 1")
    _want(record[79:94].isdigit(), "80-94 are not digits")
    _want(int(record[87:94]) == number, f"88-94 is not batch number {number}")
    return BatchHeader(record[1:4], record[40:50], sec, day, record[79:94], record[79:87])


def entry(record: bytes, batch: BatchHeader) -> EntryDetail:
    """What an entry says."""
    if not (record[1:12] + record[29:39] + record[78:94]).isdigit():
        raise ValueError("2-12, 30-39, 79-94 are not all digits")
    is_ctx, routing, flag = batch.sec == b"CTX", record[3:12], record[78:79]
    _want(_check_digit(routing), "4-12 fail their check digit")
    _want(flag in {b"0", b"1"}, "79 is neither 0 nor 1")
    _want(record[79:87] == batch.odfi, "80-87 is not the originating bank")
    account, name = _texts(record, is_ctx=is_ctx)
    debit, is_prenote, cents = _code(record, batch, has_addenda=flag == b"1")
    return EntryDetail(
        debit,
        is_prenote,
        cents,
        int(routing[:8]),
        int(record[87:94]),
        flag == b"1",
        _announced(record) if is_ctx else None,
        routing,
        account,
        name,
    )


def _texts(record: bytes, *, is_ctx: bool) -> tuple[bytes, bytes]:
    """Account number and name, each to the left of its field."""
    account, name = record[12:29].rstrip(), record[58:74] if is_ctx else record[54:76]
    _want(bool(account) and not account.translate(None, _ACCOUNT), "13-29 is no account number")
    _want(name[0] != _BLANK, "the name is blank, or not to the left")
    _left(record, 39, 54)
    _want(record[76:78] == b"  ", "77-78 are not blank")
    return account, name.rstrip()


def _announced(record: bytes) -> int:
    """How many addenda a CTX entry says it has."""
    _want(record[54:58].isdigit() and record[74:76] == b"  ", "55-58 is no count, or 75-76 not blank")
    return int(record[54:58])


def _code(record: bytes, batch: BatchHeader, *, has_addenda: bool) -> tuple[bool, bool, int]:
    """Debit or not, prenote or not, and cents, which must suit one another and the batch."""
    code, kind, cents = record[1:3], record[2:3], int(record[29:39])
    _want(code in _CODES, "2-3 is no transaction code of checking or savings")
    debit = kind >= b"5"
    _want(batch.service_class != (b"220" if debit else b"225"), "2-3 does not suit the service class")
    if kind in _LIVE:
        _want(cents > 0, "an entry of zero under a live transaction code")
        return debit, False, cents
    _want(cents == 0, "a prenote or remittance with an amount")
    if kind in _PRENOTE:
        _want(not has_addenda, "a prenote with addenda")
    if kind in _ZERO:
        _want(has_addenda, "an entry of zero without the addenda that say why")
        _want(batch.sec != b"PPD", "an entry of zero in PPD")
    return debit, kind in _PRENOTE, 0


def offset(entry: EntryDetail) -> None:
    """Judge the entry that balances a batch."""
    _want(entry.name == b"OFFSET", "a mixed batch holds an entry that is neither like the others nor OFFSET")
    _want(not entry.flagged and entry.cents > 0, "the offset is of zero, or has addenda")


def addenda(record: bytes, sec: bytes, number: int, trace: int) -> bytes:
    """The 80 characters of an addenda that must be the entry's `number`th."""
    _want(record[1:3] == b"05", "2-3 is no addenda type of payments")
    _want(number == 1 or sec == b"CTX", f"a second addenda in {sec.decode()}")
    text = record[3:83]
    _want(bool(text.strip()), "4-83 are blank")
    _want(sec == b"CTX" or text[0] != _BLANK, "4-83 are not to the left")
    _want(record[83:94].isdigit(), "84-94 are not digits")
    _want(int(record[83:87]) == number, f"84-87 is not addenda number {number}")
    _want(int(record[87:94]) == trace, "88-94 is of another entry")
    return text


def batch_control(record: bytes, header: BatchHeader) -> None:
    """Judge what is not a sum."""
    _want(record[1:44].isdigit(), "2-44 are not digits")
    _want(record[1:4] == header.service_class, "2-4 is another service class than in the header")
    _want(record[44:54] == header.company_id, "45-54 is another company than in the header")
    _want(record[54:79] == b" " * 25, "55-79 are not blank")
    _want(record[79:94] == header.end, "80-94 is another bank or batch number than in the header")


def file_control(record: bytes) -> bytes:
    """Judge what is not a sum."""
    _want(record[1:55].isdigit(), "2-55 are not digits")
    _want(record[55:94] == b" " * 39, "56-94 are not blank")
    return record


@lru_cache(maxsize=4096)
def _check_digit(routing: bytes) -> bool:
    digits = [digit - 0x30 for digit in routing]
    weighed = sum(digit * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True))
    return weighed % 10 == 0


def _day(text: bytes, where: str) -> date:
    _want(text.isdigit(), f"{where} are not digits")
    try:
        return datetime.strptime(text.decode("ascii"), "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{where} is no date") from None


def _left(record: bytes, start: int, end: int) -> None:
    if record[start] == _BLANK and record[start:end].strip():
        raise ValueError(f"{start + 1}-{end} are not to the left")


def _want(truth: bool, what: str) -> None:
    if not truth:
        raise ValueError(what)
