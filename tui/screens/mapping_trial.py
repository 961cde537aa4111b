"""What a layout that is being edited comes to: the first rows by the real format, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.audit import Actor
from models.columns import Layout, WrongLayout
from models.entities import LegalEntity
from models.invoices import Direction

ROWS = 20
"""So many invoices are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The first rows, or why there are none."""

    direction: Direction
    pending: bool = False
    """Whether the invoices wait for export; else they are the newest."""
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    """The very text of the file."""
    refused: int = 0
    """How many of the invoices could not go."""
    wrong: Mapping[int, str] = field(default_factory=dict)
    """What is wrong, by the place of the column from 1; 0: the layout as a whole."""

    @property
    def unwritable(self) -> str:
        """Why no file could be written by it at all; empty when one could."""
        return next(iter(self.wrong.values()), "") if not self.text and not self.refused else ""

    @property
    def head(self) -> str:
        """What is shown, in a sentence."""
        if self.unwritable:
            return "No file could be written like this"
        if not self.rows and not self.refused:
            return f"There is no {self.direction} invoice yet; the file would begin so"
        which = "that wait" if self.pending else "of the archive, for none waits"
        refused = f"; {self.refused} could not go" if self.refused else ""
        return f"First rows of {self.direction} invoices {which}{refused}"


def tried(actor: Actor, entity_id: int, layout: Mapping[str, Any], direction: Direction | None) -> Trial:
    """Try a layout; without a direction, on payable invoices unless only receivable ones wait."""
    try:
        checked = Layout.from_dict(layout)
    except WrongLayout as error:
        wrong = {error.column or 0: f"{error.message}: {error.remedy}"}
        return Trial(direction=direction or Direction.PAYABLE, wrong=wrong)
    entity = LegalEntity.get_by_id(entity_id)
    found = [_shown(actor, entity, checked, each) for each in ([direction] if direction else Direction)]
    return next((trial for trial in found if trial.pending), found[0])


def _shown(actor: Actor, entity: LegalEntity, layout: Layout, direction: Direction) -> Trial:
    from worker import tasks  # Huey, which the first picture need not wait for

    shown = tasks.preview_mapping(actor, entity, layout.to_dict(), direction=direction, limit=ROWS)
    places = {column.header: place for place, column in enumerate(layout.columns, 1)}
    wrong = dict[int, str]()
    for _, problem in shown.refused:
        wrong.setdefault(places.get(problem.column, 0), f"{problem.reason}: {problem.remedy}")
    return Trial(
        direction=direction,
        pending=shown.pending,
        rows=shown.rows,
        text=shown.text,
        refused=len(shown.refused),
        wrong=wrong,
    )
