"""`waybill user` and `waybill audit`."""

from __future__ import annotations

import os

import pytest

from models import way_back
from models.errors import PermissionDenied
from models.people import PERMITTED, Action, Role
from tests.tui.conftest import Waybill


def test_user_create_grant_withdraw_edit_in_turn(waybill: Waybill) -> None:
    made = waybill.do("user", "create", "Anna@example.com", "--name", "Anna", "--role", "finance",
                      "--role", "support", "--for-entity", "Acme")  # fmt: skip
    assert made["email"] == "anna@example.com"
    assert made["roles"] == [{"role": role, "entity": "Acme"} for role in ("finance", "support")]
    granted = waybill.do("user", "grant", "anna@example.com", "accounting_review")
    assert {"role": "accounting_review", "entity": None} in granted["roles"]
    left = waybill.do("user", "withdraw", "anna@example.com", "finance", "--entity", "acme")
    assert [grant["role"] for grant in left["roles"]] == ["accounting_review", "support"]
    assert waybill.do("user", "edit", "anna@example.com", "--inactive")["active"] is False
    table = waybill("user", "list").out
    assert "anna@example.com  Anna  -" in table
    assert "accounting_review (all), support (Acme)" in table


def test_user_create_with_an_impossible_role_creates_nothing(waybill: Waybill) -> None:
    error = waybill.refused("user", "create", "a@example.com", "--role", "finance", "--for-entity", "Nosuch")
    assert error["code"] == "not_found"
    assert waybill.refused("user", "show", "a@example.com")["code"] == "not_found"


def test_user_withdraw_of_the_last_administrator_is_refused(waybill: Waybill) -> None:
    error = waybill.refused("user", "withdraw", "root@example.com", "administrator")
    assert error["remedy"] == "give another user that role first"


def test_user_roles_shows_the_table_that_decides(waybill: Waybill) -> None:
    shown = {item["role"]: set(item["may"]) for item in waybill.do("user", "roles")["items"]}
    assert shown == {role: {act for act in Action if role in PERMITTED[act]} for role in Role}
    text = waybill("user", "roles").out
    assert max(map(len, text.splitlines())) < 80


def test_audit_list_tells_who_when_what_and_why(waybill: Waybill) -> None:
    waybill.do("entity", "edit", "--zone", "Europe/Berlin")
    (entry,) = waybill.do("audit", "list", "--limit", "1", "--entity", "Acme")["items"]
    assert entry["at"].endswith("Z")
    assert (entry["actor"], bool(entry["os_account"])) == ("root@example.com", True)
    assert (entry["action"], entry["subject"], entry["name"]) == ("edit", "entity", "Acme")
    assert (entry["before"], entry["after"]) == ({"zone": "UTC"}, {"zone": "Europe/Berlin"})
    assert "    zone: UTC → Europe/Berlin\n" in waybill("audit", "list").out


def test_audit_list_pages_meet_without_gap(waybill: Waybill) -> None:
    for name in ("One", "Two", "Three"):
        waybill.do("party", "create", name)
    whole = [entry["id"] for entry in waybill.do("audit", "list")["items"]]
    first = waybill.do("audit", "list", "--limit", "3")
    second = waybill.do("audit", "list", "--limit", "3", "--after", first["next"])
    assert [entry["id"] for entry in first["items"] + second["items"]] == whole
    assert second["next"] is None
    assert waybill.do("audit", "list", "--since", "2099-01-01")["items"] == []


def test_audit_list_needs_a_role_that_may(waybill: Waybill) -> None:
    waybill.do("user", "create", "fin@example.com", "--os-account", "uid54321", "--role", "finance")
    finance = waybill.as_user(54321)
    assert finance.refused("audit", "list")["code"] == "permission_denied"
    assert finance.refused("audit", "list", "--entity", "Acme")["code"] == "permission_denied"


def test_user_regain_by_the_owner_of_the_home_makes_an_administrator_and_is_audited(waybill: Waybill) -> None:
    waybill.do("user", "create", "eva@example.com")
    why = ("--reason", "the account of root@example.com was deleted")
    user = waybill.do("user", "regain", "Eva@example.com", "--os-account", "daemon", *why)
    assert (user["os_account"], user["active"]) == ("daemon", True)
    assert user["roles"] == [{"role": "administrator", "entity": None}]
    entry = waybill.do("audit", "list")["items"][0]
    assert (entry["action"], entry["reason"]) == ("regain", "the account of root@example.com was deleted")
    taken = waybill.refused("user", "regain", "new@example.com", "--os-account", "daemon", *why)
    assert taken["message"] == "the OS account daemon belongs to eva@example.com already"
    error = waybill.refused("user", "regain", "new@example.com", "--os-account", "no-such-account", *why)
    assert error["message"] == "this machine has no account no-such-account"


def test_user_regain_through_the_sudo_rule_is_refused(
    waybill: Waybill, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = waybill.home.stat().st_uid or 12_345
    if os.geteuid() == 0:
        os.chown(waybill.home, owner, -1)
    monkeypatch.setattr("os.geteuid", lambda: owner)
    monkeypatch.setenv("SUDO_UID", str(owner + 1))
    with pytest.raises(PermissionDenied, match="only root and the account that owns"):
        way_back.regain(waybill.home, "eva@example.com", "daemon", "to be more than one is")


@pytest.mark.parametrize("words", [("user", "edit", "root@example.com"), ("entity", "edit", "Acme")])
def test_edit_of_nothing_is_wrong_usage(waybill: Waybill, words: tuple[str, ...]) -> None:
    ran = waybill(*words)
    assert (ran.code, "nothing is to be changed" in ran.err) == (2, True)


def test_entity_of_a_country_that_is_none_is_refused(waybill: Waybill) -> None:
    assert waybill.refused("entity", "edit", "Acme", "--country", "XQ")["message"] == "XQ is no country"
    assert waybill.do("entity", "edit", "Acme", "--country", "dk")["country"] == "DK"
