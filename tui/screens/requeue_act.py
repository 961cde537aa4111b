"""The act of re-queueing as screens declare it; apart from its plan, which the first screen need not load."""

from __future__ import annotations

from models.people import Action
from tui.kit.commands import Command

REQUEUE = Command(
    name="requeue",
    key="r",
    title="Re-queue",
    help="the marked jobs, or this one; shows a plan first",
    cli="waybill job requeue",
    action=Action.REPAIR,
)
