"""Findings on their way: each names its rule, the term, the value that broke it, and what to do."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Identifier
from models.problems import Problem
from worker.formats.einvoice import codes

AT_SOURCE: Final = "where the invoice is made, and import it again"
_SHOWN = 60


class Findings(list[Problem]):
    """A list of problems that knows how they are worded."""

    def add(self, code: str, term: str, reason: str, remedy: str, value: str = "") -> None:
        """Add a finding in the caller's own words."""
        self.append(Problem(code=code, reason=reason, remedy=remedy, term=term, value=value))

    def missing(self, code: str, term: str, what: str, remedy: str = "") -> None:
        """A term without a value."""
        self.add(code, term, f"{what} is missing", remedy or f"add it ({term}) {AT_SOURCE}")

    def unlisted(self, code: str, term: str, what: str, value: str, name: str) -> None:
        """A code that is not in the list it has to be from."""
        allowed = codes.load(name)
        self.add(
            code,
            term,
            f"{what} is {shown(value)}, which is not in the list '{allowed.title}' of {allowed.date}",
            f"give a code of that list {AT_SOURCE}",
            value,
        )

    def valued(self, one: Identifier, term: str, what: str) -> None:
        """An identifier that is a scheme and nothing else."""
        if "value" not in one:
            self.missing("PEPPOL-EN16931-R008", term, f"the value of {what}")

    def no_number(self, term: str, what: str, value: str) -> None:
        """A text where a number belongs (a schema rule in every syntax)."""
        self.add(
            "XSD",
            term,
            f"{what} is {shown(value)}, which is not a number that can be carried",
            f"give at most 14 digits with a decimal point and at most 20 decimals {AT_SOURCE}",
            value,
        )

    def no_day(self, code: str, term: str, what: str, value: str) -> None:
        """A text where a day belongs."""
        self.add(
            code, term, f"{what} is {shown(value)}, which is not a day", f"give YYYY-MM-DD {AT_SOURCE}", value
        )

    def too_precise(self, code: str, term: str, what: str, value: str) -> None:
        """An amount with more than two decimals (BR-DEC)."""
        self.add(
            code,
            term,
            f"{what} is {shown(value)}, and an amount has at most two decimals",
            f"round the amounts of the lines to two decimals before they are summed, {AT_SOURCE}",
            value,
        )


def shown(value: str) -> str:
    """A value as it stands in a sentence."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")
