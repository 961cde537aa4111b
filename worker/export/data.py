"""Data: each item is looked at, and the ones that cannot go are failed with their reason, before any file.

Safe to repeat: it only fails items that are still to go, counts those that an earlier attempt failed, and
lets be what already stands in a file: that goes as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models import files, routes
from models.jobs import Claim, Job, Route, items
from models.jobs.items import ItemRow
from models.prenotes import held_back
from models.problems import Problem
from worker.export import batches, prenotes
from worker.export.plan import Plan, RoutePlan


def examine(claim: Claim, job: Job, plan: Plan) -> Problem | None:
    """Fail what cannot go; returns a problem when the facility wants the whole batch or nothing."""
    rendered = files.rendered_routes(job.id) if claim.attempt > 1 else set()
    for route, chosen in plan.routes.items():
        if route in rendered:
            continue
        if route is Route.ACH:
            items.fail(claim, ach_problems(items.stream(job.id, Route.ACH)))
        # Without the failed ones the rest of a payee may net differently: look until nothing more is found.
        while items.fail(claim, _format_problems(job, plan, route, chosen)):
            pass
    # Waiting for a prenote is no failure that keeps others back: then the prenote would never leave.
    failed = items.count(job.id).failed - held_back(job.id) if plan.whole_batch else 0
    if (stopped := incomplete(plan, failed)) is None and Route.ACH not in rendered:
        prenotes.hold_back(claim, job, plan)
    return stopped


def incomplete(plan: Plan, failed: int) -> Problem | None:
    """Why nothing goes when so many items failed; None when the others go all the same."""
    if not failed or not plan.whole_batch:
        return None
    return Problem(
        code="batch_incomplete",
        reason=f"{failed} invoices cannot go, and {plan.facility} sends the whole batch or nothing",
        remedy="mend what the items say, then re-queue the job; or set when_items_fail to good_ones_go",
    )


def ach_problems(rows: Iterable[ItemRow]) -> Iterator[tuple[int, Problem]]:
    """Each invoice (by its id) of an ACH payee that cannot be paid so."""
    for row in rows:
        account = None if row.routing is None or row.account is None else (row.routing, row.account)
        problem = routes.ach_problem(row.party_name, row.currency, account)
        if problem is not None:
            yield row.invoice_id, problem


def _format_problems(job: Job, plan: Plan, route: Route, chosen: RoutePlan) -> Iterator[tuple[int, Problem]]:
    batch = batches.draft(job, plan, route)
    return chosen.format.problems(batches.items_of(job, route)(), batch)
