"""Rules about the file header and batch headers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from stdnum.us import rtn

from models.banking_days import is_banking_day
from worker.ach.codes import SERVICE_CLASSES
from worker.ach.findings import Report
from worker.ach.layouts import SEC_CODES
from worker.ach.structure import Line

_DIGITS8 = re.compile(r"\d{8}")
_DIGITS7 = re.compile(r"\d{7}")
_TIME = re.compile(r"([01]\d|2[0-3])[0-5]\d")

_RESERVED = {
    "REVERSAL": frozenset[str](),
    "RECLAIM": frozenset[str](),
    "NONSETTLED": frozenset[str](),
    "RETURN FEE": frozenset[str](),
    "RETRY PYMT": frozenset[str](),
    "ACCTVERIFY": frozenset[str](),
    "AUTOENROLL": frozenset({"ENR"}),
    "REDEPCHECK": frozenset({"RCK"}),
    "NO CHECK": frozenset({"XCK"}),
    "HCCLAIMPMT": frozenset({"CCD"}),
    "PURCHASE": frozenset({"WEB"}),
    "PAYROLL": frozenset({"PPD"}),
}
"""Descriptions that the rules keep for one kind of payment, and the SEC codes of those that have any."""
_REQUIRED = {"ENR": "AUTOENROLL", "RCK": "REDEPCHECK", "XCK": "NO CHECK"}


def day_of(text: str) -> date | None:
    """YYMMDD; None for what is no day."""
    try:
        return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date() if text.isdecimal() else None
    except ValueError:
        return None


def check_file_header(report: Report, line: Line) -> None:
    """Every field of the file header."""
    _constants(report, line)
    _ends_of_the_way(report, line)
    if day_of(line.value("file creation date")) is None:
        remedy = "give the day the file was made"
        report.field("creation_date", line, "file creation date", "is a day, YYMMDD", remedy)
    time = line.layout.field("file creation time").of(line.record.text)
    if time.strip() and not _TIME.fullmatch(time):
        remedy = "give the time of day, or leave it blank"
        report.field("creation_time", line, "file creation time", "is HHMM, 0000 to 2359, or blank", remedy)
    if not re.fullmatch("[A-Z0-9]", line.value("file ID modifier")):
        remedy = "give A for the first file of the day, B for the next"
        report.field("modifier", line, "file ID modifier", "is one of A-Z and 0-9", remedy)


def _constants(report: Report, line: Line) -> None:
    for name, wanted, code in (
        ("priority code", "01", "priority_code"),
        ("record size", "094", "record_size"),
        ("blocking factor", "10", "blocking_factor"),
        ("format code", "1", "format_code"),
    ):
        if line.value(name) != wanted:
            report.field(code, line, name, f"is always {wanted}", f"write {wanted}")


def _ends_of_the_way(report: Report, line: Line) -> None:
    destination, origin = line.value("immediate destination"), line.value("immediate origin")
    if len(destination) == 9 and destination.isdecimal() and not rtn.is_valid(destination):
        rule = "is a routing number, whose last digit is its check digit"
        report.field("destination", line, "immediate destination", rule, "copy it from the bank's letter")
    elif not destination.strip("0"):
        remedy = "give what the bank said: often a blank and its routing number"
        report.field("destination", line, "immediate destination", "says where the file goes", remedy)
    if not origin.strip("0"):
        remedy = "give what the bank said: often 1 and the EIN"
        report.field("origin", line, "immediate origin", "says who sends the file", remedy)


def check_batch_header(report: Report, line: Line) -> None:
    """Every field of a batch header but its dates."""
    if line.value("service class code") not in SERVICE_CLASSES:
        remedy = "give 200, 220 for credits only, or 225 for debits only"
        report.field("service_class", line, "service class code", "is 200, 220, 225 or 280", remedy)
    sec = line.value("SEC code")
    if sec not in SEC_CODES:
        remedy = "give CCD for companies, PPD for persons, or CTX; in capital letters"
        report.field("sec_code", line, "SEC code", "is one that the rules know", remedy)
    for name, code in (
        ("company name", "company_name"),
        ("company identification", "company_id"),
        ("originator identification", "company_id"),
        ("company entry description", "entry_description"),
    ):
        if line.layout.has(name) and not line.value(name).strip("0"):
            report.field(code, line, name, "is neither blank nor zeros", "give what was agreed with the bank")
    _description(report, line, sec)
    if line.value("originator status code") not in ("0", "1", "2"):
        remedy = "write 1; 2 is for federal agencies, 0 for the operator"
        report.field("originator_status", line, "originator status code", "is 0, 1 or 2", remedy)
    if not _DIGITS8.fullmatch(line.value("ODFI")):
        remedy = "give the first 8 digits of the originating bank's routing number"
        report.field("odfi", line, "ODFI", "is 8 digits", remedy)
    if not _DIGITS7.fullmatch(line.value("batch number")):
        report.field("batch_number", line, "batch number", "is 7 digits", "number the batches from 0000001")


def _description(report: Report, line: Line, sec: str) -> None:
    given = line.value("company entry description")
    word = "PAYROLL" if given.upper().startswith("PAYROLL") else given.upper()
    name = "company entry description"
    if (wanted := _REQUIRED.get(sec)) and given != wanted:
        report.field(
            "entry_description", line, name, f"is {wanted} where the SEC code is {sec}", f"write {wanted}"
        )
    elif word in _RESERVED and given != given.upper():
        rule = "is written in capital letters, as the rules fix this word"
        report.field("reserved_description", line, name, rule, f"write {given.upper()}")
    elif (kept := _RESERVED.get(word)) and sec not in kept:
        rule = f"is a word that the rules keep for {', '.join(sorted(kept))} entries"
        report.field("reserved_description", line, name, rule, "write VENDOR PAY or INVOICE", warning=True)


def check_batch_dates(report: Report, line: Line, created: str) -> None:
    """The dates of a batch on its way to the operator; those of returns are the original's."""
    if line.value("settlement date"):
        remedy = "leave it blank: the operator fills it in"
        report.field("settlement_date", line, "settlement date", "is blank", remedy)
    name, text = "effective entry date", line.value("effective entry date")
    day = day_of(text)
    if not text and line.value("SEC code") == "ENR":
        return  # an enrollment settles nothing
    if not text:
        rule = "says when to settle; blank can mean today, with the same-day fee"
        report.field("effective_date", line, name, rule, "give a banking day")
    elif day is None:
        report.field("effective_date", line, name, "is a day, YYMMDD", "give a banking day")
    elif not is_banking_day(day):
        rule = "is a banking day: no weekend, no holiday of the Federal Reserve Banks"
        report.field("effective_date", line, name, rule, "give the next banking day", warning=True)
    elif (made := day_of(created)) and day < made:
        rule = f"is not before the file was made ({created})"
        report.field("effective_date", line, name, rule, "give a banking day to come", warning=True)
