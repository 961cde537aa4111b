"""Users, their roles per legal entity or for all, and the one table that says which role may do what."""

from __future__ import annotations

import os
import pwd
from enum import StrEnum
from typing import Any

from peewee import BooleanField, DeferredForeignKey, ForeignKeyField, ModelDelete, TextField

from models import audit, clock, names
from models.audit import WAYBILL, Actor
from models.database import Table, execute, transaction
from models.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from models.fields import EnumField, UTCField

__all__ = ["WAYBILL", "Action", "Actor", "Role", "RoleGrant", "User"]


class Role(StrEnum):
    """What a user is allowed, for one legal entity or for all."""

    ADMINISTRATOR = "administrator"
    ACCOUNTING_REVIEW = "accounting_review"
    FINANCE = "finance"
    INTEGRATION_SETUP = "integration_setup"
    INVOICE_SETTINGS = "invoice_settings"
    SUPPORT = "support"

    @property
    def label(self) -> str:
        """The role as people say it."""
        return self.value.replace("_", " ").capitalize()


class Action(StrEnum):
    """What can be permitted."""

    SEE = "see"
    MANAGE_ENTITIES = "manage legal entities"
    MANAGE_USERS = "manage users"
    MANAGE_PARTIES = "manage parties"
    MANAGE_BANK_ACCOUNTS = "manage bank accounts"
    MANAGE_FACILITIES = "manage facilities"
    MANAGE_MAPPINGS = "manage mappings"
    MANAGE_SCHEDULES = "manage schedules"
    MANAGE_CREDENTIALS = "manage pickup credentials"
    MANAGE_SECRETS = "manage secrets"
    CHANGE_INVOICE_SETTINGS = "change invoice settings"
    IMPORT = "import invoices"
    EXPORT = "export invoices"
    REPAIR = "repair exports"
    SEE_AUDIT = "see the audit"


_A, _R, _F = Role.ADMINISTRATOR, Role.ACCOUNTING_REVIEW, Role.FINANCE
_I, _V, _S = Role.INTEGRATION_SETUP, Role.INVOICE_SETTINGS, Role.SUPPORT

PERMITTED: dict[Action, frozenset[Role]] = {
    Action.SEE: frozenset(Role),
    Action.MANAGE_ENTITIES: frozenset({_A}),
    Action.MANAGE_USERS: frozenset({_A}),
    Action.MANAGE_PARTIES: frozenset({_A, _R, _F}),
    Action.MANAGE_BANK_ACCOUNTS: frozenset({_A, _F}),
    Action.MANAGE_FACILITIES: frozenset({_A, _I}),
    Action.MANAGE_MAPPINGS: frozenset({_A, _R, _I}),
    Action.MANAGE_SCHEDULES: frozenset({_A, _R, _I}),
    Action.MANAGE_CREDENTIALS: frozenset({_A, _R}),
    Action.MANAGE_SECRETS: frozenset({_A, _I}),
    Action.CHANGE_INVOICE_SETTINGS: frozenset({_A, _V}),
    Action.IMPORT: frozenset({_A, _R, _F, _I}),
    Action.EXPORT: frozenset({_A, _F}),
    Action.REPAIR: frozenset({_A, _R, _F, _S}),
    Action.SEE_AUDIT: frozenset({_A, _R, _S}),
}
"""The role × action table; nothing else decides who may do what."""


class User(Table):
    """A person or technical account, known by e-mail, optionally with an OS account."""

    email = TextField(unique=True)
    name = TextField(default="")
    os_account = TextField(null=True, unique=True)
    active = BooleanField(default=True)
    created_at = UTCField(default=clock.now)

    class Meta:
        table_name = "user_account"


class RoleGrant(Table):
    """One role of one user, for one legal entity or (entity null) for all."""

    user = ForeignKeyField(User, backref="grants", on_delete="CASCADE")
    entity: Any = DeferredForeignKey("LegalEntity", null=True)
    entity_id: int | None
    role = EnumField(Role)

    class Meta:
        table_name = "role_grant"
        indexes = ((("user", "entity", "role"), True),)


_ROLES = "SELECT role FROM role_grant WHERE user_id = ? AND entity_id IS NULL"
_ROLES_FOR = "SELECT role FROM role_grant WHERE user_id = ? AND (entity_id IS NULL OR entity_id = ?)"


def roles_of(user_id: int, entity_id: int | None) -> set[Role]:
    """The roles a user holds for a legal entity, those held for all included."""
    sql, values = (_ROLES, (user_id,)) if entity_id is None else (_ROLES_FOR, (user_id, entity_id))
    return {Role(role) for (role,) in execute(sql, values)}


def allowed(actor: Actor, action: Action, entity_id: int | None = None) -> bool:
    """Whether the actor may do this for the legal entity (None: for all of them)."""
    if actor.user_id is None:
        return actor == WAYBILL
    return bool(roles_of(actor.user_id, entity_id) & PERMITTED[action])


