"""Which invoice goes with which of several failed jobs, when all of them are queued again.

Of a destination's jobs the worker takes the oldest first, so an invoice that several could take goes with the
one of the lowest id. Whatever the jobs are restricted to, each invoice is counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.database import execute
from models.destinations import LedgerState
from models.invoices import InvoiceStatus
from models.jobs.queries import marks
from models.jobs.records import Route
from models.jobs.selection import STILL_GOES
from models.repairs.plan import Aside
from models.routes import ROUTE_SQL


class FailedJob(NamedTuple):
    """A job that may be queued again."""

    id: int
    state: str
    trigger: str
    attempt: int
    entity_id: int
    destination_id: int
    outputs: str
    facility: str
    facility_state: str
    collected: bool
    """It got as far as taking invoices, so it takes its own."""
    restricted: bool
    """It takes what a person chose, and nothing else."""

    @property
    def takes_all(self) -> bool:
        """It failed before it took any invoice, so it takes what is pending when it runs."""
        return not self.collected and not self.restricted

    @property
    def routes(self) -> frozenset[Route]:
        """What it writes."""
        return frozenset(route for route in Route if f'"{route}":' in self.outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one job would take, and what becomes of the rest of its invoices."""

    invoices: int
    asides: tuple[Aside, ...] = ()
    all_by: int | None = None
    """The job before it that takes everything, so that nothing is left for this one."""


# The job's outputs are canonical JSON, route → …, so this tells on any database whether it writes the route.
_WRITTEN = f"""(i.status = 'ready' AND REPLACE(j.outputs, '"' || {ROUTE_SQL} || '":', '') <> j.outputs)"""
_FATE = f"""
CASE WHEN {{goes}} AND {_WRITTEN} THEN 'goes' WHEN l.state <> 'pending' THEN l.state
     WHEN i.status <> 'ready' THEN i.status ELSE 'other_route' END AS fate
"""
# What each kind of job is about: its own items, what was chosen for it, or all that is pending.
_ABOUT = f"""
SELECT j.id AS job_id, j.destination_id, i.id AS invoice_id, l.job_id AS by_job, l.reason,
       {_FATE.format(goes="{goes}")}
FROM {{source}} JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id
WHERE {{which}}
"""  # noqa: S608 - constant text
_OWN = _ABOUT.format(
    goes="l.state = 'pending'",
    source="export_item t JOIN export_job j ON j.id = t.job_id"
    " JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = t.invoice_id",
    which="t.job_id IN ({own}) AND t.state IN ('failed', 'abandoned')",
)
_CHOSEN = _ABOUT.format(
    goes=STILL_GOES,
    source="job_selection s JOIN export_job j ON j.id = s.job_id"
    " JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = s.invoice_id",
    which="s.job_id IN ({chosen})",
)
_PENDING = _ABOUT.format(
    goes="l.state = 'pending'",
    source="export_job j JOIN export_ledger l ON l.destination_id = j.destination_id AND l.state = 'pending'",
    which="j.id IN ({takers})",
)
_FIRST = f"""
SELECT first, COUNT(*) FROM (
    SELECT MIN(job_id) AS first FROM ({_OWN} UNION ALL {_CHOSEN} UNION ALL {_PENDING}) AS every
    WHERE fate = 'goes' GROUP BY destination_id, invoice_id
) AS each_invoice GROUP BY first
"""  # noqa: S608 - constant text
_FATES = f"""
SELECT job_id, fate, CASE WHEN fate IN ('exported', 'in_progress') THEN by_job END, MIN(reason), COUNT(*)
FROM ({_OWN} UNION ALL {_CHOSEN}) AS every GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608 - constant text
_GOES = "goes"


def shares(jobs: Sequence[FailedJob]) -> Iterator[Share]:
    """What each of the jobs, given by ascending id, would take."""
    own = [job.id for job in jobs if job.collected]
    chosen = [job.id for job in jobs if job.restricted and not job.collected]
    takers = _takers(jobs)
    ids = {"own": marks(own), "chosen": marks(chosen), "takers": marks(takers)}
    first: dict[int, int] = dict(execute(_FIRST.format(**ids), [*own, *chosen, *takers]).fetchall())
    fates = _fates(own, chosen)
    for job in jobs:
        invoices = first.get(job.id, 0)
        taker = next((other for other in jobs if other.id in takers and _takes_from(other, job)), None)
        if job.takes_all and not invoices and taker is not None and first.get(taker.id, 0):
            yield Share(invoices=0, all_by=taker.id)
        else:
            yield Share(invoices=invoices, asides=_asides(fates.get(job.id, []), invoices))


def _takers(jobs: Sequence[FailedJob]) -> list[int]:
    """The jobs that take all that is pending, without those to which an earlier one leaves nothing."""
    found: list[FailedJob] = []
    for job in jobs:
        if job.takes_all and not any(_takes_from(other, job) for other in found):
            found.append(job)
    return [job.id for job in found]


def _takes_from(taker: FailedJob, job: FailedJob) -> bool:
    """Whether the one leaves nothing that is pending to the other."""
    same = taker.destination_id == job.destination_id and taker.routes >= job.routes
    return same and taker.id < job.id


def _fates(own: Sequence[int], chosen: Sequence[int]) -> dict[int, list[Aside]]:
    """By job, what has become of its invoices; those that go are one of the asides."""
    found: dict[int, list[Aside]] = {}
    sql = _FATES.format(own=marks(own), chosen=marks(chosen))
    for job_id, fate, by_job, reason, count in execute(sql, [*own, *chosen]):
        found.setdefault(job_id, []).append(Aside(count, fate, _fate_text(fate, by_job, reason)))
    return found


def _asides(fates: Sequence[Aside], invoices: int) -> tuple[Aside, ...]:
    asides = [aside for aside in fates if aside.code != _GOES]
    shared = sum(aside.invoices for aside in fates if aside.code == _GOES) - invoices
    if fates and shared:
        asides.append(Aside(shared, "goes_with_other", "going with an earlier job of this plan"))
    return tuple(asides)


def _fate_text(fate: str, by_job: int | None, reason: str) -> str:
    texts = {
        LedgerState.EXPORTED: f"exported meanwhile by job {by_job}" if by_job else "marked as exported",
        LedgerState.IN_PROGRESS: f"being exported by job {by_job}",
        LedgerState.ON_HOLD: f"on hold: {reason}" if reason else "on hold",
        InvoiceStatus.VOID: "void",
        InvoiceStatus.DRAFT: "a draft again",
        "other_route": "of a payee who is paid another way now, which this job does not write",
    }
    return texts.get(fate, "")
