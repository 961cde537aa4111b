"""Delivering the very same bytes of files once more, each by a job of its own; by a plan that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.people import Action
from models.repairs import repeat as acts
from tui import wording
from tui.kit.commands import Command
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan

if TYPE_CHECKING:
    from tui.app import WaybillApp

REPEAT = Command(
    name="repeat",
    key="P",
    title="Repeat file",
    help="deliver the very same bytes once more, under a new name; shows a plan first",
    cli="waybill file repeat",
    action=Action.REPAIR,
)


def repeat_screen(app: WaybillApp, what: str, find: Callable[[], Sequence[int]]) -> PlanScreen:
    """Asks about the files that `find` names, in a thread; dismisses with the repair's result."""

    def make() -> Plan:
        repair = acts.plan(app.actor, find())
        return repair_plan(
            repair,
            partial(acts.apply, app.actor),
            app.ring,
            button=f"Repeat {wording.counted(len(repair.changes), 'file')}",
            effect="a job for each; no invoice changes its state",
            twin="waybill file repeat",
        )

    return PlanScreen(f"Repeat {what}", make, "waybill file repeat --dry-run")
