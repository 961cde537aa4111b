"""Text as plain ASCII letters, for formats that carry nothing else."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# What Unicode does not take apart into a letter and its accent, and the usual typographic marks.
_TABLE = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "TH",
        "ħ": "h",
        "Ħ": "H",
        "\u0131": "i",  # without its dot
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u00a0": " ",
        "\u202f": " ",
    }
)


@lru_cache(maxsize=4096)
def to_ascii(text: str) -> str:
    """The text with accents taken off and letters such as ß written out; what has no plain form stays."""
    if text.isascii():
        return text
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).translate(_TABLE))
    return "".join(char for char in parted if not unicodedata.combining(char))
