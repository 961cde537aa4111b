"""The layouts of addenda records, by their type code and, of returns and changes, by their reason code."""

from __future__ import annotations

from worker.ach.layout import Layout, layout

_ADDENDA = {
    "02": layout(
        "terminal addenda",
        """
        1 record type
        2 addenda type code
        7 reference information 1
        3 reference information 2
        6 terminal identification code
        6 transaction serial number
        4 transaction date
        6 authorization code
        27 terminal location
        15 terminal city
        2 terminal state
        15 trace number
        """,
    ),
    "05": layout(
        "addenda",
        """
        1 record type
        2 addenda type code
        80 payment related information
        4 addenda sequence number
        7 entry detail sequence number
        """,
    ),
    "98": layout(
        "notification of change",
        """
        1 record type
        2 addenda type code
        3 change code
        15 original entry trace number
        6 reserved
        8 original RDFI
        29 corrected data
        15 reserved
        15 trace number
        """,
    ),
    "98 refused": layout(
        "refused notification of change",
        """
        1 record type
        2 addenda type code
        3 refused COR code
        15 original entry trace number
        6 reserved
        8 original RDFI
        29 corrected data
        3 change code
        7 COR trace sequence number
        5 reserved
        15 trace number
        """,
    ),
    "99": layout(
        "return",
        """
        1 record type
        2 addenda type code
        3 return reason code
        15 original entry trace number
        6 date of death
        8 original RDFI
        44 addenda information
        15 trace number
        """,
    ),
    "99 IAT": layout(
        "IAT return",
        """
        1 record type
        2 addenda type code
        3 return reason code
        15 original entry trace number
        6 date of death
        8 original RDFI
        10 original forward entry payment amount
        34 addenda information
        15 trace number
        """,
    ),
    "99 dishonored": layout(
        "dishonored return",
        """
        1 record type
        2 addenda type code
        3 return reason code
        15 original entry trace number
        6 reserved
        8 original RDFI
        3 reserved
        15 return trace number
        3 return settlement date
        2 original return reason code
        21 addenda information
        15 trace number
        """,
    ),
    "99 contested": layout(
        "contested dishonored return",
        """
        1 record type
        2 addenda type code
        3 return reason code
        15 original entry trace number
        6 date original entry returned
        8 original RDFI
        3 original settlement date
        15 return trace number
        3 return settlement date
        2 original return reason code
        15 dishonored return trace number
        3 dishonored return settlement date
        2 dishonored return reason code
        1 reserved
        15 trace number
        """,
    ),
    "10": layout(
        "IAT addenda 10",
        """
        1 record type
        2 addenda type code
        3 transaction type code
        18 foreign payment amount
        22 foreign trace number
        35 receiver name
        6 reserved
        7 entry detail sequence number
        """,
    ),
    "11": layout(
        "IAT addenda 11",
        """
        1 record type
        2 addenda type code
        35 originator name
        35 originator street address
        14 reserved
        7 entry detail sequence number
        """,
    ),
    "12": layout(
        "IAT addenda 12",
        """
        1 record type
        2 addenda type code
        35 originator city and state
        35 originator country and postal code
        14 reserved
        7 entry detail sequence number
        """,
    ),
    "13": layout(
        "IAT addenda 13",
        """
        1 record type
        2 addenda type code
        35 ODFI name
        2 ODFI identification number qualifier
        34 ODFI identification
        3 ODFI branch country code
        10 reserved
        7 entry detail sequence number
        """,
    ),
    "14": layout(
        "IAT addenda 14",
        """
        1 record type
        2 addenda type code
        35 RDFI name
        2 RDFI identification number qualifier
        34 RDFI identification
        3 RDFI branch country code
        10 reserved
        7 entry detail sequence number
        """,
    ),
    "15": layout(
        "IAT addenda 15",
        """
        1 record type
        2 addenda type code
        15 receiver identification number
        35 receiver street address
        34 reserved
        7 entry detail sequence number
        """,
    ),
    "16": layout(
        "IAT addenda 16",
        """
        1 record type
        2 addenda type code
        35 receiver city and state
        35 receiver country and postal code
        14 reserved
        7 entry detail sequence number
        """,
    ),
    "17": layout(
        "IAT addenda 17",
        """
        1 record type
        2 addenda type code
        80 payment related information
        4 addenda sequence number
        7 entry detail sequence number
        """,
    ),
    "18": layout(
        "IAT addenda 18",
        """
        1 record type
        2 addenda type code
        35 foreign correspondent bank name
        2 foreign correspondent bank identification number qualifier
        34 foreign correspondent bank identification number
        3 foreign correspondent bank branch country code
        6 reserved
        4 addenda sequence number
        7 entry detail sequence number
        """,
    ),
}

DISHONORED = frozenset({"R61", "R62", "R67", "R68", "R69", "R70"})
CONTESTED = frozenset({f"R{number}" for number in range(71, 78)})
REFUSED_CHANGE = frozenset({f"C{number}" for number in range(61, 70)})


def of(text: str, sec: str) -> Layout:
    """The layout of an addenda record within a batch of this SEC code."""
    kind, code = text[1:3], text[3:6]
    if kind == "98" and code in REFUSED_CHANGE:
        kind = "98 refused"
    elif kind == "99" and code in DISHONORED:
        kind = "99 dishonored"
    elif kind == "99" and code in CONTESTED:
        kind = "99 contested"
    elif kind == "99" and sec == "IAT":
        kind = "99 IAT"
    return _ADDENDA.get(kind, _ADDENDA["05"])
