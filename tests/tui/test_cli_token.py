"""`waybill token`."""

from __future__ import annotations

from tests.tui.conftest import Waybill


def test_token_create_shows_the_text_once_and_list_never(waybill: Waybill) -> None:
    made = waybill.do("token", "create", "Ben's laptop", "--days", "7")
    assert made["token"].startswith("waybill_")
    assert (made["user"], made["state"], made["last_used_at"]) == ("root@example.com", "active", None)
    listed = waybill("token", "list", "--json")
    assert made["token"] not in listed.out
    (item,) = listed.items
    assert item == {key: value for key, value in made.items() if key != "token"}
    assert "1   Ben's laptop  root@example.com  active" in waybill("token", "list").out
    told = waybill("token", "create", "desk").out
    assert told.startswith("token 2 for root@example.com; whoever has it is that user\n  token    waybill_")


def test_token_revoke_wants_a_reason_and_a_yes(waybill: Waybill) -> None:
    waybill.do("user", "create", "ben@example.com", "--role", "support")
    waybill.do("token", "create", "laptop", "--user", "ben@example.com")
    assert waybill("token", "revoke", "1", "--yes").code == 2
    refused = waybill("token", "revoke", "1", "--reason", "lost")
    assert refused.code == 1
    assert "ben@example.com can no longer come in with the token 1 (laptop)" in refused.err
    assert waybill.do("token", "revoke", "1", "--reason", "lost", "--yes")["state"] == "revoked"
    (entry,) = waybill.do("audit", "list", "--limit", "1")["items"]
    assert (entry["action"], entry["subject"], entry["name"], entry["reason"]) == (
        "revoke",
        "token",
        "laptop",
        "lost",
    )


def test_token_for_another_is_refused_to_who_does_not_manage_users(waybill: Waybill) -> None:
    waybill.do("user", "create", "ben@example.com", "--os-account", "uid54321", "--role", "support")
    ben = waybill.as_user(54321)
    error = ben.refused("token", "create", "mine now", "--user", "root@example.com")
    assert error["code"] == "permission_denied"
    assert ben.do("token", "create", "mine")["user"] == "ben@example.com"
    assert ben.refused("token", "revoke", "7", "--reason", "x", "--yes")["code"] == "not_found"


def test_token_list_of_none_says_how_to_make_one(waybill: Waybill) -> None:
    ran = waybill("token", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "waybill token create NAME" in ran.err
