"""Users: who may use Waybill, by which OS account, with which roles; the first page of Admin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import entities, people
from models.audit import Actor
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import Tab, Wanted
from tui.kit.reader import ReaderScreen
from tui.screens.admin import ADMIN, AdminPage
from tui.screens.user import EDIT, SWITCH, UserScreen
from tui.screens.user_form import UserForm
from tui.screens.user_plans import switch_screen
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column

NEW = Command(
    name="new",
    key="n",
    title="New",
    help="a user; roles are given afterwards, on the user's page",
    cli="waybill user create",
    action=people.Action.MANAGE_USERS,
)
_SHORT = {
    people.Role.ADMINISTRATOR: "Admin",
    people.Role.ACCOUNTING_REVIEW: "Accts",
    people.Role.FINANCE: "Fin",
    people.Role.INTEGRATION_SETUP: "Integ",
    people.Role.INVOICE_SETTINGS: "Inv",
    people.Role.SUPPORT: "Supp",
}
"""The roles as heads of columns, so narrow that the table is whole at 80 columns."""

ROLES = Command(name="roles", key="v", title="Roles", help="which role may do what", cli="waybill user roles")


class UserRow(NamedTuple):
    """One user."""

    email: str
    name: str
    os_account: str
    active: bool
    roles: str


class UsersScreen(AdminPage[UserRow]):
    """Users by e-mail."""

    NAME = "Admin"
    PAGE = ADMIN
    TABS = (Tab("all", "users", "No user is known to you.\n\nMake one: n"),)
    COLUMNS = (
        Column("active", "ACTIVE", 7),
        Column("email", "E-MAIL", 26),
        Column("account", "OS ACCOUNT", 12),
        Column("name", "NAME", 20, at=100),
        Column("roles", "ROLES", 0),
    )
    ACTS: ClassVar[Sequence[Command]] = (NEW, EDIT, SWITCH, ROLES)

    def source(self, wanted: Wanted) -> Source[UserRow]:  # noqa: ARG002 - there is one list
        """Those who share a legal entity with the actor."""
        return Bounded(partial(_rows, self.waybill.actor), lambda row: row.email)

    def cells(self, row: UserRow) -> Cells:
        """What stands in the columns."""
        return {
            "active": "[x]" if row.active else "[ ]",
            "email": row.email,
            "account": row.os_account or "-",
            "name": row.name,
            "roles": row.roles or "none: may do nothing yet",
        }

    def preview(self, row: UserRow) -> Text:
        """Who it is, and how they come in."""
        text = Text(wording.one_line(f"{row.email}  {row.name}"), "bold")
        way = f"logs in as {row.os_account}" if row.os_account else "cannot log in: no OS account"
        text.append(f"\n{'' if row.active else 'Not active. '}{way}", "not bold")
        return text.append(f"\n{row.roles or 'without a role: enter, then r gives one'}", "not bold")

    def open(self, row: UserRow) -> None:
        """The user's roles."""
        self.app.push_screen(UserScreen(row.email, self.neighbour))

    def why_not(self, name: str) -> str:
        """Without a row there is nobody to change."""
        return "there is no user here" if self.current is None and name in ("edit", "switch") else ""

    def do_new(self) -> None:
        """Ask for the user."""
        self.app.push_screen(UserForm())

    def do_edit(self) -> None:
        """Ask what changes."""
        if self.current is not None:
            self.app.push_screen(UserForm(self.current.email))

    def do_switch(self) -> None:
        """Deactivate, or activate again."""
        if self.current is not None:
            self.app.push_screen(
                switch_screen(self.waybill, self.current.email, active=not self.current.active),
                lambda _: self.load(),
            )

    def do_roles(self) -> None:
        """The one table that decides who may do what."""
        self.app.push_screen(ReaderScreen("Roles", roles_text()))


AREA = Area(
    noun=ADMIN,
    digit="9",
    title="Admin",
    short="Admin",
    help="users and roles, legal entities, mails, settings, audit, secrets",
    cli="waybill user list",
    screen=UsersScreen,
    detail=UserScreen,
)


def roles_text() -> str:
    """Roles by acts, as a matrix that reads without colour."""
    lines = [" " * 26 + "".join(f"{_SHORT[role]:<6}" for role in people.Role).rstrip()]
    for action, roles in people.PERMITTED.items():
        ticks = "".join(f"{'x' if role in roles else '.':<6}" for role in people.Role)
        lines.append(f"{action.value:<26}{ticks}".rstrip())
    lines += ["", *(f"{_SHORT[role]:<6}{role.label}" for role in people.Role)]
    lines += ["", "x may, . may not. A role is held for one legal entity, or for all."]
    return "\n".join(lines)


def _rows(actor: Actor) -> list[UserRow]:
    known = {entity.id: entity.name for entity in entities.visible(actor)}
    return [_row(user, known) for user in people.visible(actor)]


def _row(user: people.User, known: dict[int, str]) -> UserRow:
    held = [
        f"{role.label} ({'all' if entity_id is None else known[entity_id]})"
        for role, entity_id in people.grants(user)
        if entity_id is None or entity_id in known
    ]
    return UserRow(user.email, user.name, user.os_account or "", user.active, ", ".join(held))
