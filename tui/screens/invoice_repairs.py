"""Invoices put right by hand: marked as exported, put back to pending, exported again; each by its plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from models.destinations import Destination
from models.facilities import Facility
from models.jobs import Job
from models.people import Action
from models.repairs import mark, re_export, revert
from models.repairs.ledger import Choice
from tui import wording
from tui.kit.commands import Command
from tui.kit.plan import Plan, PlanScreen
from tui.kit.repair import repair_plan

if TYPE_CHECKING:
    from tui.app import WaybillApp

MARK = Command(
    name="mark_exported",
    key="M",
    title="Mark exported",
    help="its invoices that wait count as exported, nothing is sent; shows a plan first",
    cli="waybill invoice mark-exported",
    action=Action.REPAIR,
)
REVERT = Command(
    name="revert",
    key="V",
    title="Revert",
    help="its invoices are pending again, those that left too; shows a plan first",
    cli="waybill invoice revert",
    action=Action.REPAIR,
)
RE_EXPORT = Command(
    name="re_export",
    key="E",
    title="Re-export",
    help="its invoices that left go once more, now; shows a plan first",
    cli="waybill invoice re-export",
    action=Action.REPAIR,
)
COMMANDS = (MARK, REVERT, RE_EXPORT)

FindDestination = Callable[[], Destination]
FindFacility = Callable[[], Facility]
Choose = Callable[[], Choice]
"""All run in a thread."""


def mark_screen(app: WaybillApp, what: str, find: FindDestination, choose: Choose) -> PlanScreen:
    """Asks whether what was chosen counts as exported; `what` says what that is: `job 12`."""

    def make() -> Plan:
        repair = mark.plan(app.actor, find(), choose())
        return repair_plan(
            repair,
            partial(mark.apply, app.actor),
            app.ring,
            button=f"Mark {wording.counted(len(repair.changes), 'invoice')}",
            effect="they count as exported and never go by themselves; nothing is sent",
            twin="waybill invoice mark-exported",
        )

    return PlanScreen(f"Mark as exported: {what}", make, f"{MARK.cli} --dry-run")


def revert_screen(app: WaybillApp, what: str, find: FindDestination, choose: Choose) -> PlanScreen:
    """Asks whether what was chosen is to be pending again."""

    def make() -> Plan:
        repair = revert.plan(app.actor, find(), choose())
        return repair_plan(
            repair,
            partial(revert.apply, app.actor),
            app.ring,
            button=f"Revert {wording.counted(len(repair.changes), 'invoice')}",
            effect="they are pending, and go with the next export of their destination",
            twin="waybill invoice revert",
        )

    return PlanScreen(f"Revert to pending: {what}", make, f"{REVERT.cli} --dry-run")


def re_export_screen(app: WaybillApp, what: str, find: FindFacility, choose: Choose) -> PlanScreen:
    """Asks whether what was chosen is to go once more, by a job of just these."""

    def make() -> Plan:
        repair = re_export.plan(app.actor, find(), choose())
        return repair_plan(
            repair,
            partial(re_export.apply, app.actor),
            app.ring,
            button=f"Re-export {wording.counted(len(repair.changes), 'invoice')}",
            effect="one new job of just these, now, at their present versions",
            twin="waybill invoice re-export",
        )

    return PlanScreen(f"Re-export: {what}", make, f"{RE_EXPORT.cli} --dry-run")


def of_job(app: WaybillApp, name: str, job_id: int) -> PlanScreen:
    """The same for all invoices that a job carries; `name` is the command's."""

    def destination() -> Destination:
        found: Destination = Job.get_by_id(job_id).destination
        return found

    def facility() -> Facility:
        found: Facility = Job.get_by_id(job_id).facility
        return found

    what = f"the invoices of job {job_id}"

    def chosen() -> Choice:
        return Choice(job_id=job_id)

    if name == MARK.name:
        return mark_screen(app, what, destination, chosen)
    if name == REVERT.name:
        return revert_screen(app, what, destination, chosen)
    return re_export_screen(app, what, facility, chosen)
