"""One setting as a row of a form: its title, the control that asks for it, and what is said below them."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from models.catalogue import Setting, SettingKind
from models.errors import WaybillError
from tui.widgets.inputs import Choice, SecretLine, TextLine, Tick


def row(setting: Setting, value: object, *, stored: bool) -> Vertical:
    """Title, control, and below them the help or what is wrong; `stored`: a secret that has a value."""
    title = f"{setting.title}{' *' if setting.required else ''}"
    control = _control(setting, value, stored=stored)
    line = Horizontal(Static(title, classes="label", markup=False), control, classes="line")
    note = Static("", id=f"e-{setting.name}", classes="note", markup=False)
    return Vertical(line, note, id=f"r-{setting.name}", classes="field")


def shown(value: object) -> str:
    """A value as it stands in its control."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def said(error: WaybillError, setting: Setting) -> str:
    """What is wrong with a setting, said beside it: its name stands there already."""
    message = error.message.removeprefix(f"the setting {setting.name} ")
    return f"{message}: {error.remedy}"


def _control(setting: Setting, value: object, *, stored: bool) -> Widget:
    id_ = f"f-{setting.name}"
    if setting.kind is SettingKind.BOOLEAN:
        return Tick(on=shown(setting.default if value is None else value) == "yes", id=id_)
    if choices := setting.allowed():
        offered = choices if setting.required or setting.default else ("", *choices)
        return Choice(offered, shown(setting.default if value is None else value), id=id_)
    if setting.kind is SettingKind.SECRET:
        kept = "stored; leave empty to keep it" if stored else "stored encrypted, never shown again"
        return SecretLine(placeholder=kept, id=id_)
    hint = shown(setting.default)
    return TextLine(
        shown(value),
        placeholder=hint,
        max_length=setting.max_length or 0,
        compact=True,
        select_on_focus=False,  # a key pressed by mistake would replace what stands there
        id=id_,
    )
