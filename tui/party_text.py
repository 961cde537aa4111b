"""Parties in words, alike in commands and screens: how one is paid, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.ach_returns.records import AccountProposal
from models.parties import BankAccount, PaymentMethod
from models.party_list import PartyRow, Waiting
from tui import wording

METHODS = {PaymentMethod.ACH: "ACH", PaymentMethod.OTHER: "other means"}
_MEETS = {
    "pending": "wait and follow the change",
    "on_hold": "are on hold and follow it once released",
    "in_progress": "are in a job and keep what it collected",
}


def waiting(found: Iterable[Waiting]) -> Iterator[str]:
    """What a change of payment meets, a line for each state and currency."""
    for each in found:
        number = wording.counted(each.number, "invoice")
        yield f"{number}, {each.amount} {each.currency}: {_MEETS[each.state]}"


def paid_by(row: PartyRow) -> str:
    """A mark where something is missing, the method, and into which account."""
    if row.unpayable:
        return "! ACH, no account"
    into = f" {row.account}" if row.account else ""
    return f"ACH{into}" if row.method is PaymentMethod.ACH else "other"


def known(key: str) -> str:
    """What documents are matched on, as people say it: `number V-7` for `NUMBER:V-7`."""
    kind, mark, value = key.partition(":")
    return f"{kind.lower()} {value}" if mark and kind in ("NUMBER", "NAME") else key


def account(one: BankAccount) -> str:
    """An account in words, its number masked: `••••6655 at 021000021, a company's checking account`."""
    return f"{one.masked} at {one.routing}, a {one.holder.value}'s {one.kind.value} account"


def proposal(one: AccountProposal) -> str:
    """A proposed account in words, its number masked: `••••1234 at 021000021, a savings account of ACME`."""
    of = f" of {one.name}" if one.name else ""
    return f"{one.masked} at {one.routing}, a {one.kind.value} account{of}"


def answered(one: AccountProposal) -> str:
    """Why its bank proposes it: `C01, incorrect account number, on trace 076401250000001 of file 3`."""
    answer = one.answer
    return f"{answer.code}, {answer.words}, on trace {answer.trace} of file {answer.file_id}"
