"""What can be done in the mapping editor; all but saving changes the draft alone."""

from __future__ import annotations

from models.people import Action
from tui.kit.commands import Command

_TWIN = "waybill mapping edit"
ACTS = (
    Command(name="add", key="a", title="Add", help="columns, from all fields there are", cli=_TWIN),
    Command(name="change", key="e", title="Change", help="its header and how it is written", cli=_TWIN),
    Command(name="up", key="u", title="Up", help="move the column up", cli=_TWIN),
    Command(name="down", key="d", title="Down", help="move the column down", cli=_TWIN),
    Command(name="remove", key="x", title="Remove", help="take the column out", cli=_TWIN),
    Command(name="written", key="f", title="File", help="rows, header, marks and dates", cli=_TWIN),
    Command(
        name="save",
        key="ctrl+s",
        title="Save",
        help="as a new version; shows first what changes and whom it concerns",
        cli=_TWIN,
        action=Action.MANAGE_MAPPINGS,
    ),
    Command(name="undo", key="z", title="Undo", help="take back the last change", cli=_TWIN, footer=False),
    Command(name="discard", key="D", title="Discard", help="throw the draft away", cli=_TWIN, footer=False),
)
