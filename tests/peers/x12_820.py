"""A judge of the X12 820s (004010) in CTX entries; it shares no code with what writes or reads them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

_ORDER = re.compile(r"ISA GS ST BPR TRN( N1)* ENT( RMR)+ SE GE IEA")


class Place(NamedTuple):
    """What the ACH entry says that its 820 must say too."""

    odfi: str
    routing: str
    account: str
    effective: str  # YYMMDD
    cents: int


def faults_of_820(text: str, at: Place) -> list[str]:
    """What is wrong with an interchange of one payment order, whose amounts are the entry's."""
    segments = [segment.split("*") for segment in text.removesuffix("\\").split("\\")]
    order = " ".join(segment[0] for segment in segments)
    if not text.endswith("\\") or not _ORDER.fullmatch(order):
        return [f"the order of the 820's segments: {order[:60]}"]
    named = {segment[0]: segment for segment in reversed(segments)}
    return [what for what, fits in _findings(text, segments, named, at) if not fits]


def _findings(
    text: str, segments: list[list[str]], named: dict[str, list[str]], at: Place
) -> list[tuple[str, bool]]:
    bpr, isa = named["BPR"], named["ISA"]
    paid = sum(Decimal(segment[4]) for segment in segments if segment[0] == "RMR")
    kinds = {segment[1] for segment in segments if segment[0] == "RMR" and Decimal(segment[4]) >= 0}
    return [
        ("the width of ISA", text.index("\\") == 105 and len(isa) == 17),
        ("the envelopes' numbers", named["IEA"][2] == isa[13] and named["GE"][2] == named["GS"][6]),
        ("GS", named["GS"][1] == "RA" and named["GS"][8] == "004010"),
        ("SE of the 820", named["SE"][1:] == [str(len(segments) - 4), named["ST"][2]]),
        (f"BPR02 {bpr[2]}", int(Decimal(bpr[2]) * 100) == at.cents),
        (f"the sum of RMR04 is {paid}", int(paid * 100) == at.cents),
        ("an invoice that is none", kinds <= {"IV"}),
        ("BPR03 to 05", bpr[3:6] == ["C", "ACH", "CTX"] and len(bpr) == 17),
        (f"BPR07 {bpr[7]}", len(bpr[7]) == 9 and bpr[7][:8] == at.odfi),
        ("BPR names another account", [bpr[13], bpr[15]] == [at.routing, at.account]),
        (f"BPR16 {bpr[16]}", bpr[16] == f"20{at.effective}"),
    ]
