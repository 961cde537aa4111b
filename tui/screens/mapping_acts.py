"""What can be done to a mapping, the same from the list and from its own screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from models import mapping_fields
from models.mapping_list import Listed
from models.mappings import Mapping
from models.people import Action
from tui.kit.commands import Command
from tui.kit.live import LiveScreen
from tui.screens.mapping_editor import MappingEditor
from tui.screens.mapping_forms import ExportForm, NewForm, RenameForm, file_name
from tui.screens.mapping_save import delete_screen

if TYPE_CHECKING:
    _Screen = LiveScreen
else:
    _Screen = object

_MANAGE = Action.MANAGE_MAPPINGS
ACTS = (
    Command(
        name="edit",
        key="e",
        title="Edit",
        help="its columns, with a preview of real rows",
        cli="waybill mapping edit",
        action=_MANAGE,
    ),
    Command(
        name="duplicate",
        key="d",
        title="Duplicate",
        help="a new one that begins with its columns",
        cli="waybill mapping create --file",
        action=_MANAGE,
    ),
    Command(
        name="export",
        key="x",
        title="Export",
        help="into a file that import takes, here or in another installation",
        cli="waybill mapping export",
    ),
    Command(
        name="rename",
        key="m",
        title="Rename",
        help="call it otherwise; what uses it goes on doing so",
        cli="waybill mapping rename",
        action=_MANAGE,
        footer=False,
    ),
    Command(
        name="delete",
        key="D",
        title="Delete",
        help="take it out of use; not while a schedule uses it",
        cli="waybill mapping delete",
        action=_MANAGE,
    ),
)


class MappingActs(_Screen):
    """For screens that have one mapping in view: they say which."""

    def chosen(self) -> Listed | None:
        """The mapping it would be done to."""
        raise NotImplementedError

    def gone(self) -> None:
        """The mapping was taken out of use."""

    def why_not(self, name: str) -> str:
        """Without a mapping there is nothing to be done to; one in use stays."""
        mapping = self.chosen()
        if name not in {act.name for act in ACTS}:
            return ""
        if mapping is None:
            return "there is no mapping here"
        if name == "delete" and mapping.uses:
            users = ", ".join(sorted({use.schedule for use in mapping.uses}))
            return f"it is used by: {users}; give those another one first"
        return ""

    def do_edit(self) -> None:
        """Its columns."""
        if (mapping := self.chosen()) is not None:
            self.edit(mapping.id)

    def edit(self, which: int) -> None:
        """The columns of a mapping, once the form in the way is gone."""
        self.app.call_later(self.app.push_screen, MappingEditor(which))

    def do_duplicate(self) -> None:
        """A new one like it."""
        self.app.push_screen(NewForm(self.chosen(), self.edit))

    def do_rename(self) -> None:
        """Another name."""
        if (mapping := self.chosen()) is not None:
            self.app.push_screen(RenameForm(mapping))

    def do_export(self) -> None:
        """Into a file: of this machine, or handed to the browser."""
        if (mapping := self.chosen()) is None:
            return
        if not self.app.is_web:
            self.app.push_screen(ExportForm(mapping))
            return
        self.ask(
            lambda: mapping_fields.as_file(Mapping.get_by_id(mapping.id)),
            lambda text: self.app.deliver_text(io.StringIO(text), save_filename=file_name(mapping)),
            group="export",
        )

    def do_delete(self) -> None:
        """Out of use."""
        if (mapping := self.chosen()) is not None:
            screen = delete_screen(self.waybill.actor, mapping.id)
            self.app.push_screen(screen, lambda name: self.gone() if name else None)
