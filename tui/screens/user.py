"""One user: each role for each legal entity as a tick that a plan turns, what they may do, what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text

from models import audit, entities, people, schedules
from models.audit import Actor, AuditEntry
from models.errors import PermissionDenied
from models.people import PERMITTED, Action, Role
from tui import audit_text, wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.screens.user_form import UserForm
from tui.screens.user_plans import BESIDES, Held, grant_screen, switch_screen
from tui.widgets.table import Column

if TYPE_CHECKING:
    pass

EDIT = Command(
    name="edit",
    key="e",
    title="Edit",
    help="name and OS account",
    cli="waybill user edit",
    action=Action.MANAGE_USERS,
)
SWITCH = Command(
    name="switch",
    key="o",
    title="Active or not",
    help="deactivate, or activate again; shows a plan first",
    cli="waybill user edit",
    action=Action.MANAGE_USERS,
)
GRANT = Command(
    name="grant",
    key="r",
    title="Give or take role",
    help="turn the tick of this role; shows a plan first",
    cli="waybill user grant",
    action=Action.MANAGE_USERS,
)
_ACTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UserData:
    """All that is shown of a user."""

    email: str
    name: str
    os_account: str
    active: bool
    roles: tuple[Held, ...]
    schedules: tuple[str, ...]
    acts: tuple[AuditEntry, ...] | None
    """What they did last; None: the actor may not see the audit."""


class UserScreen(DetailScreen[UserData]):
    """One user in full."""

    SECTIONS = (
        Section(
            "roles",
            "roles",
            (Column("held", "HELD", 12), Column("entity", "FOR", 24), Column("role", "ROLE", 0)),
            "There is no legal entity yet: 9 Admin, entities, n",
        ),
        Section(
            "may",
            "may",
            (Column("may", "MAY", 6), Column("what", "WHAT", 28), Column("by", "BY", 0)),
            "",
        ),
        Section(
            "acts",
            "did",
            (Column("at", "AT UTC", 14), Column("what", "WHAT", 0)),
            "Nothing that changed anything, as far as you may see.",
        ),
    )
    ACTS: ClassVar[Sequence[Command]] = (GRANT, EDIT, SWITCH)

    def __init__(self, which: str, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """The address."""
        return str(self.which)

    def key_of(self, row: Any) -> str:
        """Users are known by their address."""
        return str(row.email)

    def reader(self) -> Callable[[], UserData]:
        """The user, roles and acts."""
        return partial(_read, self.waybill.actor, self.which)

    def summary(self, data: UserData) -> Iterable[tuple[str, Text]]:
        """Who it is, and how they come in."""
        state = "active" if data.active else "not active: may do nothing and is mailed nothing"
        yield "User", Text(wording.one_line(f"{data.email}  {data.name}"), "bold")
        yield "State", Text(state)
        yield "Login", Text(data.os_account or "none: no OS account, so no way to log in")
        if data.schedules:
            yield "Exports", Text(wording.one_line(f"on behalf of: {', '.join(data.schedules)}"))

    def entries(self, section: str, data: UserData) -> Sequence[Entry]:
        """The rows of a part."""
        if section == "roles":
            return [_tick(held) for held in data.roles]
        if section == "may":
            return [_may(action, data) for action in Action]
        return [_act(entry) for entry in data.acts or ()]

    def why_not(self, name: str) -> str:
        """A role is turned on its row."""
        if name == GRANT.name and self.section.key != "roles":
            return "that is done on the part roles: →"
        return "" if self.data is not None else "it is being read"

    def open(self, entry: Entry) -> None:
        """Enter on a role turns it."""
        if self.section.key == "roles":
            self.action_command(GRANT.name)
        else:
            super().open(entry)

    def do_grant(self) -> None:
        """Plan for the row's role."""
        row, data = self.table.current, self.data
        held = next((each for each in data.roles if row and _key(each) == row.key), None) if data else None
        if held is not None:
            screen = grant_screen(self.waybill, str(self.which), held)
            self.app.push_screen(screen, lambda _: self.load())

    def do_edit(self) -> None:
        """Ask what changes."""
        self.app.push_screen(UserForm(str(self.which)))

    def do_switch(self) -> None:
        """Deactivate, or activate again."""
        if self.data is not None:
            screen = switch_screen(self.waybill, self.data.email, active=not self.data.active)
            self.app.push_screen(screen, lambda _: self.load())


def _read(actor: Actor, email: str) -> UserData:
    user = people.find_visible(actor, email)
    grants = set(people.grants(user))
    scopes: list[tuple[int | None, str]] = [(None, "all legal entities")]
    scopes += [(entity.id, entity.name) for entity in entities.visible(actor)]
    roles = tuple(
        Held(
            role,
            entity_id,
            name,
            (role, entity_id) in grants,
            entity_id is not None and (role, None) in grants,
        )
        for entity_id, name in scopes
        for role in Role
    )
    return UserData(
        email=user.email,
        name=user.name,
        os_account=user.os_account or "",
        active=user.active,
        roles=roles,
        schedules=tuple(one.name for one in schedules.of_person(user.id)),
        acts=_acts(actor, user.email),
    )


def _acts(actor: Actor, email: str) -> tuple[AuditEntry, ...] | None:
    try:
        allowed = people.audited_entities(actor, None)
    except PermissionDenied:
        return None
    return tuple(audit.entries(entity_ids=allowed, sought=audit.Sought(who=email), limit=_ACTS))


def _key(held: Held) -> tuple[int, str]:
    return (held.entity_id or 0, held.role.value)


def _tick(held: Held) -> Entry:
    mark = "[x] held" if held.held else "(x) by all" if held.by_all else "[ ]"
    acts = [action.value for action in Action if held.role in PERMITTED[action]]
    may = "do everything" if len(acts) == len(Action) else ", ".join(acts)
    besides = "".join(f"; {what}" for what, roles in BESIDES.items() if held.role in roles)
    cells = {"held": mark, "entity": held.entity, "role": held.role.label}
    head = f"{held.role.label}, for {held.entity}: {'held' if held.held else 'not held'}"
    return Entry(_key(held), cells, f"{head}\nIt may {may}{besides}\nenter turns it, with a plan first")


def _may(action: Action, data: UserData) -> Entry:
    by = [
        f"{held.role.label} ({held.entity})"
        for held in data.roles
        if held.held and held.role in PERMITTED[action]
    ]
    cells = {"may": "x" if by else ".", "what": action.value, "by": ", ".join(by) or "-"}
    needed = ", ".join(sorted(role.label for role in PERMITTED[action]))
    return Entry(action.value, cells, f"{action.value}: {', '.join(by) or 'no'}\nRoles that may: {needed}")


def _act(entry: AuditEntry) -> Entry:
    what = f"{audit_text.act(entry)} {entry.subject_name}".strip()
    cells = {"at": wording.short_time(entry.at), "what": what}
    return Entry(entry.id, cells, f"{wording.both_times(entry.at)}\n{what}\n{entry.reason}")
