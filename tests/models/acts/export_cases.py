"""Acts that bring invoices in, and send them out: imports, schedules, exports by hand."""

from __future__ import annotations

from models import facilities, manual, schedules
from models.intake import Intake, Origin
from models.invoices import Direction
from models.jobs import Output, Route
from models.people import WAYBILL, Action, Actor
from tests.models.acts.world import Case, World, add_finance, instruction


def _import(actor: Actor, world: World) -> None:
    intake = Intake(actor, world.entity, Direction.PAYABLE)
    content = {
        "document_type": "invoice",
        "number": "N1",
        "issue_date": "2026-11-01",
        "currency": "EUR",
        "party": {"name": "Blue Ltd"},
        "totals": {"payable": "1.00"},
    }
    intake.record(intake.take([(content, Origin("test"))]), "test", refused=0)


def _export(actor: Actor, world: World) -> None:
    add_finance(actor, world)
    facility = facilities.find(world.entity, world.site.facility.name)
    written = manual.Written(outputs={Route.OTHER: Output(format="csv")})
    plan = manual.find(WAYBILL, facility, manual.Choice(), written, request_id="one")
    assert manual.request(actor, plan).made


CASES = [
    Case(
        name="schedules.acts.create",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.create(
            actor, world.site.facility, instruction(world.user, name="new")
        ),
    ),
    Case(
        name="schedules.acts.edit",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.edit(
            actor, world.schedule(), instruction(world.user, name="renamed")
        ),
    ),
    Case(
        name="schedules.acts.enable",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.enable(actor, schedules.find(world.entity, "off")),
    ),
    Case(
        name="schedules.acts.disable",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.disable(actor, world.schedule()),
    ),
    Case(
        name="schedules.acts.duplicate",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.duplicate(actor, world.schedule()),
    ),
    Case(
        name="schedules.acts.delete",
        action=Action.MANAGE_SCHEDULES,
        act=lambda actor, world: schedules.delete(actor, world.schedule()),
    ),
    Case(name="intake.Intake", action=Action.IMPORT, act=_import),
    Case(name="manual.asking.request", action=Action.EXPORT, act=_export),
]
