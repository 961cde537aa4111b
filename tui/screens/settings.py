"""The settings of this installation: each with its value and where that comes from; a page of Admin."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import ClassVar

from rich.text import Text

from models import settings_file
from models.catalogue import Setting, SettingKind
from models.people import Action
from models.settings_file import Entry
from models.settings_file import Source as From
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.form import Form, FormScreen, Values
from tui.kit.listing import Tab, Wanted
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.screens.admin import ADMIN, AdminPage
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="write it to waybill.toml; everything else there stays as it is",
    cli="waybill settings set",
    action=Action.MANAGE_ENTITIES,
)
UNSET = Command(
    name="unset",
    key="X",
    title="Back to default",
    help="take it out of waybill.toml; shows a plan first",
    cli="waybill settings unset",
    action=Action.MANAGE_ENTITIES,
)
_NEEDED_BY = {
    "sftp": "waybill sftp",
    "web": "waybill web",
    "worker": "waybill worker",
    "mail": "waybill worker",
    "queue": "every service",
    "database": "every service",
    "files": "every service",
}


class SettingsScreen(AdminPage[Entry]):
    """Settings in the order they are declared."""

    NAME = "Admin"
    PAGE = "setting"
    TABS = (Tab("all", "settings", "There is no setting."),)
    COLUMNS = (
        Column("key", "SETTING", 26),
        Column("value", "VALUE", 0),
        Column("source", "FROM", 12),
        Column("variable", "OVERRIDDEN BY", 36, at=110),
    )
    ACTS: ClassVar[Sequence[Command]] = (EDIT, UNSET)

    def source(self, wanted: Wanted) -> Source[Entry]:  # noqa: ARG002 - there is one list
        """All of them."""
        home = self.waybill.settings.home
        return Bounded(lambda: settings_file.entries(home), lambda row: row.key)

    def cells(self, row: Entry) -> Cells:
        """What stands in the columns."""
        own = row.source is not From.DEFAULT
        return {
            "key": row.key,
            "value": Cell(_shown(row.value), "bold" if own else ""),
            "source": row.source.value,
            "variable": row.variable,
        }

    def preview(self, row: Entry) -> Text:
        """What it is for, where its value comes from, and what takes a new one over."""
        text = Text(wording.one_line(f"{row.key} = {_shown(row.value)}"), "bold")
        text.append(f"\n{row.about}", "not bold")
        where = {
            From.DEFAULT: "it has its default",
            From.FILE: f"from waybill.toml; its default is {_shown(row.default)}",
            From.ENVIRONMENT: f"from {row.variable} in the environment, which goes before the file",
        }[row.source]
        return text.append(f"\n{where}\nA new value counts {_counts_once(row)}", "not bold")

    def open(self, row: Entry) -> None:  # noqa: ARG002 - the act takes the current one
        """Its form."""
        self.action_command(EDIT.name)

    def why_not(self, name: str) -> str:
        """What the environment says cannot be changed here, and a default has nothing to be taken out."""
        row = self.current
        if row is None:
            return "there is no setting here"
        if row.source is From.ENVIRONMENT:
            return f"{row.variable} in the environment sets it: change it there"
        return "it has its default already" if name == UNSET.name and row.source is From.DEFAULT else ""

    def do_edit(self) -> None:
        """Ask for the value."""
        if self.current is not None:
            self.app.push_screen(SettingForm(self.current.key))

    def do_unset(self) -> None:
        """Plan for the setting under the cursor."""
        if self.current is not None:
            self.app.push_screen(self._unset_screen(self.current), lambda _: self.load())

    def _unset_screen(self, row: Entry) -> PlanScreen:
        actor, going = self.waybill.actor, [f"{_shown(row.value)} -> {_shown(row.default)}, its default"]

        def carry_out(_reason: str) -> Generator[Progress, None, Outcome]:
            settings_file.change(actor, row.key, None)
            yield Progress(1, 1)
            return Outcome([f"{row.key} has its default again; it counts {_counts_once(row)}"], value=row.key)

        def make() -> Plan:
            return Plan(
                head=row.key,
                number=1,
                carry_out=carry_out,
                button="Take it out",
                going=going,
                effect=f"counts {_counts_once(row)}",
                needs_reason=False,
            )

        return PlanScreen(f"{row.key}: back to its default", make, f"waybill settings unset {row.key}")


class SettingForm(FormScreen[Entry]):
    """One setting."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self._entry: Entry | None = None

    @property
    def draft(self) -> str:
        """One a setting."""
        return f"setting/{self._key}"

    def crumb(self) -> str:
        """Its key."""
        return self._key

    def reader(self) -> Callable[[], Form]:
        """As it stands."""
        home = self.waybill.settings.home

        def read() -> Form:
            self._entry = entry = settings_file.find(self._key, home)
            return Form(settings=(_declared(entry),), values={"value": entry.value})

        return read

    def beside(self, values: Values) -> Text:
        """What it was, and what takes it over."""
        entry = self._entry
        if entry is None:
            return Text()
        lines = [
            f"Now {_shown(entry.value)}, from {entry.source.value}; its default is {_shown(entry.default)}."
        ]
        if values["value"] != entry.value:
            lines.append(f"Written to waybill.toml; it counts {_counts_once(entry)}.")
        return Text("\n".join(lines))

    def save(self, values: Values) -> Callable[[], Entry]:
        """Write it; a value it cannot have is refused."""
        actor, key, value = self.waybill.actor, self._key, values["value"]
        text = "" if value is None else _shown(value) if isinstance(value, bool) else str(value)
        return lambda: settings_file.change(actor, key, text)

    def saved(self, result: Entry) -> None:
        """What is left to do."""
        self.notify(f"{result.key} is {_shown(result.value)}; it counts {_counts_once(result)}", markup=False)


AREA = Area(
    noun="setting",
    title="Settings",
    help="how this installation is set up, and where each value comes from",
    cli="waybill settings list",
    screen=SettingsScreen,
    page_of=ADMIN,
    detail=SettingForm,
)


def _declared(entry: Entry) -> Setting:
    kinds: Mapping[type, SettingKind] = {bool: SettingKind.BOOLEAN, int: SettingKind.INTEGER}
    kind = SettingKind.CHOICE if entry.choices else kinds.get(type(entry.default), SettingKind.TEXT)
    return Setting(
        name="value",
        title=entry.key,
        kind=kind,
        choices=entry.choices,
        required=bool(entry.choices),
        default=None,
        help=entry.about,
    )


def _counts_once(entry: Entry) -> str:
    section = entry.key.partition(".")[0]
    if section == "import":
        return "from the next import on"
    return f"once {_NEEDED_BY.get(section, 'every service')} is restarted"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "empty"
