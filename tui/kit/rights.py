"""What the person at the keyboard may do and see, so that a forbidden command says so beforehand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from models import entities
from models.audit import Actor
from models.people import PERMITTED, WAYBILL, Action, Role, RoleGrant


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The roles somebody holds, each for a legal entity (its id) or for all (None).

    Only the screens' foresight: each act asks `models.people.require` itself.
    """

    name: str
    held: Collection[tuple[Role, int | None]] | None
    """None: everything is permitted."""
    scope: str = ""
    """The legal entities that are seen: the name of the only one, or their number."""

    def refusal(self, action: Action, entity_id: int | None = None) -> str:
        """Why this is not permitted; empty when it is. Without an entity: for none of them."""
        if self.held is None:
            return ""
        for role, entity in self.held:
            if role in PERMITTED[action] and (entity is None or entity_id in (None, entity)):
                return ""
        roles = " or ".join(sorted(role.label for role in PERMITTED[action]))
        return f"{self.name} may not {action.value}: ask an Administrator for the role {roles}"


def find(actor: Actor) -> Rights:
    """The actor's rights, and whose records they see, as they are now."""
    scope = _scope(actor)
    if actor == WAYBILL:
        return Rights(name=actor.name, held=None, scope=scope)
    rows = RoleGrant.select(RoleGrant.role, RoleGrant.entity).where(RoleGrant.user == actor.user_id)
    held = frozenset((row.role, row.entity_id) for row in rows)
    return Rights(name=actor.name, held=held, scope=scope)


def _scope(actor: Actor) -> str:
    seen = entities.extent(actor)
    return seen.first if seen.number == 1 else f"{seen.number:,} legal entities"
