"""The characters of SEPA (EPC217-08): Latin letters without accents, digits and a few marks."""

from __future__ import annotations

import re

from worker.formats.transliteration import to_ascii

_CARRIED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
# What EPC217-08 puts for marks that SEPA lacks, where that keeps their meaning.
_MARKS = str.maketrans({"&": "+", "_": "-", ";": ",", '"': "'", "[": "(", "]": ")", "{": "(", "}": ")"})


def plain(text: str) -> str:
    """The text in these characters, as far as there are such."""
    return to_ascii(text).translate(_MARKS)


def carries(text: str) -> bool:
    """Whether the text has no others."""
    return _CARRIED.fullmatch(text) is not None
