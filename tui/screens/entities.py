"""Legal entities: whose invoices these are, their switches and limit; a page of Admin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import entities
from models.audit import Actor
from models.entities import LegalEntity
from models.people import Action
from models.schedules import history
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import Tab, Wanted
from tui.screens.admin import ADMIN, AdminPage
from tui.screens.entity_form import EntityForm
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

NEW = Command(
    name="new",
    key="n",
    title="New",
    help="a legal entity; its name is all it needs",
    cli="waybill entity create",
    action=Action.MANAGE_ENTITIES,
)
EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="name, zone, identifiers, limit of schedules, and what is switched off",
    cli="waybill entity edit",
    action=Action.CHANGE_INVOICE_SETTINGS,
)


class EntityRow(NamedTuple):
    """One legal entity."""

    id: int
    name: str
    identifiers: str
    country: str
    zone: str
    scheduler: bool
    manual: bool
    running: int
    limit: int


class EntitiesScreen(AdminPage[EntityRow]):
    """Legal entities by name."""

    NAME = "Admin"
    PAGE = "entity"
    TABS = (
        Tab(
            "all", "entities", "No legal entity yet: the company whose invoices are exported.\n\nMake one: n"
        ),
    )
    COLUMNS = (
        Column("name", "LEGAL ENTITY", 0),
        Column("identifiers", "IDENTIFIERS", 22, at=100),
        Column("zone", "ZONE", 19),
        Column("scheduler", "SCHEDULER", 10),
        Column("manual", "BY HAND", 8),
        Column("schedules", "SCHEDULES", 10, right=True),
    )
    ACTS: ClassVar[Sequence[Command]] = (NEW, EDIT)

    def source(self, wanted: Wanted) -> Source[EntityRow]:  # noqa: ARG002 - there is one list
        """Those the actor holds a role for."""
        return Bounded(partial(_rows, self.waybill.actor), lambda row: row.id)

    def cells(self, row: EntityRow) -> Cells:
        """What stands in the columns."""
        return {
            "name": row.name,
            "identifiers": row.identifiers,
            "zone": row.zone,
            "scheduler": _switch(row.scheduler),
            "manual": _switch(row.manual),
            "schedules": f"{row.running}/{row.limit}",
        }

    def preview(self, row: EntityRow) -> Text:
        """What it is known by, and what is switched off."""
        known = f"{row.country} {row.identifiers}".strip() or "no identifier to match documents by"
        text = Text(wording.one_line(row.name), "bold").append(f"\n{wording.one_line(known)}", "not bold")
        used = f"{row.running} of {row.limit} schedules enabled"
        off = "" if row.scheduler else "; the export scheduler is off: none of them fires"
        text.append(f"\n{used}{off}", "not bold")
        return text.append("" if row.manual else "\nExports by hand are switched off", "not bold")

    def open(self, row: EntityRow) -> None:  # noqa: ARG002 - the act takes the current one
        """Its form; what may be changed is checked when it is saved."""
        self.action_command(EDIT.name)

    def why_not(self, name: str) -> str:
        """Without a row there is nothing to change."""
        return "there is no legal entity here" if name == EDIT.name and self.current is None else ""

    def do_new(self) -> None:
        """Ask for its name."""
        self.app.push_screen(EntityForm())

    def do_edit(self) -> None:
        """Ask what changes."""
        if self.current is not None:
            self.app.push_screen(EntityForm(self.current.id))


AREA = Area(
    noun="entity",
    title="Entities",
    help="legal entities: whose invoices these are, and what is switched off for them",
    cli="waybill entity list",
    screen=EntitiesScreen,
    page_of=ADMIN,
    detail=lambda which: EntityForm(which if not which.isdecimal() else int(which)),
)


def _switch(on: bool) -> Cell:
    return Cell("[x] on" if on else "[ ] off", "" if on else "yellow")


def _rows(actor: Actor) -> list[EntityRow]:
    return [_row(entity) for entity in entities.visible(actor)]


def _row(entity: LegalEntity) -> EntityRow:
    used = history.usage(entity)
    return EntityRow(
        id=entity.id,
        name=entity.name,
        identifiers=", ".join(entities.identifiers(entity)),
        country=entity.country,
        zone=entity.zone,
        scheduler=entity.export_scheduler,
        manual=entity.manual_exports,
        running=used.running,
        limit=used.limit,
    )
