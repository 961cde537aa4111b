"""Rules about addenda: which ones an entry may and must have, in which order, and that they are its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from worker.ach import reasons, remittance
from worker.ach.check.entries import COUNTED
from worker.ach.codes import TRANSACTIONS, Purpose
from worker.ach.findings import Report
from worker.ach.layout import RESERVED
from worker.ach.structure import Entry, Line

_MOST = {
    **dict.fromkeys(("CCD", "PPD", "WEB", "CIE", "ACK"), 1),
    "DNE": 1,
    **dict.fromkeys(("CTX", "ENR", "TRX", "ATX"), 9_999),
}
"""SEC code → how many addenda of type 05 an entry may have; the others have none."""
_TERMINAL = frozenset({"POS", "SHR", "MTE"})
_NEEDED = frozenset({"DNE", "ENR"})
"""Notices of federal agencies: entries of zero with a prenote's code, and what they say in addenda."""
_IAT_NEEDED = ["10", "11", "12", "13", "14", "15", "16"]
_IAT_MOST = {"17": 2, "18": 5}


def is_plain(entry: Entry) -> bool:
    """Whether a payment has no addenda and says so, or the only one it may have, and nothing is wrong."""
    text = entry.line.record.text
    if not entry.addenda:
        return text[78] == "0"
    first = entry.addenda[0].record.text
    return (
        text[78] == "1"
        and len(entry.addenda) == _MOST.get(entry.sec)
        and first[1:3] == "05"
        and first[83:87] == "0001"
        and first[87:] == text[87:]
    )


def check_addenda(report: Report, entry: Entry) -> None:
    """The addenda of an entry, once all of them are known."""
    said = TRANSACTIONS.get(entry.line.value("transaction code"))
    purpose = Purpose.PAYMENT if said is None else said.purpose
    _indicator(report, entry)
    if purpose is Purpose.ANSWER:
        _of_answer(report, entry)
    elif entry.sec == "IAT":
        _of_iat(report, entry)
    else:
        _of_type(report, entry, purpose)
    if entry.sec in COUNTED:
        _counted(report, entry)
    for line in entry.addenda:
        _belongs(report, entry, line)
    _in_sequence(report, [line for line in entry.addenda if line.value("addenda type code") != "18"])
    if entry.sec == "CTX" and entry.addenda and purpose is Purpose.PAYMENT:
        _remittance(report, entry)


def _indicator(report: Report, entry: Entry) -> None:
    name, given = "addenda indicator", entry.line.value("addenda indicator")
    if given not in ("0", "1"):
        report.field("indicator", entry.line, name, "is 0 or 1", "write 1 where addenda follow, else 0")
    elif (given == "1") != bool(entry.addenda):
        there = f"{len(entry.addenda)} follow" if entry.addenda else "none follows"
        rule = f"is 1 where addenda follow, else 0; {there}"
        report.field("indicator", entry.line, name, rule, "correct it, or the addenda")


def _of_type(report: Report, entry: Entry, purpose: Purpose) -> None:
    wanted = "02" if entry.sec in _TERMINAL else "05"
    most = 1 if entry.sec in _TERMINAL else _MOST.get(entry.sec, 0)
    for line in entry.addenda:
        if line.value("addenda type code") != wanted:
            rule = f"is {wanted} in a {entry.sec} batch"
            report.field("addenda_type", line, "addenda type code", rule, f"write {wanted}, or leave it out")
    if len(entry.addenda) > most:
        rule = f"a {entry.sec} entry has at most {most:,} addenda; this one has {len(entry.addenda):,}"
        report.record("too_many_addenda", entry.line.record.number, rule, "use CTX, or an entry for each")
    if purpose is Purpose.PRENOTE and entry.addenda and entry.sec not in _NEEDED:
        rule = "a prenote has no addenda"
        report.record("prenote_addenda", entry.line.record.number, rule, "leave the addenda out")
    needed = purpose is Purpose.ZERO_DOLLAR or entry.sec in _NEEDED or entry.sec in _TERMINAL
    if needed and not entry.addenda and entry.sec not in ("ACK", "ATX"):
        rule = f"a {'zero-dollar' if purpose is Purpose.ZERO_DOLLAR else entry.sec} entry has addenda"
        report.record("addenda_missing", entry.line.record.number, rule, "add what it is about")


