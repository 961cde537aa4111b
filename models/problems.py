"""Why one item of many, or a whole file, cannot go: a value that is returned, not raised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`code` for machines, `reason` (names the object and its value) and `remedy` for people.

    `hold`: trying again changes nothing; the invoice waits on hold for a person.
    """

    code: str
    reason: str
    remedy: str
    hold: bool = False
    column: str = ""
    """The header of the mapping's column that it is about, if it is about one."""
