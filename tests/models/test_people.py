"""Users and roles: the role × action table, whose entities one sees, and the Administrator that stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models import entities, people
from models.audit import AuditEntry
from models.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from models.people import PERMITTED, WAYBILL, Action, Actor, Role, User

pytestmark = pytest.mark.usefixtures("home")

# The table of who may do what, once more and by hand: a change of one role's rights is made in both places.
LETTERS = dict(
    zip(
        "ARFIVS",
        (
            Role.ADMINISTRATOR,
            Role.ACCOUNTING_REVIEW,
            Role.FINANCE,
            Role.INTEGRATION_SETUP,
            Role.INVOICE_SETTINGS,
            Role.SUPPORT,
        ),
        strict=True,
    )
)
TABLE = {
    Action.SEE: "ARFIVS",
    Action.MANAGE_ENTITIES: "A",
    Action.MANAGE_USERS: "A",
    Action.MANAGE_PARTIES: "ARF",
    Action.MANAGE_BANK_ACCOUNTS: "AF",
    Action.MANAGE_FACILITIES: "AI",
    Action.MANAGE_MAPPINGS: "ARI",
    Action.MANAGE_SCHEDULES: "ARI",
    Action.MANAGE_CREDENTIALS: "AR",
    Action.MANAGE_SECRETS: "AI",
    Action.CHANGE_INVOICE_SETTINGS: "AV",
    Action.IMPORT: "ARFI",
    Action.EXPORT: "AF",
    Action.REPAIR: "ARFS",
    Action.SEE_AUDIT: "ARS",
}


def actor_with(role: Role | None, entity_id: int | None = None) -> Actor:
    user = people.create(WAYBILL, f"{role}-{User.select().count()}@example.com")
    if role is not None:
        people.grant(WAYBILL, user, role, entity_id)
    return Actor(user_id=user.id, name=user.email)


def root() -> Actor:
    return people.current_actor()


@pytest.mark.parametrize("action", Action)
def test_allowed_each_role_follows_the_table(action: Action) -> None:
    allowed = {role for role in Role if people.allowed(actor_with(role), action)}
    assert allowed == {LETTERS[letter] for letter in TABLE[action]} == PERMITTED[action]


def test_allowed_role_for_one_entity_counts_there_alone() -> None:
    here, there = entities.create(WAYBILL, "Here"), entities.create(WAYBILL, "There")
    actor = actor_with(Role.FINANCE, here.id)
    assert people.allowed(actor, Action.EXPORT, here.id)
    assert not people.allowed(actor, Action.EXPORT, there.id)
    assert not people.allowed(actor, Action.EXPORT)
    assert people.visible_entities(actor) == [here.id]
    assert people.permitted_entities(actor, Action.SEE_AUDIT) == []


def test_allowed_nobody_in_waybills_name_is_refused() -> None:
    assert people.allowed(WAYBILL, Action.MANAGE_USERS)
    impostor = Actor(user_id=None, name="somebody")
    assert not people.allowed(impostor, Action.SEE)
    assert people.visible_entities(impostor) == []


def test_find_entity_of_others_is_not_found() -> None:
    here, there = entities.create(WAYBILL, "Here"), entities.create(WAYBILL, "There")
    actor = actor_with(Role.SUPPORT, here.id)
    assert entities.find(actor, None).id == here.id
    assert [entity.id for entity in entities.visible(actor)] == [here.id]
    with pytest.raises(NotFound, match="that you can see"):
        entities.find(actor, there.name)


def test_visible_users_are_those_who_share_an_entity() -> None:
    here, there = entities.create(WAYBILL, "Here"), entities.create(WAYBILL, "There")
    mine, other, alone = (actor_with(role, where) for role, where in _three(here.id, there.id))
    assert {user.id for user in people.visible(mine)} == {1, mine.user_id}
    assert len(people.visible(root())) == 4
    assert {user.id for user in people.visible(alone)} == {1, alone.user_id}
    with pytest.raises(NotFound):
        people.find_visible(mine, other.name)


def _three(here: int, there: int) -> list[tuple[Role | None, int | None]]:
    return [(Role.FINANCE, here), (Role.FINANCE, there), (None, None)]


def test_current_actor_behind_sudo_is_the_calling_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "54321")
    with pytest.raises(PermissionDenied, match="uid54321") as refused:
        people.current_actor()
    assert "--os-account uid54321" in refused.value.remedy
    user = people.create(WAYBILL, "anna@example.com", os_account="uid54321")
    assert people.current_actor() == Actor(user_id=user.id, name=user.email, os_account="uid54321")
    people.edit(WAYBILL, user, active=False)
    with pytest.raises(PermissionDenied):
        people.current_actor()


@pytest.mark.parametrize("uid", ["root", "-1", "1 ", "9" * 30])
def test_calling_account_of_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, uid: str) -> None:
    monkeypatch.setenv("SUDO_UID", uid)
    with pytest.raises(PermissionDenied, match="SUDO_UID is"):
        people.current_actor()


@pytest.mark.skipif("SUDO_UID" in os.environ, reason="the tests run behind sudo themselves")
def test_create_first_administrator_is_the_calling_account() -> None:
    (user,) = User.select()
    assert user.os_account == people.calling_account()
    assert people.grants(user) == [(Role.ADMINISTRATOR, None)]
    assert people.create_first_administrator("second@example.com", "someone") is None


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("", "empty"),
        ("anna", "no host"),
        ("@example.com", "no one"),
        ("anna@", "nowhere"),
        ("an na@example.com", "a space"),
        ("anna\x1b[31m@example.com", "a control character"),
        ("anna\n@example.com", "a line end"),
        ("a" * 10_000 + "@example.com", "longer than an address can be"),
    ],
)
def test_create_user_bad_address_is_refused(email: str, why: str) -> None:
    with pytest.raises(InvalidInput, match="is not an e-mail address") as refused:
        people.create(WAYBILL, email)
    assert len(refused.value.message) < 150, why
    assert refused.value.message.isprintable()


def test_create_user_taken_address_or_account_is_refused() -> None:
    anna = people.create(WAYBILL, "Anna@Example.com", os_account="anna")
    assert anna.email == "anna@example.com"
    with pytest.raises(Conflict, match="already"):
        people.create(WAYBILL, "ANNA@example.com")
    with pytest.raises(Conflict, match="belongs to anna@"):
        people.create(WAYBILL, "bert@example.com", os_account="anna")
    bert = people.create(WAYBILL, "bert@example.com")
    with pytest.raises(Conflict, match="belongs to anna@"):
        people.edit(WAYBILL, bert, os_account="anna")
    assert people.edit(WAYBILL, anna, os_account="anna", name="Anna").name == "Anna"
    assert people.edit(WAYBILL, anna, os_account="").os_account is None


def test_last_administrator_for_all_stays() -> None:
    entity = entities.create(WAYBILL, "Here")
    user = people.find(root().name)
    actor_with(Role.ADMINISTRATOR, entity.id)
    idle = people.create(WAYBILL, "idle@example.com")
    people.grant(WAYBILL, idle, Role.ADMINISTRATOR, None)
    people.edit(WAYBILL, idle, active=False)
    with pytest.raises(Conflict, match="no active Administrator"):
        people.withdraw(root(), user, Role.ADMINISTRATOR, None)
    with pytest.raises(Conflict, match="no active Administrator"):
        people.edit(root(), user, active=False)
    assert people.allowed(root(), Action.MANAGE_USERS)
    people.edit(WAYBILL, idle, active=True)
    with pytest.raises(Conflict, match="no active Administrator"):  # idle cannot log in yet
        people.edit(root(), user, os_account="")
    people.edit(WAYBILL, idle, os_account="idle")
    assert people.withdraw(root(), user, Role.ADMINISTRATOR, None)


def test_grant_twice_is_one_role_and_one_audit() -> None:
    user = people.create(WAYBILL, "anna@example.com")
    assert people.grant(WAYBILL, user, Role.FINANCE, None)
    assert not people.grant(WAYBILL, user, Role.FINANCE, None)
    assert people.grants(user) == [(Role.FINANCE, None)]
    assert people.withdraw(WAYBILL, user, Role.FINANCE, None)
    assert not people.withdraw(WAYBILL, user, Role.FINANCE, None)
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.subject_id == user.id)]
    assert actions == ["create", "grant", "withdraw"]


def test_holders_are_active_users_of_the_entity_or_of_all() -> None:
    here, there = entities.create(WAYBILL, "Here"), entities.create(WAYBILL, "There")
    one, _ = actor_with(Role.FINANCE, here.id), actor_with(Role.FINANCE, there.id)
    everywhere = actor_with(Role.FINANCE)
    idle = actor_with(Role.FINANCE, here.id)
    people.edit(WAYBILL, people.find(idle.name), active=False)
    found = people.holders(frozenset({Role.FINANCE}), here.id)
    assert {user.id for user in found} == {one.user_id, everywhere.user_id}


def test_edit_user_by_two_at_once_keeps_both_changes(home: Path) -> None:
    assert home.exists()
    anna = people.create(WAYBILL, "anna@example.com")
    stale = people.find("anna@example.com")
    people.edit(WAYBILL, anna, name="Anna")
    people.edit(WAYBILL, stale, os_account="anna")
    kept = people.find("anna@example.com")
    assert (kept.name, kept.os_account) == ("Anna", "anna")
