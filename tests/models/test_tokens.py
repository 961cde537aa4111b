"""Tokens: who may make them, what is kept of one, whom each lets in and until when."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from models import clock, entities, people, tokens
from models.audit import WAYBILL, Actor, AuditEntry
from models.database import database, is_postgresql
from models.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from models.people import Role, User
from models.tokens import Token, Visitor
from tests.records import dump

pytestmark = pytest.mark.usefixtures("home")


def a_user(name: str, role: Role = Role.SUPPORT) -> User:
    user = people.create(WAYBILL, f"{name}@example.com")
    people.grant(WAYBILL, user, role, None)
    return user


def acting(user: User) -> Actor:
    return Actor(user_id=user.id, name=user.email)


@pytest.fixture
def ben() -> User:
    return a_user("ben")


def test_token_lets_in_its_user_who_then_acts_under_its_number(ben: User) -> None:
    token, text = tokens.create(acting(ben), ben, "laptop", days=30)
    visitor = tokens.admit(text)
    assert visitor == Visitor(user_id=ben.id, email="ben@example.com", token_id=token.id)
    assert visitor is not None
    assert visitor.actor == Actor(user_id=ben.id, name="ben@example.com", os_account=f"web:token {token.id}")
    assert Token.get_by_id(token.id).last_used_at is not None


def test_token_made_is_kept_nowhere_as_it_is(ben: User, home: Path) -> None:
    _, text = tokens.create(acting(ben), ben, "laptop", days=30)
    if is_postgresql():
        stored = "\n".join(dump()).encode()
    else:
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        stored = (home / "waybill.db").read_bytes()
    assert b"laptop" in stored
    assert text.encode() not in stored
    assert text.removeprefix("waybill_").encode() not in stored


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "waybill_",
        "waybill_" + "A" * 43,
        "TEXT",
        "waybill_" + "é" * 43,
        "waybill_" + "A" * 10_000,
        "TEXT ",
    ],
)
def test_text_that_is_no_token_lets_nobody_in(ben: User, wrong: str) -> None:
    _, text = tokens.create(acting(ben), ben, "laptop", days=30)
    tampered = {"TEXT": text[:-1], "TEXT ": text + "\n"}.get(wrong, wrong)
    assert tokens.admit(tampered) is None


def test_token_lets_in_until_it_expires(ben: User) -> None:
    token, text = tokens.create(acting(ben), ben, "laptop", days=7)
    visitor = tokens.admit(text)
    assert visitor is not None
    with time_machine.travel(token.expires_at - timedelta(seconds=1), tick=False):
        assert tokens.admit(text) == visitor
        assert tokens.still_valid([visitor]) == {visitor}
        assert Token.get_by_id(token.id).state == "active"
    with time_machine.travel(token.expires_at, tick=False):
        assert tokens.admit(text) is None
        assert tokens.still_valid([visitor]) == set()
        assert Token.get_by_id(token.id).state == "expired"


def test_revoked_token_lets_nobody_in_and_says_why_in_the_audit(ben: User) -> None:
    token, text = tokens.create(acting(ben), ben, "laptop", days=30)
    other, _ = tokens.create(acting(ben), ben, "desk", days=30)
    visitor = tokens.admit(text)
    assert visitor is not None
    kept = Visitor(user_id=ben.id, email=ben.email, token_id=other.id)
    tokens.revoke(acting(ben), token, reason="lost on the train")
    assert tokens.admit(text) is None
    assert tokens.still_valid([visitor, kept]) == {kept}
    with pytest.raises(PermissionDenied, match="revoked"):
        tokens.visitor(ben.id, token.id)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.actor, entry.action, entry.subject_id) == ("ben@example.com", "revoke", token.id)
    assert (entry.before, entry.reason) == ({"user": "ben@example.com"}, "lost on the train")
    with pytest.raises(Conflict):
        tokens.revoke(acting(ben), token, reason="again")


def test_inactive_user_comes_in_by_no_token_and_no_proxy(ben: User) -> None:
    token, text = tokens.create(acting(ben), ben, "laptop", days=30)
    by_token, by_proxy = tokens.admit(text), tokens.vouched_for("Ben@example.com")
    assert by_token is not None
    assert by_proxy is not None
    assert by_proxy.actor.os_account == "web:proxy"
    assert tokens.still_valid([by_token, by_proxy]) == {by_token, by_proxy}
    people.edit(WAYBILL, ben, active=False)
    assert tokens.admit(text) is None
    assert tokens.vouched_for("ben@example.com") is None
    assert tokens.still_valid([by_token, by_proxy]) == set()
    with pytest.raises(PermissionDenied):
        tokens.visitor(ben.id, None)
    with pytest.raises(Conflict, match="inactive"):
        tokens.create(WAYBILL, ben, "another", days=1)
    assert tokens.find(WAYBILL, token.id).id == token.id


def test_visitor_of_a_token_of_somebody_else_is_refused(ben: User) -> None:
    anna = a_user("anna", Role.ADMINISTRATOR)
    token, _ = tokens.create(acting(anna), anna, "laptop", days=30)
    with pytest.raises(PermissionDenied):
        tokens.visitor(ben.id, token.id)
    assert tokens.visitor(anna.id, token.id).email == "anna@example.com"


def test_only_who_manages_users_everywhere_makes_tokens_for_others(ben: User) -> None:
    carla = a_user("carla", Role.ADMINISTRATOR)
    local = people.create(WAYBILL, "local@example.com")
    people.grant(WAYBILL, local, Role.ADMINISTRATOR, entities.create(WAYBILL, "Acme").id)
    for actor in (acting(ben), acting(local)):
        with pytest.raises(PermissionDenied):
            tokens.create(actor, carla, "for carla", days=30)
    token, text = tokens.create(acting(carla), ben, "for ben", days=30)
    assert token.created_by == "carla@example.com"
    visitor = tokens.admit(text)
    assert visitor is not None
    assert visitor.email == "ben@example.com"


def test_tokens_of_others_are_seen_and_revoked_by_who_manages_users_only(ben: User) -> None:
    carla = a_user("carla", Role.ADMINISTRATOR)
    hers, _ = tokens.create(acting(carla), carla, "hers", days=30)
    his, _ = tokens.create(acting(ben), ben, "his", days=30)
    assert [token.id for token in tokens.visible(acting(ben))] == [his.id]
    assert [token.id for token in tokens.visible(acting(carla))] == [his.id, hers.id]
    with pytest.raises(NotFound):
        tokens.find(acting(ben), hers.id)
    with pytest.raises(PermissionDenied):
        tokens.revoke(acting(ben), hers, reason="mischief")
    tokens.revoke(acting(carla), his, reason="he left")
    assert Token.get_by_id(his.id).state == "revoked"


@pytest.mark.parametrize(("name", "days"), [("", 30), ("laptop", 0), ("laptop", 367), ("two\nlines", 30)])
def test_token_without_a_name_or_for_an_odd_time_is_refused(ben: User, name: str, days: int) -> None:
    with pytest.raises(InvalidInput):
        tokens.create(acting(ben), ben, name, days=days)
    assert Token.select().count() == 0


def test_token_lives_as_many_days_as_asked(ben: User) -> None:
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        token, _ = tokens.create(acting(ben), ben, "laptop", days=2)
        assert token.expires_at == clock.now() + timedelta(days=2)
