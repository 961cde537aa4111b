"""The person who looks at the far side and says what became of a file whose outcome is unknown."""

from __future__ import annotations

from models.database import execute
from models.destinations import LedgerState
from tests.faults.far_side import Receiver, names_received
from tests.faults.installation import Home

_UNKNOWN = """
SELECT d.id, f.id, e.folder, f.name, j.id, j.destination_id
FROM delivery d JOIN batch_file f ON f.id = d.file_id JOIN export_job j ON j.id = f.job_id
JOIN legal_entity e ON e.id = f.entity_id
WHERE d.state = 'unknown' AND j.state NOT IN ('pending', 'in_progress') ORDER BY d.id
"""
_ROWS = """
SELECT DISTINCT l.state, l.code FROM export_item t
JOIN export_ledger l ON l.invoice_id = t.invoice_id AND l.destination_id = ?
WHERE t.job_id = ? AND t.file_id = ?
"""


def resolve_unknown(home: Home, receiver: Receiver) -> int:
    """Say of each unknown delivery whether it arrived; returns how many there were.

    Until then all its invoices have to be on hold for just that reason: nothing may go again by itself.
    """
    receiver.catch_up()
    unknown = execute(_UNKNOWN).fetchall()
    for delivery_id, file_id, folder, name, job_id, destination_id in unknown:
        rows = execute(_ROWS, (destination_id, job_id, file_id)).fetchall()
        assert rows == [(LedgerState.ON_HOLD, "outcome_unknown")], (rows, home.log())
        found = "--arrived" if f"{folder}/{name}" in names_received(home) else "--not-arrived"
        act(home, "delivery", "resolve", str(delivery_id), found)
    return len(unknown)


def act(home: Home, *words: str) -> None:
    """Carry out a repair at the command line."""
    process = home.process(*words, "--reason", "looked at the far side", "--yes")
    assert process.wait(30) == 0, home.log()
