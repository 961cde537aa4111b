"""Elements of the segments we write, from ASC X12 release 004010, transaction set 810, and its envelopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worker.formats.edi.segments import Table

_PRODUCT = "an2 an1-48"

SEGMENTS: Final[Table] = {
    "ISA": "an2 an10 an2 an10 an2 an15 an2 an15 i6 i4 an1 an5 i9 i1 an1 an1",
    "GS": "an2 an2-15 an2-15 dt8 i4-8 i1-9 an1-2 an1-12",
    "ST": "an3 an4-9",
    "BIG": "dt8 an1-22 dt8 an1-22 an1-30 an1-8 an2",
    "NTE": "an3 an1-80",
    "CUR": "an2-3 an3",
    "REF": "an2-3 an1-30 an1-80",
    "PER": "an2 an1-60 an2 an1-80 an2 an1-80",
    "N1": "an2-3 an1-60 an1-2 an2-80",
    "N2": "an1-60 an1-60",
    "N3": "an1-55 an1-55",
    "N4": "an2-30 an2 an3-15 an2-3 an1-2 an1-30",
    "ITD": "an2 an1-2 d1-6 dt8 d1-3 dt8 d1-3 i1-10 dt8 i1-10 d1-5 an1-80",
    "DTM": "an3 dt8",
    "IT1": f"an1-20 d1-10 an2 d1-17 an2 {_PRODUCT} {_PRODUCT} {_PRODUCT}",
    "PID": "an1 an2-3 an2 an1-12 an1-80",
    "SAC": "an1 an4 an2 an1-10 i1-15 an1 d1-6 d1-9 an2 d1-15 d1-15 an2 an1-30 an1-20 an1-80",
    "TXI": "an2 d1-18 d1-10",
    "TDS": "i1-15",
    "CTT": "d1-6",
    "SE": "i1-10 an4-9",
    "GE": "i1-6 i1-9",
    "IEA": "i1-5 i9",
}

MOST: Final = {
    ("head", "NTE"): 100,
    ("head", "N2"): 2,
    ("head", "N3"): 2,
    ("head", "REF"): 12,
    ("line", "PID"): 1000,
    ("line", "SAC"): 25,
    ("sum", "TXI"): 10,
    ("sum", "SAC"): 25,
}
"""How often a segment may stand at its place in an 810."""

_UNITS = """
ANN YR,
BG BG, BO BO, BX BX, C62 EA, CA CA, CMK SC, CMT CM, CR CR, CT CT, DAY DA, DZN DZ, DZ DZ, EA EA, FOT FT,
FTK SF,
GLL GA, GRM GR, H87 PC, HUR HR, INH IN, KGM KG, KMT DK, KWH KH, LBR LB, LTR LT, MIN MJ, MLT ML, MMT MM,
MON MO, MTK SM, MTQ CR, MTR MR, NAR EA, ONZ OZ, PCE PC, PK PK, PR PR, RO RL, SET ST, TNE MP, WEE WK, XBX BX,
XCT CT, XPK PK, ZZ ZZ
"""
UNITS: Final[Mapping[str, str]] = dict(pair.split() for pair in _UNITS.split(","))
"""UN/ECE Recommendation 20 and 21 → X12 element 355."""
