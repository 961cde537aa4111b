"""Payments of an ACH file taken back by a file and a job of their own; by a plan that is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from models.people import Action
from models.repairs import reverse as acts
from tui import wording
from tui.kit.commands import Command
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan
from worker import tasks

if TYPE_CHECKING:
    from tui.app import WaybillApp

REVERSE = Command(
    name="reverse",
    key="T",
    title="Reverse",
    help="take the payments of an ACH file back, within five banking days; shows a plan first",
    cli="waybill ach reverse",
    action=Action.EXPORT,
)


def reverse_screen(app: WaybillApp, file_id: int) -> PlanScreen:
    """Asks about all payments of a file; dismisses with the repair's result."""
    twin = f"waybill ach reverse {file_id}"

    def make() -> Plan:
        repair = tasks.plan_reversal(app.actor, file_id)
        return repair_plan(
            repair,
            partial(acts.apply, app.actor),
            app.ring,
            button=f"Reverse {wording.counted(len(repair.changes), 'payment')}",
            effect=f"a file and a job; invoices on hold. One payment alone: {twin} --entry",
            twin=twin,
        )

    return PlanScreen(f"Reverse file {file_id}", make, f"{twin} --dry-run")
