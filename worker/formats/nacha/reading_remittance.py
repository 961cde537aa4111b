"""What addenda say of a payment, held against the payment: an 820's envelopes, counts, parties and sums."""

from __future__ import annotations

import re
from collections.abc import Sequence

from worker.formats.nacha.reading_columns import BatchHeader, EntryDetail

_AMOUNT = re.compile(r"(-?)(\d+)\.(\d\d)")
_ISA_WIDTH = 105  # without its end
_OUTER = ["ISA", "GS", "ST", "BPR", "TRN"]


def check(addenda: Sequence[bytes], entry: EntryDetail, batch: BatchHeader) -> None:
    """Raise `ValueError` where the addenda of an entry contradict it or themselves."""
    text = b"".join(addenda).rstrip().decode("ascii")
    if batch.sec == b"CTX":
        _check_820(text, entry, batch)
    elif text.startswith("RMR*"):
        _want(text.endswith("\\"), "the last segment of the addenda has no end")
        segments = [segment.split("*") for segment in text[:-1].split("\\")]
        _want(_paid(segments) == entry.cents, "the addenda's amounts are not the entry's")


def _check_820(text: str, entry: EntryDetail, batch: BatchHeader) -> None:
    _want(text.endswith("\\"), "the 820 has no end")
    raw = text[:-1].split("\\")
    segments = [segment.split("*") for segment in raw]
    names = [segment[0] for segment in segments]
    _want(names[:5] == _OUTER and names[-3:] == ["SE", "GE", "IEA"], "the 820's segments are out of order")
    isa, gs, st, bpr = segments[:4]
    se, ge, iea = segments[-3:]
    _want(len(raw[0]) == _ISA_WIDTH and len(isa) == 17, "the ISA is not as wide as it must be")
    _want(gs[1] == "RA" and st[1] == "820", "it is no payment order")
    _want(iea[1:] == ["1", isa[13]] and ge[1:] == ["1", gs[6]], "an envelope ends with another number")
    _want(se[1:] == [str(len(segments) - 4), st[2]], "SE counts other segments than there are")
    _want(_cents(bpr[2]) == entry.cents, "BPR02 is not the entry's amount")
    there = (bpr[13], bpr[15], bpr[16])
    wanted = (entry.routing.decode(), entry.account.decode(), f"{batch.day:%Y%m%d}")
    _want(there == wanted, "BPR names another account or day than the entry")
    _want(_paid(segments) == entry.cents, "the RMR's amounts are not the entry's")


def _paid(segments: Sequence[Sequence[str]]) -> int:
    return sum(_cents(segment[4]) for segment in segments if segment[0] == "RMR" and len(segment) > 4)


def _cents(text: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no amount")
    cents = int(found[2]) * 100 + int(found[3])
    return -cents if found[1] else cents


def _want(truth: bool, what: str) -> None:
    if not truth:
        raise ValueError(what)
