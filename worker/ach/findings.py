"""What a check finds: the record, the field, the value, the rule it breaks, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.parties import masked
from worker.ach.layout import SECRET_FIELDS
from worker.ach.records import WIDTH
from worker.ach.structure import Line


class Severity(StrEnum):
    """What it leads to."""

    ERROR = "error"
    """The operator rejects the file or the batch, or the receiving bank returns the entry."""
    WARNING = "warning"
    """It may cost, wait, or be refused by this or that bank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem. Account numbers are masked."""

    code: str
    severity: Severity
    record: int
    """From 1; of what is missing at the end, the last record."""
    field: str
    """As the rules name it; empty: the record as a whole."""
    start: int
    end: int
    value: str
    rule: str
    """What should be, as a clause."""
    remedy: str


class Report:
    """Where the rules write down what they find."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def drain(self) -> list[Finding]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found

    def field(
        self, code: str, line: Line, name: str, rule: str, remedy: str, *, warning: bool = False
    ) -> None:
        """A field breaks a rule."""
        field = line.layout.field(name)
        value = field.of(line.record.text)
        if name in SECRET_FIELDS and value.strip():
            value = masked(value.strip())
        self.found.append(
            Finding(
                code=code,
                severity=Severity.WARNING if warning else Severity.ERROR,
                record=line.record.number,
                field=name,
                start=field.start,
                end=field.end,
                value=value,
                rule=rule,
                remedy=remedy,
            )
        )

    def record(
        self, code: str, number: int, rule: str, remedy: str, *, value: str = "", warning: bool = False
    ) -> None:
        """A record as a whole breaks a rule, or is missing after the one numbered."""
        self.found.append(
            Finding(
                code=code,
                severity=Severity.WARNING if warning else Severity.ERROR,
                record=number,
                field="",
                start=1,
                end=WIDTH,
                value=value,
                rule=rule,
                remedy=remedy,
            )
        )
