"""The home that the terminal program is measured on: one facility, and as many jobs as wanted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from models import entities, facilities, installation, people
from models.database import connection, execute, transaction
from models.destinations import find as find_destination
from models.invoices import Direction
from models.people import WAYBILL
from models.settings import HOME_VARIABLE

# A tenth failed, a few wait: as in an installation that has run for years.
_JOBS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO export_job ({columns})
SELECT {values} FROM n
"""
_DONE, _FAILED, _WAITING = "completed", "failed", "pending"


def main() -> None:
    """`HOME NUMBER` makes it; `HOME change N` changes the newest job."""
    home, words = Path(sys.argv[1]), sys.argv[2:]
    os.environ[HOME_VARIABLE] = str(home)
    if words[0] == "change":
        installation.open_home()
        with transaction():
            execute(
                "UPDATE export_job SET succeeded = succeeded + 1 WHERE id = (SELECT MAX(id) FROM export_job)"
            )
        return
    installation.create(home, email="bench@example.com")
    with connection():
        _fill(int(words[0]))


def _fill(number: int) -> None:
    entity = entities.create(WAYBILL, "Acme")
    destination = find_destination(entity, Direction.PAYABLE)
    facility = facilities.create(WAYBILL, entity, "ERP north", destination, {})
    user = people.find("bench@example.com")
    values = {
        "entity_id": str(entity.id),
        "facility_id": str(facility.id),
        "destination_id": str(destination.id),
        "on_behalf_of_id": str(user.id),
        "trigger": "'schedule'",
        "state": f"CASE WHEN i % 25 = 0 THEN '{_FAILED}' ELSE '{_DONE}' END",
        "as_of": "1700000000000 + i * 1000",
        "started_at": "1700000000000 + i * 1000",
        "finished_at": "1700000000000 + i * 1000 + 800",
        "created_at": "1700000000000 + i * 1000",
        "posting_date": "'2026-11-20'",
        "outputs": "'{}'",
        "attempt": "1",
        "succeeded": "CASE WHEN i % 25 = 0 THEN 0 ELSE 40 END",
        "failed": "CASE WHEN i % 25 = 0 THEN 40 ELSE 0 END",
        "code": "CASE WHEN i % 25 = 0 THEN 'pickup_unwritable' ELSE '' END",
        "reason": "CASE WHEN i % 25 = 0 THEN 'the pickup folder acme cannot be written' ELSE '' END",
    }
    values |= _rest(set(values))
    text = _JOBS.format(columns=", ".join(values), values=", ".join(values.values()))
    with transaction():
        execute(text, (number,))
    execute("ANALYZE")


def _rest(known: set[str]) -> dict[str, str]:
    """Columns that must have a value and have none yet."""
    rows = execute("SELECT name, type FROM pragma_table_info('export_job') WHERE \"notnull\" AND NOT pk")
    empty = {"INTEGER": "0", "TEXT": "''"}
    return {name: empty.get(kind, "''") for name, kind in rows if name not in known}


if __name__ == "__main__":
    main()
