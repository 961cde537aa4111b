"""Why one item of many, or a whole file, cannot go: a value that is returned, not raised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`code` for machines, `reason` (names the object and its value) and `remedy` for people.

    Where a published rule is broken, `code` is that rule's own id (BR-CO-15, PEPPOL-EN16931-R010).
    `hold`: trying again changes nothing; the invoice waits on hold for a person.
    """

    code: str
    reason: str
    remedy: str
    hold: bool = False
    column: str = ""
    """The header of the mapping's column that it is about, if it is about one."""
    term: str = ""
    """The business term (BT-10) or field of the format (`NAD+BY`) that it is about."""
    value: str = ""
    """What stands there; empty where nothing does."""
