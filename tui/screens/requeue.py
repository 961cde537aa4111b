"""Re-queueing jobs: one, the marked ones, or all that match; the plan of it for the plan screen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from models.audit import Actor
from models.errors import Conflict
from models.jobs import queries
from models.jobs import requeue as acts
from models.jobs.queries import Filter, Group, JobRow
from models.jobs.requeue import LIMIT, LeftOut, RequeuePlan
from models.people import Action
from tui import wording
from tui.kit.commands import Command
from tui.kit.listing import Selection
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress

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
_BATCH = 50  # jobs between two looks at whether to stop
_TYPED_FROM = 200  # jobs: from here on their number is typed


def requeue_screen(app: WaybillApp, chosen: Selection[JobRow]) -> PlanScreen:
    """Asks about the chosen jobs; dismisses with the ids of those that were queued."""
    actor = app.actor

    def make() -> Plan:
        ids = _matching(actor, chosen) if chosen.everything else [int(str(key)) for key in chosen.keys]
        return plan_of(actor, acts.plan(actor, ids), app.ring)

    title = f"Re-queue {wording.counted(chosen.number, 'job')}"
    return PlanScreen(title, make, "waybill job requeue --dry-run")


def requeue_one(app: WaybillApp, job_id: int) -> PlanScreen:
    """Asks about one job."""
    actor = app.actor
    return PlanScreen(
        f"Re-queue job {job_id}",
        lambda: plan_of(actor, acts.plan(actor, [job_id]), app.ring),
        f"waybill job requeue {job_id} --dry-run",
    )


def _matching(actor: Actor, chosen: Selection[JobRow]) -> list[int]:
    """The ids of all that match, but those taken out; raises `Conflict` for more than one plan takes."""
    group = Group(chosen.wanted.tab)
    found = queries.ids(actor, Filter(group=group), limit=LIMIT + len(chosen.keys))
    ids = [job_id for job_id in found.rows if job_id not in chosen.keys]
    if found.following is not None or len(ids) > LIMIT:
        raise Conflict(
            f"{chosen.number:,} jobs are more than the {LIMIT:,} of one plan",
            remedy="narrow the list, to failed ones for instance, or do it in parts",
            code="too_many_jobs",
        )
    return ids


def plan_of(actor: Actor, plan: RequeuePlan, ring: Callable[[int], object]) -> Plan:
    """What re-queueing would do, as the plan screen shows and does it."""
    number = len(plan.going)

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        queued, left_out, rest = list[int](), list[LeftOut](), iter(plan.going)
        while part := tuple(islice(rest, _BATCH)):
            result = acts.apply(actor, replace(plan, going=part), reason)
            for job_id in result.queued:
                ring(job_id)
            queued += result.queued
            left_out += result.left_out
            yield Progress(len(queued) + len(left_out), number)
        return _outcome(queued, left_out)

    return Plan(
        head=wording.plan_head(plan),
        number=number,
        carry_out=carry_out,
        button=f"Re-queue {wording.counted(number, 'job')}",
        going=[line for job in plan.going for line in wording.going_lines(job)],
        left_out=[wording.left_out_line(job) for job in plan.left_out],
        effect="new dates, a new file; attempts and history stay; nothing that left goes again",
        typed=str(number) if number >= _TYPED_FROM else "",
    )


def _outcome(queued: list[int], left_out: list[LeftOut]) -> Outcome:
    lines = [f"Re-queued: {wording.counted(len(queued), 'job')}."]
    lines += [f"Not {wording.left_out_line(job)}" for job in left_out[:5]]
    return Outcome(lines, warning=bool(left_out), value=tuple(queued))
