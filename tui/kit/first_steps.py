"""What is still to be done before a first export: a checklist with each step's screen and command."""

from __future__ import annotations

from typing import NamedTuple

from peewee import Model

from models import entities, services
from models.audit import Actor
from models.facilities import Facility, FacilityState
from models.invoices import Invoice
from models.schedules import Schedule


class Step(NamedTuple):
    """One thing to do; `done` when there is one already."""

    what: str
    command: str
    done: bool
    key: str = ""
    """The digit of the screen where it is done too; empty: it is done by its command alone."""
    opens: str = ""
    """The link of that screen."""


def find(actor: Actor) -> list[Step]:
    """The steps from a new installation to its first export, within what the actor may see."""
    ids = [entity.id for entity in entities.visible(actor)]

    def some(model: type[Model], *which: object) -> bool:
        query = model.select().where(getattr(model, "entity").in_(ids), *which)  # noqa: B009 - untyped
        return bool(query.exists())

    active = some(Facility, Facility.state == FacilityState.ACTIVE)
    scheduled = some(Schedule, ~Schedule.deleted)
    return [
        Step("a legal entity", "waybill entity create NAME", bool(ids), "9", "entity"),
        Step("invoices", "waybill import PATH", some(Invoice), "4", "invoice"),
        Step("an export facility", "waybill facility create NAME", some(Facility), "5", "facility"),
        Step("the facility active", "waybill facility activate NAME", active, "5", "facility"),
        Step("a schedule", "waybill schedule create NAME", scheduled, "3", "schedule"),
        Step("a worker running", "waybill up", services.running(services.Kind.WORKER)),
    ]


def text(steps: list[Step]) -> str:
    """The checklist."""
    lines = [f"[{'x' if step.done else ' '}] {step.what:<22} {step.key:<2} {step.command}" for step in steps]
    return "\n".join(["No job yet. To a first export:", "", *lines, "", "This page changes by itself."])
