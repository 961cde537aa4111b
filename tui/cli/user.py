"""`waybill user`: who may use Waybill, and what their roles let them do."""

from __future__ import annotations

import pwd
import textwrap
from typing import Any

import click

from models import entities, installation, people, schedules, way_back
from models.database import connection, transaction
from models.people import PERMITTED, Action, Role, User
from tui.cli.console import Session, Verbs, in_session, reason_option, refuse_empty_edit

role_type = click.Choice([role.value for role in Role])
scope_option = click.option(
    "--entity", "entity_name", help="The legal entity the role is held for; left out: all of them."
)


@click.group("user", cls=Verbs)
def command() -> None:
    """Users, their OS accounts and their roles."""


@command.command("list")
@in_session
def list_users(session: Session) -> None:
    """The users who share a legal entity with you."""
    session.table(
        [_shown(session, user) for user in people.visible(session.actor)],
        ["email", "name", "os_account", "active", "roles"],
        empty="No user is known to you. Make one: waybill user create EMAIL --role ROLE",
    )


@command.command("show")
@click.argument("email")
@in_session
def show_user(session: Session, email: str) -> None:
    """One user with their roles."""
    session.show(_shown(session, people.find_visible(session.actor, email)))


@command.command("create")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--os-account", help="The account they log in to this machine with.")
@click.option(
    "--role",
    "roles",
    type=role_type,
    metavar="ROLE",
    multiple=True,
    help="A role to begin with; repeat for more. See: waybill user roles",
)
@click.option(
    "--entity",
    "--for-entity",
    "entity_name",
    help="The legal entity these roles are held for; left out: all of them.",
)
@in_session
def create_user(
    session: Session,
    email: str,
    name: str,
    os_account: str | None,
    roles: tuple[str, ...],
    entity_name: str | None,
) -> None:
    """Add a user. Without a role they may do nothing yet: see `waybill user roles`."""
    scope = _scope(session, entity_name)
    with transaction():
        user = people.create(session.actor, email, name=name, os_account=os_account)
        for role in roles:
            people.grant(session.actor, user, Role(role), scope)
    done = f"created the user {user.email}"
    if not roles:
        done += f"\nnext: waybill user grant {user.email} ROLE"
    session.answer(_as_item(session, user), done)
    _warn_of_account(session, os_account)


@command.command("edit")
@click.argument("email")
@click.option("--name", help="The person's name.")
@click.option("--os-account", help='The account they log in with; "" takes it away.')
@click.option(
    "--active/--inactive", default=None, help="An inactive user may do nothing and is mailed nothing."
)
@in_session
def edit_user(
    session: Session, email: str, name: str | None, os_account: str | None, active: bool | None
) -> None:
    """Change what is given."""
    refuse_empty_edit()
    user = people.edit(
        session.actor,
        people.find_visible(session.actor, email),
        name=name,
        os_account=os_account,
        active=active,
    )
    session.answer(_as_item(session, user), f"changed the user {user.email}")
    _warn_of_account(session, os_account)
    _warn_of_schedules(session, user)


@command.command("grant")
@click.argument("email")
@click.argument("role", type=role_type, metavar="ROLE")
@scope_option
@in_session
def grant_role(session: Session, email: str, role: str, entity_name: str | None) -> None:
    """Give a role, for one legal entity or for all; `waybill user roles` lists them."""
    user = people.find(email)
    new = people.grant(session.actor, user, Role(role), _scope(session, entity_name))
    where = f"for {entity_name}" if entity_name else "for all legal entities"
    done = f"{user.email} has the role {role} {where}" if new else f"{user.email} has it already"
    session.answer(_as_item(session, user), done)


@command.command("withdraw")
@click.argument("email")
@click.argument("role", type=role_type, metavar="ROLE")
@scope_option
@in_session
def withdraw_role(session: Session, email: str, role: str, entity_name: str | None) -> None:
    """Take a role away."""
    user = people.find_visible(session.actor, email)
    had = people.withdraw(session.actor, user, Role(role), _scope(session, entity_name))
    where = f"for {entity_name}" if entity_name else "for all legal entities"
    done = f"{user.email} no longer has the role {role} {where}"
    session.answer(
        _as_item(session, user), done if had else f"{user.email} does not have the role {role} {where}"
    )
    _warn_of_schedules(session, user)


@command.command("regain")
@click.argument("email")
@click.option("--os-account", help="The account they log in with; left out: the one that calls this.")
@reason_option
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
def regain_access(email: str, os_account: str | None, reason: str, as_json: bool) -> None:
    """Make somebody Administrator where none can log in any more; for root and the home's owner alone."""
    settings = installation.open_home()
    with connection():
        user = way_back.regain(settings.home, email, os_account or people.calling_account(), reason)
        actor = people.Actor(user_id=user.id, name=user.email, os_account=user.os_account or "")
        session = Session(actor=actor, settings=settings, as_json=as_json)
        done = f"{user.email}, with the OS account {user.os_account}, is Administrator for all legal entities"
        session.answer(_as_item(session, user), done)


@command.command("roles")
@in_session
def list_roles(session: Session) -> None:
    """What each role lets its users do."""
    items = [
        {"role": role.value, "may": [act.value for act in Action if role in PERMITTED[act]]} for role in Role
    ]
    session.answer({"items": items, "next": None}, "\n".join(map(_role_text, Role)))


def _warn_of_account(session: Session, os_account: str | None) -> None:
    """Say when nobody can log in with an account, which may be one that is still to be made."""
    if not os_account:
        return
    try:
        pwd.getpwnam(os_account)
    except KeyError:
        session.warn(f"this machine has no account {os_account} now")


def _warn_of_schedules(session: Session, user: User) -> None:
    """Say which schedules will fail because this user may not export any more."""
    left = [
        one
        for one in schedules.of_person(user.id)
        if not user.active or Role.FINANCE not in people.roles_of(user.id, one.entity_id)
    ]
    if left:
        names = ", ".join(one.name for one in left)
        text = f"these schedules export on behalf of {user.email} and will fail: {names}"
        session.warn(f"{text}. Name somebody else: waybill schedule edit NAME --on-behalf-of EMAIL")


def _role_text(role: Role) -> str:
    acts = ", ".join(act for act in Action if role in PERMITTED[act])
    return textwrap.fill(acts, 78, initial_indent=f"{role.value:<18} ", subsequent_indent=" " * 19)


def _scope(session: Session, entity_name: str | None) -> int | None:
    return None if entity_name is None else int(session.entity(entity_name).id)


def _shown(session: Session, user: User) -> dict[str, Any]:
    item = _as_item(session, user)
    if not session.as_json:
        item["roles"] = [f"{grant['role']} ({grant['entity'] or 'all'})" for grant in item["roles"]]
    return item


def _as_item(session: Session, user: User) -> dict[str, Any]:
    names: dict[int | None, str | None] = {None: None}
    names |= {entity.id: entity.name for entity in entities.visible(session.actor)}
    held = [
        {"role": role.value, "entity": names[entity_id]}
        for role, entity_id in people.grants(user)
        if entity_id in names
    ]
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "os_account": user.os_account,
        "active": user.active,
        "roles": held,
    }
