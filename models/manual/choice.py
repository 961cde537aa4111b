"""What a person may choose to export by hand, and where each chosen invoice stands, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models.errors import InvalidInput
from models.facilities import Facility
from models.routes import ROUTE_SQL

LIMIT = 1_000
"""The most invoices, or parties, that one choice names."""


class Kind(StrEnum):
    """How invoices are chosen (seeds/003: by invoices, by customer, by date)."""

    INVOICES = "invoices"
    PARTIES = "parties"
    DATES = "dates"
    ALL = "all"


class Standing(StrEnum):
    """Where a chosen invoice stands for the facility's destination."""

    NOT_EXPORTED = "not_exported"
    EXPORTED = "exported"
    CHANGED = "changed"
    """Exported, and its content changed since."""
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    NOT_READY = "not_ready"
    """A draft, or void."""
    ELSEWHERE = "elsewhere"
    """It does not belong to the destination: it was issued before the day that begins with."""


AGAIN = frozenset({Standing.EXPORTED, Standing.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Invoices by their ids, or those of parties (ids) and between days of issue, both inclusive; none: all.

    Raises `InvalidInput` for a choice that cannot be.
    """

    invoices: tuple[int, ...] = ()
    parties: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise InvalidInput(
                f"the last day {self.until} is before the first {self.since}", remedy="turn them round"
            )
        if self.invoices and (self.parties or self.since or self.until):
            raise InvalidInput(
                "invoices are named, so customers and days say nothing more", remedy="give one or the other"
            )
        if max(len(self.invoices), len(self.parties)) > LIMIT:
            raise InvalidInput(
                f"more than {LIMIT} are named at once", remedy="choose by days, or in several exports"
            )

    @property
    def kind(self) -> Kind:
        """How these are chosen."""
        if self.invoices:
            return Kind.INVOICES
        if self.parties:
            return Kind.PARTIES
        return Kind.DATES if self.since or self.until else Kind.ALL

    def as_dict(self) -> dict[str, object]:
        """For the audit."""
        if self.invoices:
            return {"invoices": list(self.invoices[:20]), "named": len(self.invoices)}
        said = {"parties": list(self.parties), "from": self.since, "to": self.until}
        return {key: str(value) if isinstance(value, date) else value for key, value in said.items() if value}


_STANDING = """
CASE WHEN l.state = 'in_progress' THEN 'in_progress' WHEN l.state = 'on_hold' THEN 'on_hold'
     WHEN i.status <> 'ready' THEN 'not_ready' WHEN l.state IS NULL THEN 'elsewhere'
     WHEN l.state = 'pending' THEN 'not_exported' WHEN l.version < i.version THEN 'changed'
     ELSE 'exported' END
"""
_LEDGER = "export_ledger l ON l.destination_id = ? AND l.invoice_id = i.id"
# The plus keeps SQLite from going through the entity by way of the index of numbers.
_CHOSEN = f"""
SELECT {_STANDING} AS standing, {ROUTE_SQL} AS route, {{columns}}
FROM invoice i JOIN party p ON p.id = i.party_id LEFT JOIN {_LEDGER} {{joins}}
WHERE +i.entity_id = ? AND i.direction = ?
"""  # noqa: S608 - constant text
# Of all there are, only what has not gone is looked at; what has is merely counted.
_ALL = f"""
SELECT {_STANDING} AS standing, {ROUTE_SQL} AS route, {{columns}}
FROM (SELECT * FROM export_ledger WHERE destination_id = ? AND state = 'pending'
      UNION ALL SELECT * FROM export_ledger WHERE destination_id = ? AND state = 'on_hold'
      UNION ALL SELECT * FROM export_ledger WHERE destination_id = ? AND state = 'in_progress') l
JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id {{joins}}
"""  # noqa: S608 - constant text


def statement(
    facility: Facility, choice: Choice, columns: str, joins: str = ""
) -> tuple[str, Sequence[object]]:
    """A SELECT of standing, route and `columns` of every chosen invoice, and its parameters.

    The tables are i (invoice), p (party), l (ledger row, may be missing) and those of `joins`.
    """
    place = facility.destination
    if choice.kind is Kind.ALL:
        return _ALL.format(columns=columns, joins=joins), [place.id] * 3
    text, values = _CHOSEN.format(columns=columns, joins=joins), list[object]()
    values += [place.id, place.entity_id, str(place.direction)]
    for column, ids in (("i.id", choice.invoices), ("i.party_id", choice.parties)):
        if ids:
            text += f" AND {column} IN ({', '.join('?' * len(ids))})"
            values += ids
    for comparison, day in ((">=", choice.since), ("<=", choice.until)):
        if day is not None:
            text += f" AND i.issue_date {comparison} ?"
            values.append(day.isoformat())
    return text, values
