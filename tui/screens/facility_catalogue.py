"""The catalogue: the systems that a facility can be made for, as they declare themselves."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text

from models import facility_setup
from models.facility_setup import Step, System
from tui import facility_text
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.facility import FacilityScreen
from tui.screens.facility_new import NewFacilityForm
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column


class CatalogueScreen(ListScreen[System]):
    """Enter chooses one: the first step of setting a facility up."""

    NAME = "catalogue"
    TABS = (Tab("all", "systems", "No system is installed."),)
    COLUMNS: ClassVar = (
        Column("title", "SYSTEM", 24),
        Column("configuration", "TO CONFIGURE", 20),
        Column("authentication", "TO AUTHENTICATE", 0),
    )

    def source(self, wanted: Wanted) -> Source[System]:  # noqa: ARG002 - there is one list
        """As declared."""
        return Bounded(facility_setup.catalogue, lambda system: system.key)

    def cells(self, row: System) -> Cells:
        """What each needs."""
        return {
            "title": row.title,
            "configuration": facility_text.system_needs(row),
            "authentication": facility_text.system_authentication(row),
        }

    def preview(self, row: System) -> Text:
        """What it is, and what comes."""
        text = Text(f"{row.title} ({row.key})", "bold").append(f"\n{row.about}", "not bold")
        steps = " -> ".join(Step)
        return text.append(f"\nenter begins: {steps}; each step is kept as a draft", "not bold")

    def open(self, row: System) -> None:
        """Ask for the rest of the first step."""
        self.app.push_screen(NewFacilityForm(row.key, self._made))

    def _made(self, facility_id: int) -> None:
        """There is a draft: its screen, where the next step opens, takes this one's place."""
        self.point_below(facility_id)
        self.app.switch_screen(FacilityScreen(facility_id, after=Step.SYSTEM))
