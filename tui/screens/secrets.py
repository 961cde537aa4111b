"""Secrets that Waybill presents to others: names, when they were set, never a value; a page of Admin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import secrets
from models.audit import Actor
from models.catalogue import Setting, SettingKind
from models.people import Action
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.form import Form, FormScreen, Values
from tui.kit.listing import Tab, Wanted
from tui.kit.plan import Plan, PlanScreen
from tui.kit.rehearsed import rehearsed_plan
from tui.screens.admin import ADMIN, AdminPage
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column

SET = Command(
    name="put",
    key="e",
    title="Set",
    help="store a value, or replace the one there is; it is never shown again",
    cli="waybill secret set",
    action=Action.MANAGE_SECRETS,
)
FORGET = Command(
    name="forget",
    key="X",
    title="Forget",
    help="delete it; shows a plan first",
    cli="waybill secret delete",
    action=Action.MANAGE_SECRETS,
)
_ABOUT = "of a facility's gateway: 5 Facilities tells which"


class SecretRow(NamedTuple):
    """One secret, without its value."""

    name: str
    about: str
    changed_at: datetime | None
    """None: it is not set."""
    changed_by: str


class SecretsScreen(AdminPage[SecretRow]):
    """Secrets by name."""

    NAME = "Admin"
    PAGE = "secret"
    TABS = (Tab("all", "secrets", "No secret is known."),)
    COLUMNS = (
        Column("set", "SET", 5),
        Column("name", "NAME", 0),
        Column("at", "CHANGED UTC", 14),
        Column("by", "BY", 24),
    )
    ACTS: ClassVar[Sequence[Command]] = (SET, FORGET)

    def source(self, wanted: Wanted) -> Source[SecretRow]:  # noqa: ARG002 - there is one list
        """Those that are set, and those that Waybill itself would use."""
        return Bounded(partial(_rows, self.waybill.actor), lambda row: row.name)

    def cells(self, row: SecretRow) -> Cells:
        """What stands in the columns."""
        return {
            "set": "[x]" if row.changed_at else "[ ]",
            "name": row.name,
            "at": wording.short_time(row.changed_at),
            "by": row.changed_by,
        }

    def preview(self, row: SecretRow) -> Text:
        """What it is for."""
        state = (
            f"set by {row.changed_by}, {wording.both_times(row.changed_at)}" if row.changed_at else "not set"
        )
        return Text(row.name, "bold").append(f"\n{row.about}\n{state}", "not bold")

    def open(self, row: SecretRow) -> None:  # noqa: ARG002 - the act takes the current one
        """Its form."""
        self.action_command(SET.name)

    def why_not(self, name: str) -> str:
        """What is not set cannot be forgotten."""
        if self.current is None:
            return "there is no secret here"
        return "it is not set" if name == FORGET.name and self.current.changed_at is None else ""

    def do_put(self) -> None:
        """Ask for the value."""
        if self.current is not None:
            self.app.push_screen(SecretForm(self.current.name, stored=self.current.changed_at is not None))

    def do_forget(self) -> None:
        """Plan for the secret under the cursor."""
        if self.current is not None:
            self.app.push_screen(_forget(self.waybill.actor, self.current.name), lambda _: self.load())


class SecretForm(FormScreen[str]):
    """The value of one secret; it stays in its field, and is no draft."""

    def __init__(self, name: str, *, stored: bool) -> None:
        super().__init__()
        self._secret_name = name
        self._stored = stored

    @property
    def draft(self) -> str:
        """Never kept: a secret is no draft."""
        return f"secret/{self._secret_name}"

    def crumb(self) -> str:
        """Its name."""
        return self._secret_name

    def reader(self) -> Callable[[], Form]:
        """One field."""
        field = Setting(
            name="value", title="Value", kind=SettingKind.SECRET, required=True, help=self._secret_name
        )
        form = Form(settings=(field,), values={})
        return lambda: form

    def beside(self, values: Values) -> Text:  # noqa: ARG002 - the value is told nowhere
        """What happens to it."""
        replaced = " The one there is is replaced, and kept nowhere." if self._stored else ""
        return Text(f"Stored encrypted, used by the worker at once, never shown again.{replaced}")

    def save(self, values: Values) -> Callable[[], str]:
        """Store it."""
        actor, name, value = self.waybill.actor, self._secret_name, str(values["value"])

        def work() -> str:
            secrets.set_secret(actor, name, value)
            return name

        return work

    def saved(self, result: str) -> None:
        """That it is."""
        self.notify(f"{result} is stored.", markup=False)


AREA = Area(
    noun="secret",
    title="Secrets",
    help="passwords that Waybill presents to others: names, never values",
    cli="waybill secret list",
    screen=SecretsScreen,
    page_of=ADMIN,
)


def _rows(actor: Actor) -> list[SecretRow]:
    stored = {one.name: one for one in secrets.stored(actor)}
    found = [
        SecretRow(one.name, secrets.KNOWN.get(one.name, _ABOUT), one.changed_at, one.changed_by)
        for one in stored.values()
    ]
    missing = [
        SecretRow(name, about, None, "") for name, about in secrets.KNOWN.items() if name not in stored
    ]
    return sorted([*found, *missing], key=lambda row: row.name)


def _forget(actor: Actor, name: str) -> PlanScreen:
    def act(_reason: str) -> str:
        secrets.delete(actor, name)
        return f"{name} is forgotten"

    def make() -> Plan:
        return rehearsed_plan(
            act,
            head=f"forget {name}",
            button="Forget it",
            warnings=["what uses it fails until it is set again; its value is kept nowhere"],
        )

    return PlanScreen(f"Forget {name}", make, f"waybill secret delete {name}")
