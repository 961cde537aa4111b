"""A form made from declared settings: checked as one types, a draft when one leaves, saved with ctrl+s."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from models.catalogue import Setting, SettingKind
from models.errors import WaybillError
from tui.kit.form_row import row, said, shown
from tui.kit.live import LiveScreen
from tui.kit.plan import PlanScreen
from tui.kit.typed_ahead import TypedAhead
from tui.widgets.buttons import PlainButton
from tui.widgets.inputs import Choice
from tui.widgets.lines import Banner, HeadLine, KeyLine

T = TypeVar("T")

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is asked, and what stands there to begin with."""

    settings: Sequence[Setting]
    values: Mapping[str, Any]
    stored: Collection[str] = ()
    """Names of secrets that have a value already: left empty they keep it."""


class FormScreen(LiveScreen, Generic[T]):
    """Give it `NAME`, `reader`, `save`, `saved`, and `draft`: what the draft is kept under."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", key_display="^s", tooltip="check all and save"),
        Binding("escape", "leave", "Leave", key_display="esc", tooltip="what is typed stays as a draft"),
        Binding("f1", "app.help", "Help", key_display="f1", tooltip="keys of this page"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
    ]
    SAVE: ClassVar[str] = "Save"
    """What its button says."""
    AUTO_FOCUS = ""  # a button would take what is typed before the fields stand
    STAYS: ClassVar[bool] = False
    """Whether it stays, below what `saved` opens: a form that finds something."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self._begun = False
        self._ahead: TypedAhead | None = TypedAhead()
        """What is typed before the fields stand; None: they do, or cannot."""
        self._typed: set[str] = set()

    # To be said by each form

    @property
    def draft(self) -> str:
        """What the draft is kept under: `schedule/new`, `schedule/7`."""
        raise NotImplementedError

    def reader(self) -> Callable[[], Form]:
        """What reads the form, in a thread."""
        raise NotImplementedError

    def save(self, values: Values) -> Callable[[], T]:
        """What saves the checked values, in a thread; a secret left empty is not among them."""
        raise NotImplementedError

    def saved(self, result: T) -> None:
        """It is saved: say so."""

    def lands_on(self, result: T) -> Any:
        """The key of the row that was made, for the list below to put its cursor on."""

    def plan(self, values: Values) -> PlanScreen | None:  # noqa: ARG002 - for forms to answer
        """What asks and does it, in place of `save`: its outcome's value is what `saved` is told."""
        return None

    def wrong(self, values: Values) -> Mapping[str, str]:  # noqa: ARG002 - for forms to answer
        """What no single setting can tell, by the setting it is said beside; asked as one types."""
        return {}

    def beside(self, values: Values) -> Text:  # noqa: ARG002 - for forms to answer
        """What the values come to, redrawn as one types: the next runs, the first rows. Empty: nothing."""
        return Text()

    def showing(self, values: Values, wrong: Mapping[str, str]) -> Text:
        """`beside`, unless something is wrong; for forms that can tell something in spite of that."""
        return Text() if wrong else self.beside(values)

    # Made from it

    def compose(self) -> ComposeResult:
        """The fields, which scroll, what they come to, and the buttons with the harmless one first."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        yield VerticalScroll(id="fields", can_focus=False)
        yield Static(id="beside")
        with Horizontal(id="buttons"):
            yield PlainButton("Leave", id="leave")
            yield PlainButton(self.SAVE, id="save")
            yield PlainButton("Discard draft", id="discard")
        yield KeyLine(id="keys")

    def load(self) -> None:
        """Read the form once; what is typed is never overwritten by what somebody else saves."""
        if self.form is None:
            self.ask(self.reader(), self._put)

    async def _put(self, form: Form) -> None:
        if self._begun:  # asked once more while the first answer was being laid out
            return
        self._begun = True
        kept = self.waybill.drafts.get(self.draft, {})
        self._typed = set(kept)
        values = {**form.values, **kept}
        rows = [
            row(setting, values.get(setting.name), stored=setting.name in form.stored)
            for setting in form.settings
        ]
        await self.query_one("#fields").mount_all(rows)
        self.form = form
        for line in self.query(Input):
            line.cursor_blink = False
        if self._typed:
            self.notify("Your draft is back; Discard draft takes it away.")
        self._judge()
        self.call_later(self._stand)  # after the keys that are on their way here

    def _stand(self) -> None:
        """Give the fields what was typed ahead of them, and then what came just before the focus."""
        self._give_ahead()
        self._ahead = TypedAhead()
        self.call_later(self._stood)

    def _stood(self) -> None:
        self._give_ahead()
        self._ahead = None

    def _give_ahead(self) -> None:
        controls = self._controls()
        fields = [controls[name] for name in controls if self.query_one(f"#r-{name}").display]
        if self.focused in fields:
            fields = fields[fields.index(self.focused) :]
        if fields:
            self.set_focus((self._ahead or TypedAhead()).give(fields))  # at once, unlike Widget.focus

    def on_key(self, event: Key) -> None:
        """Nothing that is typed is lost, or taken for a command, while the form is being read."""
        if self._ahead is not None and self._ahead.take(event):
            event.stop()

    def troubled(self) -> None:
        """A form that cannot be read has no fields to wait for."""
        super().troubled()
        if self.form is None:
            self._ahead = None

    def _controls(self) -> dict[str, Widget]:
        form = self.form
        return {each.name: self.query_one(f"#f-{each.name}") for each in form.settings} if form else {}

    def values(self) -> Values:
        """What stands in the fields, as typed."""
        return {name: getattr(control, "value", "") for name, control in self._controls().items()}

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check and show as one types."""
        self._changed(event.input)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """The same for a choice."""
        self._changed(event.choice)

    def _changed(self, control: Widget) -> None:
        name = (control.id or "").removeprefix("f-")
        if self.form is None or not name:
            return
        if str(getattr(control, "value", "")) != shown(self.form.values.get(name)):
            self._typed.add(name)
        self._keep()
        self._judge()

    def _keep(self) -> None:
        """Keep what is typed, secrets aside: those stay in their field alone."""
        if self.form is None:
            return
        secret = {each.name for each in self.form.settings if each.kind is SettingKind.SECRET}
        values = self.values()
        kept = {name: values[name] for name in self._typed - secret if name in values}
        if kept:
            self.waybill.drafts[self.draft] = kept
        else:
            self.waybill.drafts.pop(self.draft, None)

    def check(self) -> tuple[Values, dict[str, str]]:
        """The values as their kinds, and what is wrong by setting."""
        typed, values, wrong = self.values(), Values(), dict[str, str]()
        for setting in self.form.settings if self.form else ():
            if not setting.applies(typed):
                continue
            given = typed[setting.name]
            if setting.kind is SettingKind.SECRET and not given and self._is_stored(setting.name):
                continue
            try:
                values[setting.name] = setting.parse(given)
            except WaybillError as error:
                wrong[setting.name] = said(error, setting)
        return values, wrong or dict(self.wrong(values))

    def _is_stored(self, name: str) -> bool:
        return self.form is not None and name in self.form.stored

    def _judge(self) -> None:
        """Errors beside their fields, what does not apply out of sight, what it comes to below."""
        form, typed = self.form, self.values()
        values, wrong = self.check()
        for setting in form.settings if form else ():
            self.query_one(f"#r-{setting.name}").display = setting.applies(typed)
            fault = wrong.get(setting.name, "") if self._blames(setting) else ""
            note = self.query_one(f"#e-{setting.name}", Static)
            note.display = bool(fault or setting.help)
            note.set_class(bool(fault), "-wrong")
            note.update(Text(f"! {fault}" if fault else setting.help, "bold" if fault else "dim"))
        beside, text = self.query_one("#beside", Static), self.showing(values, wrong)
        beside.display = bool(text)
        beside.update(text)
        self.query_one("#discard").display = self.draft in self.waybill.drafts

    def _blames(self, setting: Setting) -> bool:
        """An empty field that nobody has been at yet is not called wrong before Save."""
        touched = setting.name in self._typed or self.has_class("-tried")
        return touched or bool(getattr(self.query_one(f"#f-{setting.name}"), "value", ""))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, save, or throw the draft away."""
        if event.button.id == "save":
            self.action_save()
        elif event.button.id == "discard":
            self.waybill.drafts.pop(self.draft, None)
            self.waybill.back()
        else:
            self.action_leave()

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field."""
        self.focus_next()

    def action_leave(self) -> None:
        """Back; what is typed stays as a draft."""
        if self.draft in self.waybill.drafts:
            self.notify("Not saved. What you typed is kept as a draft.")
        self.waybill.back()

    def action_save(self) -> None:
        """Check all; the first wrong field takes the focus."""
        if self.form is None:  # pressed before there was anything to save
            self.notify("The form is still being read.")
            return
        self.add_class("-tried")
        values, wrong = self.check()
        self._judge()
        if wrong:
            name, said = next(iter(wrong.items()))
            self._controls()[name].focus()
            titles = {setting.name: setting.title for setting in self.form.settings}
            self.notify(f"{titles[name]}: {said}", severity="error", markup=False)
            return
        if (question := self.plan(values)) is not None:
            self.app.push_screen(question, self._was_answered)
        else:
            self.ask(self.save(values), self._was_saved, group="save")

    def _was_answered(self, result: T | None) -> None:
        """Nothing was done: what is typed stays."""
        if result is not None:
            self._was_saved(result)

    def _was_saved(self, result: T) -> None:
        self.waybill.drafts.pop(self.draft, None)
        self.saved(result)
        self.point_below(self.lands_on(result))
        if not self.STAYS:
            self.waybill.back()
