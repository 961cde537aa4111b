"""What one check found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

_SHOWN = 5


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: what was looked at, how it stands, and what to do when it does not stand well."""

    name: str
    """Stable and machine-readable."""
    what: str
    level: Level
    count: int = 0
    """How many offend."""
    first: tuple[str, ...] = ()
    """The first of these."""
    remedy: str = ""


def judged(
    name: str, what: str, offenders: Iterable[str], remedy: str, *, level: Level = Level.BROKEN
) -> Finding:
    """Fine when nothing offends; otherwise the first offenders, how many, and the remedy."""
    stream: Iterator[str] = iter(offenders)
    first = tuple(islice(stream, _SHOWN))
    if not first:
        return Finding(name=name, what=what, level=Level.OK)
    count = len(first) + sum(1 for _ in stream)
    return Finding(name=name, what=what, level=level, count=count, first=first, remedy=remedy)
