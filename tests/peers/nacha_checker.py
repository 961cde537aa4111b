"""A judge of ACH files that shares no code with the writer, nor with what reads its files back.

It reads by column slices and recomputes everything: record order, widths, constants, check digits, hashes,
counts, totals, blocks, trace and batch numbers, addenda, the 820s of CTX, codes against classes, and the
settlement calendar, which it works out for itself. Positions in messages are those of the Nacha rules,
counted from 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tests.peers.x12_820 import Place, faults_of_820

CREDITS = {"22", "23", "24", "32", "33", "34"}
DEBITS = {"27", "28", "29", "37", "38", "39"}
PRENOTES = {"23", "28", "33", "38"}
OF_ZERO = {"24", "29", "34", "39"}


@dataclass
class Report:
    """What was found: `faults` is empty for a file that a bank may be given."""

    faults: list[str] = field(default_factory=list)
    entries: list[dict[str, str]] = field(default_factory=list)
    credit: int = 0
    debit: int = 0

    def want(self, truth: bool, what: str) -> None:
        """Note a fault unless it is true."""
        if not truth:
            self.faults.append(what)


def check(data: bytes, line_end: bytes = b"\r\n") -> Report:
    """Judge a whole file."""
    report = Report()
    records = _split(data, line_end, report)
    if report.faults:
        return report
    _check_order(records, report)
    if report.faults:
        return report
    _check_header(records[0], report)
    batches = _batches(records)
    traces: list[str] = []
    sums = [_check_batch(number, batch, report, traces) for number, batch in enumerate(batches, start=1)]
    report.want(len(set(traces)) == len(traces), "a trace number stands twice in the file")
    _check_end(records, sums, report)
    return report


def _split(data: bytes, line_end: bytes, report: Report) -> list[str]:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        report.want(False, "not ASCII")
        return []
    report.want(all(" " <= char <= "~" or char in "\r\n" for char in text), "control characters")
    end = line_end.decode("ascii")
    if end:
        report.want(text.endswith(end), "the last line has no end")
        records = text.split(end)[:-1]
    else:
        records = [text[at : at + 94] for at in range(0, len(text), 94)]
    report.want(bool(records), "no records")
    report.want(all(len(record) == 94 for record in records), "a record is not 94 characters")
    return records


def _check_order(records: list[str], report: Report) -> None:
    kinds = "".join(record[0] for record in records)
    report.want(bool(re.fullmatch(r"1(?:5(?:67*)+8)*99*", kinds)), f"records in the order {kinds[:60]}")
    fillers = len(kinds) - len(kinds.rstrip("9")) - 1
    report.want(fillers < 10 and len(records) % 10 == 0, "the last block is not filled, or overfilled")
    report.want(
        all(record == "9" * 94 for record in records[len(records) - fillers :]), "a filler is not nines"
    )


def _check_header(head: str, report: Report) -> None:
    want = report.want
    want(head[1:3] == "01", "file header 2-3")
    want(_routing_or_free(head[3:13]), "file header 4-13: check digit of the destination")
    want(head[13:23].strip() != "", "file header 14-23: blank origin")
    want(_day(head[23:29]) is not None, "file header 24-29: no date")
    want(bool(re.fullmatch(r"(?:[01]\d|2[0-3])[0-5]\d", head[29:33])), "file header 30-33: no time")
    want(bool(re.fullmatch(r"[A-Z0-9]", head[33])), "file header 34: modifier")
    want(head[34:40] == "094101", "file header 35-40")


def _batches(records: list[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    for record in records[1:]:
        if record[0] == "9":
            break
        if record[0] == "5":
            batches.append([])
        batches[-1].append(record)
    return batches


def _check_batch(
    number: int, batch: list[str], report: Report, traces: list[str]
) -> tuple[int, int, int, int]:
    head, *middle, control = batch
    where = f"batch {number}"
    _check_batch_header(where, number, head, report)
    odfi, cls = head[79:87], head[1:4]
    hashed = debit = credit = 0
    last = ""
    addenda = 0
    for place, record in enumerate(middle):
        if record[0] == "7":
            addenda += 1
            _check_addenda(where, record, last, addenda, report)
            continue
        texts = _addenda_of(middle, place)
        addenda = 0
        _check_entry(where, head, record, texts, report)
        trace = record[79:94]
        report.want(trace[:8] == odfi, f"{where}: trace does not begin with the originating bank")
        report.want(trace > last, f"{where}: traces do not ascend")
        last = trace
        traces.append(trace)
        hashed += _number(record[3:11], report)
        cents = _number(record[29:39], report)
        if record[1:3] in CREDITS:
            credit += cents
        else:
            debit += cents
        if cls != "200" or record[1:3] in CREDITS:
            report.entries.append(_shown(record, head, texts))
    report.credit += credit
    report.debit += debit
    _check_batch_control(where, head, control, (len(middle), hashed % 10**10, debit, credit), report)
    if cls == "200":
        report.want(debit == credit, f"{where}: mixed, but not balanced")
    return len(middle), hashed % 10**10, debit, credit


def _addenda_of(middle: list[str], place: int) -> list[str]:
    """The texts of the addenda that follow an entry."""
    found = []
    for record in middle[place + 1 :]:
        if record[0] != "7":
            break
        found.append(record[3:83])
    return found


def _shown(record: str, head: str, texts: list[str]) -> dict[str, str]:
    is_ctx = head[50:53] == "CTX"
    return {
        "sec": head[50:53],
        "effective": head[69:75],
        "code": record[1:3],
        "routing": record[3:12],
        "account": record[12:29].rstrip(),
        "cents": record[29:39],
        "identification": record[39:54].rstrip(),
        "name": (record[58:74] if is_ctx else record[54:76]).rstrip(),
        "addenda": "".join(texts).rstrip(),
    }


def _check_batch_header(where: str, number: int, head: str, report: Report) -> None:
    want = report.want
    want(head[1:4] in {"200", "220", "225"}, f"{where}: service class {head[1:4]}")
    for name, start, end in (("company name", 4, 20), ("company id", 40, 50), ("description", 53, 63)):
        want(head[start:end].strip(" 0") != "", f"{where}: {name} is blank or zero")
    want(head[50:53] in {"CCD", "CTX", "PPD"}, f"{where}: SEC code {head[50:53]}")
    day = _day(head[69:75])
    want(day is not None and _settles(day), f"{where}: effective entry date {head[69:75]} is no banking day")
    descriptive = head[63:69]
    want(descriptive in {" " * 6, "SD1300", "SD1700", "SD1800"}, f"{where}: {descriptive}")
    want(head[75:78] == "   ", f"{where}: settlement date filled")
    want(head[78] == "1", f"{where}: originator status")
    want(bool(re.fullmatch(r"\d{8}", head[79:87])), f"{where}: originating bank")
    want(head[87:94] == f"{number:07}", f"{where}: number {head[87:94]}")


def _check_entry(where: str, head: str, record: str, texts: list[str], report: Report) -> None:
    want, code = report.want, record[1:3]
    cls, sec, cents = head[1:4], head[50:53], _number(record[29:39], report)
    fits = {"220": CREDITS, "225": DEBITS}.get(cls, CREDITS | DEBITS)
    want(code in fits, f"{where}: transaction code {code} in service class {cls}")
    want(_check_digit(record[3:12]), f"{where}: check digit of {record[3:12]}")
    account = record[12:29].rstrip()
    want(bool(re.fullmatch(r"[0-9A-Za-z-]{1,17}", account)), f"{where}: account {record[12:29]!r}")
    want((cents == 0) == (code in PRENOTES | OF_ZERO), f"{where}: {cents} cents under code {code}")
    want(
        code not in OF_ZERO or (texts != [] and sec != "PPD"), f"{where}: an entry of zero that says nothing"
    )
    want(code not in PRENOTES or texts == [], f"{where}: a prenote with addenda")
    if sec == "CTX":
        want(record[54:58] == f"{len(texts):04}", f"{where}: {record[54:58]} addenda, not {len(texts)}")
        want(record[58:74].strip() != "" and record[58] != " ", f"{where}: no CTX receiver's name")
        want(record[74:76] == "  ", f"{where}: 75-76 not blank")
        if texts:
            at = Place(head[79:87], record[3:12], record[12:29].strip(), head[69:75], cents)
            report.faults += [f"{where}: {fault}" for fault in faults_of_820("".join(texts).rstrip(), at)]
    else:
        want(len(texts) < 2, f"{where}: more than one addenda")
        want(record[54:76].strip() != "" and record[54] != " ", f"{where}: no {sec} receiver's name")
    want(record[39:54].strip() == record[39:54].rstrip(), f"{where}: identification not to the left")
    want(record[76:78] == "  ", f"{where}: discretionary data")
    want(record[78] == ("1" if texts else "0"), f"{where}: addenda indicator {record[78]}")


def _check_addenda(where: str, record: str, trace: str, count: int, report: Report) -> None:
    report.want(record[1:3] == "05", f"{where}: addenda type")
    report.want(record[3:83].strip() != "", f"{where}: empty addenda")
    report.want(record[83:87] == f"{count:04}", f"{where}: addenda number")
    report.want(record[87:94] == trace[8:], f"{where}: the addenda is of another entry")


def _check_batch_control(
    where: str, head: str, control: str, sums: tuple[int, int, int, int], report: Report
) -> None:
    want = report.want
    counted, hashed, debit, credit = sums
    want(control[1:4] == head[1:4], f"{where}: service class differs in its control")
    want(control[4:10] == f"{counted:06}", f"{where}: count {control[4:10]}, not {counted}")
    want(control[10:20] == f"{hashed:010}", f"{where}: hash {control[10:20]}, not {hashed}")
    want(control[20:32] == f"{debit:012}", f"{where}: debits {control[20:32]}, not {debit}")
    want(control[32:44] == f"{credit:012}", f"{where}: credits {control[32:44]}, not {credit}")
    want(control[44:54] == head[40:50], f"{where}: company id differs in its control")
    want(control[54:79] == " " * 25, f"{where}: 55-79 of the control not blank")
    want(control[79:94] == head[79:94], f"{where}: bank or batch number differs in its control")


def _check_end(records: list[str], sums: list[tuple[int, int, int, int]], report: Report) -> None:
    want = report.want
    end = next(record for record in records if record[0] == "9")
    counted, hashed, debit, credit = (
        (sum(parts) for parts in zip(*sums, strict=True)) if sums else (0, 0, 0, 0)
    )
    want(end[1:7] == f"{len(sums):06}", f"file control: batch count {end[1:7]}")
    want(end[7:13] == f"{len(records) // 10:06}", f"file control: block count {end[7:13]}")
    want(end[13:21] == f"{counted:08}", f"file control: count {end[13:21]}, not {counted}")
    want(end[21:31] == f"{hashed % 10**10:010}", f"file control: hash {end[21:31]}")
    want(end[31:43] == f"{debit:012}", f"file control: debits {end[31:43]}")
    want(end[43:55] == f"{credit:012}", f"file control: credits {end[43:55]}")
    want(end[55:94] == " " * 39, "file control: 56-94 not blank")


def _number(text: str, report: Report) -> int:
    report.want(bool(re.fullmatch(r"\d+", text)), f"{text!r} is no number")
    return int(text) if text.isdigit() else 0


def _check_digit(routing: str) -> bool:
    if not re.fullmatch(r"\d{9}", routing):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(routing, (3, 7, 1, 3, 7, 1, 3, 7), strict=False))
    return (10 - total % 10) % 10 == int(routing[8])


def _routing_or_free(text: str) -> bool:
    return _check_digit(text[1:]) if text.startswith(" ") else bool(text.strip())


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _settles(day: date) -> bool:
    """Weekdays but the Reserve Banks' holidays; one on a Sunday closes the Monday, on a Saturday nothing."""
    if day.weekday() > 4 or _is_holiday(day):
        return False
    return not (day.weekday() == 0 and _is_holiday(day - timedelta(days=1)))


def _is_holiday(day: date) -> bool:
    if (day.month, day.day) in {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}:
        return True
    nth = (day.day - 1) // 7 + 1
    if day.weekday() == 0:
        last = day.month == 5 and day.day > 24
        return last or (day.month, nth) in {(1, 3), (2, 3), (9, 1), (10, 2)}
    return (day.month, day.weekday(), nth) == (11, 3, 4)
