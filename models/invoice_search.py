"""Finding invoices among very many: newest first, a page at a time, as plain rows.

A page begins where the last one ended (by id, never by offset), so each costs the same however far back it
lies. With a ledger state the ledger is walked, whose partial indexes hold all but what was exported;
otherwise the invoices are.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from models.database import execute
from models.destinations import MAIN, Destination, LedgerState, of_entity
from models.entities import LegalEntity
from models.fields import amount_text
from models.invoices import Direction, DocumentType


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for; what is left out does not narrow. `after`: the last id of the page before."""

    state: LedgerState | None = None
    direction: Direction | None = None
    party_id: int | None = None
    changed: bool = False
    """Only those whose content changed after they were exported."""
    text: str = ""
    """Within the invoice's number or the party's name."""
    after: int | None = None
    limit: int = 50


class Found(NamedTuple):
    """One invoice, and where it stands for its destination (None: it does not belong to it)."""

    invoice_id: int
    direction: str
    document_type: str
    number: str
    status: str
    party_id: int
    party: str
    issue_date: str
    due_date: str | None
    currency: str
    payable: int
    version: int
    state: str | None
    exported_version: int | None
    job_id: int | None
    code: str | None
    reason: str | None

    @property
    def changed(self) -> bool:
        """Whether its content changed after it was exported; such a version is never sent by itself."""
        exported = self.state == LedgerState.EXPORTED and self.exported_version is not None
        return exported and (self.exported_version or 0) < self.version

    @property
    def amount(self) -> str:
        """The amount due as text, a credit note's below zero."""
        sign = -1 if self.document_type == DocumentType.CREDIT_NOTE else 1
        return amount_text(sign * self.payable, self.currency)


COLUMNS = """
SELECT i.id, i.direction, i.document_type, i.number, i.status, i.party_id, p.name, i.issue_date, i.due_date,
       i.currency, i.payable, i.version, l.state, l.version, l.job_id, l.code, l.reason
"""
# The plus keeps SQLite from sorting the whole entity by way of the index of numbers: the rows stand by id.
PARTY = "JOIN party p ON p.id = i.party_id"
LEDGER = "LEFT JOIN export_ledger l ON l.invoice_id = i.id AND l.destination_id = ?"
FROM_INVOICE = f"""
FROM invoice i {PARTY} {LEDGER}
WHERE {{scope}}
"""
# `k` asks for nothing but what the partial indexes hold, so that these are walked and not the whole ledger.
FROM_LEDGER = f"""
FROM export_ledger k JOIN invoice i ON i.id = k.invoice_id {PARTY}
JOIN export_ledger l ON l.destination_id = k.destination_id AND l.invoice_id = k.invoice_id
WHERE k.destination_id = ?
"""


def search(entity: LegalEntity, wanted: Wanted, *, destination: Destination | None = None) -> list[Found]:
    """A page of a legal entity's invoices, as they stand for the destination, else for the main ones."""
    pages = [_page(place, wanted) for place in _places(entity, wanted, destination)]
    newest_first = heapq.merge(*pages, key=lambda row: row.invoice_id, reverse=True)
    return list(islice(newest_first, wanted.limit))


def _places(entity: LegalEntity, wanted: Wanted, destination: Destination | None) -> list[Destination]:
    every = [destination] if destination else [place for place in of_entity(entity) if place.name == MAIN]
    return [place for place in every if wanted.direction in (None, place.direction)]


def _page(place: Destination, wanted: Wanted) -> Iterator[Found]:
    text, parameters = statement(place, wanted)
    return map(Found._make, execute(text, parameters))


def statement(place: Destination, wanted: Wanted) -> tuple[str, Sequence[object]]:
    """The statement of one page and its parameters, constant text but for which conditions it has."""
    parameters: list[object]
    if wanted.state is None or wanted.party_id is not None:
        text, key = FROM_INVOICE.format(scope="+i.entity_id = ? AND i.direction = ?"), "i.id"
        parameters = [place.id, place.entity_id, place.direction]
    else:
        text, key = FROM_LEDGER, "k.invoice_id"
        parameters = [place.id]
    text = f"{COLUMNS} {text}"
    if wanted.state is not None:
        # In the text, not a parameter: only so is a partial index used.
        text += f" AND {key[0] if key[0] == 'k' else 'l'}.state = '{wanted.state}'"
    if wanted.party_id is not None:
        text += " AND i.party_id = ?"
        parameters.append(wanted.party_id)
    if wanted.changed:
        text += " AND l.state = 'exported' AND l.version < i.version"
    if wanted.text:
        text += r" AND (i.number LIKE ? ESCAPE '\' OR p.name LIKE ? ESCAPE '\')"
        parameters += [_within(wanted.text)] * 2
    if wanted.after is not None:
        text += f" AND {key} < ?"
        parameters.append(wanted.after)
    return f"{text} ORDER BY {key} DESC LIMIT ?", [*parameters, wanted.limit]


def _within(text: str) -> str:
    for mark in "\\%_":
        text = text.replace(mark, f"\\{mark}")
    return f"%{text}%"
