"""The ledger adds up: every ready invoice in exactly one state for each destination, and each state true.

Each check is one statement over the whole ledger that returns only what offends; together they are what
"once each, and none lost" comes to (DESIGN §4.1, §4.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.audit import Actor
from models.database import execute, snapshot
from models.doctor.finding import Finding, judged
from models.entities import LegalEntity
from models.fields import amount_text
from models.people import visible_entities

REPORT = "nothing changes by itself: keep the installation's folder as it is and report this"


class Scope(NamedTuple):
    """Whose ledger is looked at: a condition on a destination's column, and its values."""

    condition: str
    values: tuple[int, ...]

    def on(self, column: str) -> str:
        """The condition for this column."""
        return self.condition.replace("?d", column)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    name: str
    what: str
    sql: str
    """Returns columns that `shown` makes a line of; `{scope}` limits the destinations."""
    column: str
    """The destination's column in it."""
    shown: str
    remedy: str


_CHECKS = (
    _Check(
        name="ledger.every_invoice",
        what="every ready invoice has a row for each of its destinations",
        # CROSS keeps SQLite walking the invoices as they stand, not by an index of their numbers.
        sql="""
        SELECT d.direction, d.name, i.number FROM invoice i CROSS JOIN destination d
        WHERE d.entity_id = i.entity_id AND d.direction = i.direction AND i.status = 'ready'
          AND i.issue_date >= d.since AND {scope}
          AND NOT EXISTS (SELECT 1 FROM export_ledger l WHERE l.destination_id = d.id AND l.invoice_id = i.id)
        """,
        column="d.id",
        shown="{0}/{1}: invoice {2} has no row",
        remedy=REPORT,
    ),
    _Check(
        name="ledger.in_progress",
        what="every row in progress is held by a job that has not ended and carries the invoice",
        sql="""
        SELECT l.invoice_id, l.job_id FROM export_ledger l
        WHERE l.state = 'in_progress' AND {scope} AND NOT EXISTS (
            SELECT 1 FROM export_job j JOIN export_item t ON t.job_id = j.id
            WHERE j.id = l.job_id AND j.destination_id = l.destination_id
              AND j.state IN ('pending', 'in_progress') AND t.invoice_id = l.invoice_id
              AND t.state <> 'successful')
        """,
        column="l.destination_id",
        shown="invoice {0} is in progress for job {1}, which does not hold it",
        remedy=REPORT,
    ),
    _Check(
        name="ledger.pending",
        what="no row that is pending or on hold is held by a job, and what is on hold says why",
        sql="""
        SELECT l.invoice_id, l.state, COALESCE(l.job_id, 0), l.code FROM export_ledger l
        WHERE l.state IN ('pending', 'on_hold') AND {scope}
          AND (l.job_id IS NOT NULL AND l.code <> 'outcome_unknown' OR l.state = 'on_hold' AND l.code = '')
        """,
        column="l.destination_id",
        shown="invoice {0} is {1}, with job {2} and the code '{3}'",
        remedy=REPORT,
    ),
    _Check(
        name="ledger.exported",
        what="every exported row names an item, at its version, in a file that was delivered",
        sql="""
        SELECT l.invoice_id, l.job_id, COALESCE(l.version, 0) FROM export_ledger l
        LEFT JOIN export_item t ON t.job_id = l.job_id AND t.invoice_id = l.invoice_id
        WHERE l.state = 'exported' AND l.job_id IS NOT NULL AND {scope}
          AND (t.job_id IS NULL OR t.state <> 'successful' OR l.version IS NULL OR t.version <> l.version
               OR t.file_id IS NULL OR t.file_id NOT IN (
                   SELECT w.file_id FROM delivery w WHERE w.state IN ('delivered', 'confirmed')))
        """,
        column="l.destination_id",
        shown="invoice {0} counts as exported by job {1} at version {2}, which nothing shows",
        remedy="look where it should have arrived; if it did not: waybill invoice revert NUMBER --reason …",
    ),
    _Check(
        name="ledger.marked",
        what="every row exported by no job names who marked it, and why",
        sql="""
        SELECT l.invoice_id FROM export_ledger l
        WHERE l.state = 'exported' AND l.job_id IS NULL AND {scope}
          AND (l.actor = '' OR l.reason = '' OR l.version IS NULL)
        """,
        column="l.destination_id",
        shown="invoice {0} counts as exported, and nobody says so",
        remedy=REPORT,
    ),
    _Check(
        name="ledger.once",
        what="what left more than once, or left and is not exported, did so because a person said so",
        # An item that left and that its ledger row does not name needs an act of a person each.
        sql="""
        SELECT x.invoice_id, x.gone FROM (
            SELECT j.destination_id, t.invoice_id, COUNT(*) AS gone FROM export_item t
            JOIN export_job j ON j.id = t.job_id
            LEFT JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id
            WHERE t.state = 'successful' AND {scope}
              AND (l.state IS NULL OR l.state <> 'exported' OR l.job_id IS NULL OR l.job_id <> t.job_id)
            GROUP BY j.destination_id, t.invoice_id
        ) x JOIN destination d ON d.id = x.destination_id
        WHERE x.gone > (
            SELECT COUNT(*) FROM audit_entry a WHERE a.subject = 'invoice' AND a.subject_id = x.invoice_id
              AND a.action IN ('revert', 'export again', 'ach return', 'ach reverse')
              AND REPLACE(a.before, '"state":"exported"', '') <> a.before
              AND REPLACE(a.after, '"destination":"' || d.direction || '/' || d.name || '"', '') <> a.after)
        """,
        column="j.destination_id",
        shown="invoice {0} left {1} times more than anybody asked for",
        remedy="tell whoever received it, and report this",
    ),
    _Check(
        name="ledger.unknown",
        what="of every invoice whose outcome is unknown there is a delivery to be resolved",
        sql="""
        SELECT l.invoice_id FROM export_ledger l
        WHERE l.state = 'on_hold' AND l.code = 'outcome_unknown' AND {scope} AND NOT EXISTS (
            SELECT 1 FROM export_item t JOIN export_job j ON j.id = t.job_id
            JOIN delivery w ON w.file_id = t.file_id
            WHERE t.invoice_id = l.invoice_id AND j.destination_id = l.destination_id
              AND t.state = 'failed' AND t.code = 'outcome_unknown' AND w.state = 'unknown')
        """,
        column="l.destination_id",
        shown="invoice {0} waits for an answer that nobody can give",
        remedy=REPORT,
    ),
    _Check(
        name="deliveries.open",
        what="no delivery of a job that has ended is still on its way",
        sql="""
        SELECT w.id, w.state, f.job_id FROM delivery w JOIN batch_file f ON f.id = w.file_id
        JOIN export_job j ON j.id = f.job_id
        WHERE w.state IN ('staged', 'sending') AND j.state NOT IN ('pending', 'in_progress') AND {scope}
        """,
        column="j.destination_id",
        shown="delivery {0} is {1}, and job {2} has ended",
        remedy="look where it was to go, then report this",
    ),
    _Check(
        name="items.ended",
        what="no item of a job that has ended is still open",
        sql="""
        SELECT t.job_id, t.invoice_id, t.state FROM export_job j JOIN export_item t ON t.job_id = j.id
        WHERE t.state IN ('pending', 'in_progress') AND j.state NOT IN ('pending', 'in_progress') AND {scope}
        """,
        column="j.destination_id",
        shown="job {0} has ended, and its invoice {1} is {2}",
        remedy=REPORT,
    ),
    _Check(
        name="items.successful",
        what="every item that left stands in a file that was delivered",
        sql="""
        SELECT t.job_id, t.invoice_id FROM export_job j JOIN export_item t ON t.job_id = j.id
        WHERE t.state = 'successful' AND {scope} AND (t.file_id IS NULL OR t.file_id NOT IN (
            SELECT w.file_id FROM delivery w WHERE w.state IN ('delivered', 'confirmed')))
        """,
        column="j.destination_id",
        shown="job {0}: invoice {1} counts as gone, and its file is not delivered",
        remedy="look where it should have arrived; if it did not: waybill invoice revert NUMBER --reason …",
    ),
    _Check(
        name="jobs.held",
        what="no job that has ended holds a claim, and each in progress has a holder",
        sql="""
        SELECT j.id, j.state, j.owner FROM export_job j
        WHERE {scope} AND (j.state = 'in_progress') <> (j.owner <> '')
        """,
        column="j.destination_id",
        shown="job {0} is {1} and held by '{2}'",
        remedy=REPORT,
    ),
)


