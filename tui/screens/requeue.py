"""Re-queueing jobs: one, the marked ones, all that match, or a group of failures; by a plan that is shown."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from models.jobs import error_groups
from models.jobs.error_groups import ErrorGroup
from models.jobs.queries import Filter, Group, JobRow
from models.repairs import requeue as acts
from tui import wording
from tui.kit.listing import Selection
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan
from tui.screens import chosen_jobs

if TYPE_CHECKING:
    from tui.app import WaybillApp


def requeue_screen(app: WaybillApp, chosen: Selection[JobRow]) -> PlanScreen:
    """Asks about the chosen jobs; dismisses with the repair's result."""

    def make() -> Plan:
        ids, more = chosen_jobs.find(app.actor, chosen, within=[Group.FAILED], limit=acts.LIMIT)
        plan = _plan(app, ids)
        return chosen_jobs.said(plan, chosen.number, len(ids), more, others_are="did not fail")

    title = f"Re-queue {wording.counted(chosen.number, 'job')}"
    return PlanScreen(title, make, "waybill job requeue --dry-run")


def requeue_one(app: WaybillApp, job_id: int) -> PlanScreen:
    """Asks about one job."""
    twin = f"waybill job requeue {job_id} --dry-run"
    return PlanScreen(f"Re-queue job {job_id}", lambda: _plan(app, [job_id]), twin)


class Within(NamedTuple):
    """Which jobs a group of failures is gathered from: a filter, and the line that says it."""

    filter: Filter = Filter()
    line: str = ""


_ALL = Within()


def requeue_group(app: WaybillApp, group: ErrorGroup, within: Within = _ALL) -> PlanScreen:
    """Asks about all jobs that failed of one cause."""

    def make() -> Plan:
        members = error_groups.members(app.actor, group, within.filter)
        ids = list(islice(members, acts.LIMIT))
        more = sum(1 for _ in members)
        return chosen_jobs.said(_plan(app, ids), len(ids) + more, len(ids), more)

    title = f"Re-queue {wording.counted(group.open, 'job')}: {wording.one_line(group.code)}"
    line = shlex.quote(f"{within.line} error:{group.code}".strip())
    return PlanScreen(title, make, f"waybill job requeue --filter {line} --dry-run")


def _plan(app: WaybillApp, job_ids: Sequence[int]) -> Plan:
    repair = acts.plan(app.actor, job_ids)
    return repair_plan(
        repair,
        partial(acts.apply, app.actor),
        app.ring,
        button=f"Re-queue {wording.counted(len(repair.changes), 'job')}",
        effect="new dates, a new file; attempts and history stay; nothing that left goes again",
        twin="waybill job requeue --failed",
    )
