"""Files of one document each: a name and a file for every item, taken as sets.

A job may have thousands of them. What holds for a single file holds for each: its name is reserved before
it is written and never used again, and its item says which file it goes into from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models import clock
from models.database import execute, rows, serialise
from models.fields import to_millis
from models.files import BatchFile, free_name
from models.jobs import Claim, Route, hold_job, items


class Wanted(NamedTuple):
    """One item's file and what it should be called."""

    invoice_id: int
    name: str


_RESERVE = """
INSERT INTO batch_file (entity_id, job_id, route, format, name, archive_path, state, sha256, size, items,
                        totals, created_at)
VALUES {rows} RETURNING id, name
"""
_ROW = "(?, ?, ?, ?, ?, '', 'reserved', '', 0, 0, '{}', ?)"
_TAKEN = "SELECT name FROM batch_file WHERE entity_id = ? AND name IN ({marks})"
# What an earlier attempt reserved for items that cannot go after all.
_VOID_IDLE = """
UPDATE batch_file SET state = 'void' WHERE job_id = ? AND route = ? AND state = 'reserved' AND id NOT IN (
    SELECT t.file_id FROM export_item t
    WHERE t.job_id = ? AND t.route = ? AND t.state = 'in_progress' AND t.file_id IS NOT NULL)
"""


def reserve(claim: Claim, *, route: Route, format_key: str, wanted: Sequence[Wanted]) -> dict[int, int]:
    """Take names for files of the claimed job and give each item its own; by invoice, the file's id.

    Inside the caller's transaction. One that was ever used gets `_2`, `_3` before its ending.
    """
    serialise(f"file names of {claim.entity_id}")
    hold_job(claim)
    names = dict(_free_names(claim.entity_id, wanted))
    about = (claim.entity_id, claim.job_id, route, format_key)
    now = to_millis(clock.now())
    values = [value for name in names for value in (*about, name, now)]
    made = execute(_RESERVE.format(rows=", ".join([_ROW] * len(names))), values).fetchall()
    reserved = {names[name]: file_id for file_id, name in made}
    items.assign_files(claim, reserved.items())
    return reserved


def _free_names(entity_id: int, wanted: Sequence[Wanted]) -> Iterator[tuple[str, int]]:
    """Each name as it can be had, with its invoice."""
    marks = ", ".join("?" * len(wanted))
    values = (entity_id, *(one.name for one in wanted))
    taken = {name for (name,) in execute(_TAKEN.format(marks=marks), values)}
    for invoice_id, name in wanted:
        free = free_name(entity_id, name, taken) if name in taken else name
        taken.add(free)
        yield free, invoice_id


def void_idle(claim: Claim, route: Route) -> None:
    """Give up what is reserved for items that do not go; inside the caller's transaction."""
    hold_job(claim)
    execute(_VOID_IDLE, (claim.job_id, route, claim.job_id, route))


def by_id(file_ids: Sequence[int]) -> dict[int, BatchFile]:
    """These files."""
    marks = ", ".join("?" * len(file_ids))
    return {file.id: file for file in rows(BatchFile, f"id IN ({marks})", file_ids)}
