"""`waybill party`: an account's number is shown to nobody, and need not stand in a history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.conftest import Waybill

NUMBER = "9988776655"


@pytest.fixture
def blue(waybill: Waybill) -> str:
    made = waybill.do("party", "create", "Blue Ltd", "--number", "V-1", "--identifier", "DK 123")
    return str(made["id"])


def test_party_create_edit_show_in_turn(waybill: Waybill, blue: str) -> None:
    changed = waybill.do("party", "edit", "v-1", "--email", "AR@blue.example", "--method", "ach")
    assert (changed["email"], changed["payment_method"], changed["account"]) == (
        "ar@blue.example",
        "ach",
        None,
    )
    shown = waybill.do("party", "show", "dk123")
    assert shown["id"] == int(blue)
    assert (shown["known_by"], shown["accounts"]) == (["DK123", "NUMBER:V-1"], [])
    assert "next: waybill party bank-account" in waybill("party", "edit", blue, "--name", "Blue").out


@pytest.mark.parametrize("way", ["argument", "standard input"])
def test_bank_account_number_is_masked_in_every_output(waybill: Waybill, blue: str, way: str) -> None:
    given, stdin = (NUMBER, "") if way == "argument" else ("-", f"{NUMBER}\n")
    arguments = ("party", "bank-account", blue, "--routing", "021000021", "--account", given, "--savings")
    ran = waybill(*arguments, "--holder-name", "BLUE", stdin=stdin)
    assert ran.code == 0, ran.err
    outputs = [
        ran.out,
        *(
            waybill(*command, *form).out
            for command in (("party", "show", blue), ("party", "list"), ("audit", "list"))
            for form in ((), ("--json",))
        ),
    ]
    assert all("6655" in output for output in outputs)
    assert not any(NUMBER in output for output in outputs)
    (account,) = waybill.do("party", "show", blue)["accounts"]
    assert (account["kind"], account["holder"], account["holder_name"]) == ("savings", "company", "BLUE")
    assert account["current"] is True


def test_bank_account_with_a_wrong_check_digit_changes_nothing(waybill: Waybill, blue: str) -> None:
    error = waybill.refused("party", "bank-account", blue, "--routing", "021000022", "--account", "-",
                            stdin=NUMBER)  # fmt: skip
    assert error["code"] == "invalid_routing_number"
    assert NUMBER not in str(error)
    assert waybill.do("party", "show", blue)["accounts"] == []


def test_authorisation_of_debits_stands_beside_the_account_it_was_given_for(
    waybill: Waybill, blue: str
) -> None:
    arguments = ("party", "bank-account", blue, "--routing", "021000021", "--account", "1234567")
    assert waybill.do(*arguments, "--debits", "contract 12")["debits"] == "contract 12"
    assert "debits by contract 12" in waybill("party", "show", blue).out
    waybill.do(*arguments[:-1], "7654321")
    accounts = waybill.do("party", "show", blue)["accounts"]
    shown = [(one["debits"], one["current"], one["prenote"]) for one in accounts]
    assert shown == [("contract 12", False, ""), ("", True, "")]


def test_party_list_is_searched_and_paged(waybill: Waybill, blue: str, tmp_path: Path) -> None:
    assert tmp_path.exists()
    for name in ("Red", "Rose"):
        waybill.do("party", "create", name)
    first = waybill.do("party", "list", "--limit", "2")
    assert ([item["name"] for item in first["items"]], first["next"]) == (
        ["Blue Ltd", "Red"],
        str(int(blue) + 1),
    )
    last = waybill.do("party", "list", "--limit", "2", "--after", first["next"])
    assert ([item["name"] for item in last["items"]], last["next"]) == (["Rose"], None)
    assert [item["name"] for item in waybill.do("party", "list", "--search", "r")["items"]] == ["Red", "Rose"]
    ran = waybill("party", "list", "--limit", "1")
    assert ran.err == f"more: --after {blue}\n"


def test_party_create_twice_is_refused(waybill: Waybill, blue: str) -> None:
    assert blue
    error = waybill.refused("party", "create", "Other", "--identifier", "dk123")
    assert error == {
        "code": "conflict",
        "message": "DK123 already belongs to the party Blue Ltd",
        "remedy": "see: waybill party list",
    }
