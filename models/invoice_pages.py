"""Long lists of invoices, paged by key at any length: newest first, or in the order of what is looked for.

What narrows most decides the order, so that every page is one walk along an index: a number's beginning by
number, an amount or a party by age, a period by day of issue, a ledger state by that state's own index.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from models.database import execute
from models.destinations import MAIN, Destination, LedgerState, of_entity
from models.entities import LegalEntity
from models.fields import to_minor
from models.invoice_search import COLUMNS, FROM_INVOICE, FROM_LEDGER, LEDGER, PARTY, Found
from models.invoices import Direction, Invoice
from models.paging import Seek

_SMALL = (LedgerState.PENDING, LedgerState.IN_PROGRESS, LedgerState.ON_HOLD)
"""Those with an index of their own; nearly all others were exported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What to look for; what is left out does not narrow."""

    number: str = ""
    """What the number begins with, small and capital letters told apart."""
    party_id: int | None = None
    direction: Direction | None = None
    state: LedgerState | None = None
    changed: bool = False
    """Only those whose content changed after they were exported."""
    since: date | None = None
    """Day of issue."""
    until: date | None = None
    amount: str = ""
    """The amount due exactly, as written in the document."""
    currency: str = ""

    @property
    def descending(self) -> bool:
        """Whether the newest come first: always, but for numbers."""
        return not self.number

    def key(self, row: Found) -> tuple[object, ...]:
        """What a row's place in the list goes by: what `Seek` takes."""
        return self._key(row.number, row.issue_date, row.invoice_id)

    def key_of(self, invoice: Invoice) -> tuple[object, ...]:
        """The same of an invoice of which nothing more is known."""
        return self._key(invoice.number, invoice.issue_date, invoice.id)

    def _key(self, number: str, issue_date: str, invoice_id: int) -> tuple[object, ...]:
        if self.number:
            return number, invoice_id
        return (issue_date, invoice_id) if self._by_day else (invoice_id,)

    @property
    def _by_day(self) -> bool:
        within = self.since is not None or self.until is not None
        return within and not self.amount and self.party_id is None and self.state not in _SMALL

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of that key."""
        if self.number:
            return "i.number", "i.id"
        if self._by_day:
            return "i.issue_date", "i.id"
        return ("k.invoice_id",) if self.by_ledger else ("i.id",)

    @property
    def by_ledger(self) -> bool:
        """Whether the few ledger rows of a state are walked, and not the invoices."""
        return self.state in _SMALL and self.party_id is None and not self.number and not self.amount


def paged(
    entity: LegalEntity, sought: Sought, seek: Seek, *, destination: Destination | None = None
) -> list[Found]:
    """The invoices that `seek` names, as they stand for the destination, else for the main ones.

    Raises `InvalidInput` for an amount that is none.
    """
    pages = [_page(place, sought, seek) for place in _places(entity, sought, destination)]
    order: Callable[[Found], Any] = sought.key
    merged = heapq.merge(*pages, key=order, reverse=sought.descending != seek.backwards)
    return seek.in_order(list(islice(merged, seek.limit)))


def _places(entity: LegalEntity, sought: Sought, destination: Destination | None) -> list[Destination]:
    every = [destination] if destination else [place for place in of_entity(entity) if place.name == MAIN]
    return [place for place in every if sought.direction in (None, place.direction)]


def _page(place: Destination, sought: Sought, seek: Seek) -> Iterator[Found]:
    text, values = statement(place, sought, seek)
    return map(Found._make, execute(text, values))


def count(entity: LegalEntity, sought: Sought, *, destination: Destination | None = None) -> int:
    """How many invoices match; grows with these, not with the archive, where an index holds them."""
    found = 0
    for place in _places(entity, sought, destination):
        text, values = _unnamed(place, sought, "SELECT COUNT(*)")
        found += int(execute(text, values).fetchone()[0])
    return found


def ids(
    entity: LegalEntity, sought: Sought, limit: int, *, destination: Destination | None = None
) -> dict[Direction, list[int]]:
    """The ids of all that match by direction, at most so many of each."""
    found = {}
    for place in _places(entity, sought, destination):
        text, values = _unnamed(place, sought, "SELECT i.id")
        rows = execute(f"{text} ORDER BY i.id LIMIT ?", [*values, limit])
        found[Direction(place.direction)] = [row[0] for row in rows]
    return found


def statement(place: Destination, sought: Sought, seek: Seek) -> tuple[str, list[object]]:
    """The statement of one page and its parameters, constant text but for which conditions it has."""
    text, values = _narrowed(place, sought, COLUMNS)
    # A tuple of one is no row value.
    key = seek.key[0] if isinstance(seek.key, tuple) and len(seek.key) == 1 else seek.key
    beyond, order, keys = seek._replace(key=key).sql(*sought.columns, descending=sought.descending)
    return f"{text} AND {beyond} ORDER BY {order} LIMIT ?", [*values, *keys, seek.limit]


def _narrowed(place: Destination, sought: Sought, columns: str) -> tuple[str, list[object]]:
    """These columns of all that match, and the parameters."""
    values: list[object] = [place.id]
    if sought.by_ledger:
        text = f"{columns} {FROM_LEDGER} AND k.state = '{sought.state}'"
    else:
        text = f"{columns} {FROM_INVOICE.format(scope=_scope(sought))}"
        values += [place.entity_id, str(place.direction)]
        if sought.state is not None:
            # So written, SQLite does not turn to the ledger first, which stands in another order.
            text += f" AND COALESCE(l.state, '') = '{sought.state}'"
    for condition, given in _conditions(sought):
        text += f" AND {condition}"
        values += given
    return text, values


def _unnamed(place: Destination, sought: Sought, columns: str) -> tuple[str, list[object]]:
    """The same without what is only shown, the party and where it stands: a million look-ups less."""
    text, values = _narrowed(place, sought, columns)
    text = text.replace(PARTY, "")
    if sought.state is None and not sought.changed:
        return text.replace(LEDGER, ""), values[1:]
    return text, values


def _scope(sought: Sought) -> str:
    """Entity and direction; a plus (numbers) or COALESCE keeps SQLite from an index that narrows less."""
    if sought.number:
        return "i.entity_id = ? AND COALESCE(i.direction, '') = ?"
    if sought.party_id is not None and not sought.amount:
        return "+i.entity_id = ? AND i.direction = ?"
    return "i.entity_id = ? AND i.direction = ?"


def _conditions(sought: Sought) -> Iterator[tuple[str, list[object]]]:
    if sought.number:
        yield "i.number >= ?", [sought.number]
        yield "i.number < ?", [sought.number + "\U0010ffff"]
    if sought.amount:
        yield "i.payable = ?", [to_minor(sought.amount.strip().lstrip("-"), sought.currency or "EUR")]
    if sought.currency:
        yield "i.currency = ?", [sought.currency.upper()]
    if sought.party_id is not None:
        yield f"{'+' if sought.amount or sought.number else ''}i.party_id = ?", [sought.party_id]
    if sought.changed:
        # The last of these is what a partial index asks for: few contents ever change.
        yield (
            "COALESCE(l.state, '') = 'exported' AND COALESCE(l.version, 0) < i.version AND i.version > 1",
            [],
        )
    for comparison, day in ((">=", sought.since), ("<=", sought.until)):
        if day is not None:
            column = "i.issue_date" if "i.issue_date" in sought.columns else "COALESCE(i.issue_date, '')"
            yield f"{column} {comparison} ?", [day.isoformat()]
