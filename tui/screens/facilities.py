"""Facilities: where invoices are exported to, how each does, and what its setup still lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from rich.text import Text

from models import entities, facility_list, facility_setup
from models.facilities import FacilityState
from models.facility_list import Health, Listed
from models.people import Action
from tui import facility_text, wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens import facility_aside, facility_sections, facility_switch
from tui.screens.facility import EDIT, FacilityScreen
from tui.screens.facility_catalogue import CatalogueScreen
from tui.screens.facility_switch import ACTIVATE, DEACTIVATE
from tui.screens.facility_trial import TEST, TrialScreen
from tui.widgets.cells import state_style
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

NEW = Command(
    name="new",
    key="n",
    title="New",
    help="choose a system from the catalogue and set it up step by step",
    cli="waybill facility create",
    action=Action.MANAGE_FACILITIES,
)
_NOTHING = "No facility here.\n\nSet one up: n New"


class FacilityRow(NamedTuple):
    """One facility, with nothing left to ask the database for."""

    id: int
    name: str
    entity_id: int
    entity: str
    destination: str
    state: FacilityState
    sends: str
    missing: str
    """What the setup of one that is not active lacks."""
    exported_at: datetime | None
    health: Health


class FacilitiesScreen(ListScreen[FacilityRow]):
    """Facilities by legal entity and name."""

    NAME = "Facilities"
    TABS = (
        Tab("all", "all", _NOTHING),
        Tab(FacilityState.ACTIVE, "active", "No facility is active, so nothing is exported.\n\no Activate"),
        Tab(FacilityState.DRAFT, "draft", "No draft here.\n\nSet one up: n New"),
        Tab(FacilityState.INACTIVE, "inactive", "No facility was switched off."),
    )
    COLUMNS = (
        Column("state", "STATE", 11),
        Column("name", "FACILITY", 18),
        Column("entity", "LEGAL ENTITY", 18, at=100),
        Column("destination", "DESTINATION", 14),
        Column("sends", "SENDS BY", 22, at=120),
        Column("exported", "EXPORTED UTC", 13),
        Column("health", "HEALTH, OR LACKS", 0),
    )
    ACTS: ClassVar[Sequence[Command]] = (NEW, EDIT, TEST, ACTIVATE, DEACTIVATE)

    def source(self, wanted: Wanted) -> Source[FacilityRow]:
        """Those in a state: some dozens, read whole."""
        actor = self.waybill.actor

        def read() -> Sequence[FacilityRow]:
            found = facility_list.listed(actor)
            return [_row(one) for one in found if wanted.tab in ("all", one.facility.state)]

        return Bounded(read, lambda row: row.id)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - no filter
        """All states at once."""
        actor = self.waybill.actor

        def count() -> Mapping[str, int | None]:
            found = Counter(one.facility.state for one in facility_list.listed(actor))
            return {"all": found.total(), **{state.value: found[state] for state in FacilityState}}

        return count

    def finder(self) -> Callable[[dict[str, int | None]], Any]:
        """Whether there is a legal entity to make one for."""
        actor = self.waybill.actor
        return lambda _counts: bool(entities.visible(actor))

    def cells(self, row: FacilityRow) -> Cells:
        """What stands in the columns."""
        style = "yellow" if row.missing or row.health.left_alone else state_style(row.health.state or "")
        return {
            "state": Cell(
                facility_text.state_text(row.state), "green" if row.state is FacilityState.ACTIVE else ""
            ),
            "name": row.name,
            "entity": row.entity,
            "destination": row.destination,
            "sends": row.sends,
            "exported": wording.short_time(row.exported_at),
            "health": Cell(_standing(row), style),
        }

    def preview(self, row: FacilityRow) -> Text:
        """Whose it is, how it does, what it lacks."""
        head = wording.one_line(f"{row.name}  {row.destination} of {row.entity}, by {row.sends}")
        lines = [
            facility_text.health_text(row.health) + (f": {row.health.reason}" if row.health.reason else "")
        ]
        if row.health.left_alone:
            lines.append("t Test ends that, when every step works")
        if row.missing:
            lines.append(f"{row.missing}; e Edit goes on")
        text = Text(head, "bold")
        return text.append("".join(f"\n{wording.one_line(line)}" for line in lines), "not bold")

    def beside(self, row: FacilityRow) -> Callable[[], Text]:
        """Its setup, gateways and schedules."""
        actor, facility_id = self.waybill.actor, row.id
        return lambda: facility_aside.text(facility_sections.read(actor, facility_id))

    def open(self, row: FacilityRow) -> None:
        """The facility in full."""
        self.app.push_screen(FacilityScreen(row.id, self.neighbour))

    # Acts

    def concerned(self, command: Command) -> int | None:
        """The row's; a new one is nobody's yet."""
        row = self.current
        return None if row is None or command is NEW else row.entity_id

    def why_not(self, name: str) -> str:
        """What keeps the row from it."""
        if name == NEW.name:
            return "there is no legal entity yet: waybill entity create" if self.facts is False else ""
        if (row := self.current) is None:
            return "there is no facility here"
        return facility_switch.why_not(name, row.name, row.state)

    def do_new(self) -> None:
        """Choose a system."""
        self.app.push_screen(CatalogueScreen())

    def do_edit(self) -> None:
        """Open it, and what it asks next."""
        if (row := self.current) is not None:
            self.app.push_screen(FacilityScreen(row.id, self.neighbour, edit=True))

    def do_test(self) -> None:
        """Try its connection."""
        if (row := self.current) is not None:
            self.app.push_screen(TrialScreen(row.id, row.name), self._again)

    def do_activate(self) -> None:
        """Plan for it."""
        if (row := self.current) is not None:
            self.app.push_screen(facility_switch.activate_screen(self.waybill, row.id, row.name), self._again)

    def do_deactivate(self) -> None:
        """Plan for it."""
        if (row := self.current) is not None:
            self.app.push_screen(
                facility_switch.deactivate_screen(self.waybill, row.id, row.name), self._again
            )

    def _again(self, _: object) -> None:
        self.load()


AREA = Area(
    noun="facility",
    digit="5",
    title="Facilities",
    short="Fac",
    help="where invoices are exported to: set up, tried, switched on and off",
    cli="waybill facility list",
    screen=FacilitiesScreen,
    detail=FacilityScreen,
)


def _standing(row: FacilityRow) -> str:
    """What it lacks, else how it does; of a draft with nothing missing what comes next."""
    if row.state is FacilityState.DRAFT and not row.missing and not row.health.left_alone:
        return "set up, o Activate"
    return row.missing or facility_text.health_text(row.health)


def _row(one: Listed) -> FacilityRow:
    facility, health = one.facility, one.health
    lacking = [step.step for step in facility_setup.steps(facility) if not step.done and step.asked]
    return FacilityRow(
        id=facility.id,
        name=facility.name,
        entity_id=facility.entity_id,
        entity=facility.entity.name,
        destination=facility.destination.label,
        state=FacilityState(facility.state),
        sends=", ".join(facility_setup.gateways_of(facility)),
        missing=f"! {', '.join(lacking)} missing" if lacking else "",
        exported_at=health.exported_at,
        health=health,
    )
