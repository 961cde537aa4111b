"""What the numbers in an ACH file mean: service classes and transaction codes."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

SERVICE_CLASSES = {
    "200": "mixed debits and credits",
    "220": "credits only",
    "225": "debits only",
    "280": "accounting advices",
}


class Purpose(StrEnum):
    """What an entry does."""

    PAYMENT = "payment"
    PRENOTE = "prenote"
    ZERO_DOLLAR = "zero-dollar"
    ANSWER = "return or change"


class Transaction(NamedTuple):
    """What a transaction code says."""

    account: str
    credit: bool
    purpose: Purpose

    @property
    def side(self) -> str:
        """`credit` or `debit`."""
        return "credit" if self.credit else "debit"

    @property
    def words(self) -> str:
        """`checking credit`, `savings debit prenote`."""
        more = "" if self.purpose == Purpose.PAYMENT else f" {self.purpose}"
        return f"{self.account} {self.side}{more}"


_ACCOUNTS = {"2": "checking", "3": "savings", "4": "general ledger"}
_PURPOSES = {
    "1": (True, Purpose.ANSWER),
    "2": (True, Purpose.PAYMENT),
    "3": (True, Purpose.PRENOTE),
    "4": (True, Purpose.ZERO_DOLLAR),
    "6": (False, Purpose.ANSWER),
    "7": (False, Purpose.PAYMENT),
    "8": (False, Purpose.PRENOTE),
    "9": (False, Purpose.ZERO_DOLLAR),
}
TRANSACTIONS = {
    f"{first}{second}": Transaction(account, *said)
    for first, account in _ACCOUNTS.items()
    for second, said in _PURPOSES.items()
} | {
    "51": Transaction("loan", True, Purpose.ANSWER),
    "52": Transaction("loan", True, Purpose.PAYMENT),
    "53": Transaction("loan", True, Purpose.PRENOTE),
    "54": Transaction("loan", True, Purpose.ZERO_DOLLAR),
    "55": Transaction("loan", False, Purpose.PAYMENT),
    "56": Transaction("loan", False, Purpose.ANSWER),
}
# Accounting advices: odd ones credit the originator, even ones debit it.
TRANSACTIONS |= {str(code): Transaction("advice", code % 2 == 1, Purpose.PAYMENT) for code in range(81, 89)}


def amount_text(cents: str) -> str:
    """A field of cents as dollars, `1234.50`; as it stands where it is no number."""
    return (
        f"{int(cents) // 100}.{int(cents) % 100:02d}"
        if cents.isascii() and cents.isdecimal()
        else cents.strip()
    )
