"""Which files of ours an answer can be about, and what was paid in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from models.database import execute, stream
from models.destinations import LedgerState
from models.fields import amount_text
from models.people import Action, Actor, permitted_entities

RETURNED = "ach_return"
"""The code of a ledger row that a return put on hold."""


class SentFile(NamedTuple):
    """An ACH file that left, and the trace numbers it may use."""

    file_id: int
    entity_id: int
    job_id: int
    destination_id: int
    name: str
    archive_path: str
    day: str
    """Its creation date, ISO."""
    first_trace: int
    traces: int

    def has(self, trace: str) -> bool:
        """Whether the last seven digits of a trace number are among those reserved for it."""
        return 0 <= int(trace[-7:]) - self.first_trace < self.traces


class PaidItem(NamedTuple):
    """An invoice that an entry of a file paid, and where it stands now."""

    invoice_id: int
    number: str
    party_id: int
    party_name: str
    account_id: int
    routing: str
    account: str
    amount: int
    """Cents, signed."""
    state: str
    job_id: int | None
    """Of its ledger row."""
    code: str

    @property
    def amount_text(self) -> str:
        """The amount with a point."""
        return amount_text(self.amount, "USD")

    def why_not_held(self, file: SentFile) -> str:
        """Why a return leaves its ledger row alone; empty when it puts it on hold."""
        if self.state == LedgerState.EXPORTED and self.job_id == file.job_id:
            return ""
        if self.state == LedgerState.ON_HOLD and self.code == "outcome_unknown":
            return "say that its file arrived, and it is put on hold: waybill delivery resolve"
        if self.state == LedgerState.EXPORTED:
            return f"it went again by job {self.job_id}" if self.job_id else "it was marked as exported since"
        return f"it is {self.state.replace('_', ' ')} already"


_SENT = """
SELECT f.id, f.entity_id, f.job_id, j.destination_id, f.name, f.archive_path, r.day, r.first_trace, r.traces
FROM ach_reservation r JOIN batch_file f ON f.id = r.file_id JOIN export_job j ON j.id = f.job_id
WHERE r.day >= ? AND f.archive_path <> '' AND f.state IN ('rendered', 'closed') AND EXISTS (
    SELECT 1 FROM delivery d
    WHERE d.file_id = f.id AND d.state IN ('sending', 'delivered', 'confirmed', 'unknown'))
ORDER BY r.day DESC, f.id DESC
"""
_PAID = """
SELECT t.invoice_id, i.number, t.party_id, p.name, a.id, a.routing, a.number, t.amount,
       COALESCE(l.state, ''), l.job_id, COALESCE(l.code, '')
FROM export_item t JOIN invoice i ON i.id = t.invoice_id JOIN party p ON p.id = t.party_id
JOIN bank_account a ON a.id = t.account_id
LEFT JOIN export_ledger l ON l.destination_id = ? AND l.invoice_id = t.invoice_id
WHERE t.job_id = ? AND t.file_id = ? ORDER BY t.invoice_id
"""
_OWNERS = """
SELECT a.id, a.routing, p.id, p.name FROM bank_account a JOIN party p ON p.id = a.party_id
WHERE p.entity_id = ? AND a.number = ? ORDER BY a.id DESC
"""


def sent_since(actor: Actor, day: date, entity_id: int | None = None) -> list[SentFile]:
    """ACH files that left, or may have, of the entities the actor may repair exports of; the latest first."""
    permitted = permitted_entities(actor, Action.REPAIR)
    found = map(SentFile._make, execute(_SENT, (day.isoformat(),)))
    return [
        file
        for file in found
        if (permitted is None or file.entity_id in permitted) and entity_id in (None, file.entity_id)
    ]


def paid_to(file: SentFile, accounts: Collection[tuple[str, str]]) -> list[PaidItem]:
    """The items of a file that were paid to one of these accounts: 8 digits of the bank, and the number."""
    items = map(PaidItem._make, stream(_PAID, (file.destination_id, file.job_id, file.file_id)))
    return [item for item in items if (item.routing[:8], item.account) in accounts]


class Owner(NamedTuple):
    """Whose account it is."""

    account_id: int
    routing: str
    party_id: int
    party_name: str


def owner_of(entity_id: int, rdfi: str, account: str) -> Owner | None:
    """The party of an entity that has, or had, the account; None when it is nobody's, or several parties'."""
    rows = map(Owner._make, execute(_OWNERS, (entity_id, account)))
    owners = [owner for owner in rows if owner.routing[:8] == rdfi]
    return owners[0] if len({owner.party_id for owner in owners}) == 1 else None