def require(actor: Actor, action: Action, entity_id: int | None = None) -> None:
    """Refuse the act unless a role permits it: the first line of everything that changes something."""
    if allowed(actor, action, entity_id):
        return
    roles = " or ".join(sorted(role.label for role in PERMITTED[action]))
    scope = "all legal entities" if entity_id is None else "this legal entity"
    raise PermissionDenied(
        f"{actor.name} may not {action.value} for {scope}",
        remedy=f"ask an Administrator for the role {roles}",
    )


def visible_entities(actor: Actor) -> list[int] | None:
    """The ids of the legal entities the actor holds any role for; None means all."""
    return permitted_entities(actor, Action.SEE)


def permitted_entities(actor: Actor, action: Action) -> list[int] | None:
    """The ids of the legal entities the actor may do this for; None means all, and what belongs to none."""
    if actor.user_id is None:
        return None if actor == WAYBILL else []
    query = RoleGrant.select(RoleGrant.entity).where(RoleGrant.user == actor.user_id)
    held = {row.entity_id for row in query.where(RoleGrant.role.in_(list(PERMITTED[action])))}
    if None in held:
        return None
    return sorted(entity_id for entity_id in held if entity_id is not None)


def audited_entities(actor: Actor, entity_id: int | None) -> list[int] | None:
    """Whose acts the actor may read: one legal entity's, or all they may (None: all there are).

    Raises `PermissionDenied` where that is none.
    """
    if entity_id is not None:
        require(actor, Action.SEE_AUDIT, entity_id)
        return [entity_id]
    allowed_ids = permitted_entities(actor, Action.SEE_AUDIT)
    if allowed_ids == []:
        require(actor, Action.SEE_AUDIT)
    return allowed_ids


def holders(roles: frozenset[Role], *entity_ids: int) -> list[User]:
    """Every active user with one of these roles for one of the legal entities, by e-mail."""
    return list(
        User.select()
        .join(RoleGrant)
        .where(User.active, RoleGrant.role.in_(list(roles)))
        .where(RoleGrant.entity.is_null() | RoleGrant.entity.in_(entity_ids))
        .distinct()
        .order_by(User.email)
    )


def calling_account() -> str:
    """The OS account of the person at the keyboard: behind sudo, the one who called it."""
    uid = os.environ.get("SUDO_UID") or str(os.getuid())
    if not names.is_id(uid):
        raise PermissionDenied(
            f"SUDO_UID is {names.shown(uid)}, which is no account", remedy="leave it to sudo, or unset it"
        )
    try:
        return pwd.getpwuid(int(uid)).pw_name
    except (KeyError, OverflowError):
        return f"uid{uid}"


_acting: Actor | None = None


def act_for(actor: Actor) -> None:
    """Make this the person of this process, whatever its OS account: one who came in over the web."""
    global _acting
    _acting = actor


def current_actor() -> Actor:
    """The user who belongs to the calling OS account; raises `PermissionDenied` for a stranger."""
    if _acting is not None:
        return _acting
    account = calling_account()
    user = User.get_or_none(User.os_account == account, User.active)
    if user is None:
        raise PermissionDenied(
            f"the OS account {account} belongs to no active user of this installation",
            remedy=f"ask an Administrator to run: waybill user create EMAIL --os-account {account}",
        )
    return Actor(user_id=user.id, name=user.email, os_account=account)


def find(email: str) -> User:
    """The user with this e-mail (any case); raises `NotFound`."""
    user = User.get_or_none(User.email == email.strip().lower())
    if user is None:
        raise NotFound(f"there is no user {names.shown(email)}", remedy="see: waybill user list")
    return user


def visible(actor: Actor) -> list[User]:
    """The users, by e-mail: all for who sees all legal entities, else those with a role for one they see."""
    query = User.select().order_by(User.email)
    seen = visible_entities(actor)
    if seen is None:
        return list(query)
    shared = RoleGrant.select(RoleGrant.user).where(RoleGrant.entity.is_null() | RoleGrant.entity.in_(seen))
    return list(query.where(User.id.in_(shared) | (User.id == actor.user_id)))


def find_visible(actor: Actor, email: str) -> User:
    """The user with this e-mail among those the actor may see; raises `NotFound`."""
    user = find(email)
    if user not in visible(actor):
        raise NotFound(f"there is no user {names.shown(email)}", remedy="see: waybill user list")
    return user


def create(actor: Actor, email: str, *, name: str = "", os_account: str | None = None) -> User:
    """Add a user; without roles nothing is allowed yet."""
    require(actor, Action.MANAGE_USERS)
    email, name, os_account = checked_email(email), _checked_name(name), _checked_account(os_account)
    with transaction():
        _refuse_taken(email, os_account)
        user = User.create(email=email, name=name, os_account=os_account)
        after = {"email": email, "name": name, "os_account": os_account}
        audit.record(actor, "create", "user", subject_id=user.id, name=email, after=after)
    return user