_QUICK = frozenset({"ledger.in_progress", "ledger.pending", "ledger.marked", "jobs.held"})
"""The checks that look at each row by itself."""


def examine(actor: Actor, entity: LegalEntity | None = None, *, quick: bool = False) -> list[Finding]:
    """Every check of the ledger, for one legal entity or for all that the actor may see.

    All see it as it was at one instant, whatever goes on meanwhile; nobody is held up. `quick`: only those
    that look at each row by itself.
    """
    with snapshot():
        scope = scope_of(actor, entity)
        found = [_run(check, scope) for check in _CHECKS if not quick or check.name in _QUICK]
        return found if quick else [*found, _totals(scope)]


def _run(check: _Check, scope: Scope) -> Finding:
    sql = check.sql.format(scope=scope.on(check.column))
    lines = (check.shown.format(*row) for row in execute(sql, scope.values))
    return judged(check.name, check.what, lines, check.remedy)


def scope_of(actor: Actor, entity: LegalEntity | None) -> Scope:
    """The destinations of one legal entity, or of all that the actor may see."""
    seen: Sequence[int] | None = [entity.id] if entity is not None else visible_entities(actor)
    if seen is None:
        return Scope("1 = 1", ())
    marks = ", ".join("?" * len(seen)) or "NULL"
    # One column compared with one list, so that it fits into any statement.
    text = f"?d IN (SELECT s.id FROM destination s WHERE s.entity_id IN ({marks}))"  # noqa: S608 - constant text
    return Scope(text, tuple(seen))


