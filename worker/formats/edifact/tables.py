"""Elements of the segments we write: UN/EDIFACT directory D.96A, and ISO 9735 for the service segments."""

from __future__ import annotations

from typing import Final

from worker.formats.edi.segments import Table

_PRODUCT = "(an..35 an..3 an..3 an..3)"

SEGMENTS: Final[Table] = {
    "UNB": "(a4 n1) (an..35 an..4 an..14) (an..35 an..4 an..14) (n6 n4)"
    " an..14 (an..14 an2) an..14 a1 n1 an..35 n1",
    "UNH": "an..14 (an..6 an..3 an..3 an..2 an..6)",
    "BGM": "(an..3 an..3 an..3 an..35) an..35 an..3",
    "DTM": "(an..3 an..35 an..3)",
    "PAI": "(an..3 an..3 an..3)",
    "FTX": "an..3 an..3 (an..3 an..3 an..3) (an..70 an..70 an..70 an..70 an..70)",
    "RFF": "(an..3 an..35 an..6 an..35)",
    "NAD": "an..3 (an..35 an..3 an..3) (an..35 an..35 an..35 an..35 an..35)"
    " (an..35 an..35 an..35 an..35 an..35) (an..35 an..35 an..35 an..35) an..35 an..9 an..9 an..3",
    "FII": "an..3 (an..35 an..35 an..35) (an..11 an..3 an..3 an..17 an..3 an..3)",
    "CTA": "an..3 (an..17 an..35)",
    "COM": "(an..512 an..3)",
    "TAX": "an..3 (an..3 an..3 an..3 an..35) (an..6 an..3 an..3) an..15 (an..7 an..3 an..3 an..17) an..3",
    "CUX": "(an..3 an..3 an..3)",
    "PAT": "an..3",
    "PCD": "(an..3 n..10)",
    "MOA": "(an..3 n..18)",
    "ALC": "an..3 (an..35 an..3) an..3 an..3 (an..3 an..3 an..3 an..35 an..35)",
    "LIN": f"n..6 an..3 {_PRODUCT}",
    "PIA": f"an..3 {_PRODUCT}",
    "IMD": "an..3 an..3 (an..17 an..3 an..3 an..35 an..35)",
    "QTY": "(an..3 n..15 an..3)",
    "PRI": "(an..3 n..15 an..3 an..3 n..9 an..3)",
    "UNS": "a1",
    "CNT": "(an..3 n..18)",
    "UNT": "n..6 an..14",
    "UNZ": "n..6 an..14",
}

MOST: Final = {
    ("head", "FTX"): 10,
    ("head", "RFF"): 99,
    ("head", "ALC"): 9999,
    ("line", "FTX"): 5,
    ("line", "IMD"): 10,
    ("line", "ALC"): 15,
    ("sum", "TAX"): 10,
}
"""How often a segment may stand at its place in INVOIC."""

_CODES: Final = """
71 80 81 82 83 84 130 202 203 204 211 325 326 380 381 382 383 384 385 386 387 388 389 390 393 394 395 396
456 457 458 575 623 633 780 870 935
"""
DOCUMENT_CODES: Final = frozenset(_CODES.split())
"""UNTDID 1001 as D.96A knows it: what BGM may say of an invoice or credit note."""
CREDIT_CODES: Final = frozenset({"81", "83", "381", "396", "458"})
"""Those of them that give money back (EN 16931, code list of BT-3)."""
