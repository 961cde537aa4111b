"""Which field stands where in headers, entries and controls, by record type and SEC code.

Names and positions are those of the Nacha Operating Rules, appendix three (ACH record format specifications).
"""

from __future__ import annotations

from worker.ach import addenda_layouts
from worker.ach.layout import Layout, layout

FILE_HEADER = layout(
    "file header",
    """
    1 record type
    2 priority code
    10 immediate destination
    10 immediate origin
    6 file creation date
    4 file creation time
    1 file ID modifier
    3 record size
    2 blocking factor
    1 format code
    23 immediate destination name
    23 immediate origin name
    8 reference code
    """,
)
BATCH_HEADER = layout(
    "batch header",
    """
    1 record type
    3 service class code
    16 company name
    20 company discretionary data
    10 company identification
    3 SEC code
    10 company entry description
    6 company descriptive date
    6 effective entry date
    3 settlement date
    1 originator status code
    8 ODFI
    7 batch number
    """,
)
IAT_BATCH_HEADER = layout(
    "IAT batch header",
    """
    1 record type
    3 service class code
    16 IAT indicator
    2 foreign exchange indicator
    1 foreign exchange reference indicator
    15 foreign exchange reference
    2 ISO destination country code
    10 originator identification
    3 SEC code
    10 company entry description
    3 ISO originating currency code
    3 ISO destination currency code
    6 effective entry date
    3 settlement date
    1 originator status code
    8 ODFI
    7 batch number
    """,
)
BATCH_CONTROL = layout(
    "batch control",
    """
    1 record type
    3 service class code
    6 entry/addenda count
    10 entry hash
    12 total debit amount
    12 total credit amount
    10 company identification
    19 message authentication code
    6 reserved
    8 ODFI
    7 batch number
    """,
)
ADV_BATCH_CONTROL = layout(
    "ADV batch control",
    """
    1 record type
    3 service class code
    6 entry/addenda count
    10 entry hash
    20 total debit amount
    20 total credit amount
    19 ACH operator data
    8 ODFI
    7 batch number
    """,
)
FILE_CONTROL = layout(
    "file control",
    """
    1 record type
    6 batch count
    6 block count
    8 entry/addenda count
    10 entry hash
    12 total debit amount
    12 total credit amount
    39 reserved
    """,
)
ADV_FILE_CONTROL = layout(
    "ADV file control",
    """
    1 record type
    6 batch count
    6 block count
    8 entry/addenda count
    10 entry hash
    20 total debit amount
    20 total credit amount
    23 reserved
    """,
)
UNKNOWN = layout("record of no known type", "1 record type\n93 content")

_HEAD = """
    1 record type
    2 transaction code
    8 RDFI
    1 check digit
    17 account number
    10 amount
"""
_TAIL = """
    1 addenda indicator
    15 trace number
"""


def _entry(sec: str, middle: str) -> Layout:
    return layout(f"{sec} entry", f"{_HEAD}{middle.strip()}{_TAIL}")


_COUNTED = "{0}\n4 number of addenda records\n16 receiver name\n2 reserved\n2 {1}"
_CHECK = "15 check serial number\n22 receiver name\n2 discretionary data"
_TRACED = "15 check serial number\n6 process control field\n16 item research number\n2 {0}"
_PERSON = "15 identification number\n22 receiver name\n2 {0}"
_ENTRIES = {
    sec: _entry(sec, middle)
    for sec, middle in {
        "CCD": _PERSON.format("discretionary data"),
        "PPD": _PERSON.format("discretionary data"),
        "COR": _PERSON.format("discretionary data"),
        "DNE": _PERSON.format("discretionary data"),
        "TEL": _PERSON.format("payment type code"),
        "WEB": _PERSON.format("payment type code"),
        "POS": _PERSON.format("card transaction type code"),
        "ACK": "15 original entry trace number\n22 receiver name\n2 discretionary data",
        "CTX": _COUNTED.format("15 identification number", "discretionary data"),
        "ENR": _COUNTED.format("15 identification number", "reserved"),
        "TRX": _COUNTED.format("15 identification number", "item type indicator"),
        "ATX": _COUNTED.format("15 original entry trace number", "discretionary data"),
        "ARC": _CHECK,
        "BOC": _CHECK,
        "RCK": _CHECK,
        "CIE": "15 receiver name\n22 identification number\n2 discretionary data",
        "MTE": "22 receiver name\n15 identification number\n2 card transaction type code",
        "POP": "9 check serial number\n4 terminal city\n2 terminal state\n22 receiver name\n"
        "2 discretionary data",
        "SHR": "4 card expiration date\n11 document reference number\n22 card account number\n"
        "2 card transaction type code",
        "TRC": _TRACED.format("item type indicator"),
        "XCK": _TRACED.format("discretionary data"),
    }.items()
}
_ENTRIES["IAT"] = layout(
    "IAT entry",
    """
    1 record type
    2 transaction code
    8 RDFI
    1 check digit
    4 number of addenda records
    13 reserved
    10 amount
    35 account number
    2 reserved
    1 gateway OFAC screening indicator
    1 secondary OFAC screening indicator
    1 addenda indicator
    15 trace number
    """,
)
_ENTRIES["ADV"] = layout(
    "ADV entry",
    """
    1 record type
    2 transaction code
    8 RDFI
    1 check digit
    15 account number
    12 amount
    9 advice routing number
    5 file identification
    1 ACH operator data
    22 receiver name
    2 discretionary data
    1 addenda indicator
    8 routing number of the ACH operator
    3 julian date
    4 sequence number within batch
    """,
)
SEC_CODES = frozenset(_ENTRIES)
"""Every SEC code of the rules."""


def of(text: str, sec: str) -> Layout:
    """The layout of a record within a batch of this SEC code."""
    match text[0]:
        case "1":
            return FILE_HEADER
        case "5":
            return IAT_BATCH_HEADER if text[50:53] == "IAT" else BATCH_HEADER
        case "6":
            return _ENTRIES.get(sec, _ENTRIES["CCD"])
        case "7":
            return addenda_layouts.of(text, sec)
        case "8":
            return ADV_BATCH_CONTROL if sec == "ADV" else BATCH_CONTROL
        case "9":
            return ADV_FILE_CONTROL if sec == "ADV" else FILE_CONTROL
        case _:
            return UNKNOWN
