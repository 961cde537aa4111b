"""The columns of a mapping, chosen and ordered by keys, beside what they come to in the file."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from models import mapping_fields, mapping_list
from models.entities import LegalEntity
from models.invoices import Direction
from models.mapping_fields import Choosable
from models.mapping_list import Listed
from tui.kit.form import Values
from tui.kit.live import LiveScreen, key
from tui.mapping_draft import Draft, DraftColumn
from tui.screens.mapping_column import ColumnForm, WrittenForm
from tui.screens.mapping_keys import ACTS
from tui.screens.mapping_pick import EXPRESSION, PickScreen
from tui.screens.mapping_rows import (
    COLUMNS,
    FILE_LINES,
    Row,
    cells,
    column_text,
    file_text,
    number_of,
    rows_of,
    summary_text,
)
from tui.screens.mapping_save import save_screen
from tui.screens.mapping_trial import Trial, tried
from tui.widgets.lines import Banner, HeadLine, KeyLine
from tui.widgets.table import VirtualTable
from tui.widgets.window import Part
from tui.wording import one_line

_DEBOUNCE = 0.25  # seconds without a key before the rows are made anew
_STEP = 20  # columns that left and right move the rows by


class _Read(NamedTuple):
    mapping: Listed
    fields: list[Choosable]


class MappingEditor(LiveScreen):
    """Edits a draft of one mapping, which survives leaving; nothing is stored before Save and its plan."""

    ACTS = ACTS
    BINDINGS: ClassVar[list[BindingType]] = [
        key("right", "shift(1)", "Rows on", "see the rest of the rows", shown="→"),
        key("left", "shift(-1)", "Rows back"),
        key("t", "turn", "Other side", "try it on receivable invoices, or payable ones"),
        key("escape,backspace", "leave", "Leave", "the draft is kept", shown="esc"),
    ]
    CSS = f"""
    MappingEditor #summary, MappingEditor #file {{ text-wrap: nowrap; text-overflow: ellipsis; }}
    MappingEditor #summary {{ height: 2; }}
    MappingEditor #preview {{ height: 3; }}
    MappingEditor #file {{ height: {FILE_LINES + 1}; padding: 0 1; border-top: solid $foreground 40%; }}
    """

    def __init__(self, which: int) -> None:
        super().__init__()
        self.which = which
        self.draft = Draft()
        self.trial: Trial | None = None
        """What the draft comes to; None while it is made for the first time."""
        self.trying = False
        """Whether the rows that are shown are not yet those of the draft."""
        self._read: _Read | None = None
        self._base = 0
        """The version that the draft began with."""
        self._before: list[Draft] = []
        self._direction: Direction | None = None
        self._offset = 0
        self._waiting: Timer | None = None

    def crumb(self) -> str:
        """What is done; its name stands in the summary."""
        return "edit"

    def compose(self) -> ComposeResult:
        """What it is, its columns, the one under the cursor in words, the rows, keys."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        yield Static(id="summary")
        yield VirtualTable(COLUMNS, cells, number_of, id="table")
        yield Static(id="empty")
        yield Static(id="preview")
        yield Static(id="file")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Keys go to the table."""
        self.table.focus()

    @property
    def table(self) -> VirtualTable[Row]:
        """The columns."""
        return self.query_one(VirtualTable)

    @property
    def current(self) -> DraftColumn | None:
        """The column under the cursor."""
        row = self.table.current
        return next(
            (each for each in self.draft.columns if row is not None and each.number == row.number), None
        )

    # Reading

    def load(self) -> None:
        """The mapping and the fields; what is being edited is never overwritten."""
        actor, which = self.waybill.actor, self.which

        def read() -> _Read:
            mapping = mapping_list.find(actor, which)
            return _Read(mapping, mapping_fields.choosable(LegalEntity.get_by_id(mapping.entity_id)))

        self.ask(read, self._put)

    def _put(self, read: _Read) -> None:
        overtaken = not self._dirty and read.mapping.version != self._base
        if self._read is None or overtaken:
            kept = self.waybill.drafts.get(self._key)
            layout = kept["layout"] if kept else read.mapping.layout.to_dict()
            self.draft = Draft.of(layout, self.draft)
            self._base = kept["base"] if kept else read.mapping.version
            if kept:
                self.notify("Your draft is back; D throws it away.")
        self._read, self.ENTITY_ID = read, read.mapping.entity_id
        self._show()
        self._try()

    @property
    def _key(self) -> str:
        return f"mapping/{self.which}"

    @property
    def _dirty(self) -> bool:
        return self._key in self.waybill.drafts

    # Showing

    def _show(self) -> None:
        rows = rows_of(self.draft, self.trial)
        self.table.answer(Part.AGAIN, rows, len(rows) + 1)
        empty = self.query_one("#empty", Static)
        self.table.display, empty.display = bool(rows), not rows
        empty.update("No column yet.\n\nAdd some: a")
        self.set_focus(self.table if rows else None)
        self._put_summary()
        self._put_file()
        self._put_preview()
        self.head()

    def _put_summary(self) -> None:
        if self._read is not None:
            state = "changed, not saved" if self._dirty else "saved"
            head = f"{one_line(self._read.mapping.name)} version {self._base}, {state}"
            self.query_one("#summary", Static).update(summary_text(head, self.draft))

    def _put_preview(self) -> None:
        column, row = self.current, self.table.current
        text = Text() if column is None or row is None else column_text(column, row.wrong)
        self.query_one("#preview", Static).update(text)

    def _put_file(self) -> None:
        self.query_one("#file", Static).update(file_text(self.trial, self._offset))

    def on_virtual_table_moved(self) -> None:
        """Say what is under the cursor."""
        self._put_preview()

    def on_virtual_table_opened(self) -> None:
        """Enter changes the column."""
        self.action_command("change")

    # Trying

    def _try(self) -> None:
        """Make the rows anew once no key was pressed for a moment; the first time at once."""
        self.trying = True
        if self._waiting is not None:
            self._waiting.stop()
        if self.trial is None:
            self._try_now()
        else:
            self._waiting = self.set_timer(_DEBOUNCE, self._try_now)

    def _try_now(self) -> None:
        if self._read is None:
            return
        actor, entity_id = self.waybill.actor, self._read.mapping.entity_id
        layout, direction = self.draft.layout, self._direction
        self.ask(lambda: tried(actor, entity_id, layout, direction), self._put_trial, group="trial")

    def _put_trial(self, trial: Trial) -> None:
        self.trial, self.trying = trial, False
        self._show()

    # Changing

    def why_not(self, name: str) -> str:
        """What takes a column, and what there is to save."""
        if name in ("change", "up", "down", "remove") and self.current is None:
            return "there is no column here: add one (a)"
        if name == "undo" and not self._before:
            return "nothing was changed since you opened it"
        if name in ("save", "discard") and not self._dirty:
            return "nothing was changed"
        if name == "save" and not self.trying and self.trial is not None:
            return self.trial.unwritable
        return ""

    def _become(self, draft: Draft) -> None:
        if draft == self.draft:
            return
        self._before.append(self.draft)
        self._set(draft)

    def _set(self, draft: Draft) -> None:
        """Show a draft and keep it, unless it is what is saved."""
        self.draft = draft
        saved = self._read.mapping if self._read else None
        if saved is not None and saved.version == self._base and draft.says(saved.layout):
            self.waybill.drafts.pop(self._key, None)
        else:
            self.waybill.drafts[self._key] = {"layout": draft.layout, "base": self._base}
        self._show()
        self._try()

    def do_add(self) -> None:
        """Choose fields; each goes below the one under the cursor."""
        fields = self._read.fields if self._read else []
        self.app.push_screen(PickScreen(fields, self.draft.sources, self._add))

    def _add(self, one: Choosable) -> None:
        if one.path == EXPRESSION:
            shown = {"value": one.example}
        else:
            shown = {"source": one.path} if one.path else {"constant": one.example}
        header = self.draft.free_header(one.title) if "source" in shown else ""
        after = self.current.number if self.current is not None else None
        draft, _ = self.draft.added({"header": header, **shown}, after)
        self._become(draft)
        self.table.go(self.table.place[0] if after is not None else 0)

    def do_change(self) -> None:
        """What the column says."""
        if (column := self.current) is not None:
            number = column.number

            def take(data: Values) -> None:
                self._become(self.draft.changed(number, data))

            paths = [one.path for one in self._read.fields] if self._read else []
            self.app.push_screen(ColumnForm(column, f"{self._key} column {number}", take, paths))

    def do_up(self) -> None:
        """Move the column up."""
        self._move(-1)

    def do_down(self) -> None:
        """Move the column down."""
        self._move(1)

    def _move(self, by: int) -> None:
        if (column := self.current) is not None:
            self._become(self.draft.moved(column.number, by))

    def do_remove(self) -> None:
        """Take the column out."""
        if (column := self.current) is not None:
            self._become(self.draft.removed(column.number))

    def do_written(self) -> None:
        """How rows and values are written."""

        def take(other: Values) -> None:
            self._become(self.draft.written(other))

        self.app.push_screen(WrittenForm(self.draft.other, f"{self._key} file", take))

    def do_undo(self) -> None:
        """Take back the last change."""
        self._set(self._before.pop())

    def do_discard(self) -> None:
        """Throw the draft away."""
        for name in [each for each in self.waybill.drafts if each.split(" ")[0] == self._key]:
            del self.waybill.drafts[name]
        self._read, self._before = None, []
        self.load()

    def do_save(self) -> None:
        """Show what changes, then make it a version."""
        refused = self.trial.refused if self.trial else 0
        self.app.push_screen(
            save_screen(self.waybill.actor, self.which, self.draft.layout, self._base, refused), self._saved
        )

    def _saved(self, version: int | None) -> None:
        if version is None:
            return
        self.waybill.drafts.pop(self._key, None)
        self._read, self._before = None, []
        self.load()

    # Looking

    def action_shift(self, by: int) -> None:
        """See the rest of the rows."""
        longest = max((len(line) for line in self.trial.text.splitlines()), default=0) if self.trial else 0
        last = max(0, longest - self.size.width + 2)
        self._offset = max(0, min(self._offset + by * _STEP, last))
        self._put_file()

    def action_turn(self) -> None:
        """The invoices of the other side."""
        now = self.trial.direction if self.trial else Direction.PAYABLE
        self._direction = Direction.RECEIVABLE if now is Direction.PAYABLE else Direction.PAYABLE
        self._try()

    def action_leave(self) -> None:
        """Back; the draft is kept."""
        if self._dirty:
            self.notify("Not saved. The columns are kept as a draft.")
        self.waybill.back()
