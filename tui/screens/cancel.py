"""Cancelling jobs that wait or run: one, the marked ones, or all that match; by a plan that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.jobs import JobState
from models.jobs.queries import Group, JobRow
from models.people import Action
from models.repairs import cancel as acts
from models.repairs.plan import LIMIT
from tui import wording
from tui.kit.commands import Command
from tui.kit.listing import Selection
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan
from tui.screens import chosen_jobs

if TYPE_CHECKING:
    from tui.app import WaybillApp

CANCEL = Command(
    name="cancel",
    key="c",
    title="Cancel",
    help="the marked jobs that wait or run, or this one; shows a plan first",
    cli="waybill job cancel",
    action=Action.REPAIR,
)
_WITHIN = (Group.PENDING, Group.ACTIVE)


def cancel_screen(app: WaybillApp, chosen: Selection[JobRow]) -> PlanScreen:
    """Asks about the chosen jobs; dismisses with the repair's result."""

    def make() -> Plan:
        ids, more = chosen_jobs.find(app.actor, chosen, within=_WITHIN, limit=LIMIT)
        plan = _plan(app, ids)
        return chosen_jobs.said(plan, chosen.number, len(ids), more, others_are="have ended")

    title = f"Cancel {wording.counted(chosen.number, 'job')}"
    return PlanScreen(title, make, "waybill job cancel --dry-run")


def cancel_one(app: WaybillApp, job_id: int) -> PlanScreen:
    """Asks about one job."""
    twin = f"waybill job cancel {job_id} --dry-run"
    return PlanScreen(f"Cancel job {job_id}", lambda: _plan(app, [job_id]), twin)


def why_not(row: JobRow) -> str:
    """What keeps a job from being cancelled; empty when nothing does."""
    if row.state in (JobState.PENDING, JobState.IN_PROGRESS):
        return ""
    return f"job {row.id} has ended: {row.state.replace('_', ' ')}"


def _plan(app: WaybillApp, job_ids: Sequence[int]) -> Plan:
    repair = acts.plan(app.actor, job_ids)
    return repair_plan(
        repair,
        partial(acts.apply, app.actor),
        app.ring,
        button=f"End {wording.counted(len(repair.changes), 'job')}",
        effect="what did not leave is pending again; one that runs stops between two steps",
        twin="waybill job cancel --pending",
    )