def _of_answer(report: Report, entry: Entry) -> None:
    answers = [line for line in entry.addenda if line.value("addenda type code") in ("98", "99")]
    if len(answers) != 1:
        rule = "a return has one addenda of type 99, a notification of change one of type 98"
        report.record("answer_addenda", entry.line.record.number, rule, "ask the bank that made the file")
    for line in answers:
        _answer(report, line)


def _answer(report: Report, line: Line) -> None:
    ask = "ask the bank that made the file"
    kind = line.value("addenda type code")
    name = "return reason code" if kind == "99" else "change code"
    known = reasons.RETURNS if kind == "99" else reasons.CHANGES
    if line.value(name) not in known:
        report.field("answer_code", line, name, "is one that the rules know", ask)
    if line.layout.has("refused COR code") and line.value("refused COR code") not in known:
        report.field("answer_code", line, "refused COR code", "is one that the rules know", ask)
    if not re.fullmatch(r"\d{15}", line.value("original entry trace number")):
        report.field("original_trace", line, "original entry trace number", "is 15 digits", ask)
    if kind == "98" and line.value("change code") not in ("C13", "C14") and not line.value("corrected data"):
        report.field("corrected_data", line, "corrected data", "says what is right", ask)


def _of_iat(report: Report, entry: Entry) -> None:
    types = [line.value("addenda type code") for line in entry.addenda]
    if types[: len(_IAT_NEEDED)] != _IAT_NEEDED:
        rule = "an IAT entry has addenda 10 to 16, in this order"
        report.record("iat_addenda", entry.line.record.number, rule, "add the missing ones")
    for line in entry.addenda[len(_IAT_NEEDED) :]:
        if line.value("addenda type code") not in _IAT_MOST:
            report.field("addenda_type", line, "addenda type code", "is 17 or 18 after 16", "leave it out")
    for kind, most in _IAT_MOST.items():
        if types.count(kind) > most:
            rule = f"an IAT entry has at most {most} addenda of type {kind}"
            report.record("too_many_addenda", entry.line.record.number, rule, "leave some out")


def _counted(report: Report, entry: Entry) -> None:
    name = "number of addenda records"
    given = entry.line.layout.field(name).of(entry.line.record.text)
    if not given.isdecimal() or int(given) != len(entry.addenda):
        rule = f"is how many addenda follow, filled with zeros: {len(entry.addenda):04d}"
        report.field("addenda_count", entry.line, name, rule, "correct it, or the addenda")


def _belongs(report: Report, entry: Entry, line: Line) -> None:
    name, wanted = "entry detail sequence number", entry.line.value("trace number")[-7:]
    if line.layout.has(name) and line.value(name) != wanted:
        rule = f"is that of its entry: {wanted}"
        report.field("addenda_trace", line, name, rule, "put it behind its own entry")
    for field, value in line.layout.values(line.record.text):
        if field.name == RESERVED and value.strip():
            report.field("reserved", line, RESERVED, "is blank", "leave it blank", warning=True)


def _in_sequence(report: Report, addenda: Sequence[Line]) -> None:
    name, before = "addenda sequence number", 0
    for line in addenda:
        if not line.layout.has(name):
            continue
        before += 1
        if line.value(name) != f"{before:04d}":
            rule = f"counts an entry's addenda from 0001 without a gap: {before:04d}"
            report.field("addenda_sequence", line, name, rule, "number them anew")
            given = line.value(name)
            before = int(given) if given.isdecimal() else before


def _remittance(report: Report, entry: Entry) -> None:
    """What an 820 says it pays is what the entry pays."""
    found, cents = remittance.of_entry(entry), entry.line.value("amount")
    if found is None or not cents.isdecimal():
        return
    for said, what in ((remittance.as_decimal(found.amount), "BPR"), (found.paid, "the sum of its RMR")):
        if said is not None and said * 100 != int(cents):
            rule = f"is what the remittance pays; {what} says {said}"
            remedy = "make the two agree"
            report.field("remittance_amount", entry.line, "amount", rule, remedy, warning=True)
