"""Numbers with check digits, by the identifier scheme they stand under (rules PEPPOL-COMMON)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from stdnum import luhn


class Check(NamedTuple):
    """How the numbers of a scheme are checked, by which rule, and what they are."""

    rule: str
    name: str
    wanted: str
    good: Callable[[str], bool]


def is_gln(value: str) -> bool:
    """GS1: weights 3 and 1 from the right, for numbers of any length."""
    if not value.isascii() or not value.isdigit():
        return False
    *digits, check = (int(char) for char in value)
    weighted = sum(digit * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return (10 - weighted % 10) % 10 == check


def is_norwegian(value: str) -> bool:
    """Nine digits, weights 2 to 7 from the right, modulo 11."""
    if not re.fullmatch(r"[0-9]{9}", value) or int(value) == 0:
        return False
    *digits, check = (int(char) for char in value)
    weighted = sum(digit * (place % 6 + 2) for place, digit in enumerate(reversed(digits)))
    return (11 - weighted % 11) % 11 == check


def is_swedish(value: str) -> bool:
    """Ten digits, the last by Luhn's formula."""
    return bool(re.fullmatch(r"[0-9]{10}", value)) and bool(luhn.is_valid(value))


def is_belgian(value: str) -> bool:
    """Ten digits, the last two 97 less the remainder of the rest."""
    return bool(re.fullmatch(r"[0-9]{10}", value)) and int(value[8:]) == 97 - int(value[:8]) % 97


def is_australian(value: str) -> bool:
    """Eleven digits, weighted, the first less one, modulo 89."""
    if not re.fullmatch(r"[0-9]{11}", value):
        return False
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    first, *rest = (int(char) for char in value)
    return sum(a * b for a, b in zip((first - 1, *rest), weights, strict=True)) % 89 == 0


def is_greek(value: str) -> bool:
    """Nine digits, powers of two as weights, modulo 11, then modulo 10."""
    if not re.fullmatch(r"[0-9]{9}", value):
        return False
    weighted = sum(int(char) << (8 - place) for place, char in enumerate(value[:8]))
    return weighted % 11 % 10 == int(value[8])


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "0088": Check("PEPPOL-COMMON-R040", "GLN", "a GLN with its check digit", is_gln),
        "0192": Check(
            "PEPPOL-COMMON-R041",
            "Norwegian organisation number",
            "nine digits with their check digit",
            is_norwegian,
        ),
        "0184": Check("PEPPOL-COMMON-R042", "CVR number", "eight digits", _matches(r"(DK)?[0-9]{8}")),
        "0208": Check(
            "PEPPOL-COMMON-R043",
            "Belgian enterprise number",
            "ten digits with their check digits",
            is_belgian,
        ),
        "0007": Check(
            "PEPPOL-COMMON-R049",
            "Swedish organisation number",
            "ten digits with their check digit",
            is_swedish,
        ),
        "0151": Check(
            "PEPPOL-COMMON-R050",
            "Australian business number",
            "eleven digits with their check digits",
            is_australian,
        ),
        "0096": Check("PEPPOL-COMMON-R052", "Danish P number", "ten digits", _matches(r"[0-9]{10}")),
        "0198": Check("PEPPOL-COMMON-R053", "SE number", "DK and eight digits", _matches(r"DK[0-9]{8}")),
    }
)
