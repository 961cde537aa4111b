"""`waybill user` and `waybill audit`."""

from __future__ import annotations

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
