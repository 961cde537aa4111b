"""Re-queueing jobs: one, the marked ones, or all that match; the plan of it for the plan screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.audit import Actor
from models.errors import Conflict
from models.jobs import queries
from models.jobs.queries import Filter, Group, JobRow
from models.people import Action
from models.repairs import requeue as acts
from tui import wording
from tui.kit.commands import Command
from tui.kit.listing import Selection
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan

if TYPE_CHECKING:
    from tui.app import WaybillApp

REQUEUE = Command(
    name="requeue",
    key="r",
    title="Re-queue",
    help="the marked jobs, or this one; shows a plan first",
    cli="waybill job requeue",
    action=Action.REPAIR,
)


def requeue_screen(app: WaybillApp, chosen: Selection[JobRow]) -> PlanScreen:
    """Asks about the chosen jobs; dismisses with the repair's result."""

    def make() -> Plan:
        keys = [int(str(key)) for key in chosen.keys]
        return _plan(app, _matching(app.actor, chosen) if chosen.everything else keys)

    title = f"Re-queue {wording.counted(chosen.number, 'job')}"
    return PlanScreen(title, make, "waybill job requeue --dry-run")


def requeue_one(app: WaybillApp, job_id: int) -> PlanScreen:
    """Asks about one job."""
    twin = f"waybill job requeue {job_id} --dry-run"
    return PlanScreen(f"Re-queue job {job_id}", lambda: _plan(app, [job_id]), twin)


def _plan(app: WaybillApp, job_ids: Sequence[int]) -> Plan:
    repair = acts.plan(app.actor, job_ids)
    return repair_plan(
        repair,
        partial(acts.apply, app.actor),
        app.ring,
        button=f"Re-queue {wording.counted(len(repair.changes), 'job')}",
        effect="new dates, a new file; attempts and history stay; nothing that left goes again",
    )


def _matching(actor: Actor, chosen: Selection[JobRow]) -> list[int]:
    """The ids of all that match, but those taken out; raises `Conflict` for more than one plan takes."""
    group = Group(chosen.wanted.tab)
    found = queries.ids(actor, Filter(group=group), limit=acts.LIMIT + len(chosen.keys))
    ids = [job_id for job_id in found.rows if job_id not in chosen.keys]
    if found.following is not None or len(ids) > acts.LIMIT:
        raise Conflict(
            f"{chosen.number:,} jobs are more than the {acts.LIMIT:,} of one plan",
            remedy="narrow the list, to failed ones for instance, or do it in parts",
            code="too_many_jobs",
        )
    return ids
