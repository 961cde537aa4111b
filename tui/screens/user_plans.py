"""What is asked before a user gets a role or loses it, and before one is switched off or on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from models import notifications, people, schedules
from models.people import PERMITTED, Action, Role, User
from tui.kit.plan import Plan, PlanScreen
from tui.kit.rehearsed import rehearsed_plan

if TYPE_CHECKING:
    from tui.app import WaybillApp

BESIDES: Mapping[str, frozenset[Role]] = {
    "exports run on their behalf, scheduled ones and by hand": frozenset({Role.FINANCE}),
    "is mailed about failed exports": notifications.TOLD,
}
"""What a role brings that is no act."""


class Held(NamedTuple):
    """One role for one legal entity, or for all."""

    role: Role
    entity_id: int | None
    entity: str
    held: bool
    by_all: bool
    """Held already by the same role for all of them."""


def switch_screen(app: WaybillApp, email: str, *, active: bool) -> PlanScreen:
    """Asks about activating or deactivating a user."""
    actor, word = app.actor, "Activate" if active else "Deactivate"

    def act(_reason: str) -> str:
        people.edit(actor, people.find_visible(actor, email), active=active)
        return f"{email} is {'active' if active else 'not active any more'}"

    def make() -> Plan:
        user = people.find_visible(actor, email)
        return rehearsed_plan(
            act,
            head=email,
            button=word,
            going=["may log in again, with the roles held"]
            if active
            else ["may do nothing any more", "is mailed nothing any more", "keeps the roles for later"],
            warnings=[] if active else _failing(user, set()),
        )

    return PlanScreen(f"{word} {email}", make, f"waybill user edit {email}")


def _turned(held: Held, rest: set[Role]) -> Iterator[str]:
    """What one may, or is, by this role and by no other of theirs."""
    word = "may no longer" if held.held else "may then also"
    for action in Action:
        if held.role in PERMITTED[action] and not rest & PERMITTED[action]:
            yield f"{word} {action.value}"
    for what, roles in BESIDES.items():
        if held.role in roles and not rest & roles:
            yield f"no longer: {what}" if held.held else f"then also: {what}"


def grant_screen(app: WaybillApp, email: str, held: Held) -> PlanScreen:
    """Asks about giving or taking away one role."""
    actor, verb = app.actor, "Take away" if held.held else "Give"

    def act(_reason: str) -> str:
        user = people.find_visible(actor, email)
        change = people.withdraw if held.held else people.grant
        change(actor, user, held.role, held.entity_id)
        return f"{email} {'no longer has' if held.held else 'has'} the role {held.role.label}"

    def make() -> Plan:
        user = people.find_visible(actor, email)
        roles = people.roles_of(user.id, held.entity_id)
        rest = roles if held.by_all else roles - {held.role}
        return rehearsed_plan(
            act,
            head=f"{verb} {held.role.label}, for {held.entity}",
            button=f"{verb} it",
            going=list(_turned(held, rest)) or ["nothing changes: other roles permit the same"],
            warnings=_failing(user, rest) if held.held and held.role is Role.FINANCE else [],
        )

    twin = f"waybill user {'withdraw' if held.held else 'grant'} {email} {held.role.value}"
    return PlanScreen(f"{verb} {held.role.label}: {email}", make, twin)


def _failing(user: User, rest: set[Role]) -> list[str]:
    """What exports on the user's behalf, and would fail without the role Finance."""
    if Role.FINANCE in rest:
        return []
    return [
        f"the schedule {one.name} exports on behalf of {user.email} and will fail"
        for one in schedules.of_person(user.id)
    ]
