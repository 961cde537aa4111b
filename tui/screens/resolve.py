"""Saying whether files arrived, when that could not be found out; by a plan that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from models.people import Action
from models.repairs import resolve as acts
from tui import wording
from tui.kit.commands import Command
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan
from tui.repair_text import things

if TYPE_CHECKING:
    from tui.app import WaybillApp

ARRIVED = Command(
    name="arrived",
    key="Y",
    title="It arrived",
    help="you looked, and the file is there: its invoices count as exported; shows a plan first",
    cli="waybill delivery resolve",
    action=Action.REPAIR,
)
NOT_ARRIVED = Command(
    name="not_arrived",
    key="N",
    title="It did not",
    help="you looked, and the file is not there: its invoices go again; shows a plan first",
    cli="waybill delivery resolve",
    action=Action.REPAIR,
)

FindDeliveries = Callable[[], Sequence[int]]
"""Runs in a thread."""


def resolve_screen(app: WaybillApp, number: int, find: FindDeliveries, *, arrived: bool) -> PlanScreen:
    """Asks whether these arrived, or did not; dismisses with the repair's result."""
    word = "arrived" if arrived else "did not arrive"
    option = "--arrived" if arrived else "--not-arrived"

    def make() -> Plan:
        repair = acts.plan(app.actor, find(), arrived=arrived)
        return repair_plan(
            repair,
            partial(acts.apply, app.actor),
            app.ring,
            button=f"{things(len(repair.changes), 'delivery')} {word}",
            effect="",
            twin=f"waybill delivery resolve --all-unknown {option}",
        )

    title = wording.one_line(f"{things(number, 'delivery')} {word}")
    return PlanScreen(title, make, f"waybill delivery resolve {option} --dry-run")