def edit(
    actor: Actor,
    user: User,
    *,
    name: str | None = None,
    os_account: str | None = None,
    active: bool | None = None,
) -> User:
    """Change what is given ("" takes an OS account away); the last active Administrator for all stays."""
    require(actor, Action.MANAGE_USERS)
    with transaction():
        kept = User.get_by_id(user.id)
        before = _fields(kept)
        user.os_account = kept.os_account if os_account is None else _checked_account(os_account)
        _refuse_taken(None, user.os_account, but=user.id)
        user.name = kept.name if name is None else _checked_name(name)
        user.active = kept.active if active is None else active
        user.save()
        _refuse_no_administrator()
        was, now = audit.changed(before, _fields(user))
        audit.record(actor, "edit", "user", subject_id=user.id, name=user.email, before=was, after=now)
    return user


def grant(actor: Actor, user: User, role: Role, entity_id: int | None) -> bool:
    """Give a role; says whether it was new."""
    require(actor, Action.MANAGE_USERS, entity_id)
    with transaction():
        if role in _exact_roles(user, entity_id):
            return False
        RoleGrant.create(user=user, role=role, entity=entity_id)
        audit.record(
            actor,
            "grant",
            "user",
            subject_id=user.id,
            name=user.email,
            entity_id=entity_id,
            after={"role": role},
        )
    return True


def withdraw(actor: Actor, user: User, role: Role, entity_id: int | None) -> bool:
    """Take a role away; says whether the user had it. The last Administrator for all keeps theirs."""
    require(actor, Action.MANAGE_USERS, entity_id)
    with transaction():
        if role not in _exact_roles(user, entity_id):
            return False
        _matching_grants(user, entity_id, role).execute()
        _refuse_no_administrator()
        audit.record(
            actor,
            "withdraw",
            "user",
            subject_id=user.id,
            name=user.email,
            entity_id=entity_id,
            before={"role": role},
        )
    return True


def create_first_administrator(email: str, os_account: str) -> User | None:
    """The calling OS user as Administrator for all; None when there are users already (`init` only)."""
    with transaction():
        if User.select().exists():
            return None
        user = User.create(email=checked_email(email), os_account=os_account)
        RoleGrant.create(user=user, role=Role.ADMINISTRATOR, entity=None)
        actor = Actor(user_id=user.id, name=user.email, os_account=os_account)
        after = {"email": user.email, "os_account": os_account, "role": Role.ADMINISTRATOR}
        audit.record(actor, "create", "user", subject_id=user.id, name=user.email, after=after)
    return user


def grants(user: User) -> list[tuple[Role, int | None]]:
    """The user's roles with the legal entity's id, None for all."""
    query = RoleGrant.select().where(RoleGrant.user == user)
    query = query.order_by(RoleGrant.entity.asc(nulls="FIRST"), RoleGrant.role)
    return [(row.role, row.entity_id) for row in query]


def _exact_roles(user: User, entity_id: int | None) -> set[Role]:
    return {role for role, entity in grants(user) if entity == entity_id}


def _matching_grants(user: User, entity_id: int | None, role: Role) -> ModelDelete:
    scope = RoleGrant.entity.is_null() if entity_id is None else RoleGrant.entity == entity_id
    return RoleGrant.delete().where(RoleGrant.user == user, RoleGrant.role == role, scope)


def checked_email(email: str) -> str:
    """The address in lower case; raises `InvalidInput` for what cannot be one (RFC 5321: 254 characters)."""
    email = email.strip().lower()
    local, _, host = email.rpartition("@")
    if not local or not host or " " in email or not email.isprintable() or len(email) > 254:
        raise InvalidInput(
            f"{names.shown(email)} is not an e-mail address", remedy="give one such as anna@example.com"
        )
    return email


def _checked_name(name: str) -> str:
    return names.checked("a user", name) if name.strip() else ""


def _checked_account(account: str | None) -> str | None:
    return names.checked("an OS account", account, longest=256) if account else None


def _fields(user: User) -> dict[str, Any]:
    return {"name": user.name, "os_account": user.os_account, "active": user.active}


def _refuse_taken(email: str | None, os_account: str | None, *, but: int | None = None) -> None:
    if email and User.select().where(User.email == email).exists():
        raise Conflict(f"there is a user {email} already", remedy="see: waybill user list")
    taken = User.get_or_none(User.os_account == os_account) if os_account else None
    if taken is not None and taken.id != but:
        raise Conflict(
            f"the OS account {os_account} belongs to {taken.email} already", remedy="see: waybill user list"
        )


def _refuse_no_administrator() -> None:
    left = (
        User.select()
        .join(RoleGrant)
        .where(User.active, User.os_account.is_null(False))
        .where(RoleGrant.role == Role.ADMINISTRATOR, RoleGrant.entity.is_null())
    )
    if not left.exists():
        raise Conflict(
            "this would leave no active Administrator for all legal entities who can log in",
            remedy="give another user that role first",
        )
