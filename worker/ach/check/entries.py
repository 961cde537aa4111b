"""Rules about entry detail records.

Most entries of a good file are plain ones: `is_plain` tells them from one look, and only the others are gone
through field by field. What it calls plain, `check_entry` finds nothing in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from worker.ach.codes import TRANSACTIONS, Purpose, Transaction
from worker.ach.findings import Report
from worker.ach.layout import RESERVED
from worker.ach.structure import Line

SAME_DAY_LIMIT = 1_000_000_00
"""Cents: what an entry may have to settle on the day (since 18 Mar 2022)."""
COUNTED = frozenset({"CTX", "ENR", "TRX", "ATX", "IAT"})
"""SEC codes whose entries say how many addenda they have."""
_ZERO_DOLLAR = frozenset({"CCD", "CTX", "IAT", "ACK", "ATX"})
_NAMELESS = frozenset({"ARC", "BOC", "RCK", "POP", "SHR", "TRC", "XCK", "IAT", "ADV"})
"""SEC codes whose entries need no receiver's name, or have it elsewhere."""
_PLAIN_SEC = frozenset({"CCD", "PPD", "WEB", "TEL"})
_PLAIN = re.compile(r"6(\d\d)(\d{9})(\S[!-~ ]{16})(\d{10})(.{15})(.{22})..[01]\d{15}")
_SIDES = {"220": True, "225": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the batch says that its entries are held to."""

    service_class: str
    sec: str
    odfi: str
    same_day: bool
    reversal: bool


@lru_cache(maxsize=65_536)
def check_digit_is_right(routing: str) -> bool:
    """Weights 3, 7, 1 over all nine digits come to a multiple of ten."""
    one, two, three, four, five, six, seven, eight, nine = map(int, routing)
    return not (3 * (one + four + seven) + 7 * (two + five + eight) + three + six + nine) % 10


def is_plain(text: str, terms: Terms) -> bool:
    """Whether it is an ordinary payment in which nothing is wrong; trace and addenda are looked at apart."""
    found = _PLAIN.fullmatch(text)
    if found is None or terms.sec not in _PLAIN_SEC:
        return False
    code, routing, account, cents, _, name = found.groups()
    said = TRANSACTIONS.get(code)
    return (
        said is not None
        and said.purpose is Purpose.PAYMENT
        and code != "55"
        and said.account != "advice"
        and _SIDES.get(terms.service_class, said.credit) == said.credit
        and check_digit_is_right(routing)
        and " " not in account.rstrip()
        and bool(account.strip("0 "))
        and bool(name.strip())
        and 0 < int(cents) <= (SAME_DAY_LIMIT if terms.same_day else 10**10)
    )


def check_entry(report: Report, line: Line, terms: Terms) -> None:
    """Every field of an entry but its trace number and addenda indicator."""
    said = TRANSACTIONS.get(line.value("transaction code"))
    if said is None:
        remedy = "give 22 for a checking account's credit, 32 for a savings account's"
        report.field("transaction_code", line, "transaction code", "is one that the rules know", remedy)
    else:
        _code_fits(report, line, said, terms)
    _routing(report, line)
    _account(report, line)
    _amount(report, line, said, terms)
    if terms.sec not in _NAMELESS and line.layout.has("receiver name") and not line.value("receiver name"):
        remedy = "give the receiver's name"
        report.field("receiver_name", line, "receiver name", "is not blank", remedy, warning=True)
    _reserved(report, line)


def _code_fits(report: Report, line: Line, said: Transaction, terms: Terms) -> None:
    name = "transaction code"
    if (said.account == "advice") != (terms.sec == "ADV"):
        report.field(
            "code_of_sec", line, name, "81 to 88 stand in ADV batches, and nothing else", "correct it"
        )
    elif _SIDES.get(terms.service_class, said.credit) != said.credit:
        kind = "credits" if terms.service_class == "220" else "debits"
        remedy = "put it into a batch of class 200, or of the other class"
        report.field(
            "code_of_class", line, name, f"only {kind} stand in a batch of {terms.service_class}", remedy
        )
    elif said.purpose is Purpose.ZERO_DOLLAR and terms.sec not in _ZERO_DOLLAR:
        rule = f"zero-dollar codes stand in CCD and CTX batches, not in {terms.sec}"
        report.field("code_of_sec", line, name, rule, "use a prenote, or leave it out")
    elif terms.sec == "COR" and said.purpose is not Purpose.ANSWER:
        report.field("code_of_sec", line, name, "ends with 1 or 6 in a COR batch", "give 21 or 26")
    elif line.value(name) == "55" and not terms.reversal:
        rule = "55 only reverses a credit to a loan account"
        report.field("code_of_sec", line, name, rule, "loan accounts cannot be debited otherwise")


def _routing(report: Report, line: Line) -> None:
    routing = line.layout.field("RDFI").of(line.record.text) + line.value("check digit")
    remedy = "copy the nine digits again from the payee's cheque or bank letter"
    if not re.fullmatch(r"\d{9}", routing):
        rule = "is 8 digits, and the check digit one more"
        name = "check digit" if re.match(r"\d{8}", routing) else "RDFI"
        report.field("routing", line, name, rule, remedy)
    elif not check_digit_is_right(routing):
        rule = f"is the one that {routing[:8]} comes to by the weights 3, 7, 1"
        report.field("check_digit", line, "check digit", rule, remedy)


def _account(report: Report, line: Line) -> None:
    name = "account number"
    account = line.layout.field(name).of(line.record.text)
    if not account.strip("0 "):
        report.field("account", line, name, "is neither blank nor zeros", "give the receiver's account")
    elif account.startswith(" "):
        report.field("account_place", line, name, "begins at the field's left end", "move it to the left")
    elif " " in account.rstrip():
        report.field(
            "account_blanks", line, name, "has no blanks within", "write it without them", warning=True
        )


def _amount(report: Report, line: Line, said: Transaction | None, terms: Terms) -> None:
    text = line.layout.field("amount").of(line.record.text)
    if not text.isdecimal():
        report.field("amount", line, "amount", "is digits: cents, filled with zeros", "write it in cents")
        return
    if said is None or said.purpose is Purpose.ANSWER:
        return
    cents = int(text)
    if said.purpose is Purpose.PAYMENT and not cents and terms.sec != "ADV":
        remedy = "leave the entry out, or use a prenote or a zero-dollar code"
        report.field("amount_zero", line, "amount", "is above zero in a payment", remedy)
    elif said.purpose is not Purpose.PAYMENT and cents:
        rule = f"is zero in a {said.purpose} entry"
        report.field("amount_not_zero", line, "amount", rule, "use the code of a payment, or write zeros")
    elif terms.same_day and cents > SAME_DAY_LIMIT:
        rule = "is at most 1000000.00 to settle on the day; it settles the next banking day"
        remedy = "give the next banking day as effective entry date"
        report.field("same_day_limit", line, "amount", rule, remedy, warning=True)


def _reserved(report: Report, line: Line) -> None:
    for field, value in line.layout.values(line.record.text):
        if field.name == RESERVED and value.strip():
            report.field("reserved", line, RESERVED, "is blank", "leave it blank", warning=True)
