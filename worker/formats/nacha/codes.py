"""Codes, widths and reserved words of the Nacha rules (Operating Rules, appendix three)."""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

CCD, PPD, CTX = "CCD", "PPD", "CTX"
BATCH_ORDER = {CCD: 0, CTX: 1, PPD: 2}
SEC_OF_HOLDER = {"company": CCD, "person": PPD}


class Codes(NamedTuple):
    """The transaction codes of one kind of account."""

    live: str
    prenote: str
    zero_dollar: str


CREDITS = {"checking": Codes("22", "23", "24"), "savings": Codes("32", "33", "34")}
DEBITS = {"checking": Codes("27", "28", "29"), "savings": Codes("37", "38", "39")}
CREDITS_ONLY, DEBITS_ONLY, MIXED = "220", "225", "200"

ACCOUNT_WIDTH = 17
NAME_WIDTH = 22
CTX_NAME_WIDTH = 16
IDENTIFICATION_WIDTH = 15
ADDENDA_WIDTH = 80
MAX_ADDENDA = 9_999  # of one CTX entry: 4 digits
MAX_AMOUNT = 99_999_999_99  # cents in an entry: 10 digits
MAX_TRACE = 9_999_999
MAX_BATCH_RECORDS = 999_999  # entries and addenda in a batch: 6 digits
MAX_BATCHES = 999_999
MAX_BLOCKS = 999_999  # which is reached long before 99,999,999 entries and addenda are
MAX_TOTAL = 999_999_999_999  # cents in a batch and in a file: 12 digits
HASH_MODULUS = 10**10

# When same-day entries settle, Eastern time: FedACH's three windows, in their order.
SETTLEMENTS = (time(13), time(17), time(18))

# Company entry descriptions that the rules fix for other operations than paying vendors.
RESERVED_DESCRIPTIONS = frozenset(
    {
        "ACCTVERIFY",
        "AUTOENROLL",
        "HCCLAIMPMT",
        "NO CHECK",
        "NONSETTLED",
        "PAYROLL",
        "PURCHASE",
        "RECLAIM",
        "REDEPCHECK",
        "RETRY PYMT",
        "RETURN FEE",
        "REVERSAL",
    }
)