_ITEM_SUMS = """
SELECT t.job_id, t.file_id, t.currency, COUNT(*), SUM(t.amount) FROM export_job j
JOIN export_item t ON t.job_id = j.id
WHERE t.state = 'successful' AND t.file_id IS NOT NULL AND {scope} GROUP BY t.job_id, t.file_id, t.currency
"""
_FILES = """
SELECT f.id, f.name, f.items, f.totals FROM batch_file f JOIN export_job j ON j.id = f.job_id
WHERE {scope} AND f.repeats IS NULL AND j.state NOT IN ('pending', 'in_progress')
  AND EXISTS (SELECT 1 FROM delivery w WHERE w.file_id = f.id AND w.state IN ('delivered', 'confirmed'))
ORDER BY f.id
"""


def _totals(scope: Scope) -> Finding:
    what = "what left adds up, per file and currency, to the totals each file was verified to carry"
    return judged("files.totals", what, _differing(scope), "tell whoever received the file, and report this")


def _differing(scope: Scope) -> Iterator[str]:
    condition = scope.on("j.destination_id")
    found: dict[int, dict[str, int]] = {}
    counted: dict[int, int] = {}
    for _, file_id, currency, count, total in execute(_ITEM_SUMS.format(scope=condition), scope.values):
        found.setdefault(file_id, {})[currency] = int(total)
        counted[file_id] = counted.get(file_id, 0) + count
    for file_id, name, items, totals in execute(_FILES.format(scope=condition), scope.values).fetchall():
        sums: dict[str, int] = json.loads(totals).get("sums", {})
        mine = found.get(file_id, {})
        if counted.get(file_id, 0) != items:
            yield f"file {file_id} {name}: {items} items were written, {counted.get(file_id, 0)} left with it"
        elif mine != sums:
            yield f"file {file_id} {name}: {_text(sums)} was written, {_text(mine)} left with it"


def _text(sums: dict[str, int]) -> str:
    amounts = (f"{amount_text(minor, currency)} {currency}" for currency, minor in sorted(sums.items()))
    return ", ".join(amounts) or "nothing"


class Standing(NamedTuple):
    """How many invoices of one destination stand in one state."""

    destination: str
    state: str
    invoices: int


_STANDING = """
SELECT e.name, d.direction, d.name, l.state, COUNT(*) FROM export_ledger l
JOIN destination d ON d.id = l.destination_id JOIN legal_entity e ON e.id = d.entity_id
WHERE {scope} GROUP BY e.name, d.direction, d.name, l.state ORDER BY e.name, d.direction, d.name, l.state
"""


def standing(actor: Actor, entity: LegalEntity | None = None) -> list[Standing]:
    """How many invoices stand where."""
    scope = scope_of(actor, entity)
    rows = execute(_STANDING.format(scope=scope.on("l.destination_id")), scope.values)
    return [Standing(f"{row[0]}: {row[1]}/{row[2]}", row[3], row[4]) for row in rows]
