"""`waybill init`, `waybill entity`, and what holds for every command: codes, errors, scope, odd input."""

from __future__ import annotations

import io

import pytest

from tests.tui.conftest import Waybill
from tui.cli import main

HOSTILE = {
    "empty": "",
    "a control sequence": "\x1b]0;gone\x07\x1b[2J",
    "a line end": "one\ntwo",
    "right to left": "\u202egpj.exe",
    "ten thousand characters": "x" * 10_000,
    "no UTF-8": "caf\udce9",
}


def test_init_makes_an_installation_and_says_what_next(fresh: Waybill) -> None:
    ran = fresh("init", "--email", "root@example.com")
    assert (ran.code, ran.err) == (0, "")
    assert "you are     root@example.com, Administrator" in ran.out
    assert ran.out.endswith("next: waybill entity create NAME\n")
    assert fresh.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.bare
def test_init_again_changes_nothing_and_says_so(fresh: Waybill) -> None:
    first = fresh.do("init", "--email", "root@example.com")
    assert first["made"] == {
        "home": True,
        "settings_file": True,
        "key": True,
        "migrations": ["0001_initial"],
        "administrator": "root@example.com",
    }
    before = (fresh.home / "waybill.toml").stat().st_mtime_ns
    ran = fresh("init", "--email", "other@example.com")
    assert ran.out == f"{fresh.home} is set up already; nothing was changed\n"
    assert (fresh.home / "waybill.toml").stat().st_mtime_ns == before
    assert [user["email"] for user in fresh.do("user", "list")["items"]] == ["root@example.com"]


@pytest.mark.parametrize("arguments", [("entity", "list"), ("invoice", "list"), ("secret", "set", "x")])
def test_any_command_without_an_installation_names_init(fresh: Waybill, arguments: tuple[str, ...]) -> None:
    error = fresh.refused(*arguments)
    assert error["code"] == "no_installation"
    assert "waybill init" in error["remedy"]
    assert not fresh.home.exists()


def test_any_command_with_a_misspelt_setting_names_file_and_key(waybill: Waybill) -> None:
    (waybill.home / "waybill.toml").write_text("[mail]\nhots = 'x'\n")
    error = waybill.refused("entity", "list")
    assert error["code"] == "unknown_setting"
    assert f"{waybill.home}/waybill.toml has an unknown key mail.hots" == error["message"]


def test_any_command_by_a_stranger_is_refused(waybill: Waybill) -> None:
    error = waybill.as_user(54321).refused("entity", "list")
    assert error["code"] == "permission_denied"
    assert error["remedy"].endswith("waybill user create EMAIL --os-account uid54321")


def test_home_option_names_the_installation(waybill: Waybill, fresh: Waybill) -> None:
    elsewhere = Waybill(home=fresh.home.parent / "elsewhere")
    assert elsewhere("entity", "list").code == 1
    ran = elsewhere("--home", str(waybill.home), "entity", "list", "--json")
    assert [entity["name"] for entity in ran.items] == ["Acme"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuch",), "no such command 'nosuch'"),
        (("entity", "nosuch"), "no such command 'nosuch'"),
        (("entity", "create"), "missing argument 'NAME'"),
        (("file", "show", "x"), "invalid value for 'ID'"),
        (("file", "show", "9" * 30), "invalid value for 'ID'"),
        (("invoice", "list", "--state", "lost"), "invalid value for '--state'"),
        (("invoice", "list", "--limit", "0"), "invalid value for '--limit'"),
        (("invoice", "revert", "1"), "missing option '--reason'"),
        (("user", "grant", "root@example.com", "king"), "invalid value for"),
        (("mapping", "create", "m"), "give one of --file, --columns"),
        (("destination", "create", "sideways/x"), "give payable/NAME or receivable/NAME"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_help(
    waybill: Waybill, arguments: tuple[str, ...], said: str
) -> None:
    ran = waybill(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert said in ran.err
    assert ran.err.rstrip().endswith("--help")


NAMING = [
    ("entity", "create"),
    ("user", "create"),
    ("party", "create"),
    ("facility", "create"),
    ("mapping", "create", "--columns", "number"),
    ("secret", "set", "--from-stdin"),
    ("invoice", "show"),
    ("entity", "show"),
    ("user", "show"),
    ("party", "show"),
    ("facility", "show"),
    ("mapping", "show"),
    ("destination", "show"),
    ("audit", "list", "--entity"),
]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("arguments", NAMING, ids=" ".join)
def test_odd_name_is_refused_briefly_and_steers_no_terminal(
    waybill: Waybill,
    arguments: tuple[str, ...],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WAYBILL_HOME", str(waybill.home))
    monkeypatch.setattr("sys.stdin", io.StringIO("value"))
    with pytest.raises(SystemExit) as ended:
        main([*arguments, name])
    said = capsys.readouterr()
    assert ended.value.code in (1, 2), said
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert line.isprintable()
    assert len(line) < 400


def test_entity_create_needs_a_name_only_and_is_the_default_everywhere(fresh: Waybill) -> None:
    fresh.do("init")
    ran = fresh("entity", "list")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "No legal entity yet. Make one: waybill entity create NAME\n"
    assert fresh.refused("facility", "list")["remedy"] == "make one: waybill entity create NAME"
    made = fresh.do("entity", "create", "Blæ A/S", "--identifier", "DK 12 34", "--country", "dk")
    assert made["name"] == "Blæ A/S"
    assert (made["folder"], made["country"], made["identifiers"]) == ("bl-a-s", "DK", ["DK 12 34"])
    assert fresh.do("entity", "show") == fresh.do("entity", "list")["items"][0] == made


def test_entity_edit_changes_what_is_given(waybill: Waybill) -> None:
    changed = waybill.do("entity", "edit", "--zone", "Europe/Copenhagen", "--no-export-scheduler")
    assert (changed["zone"], changed["export_scheduler"], changed["manual_exports"]) == (
        "Europe/Copenhagen",
        False,
        True,
    )
    assert waybill.refused("entity", "edit", "--zone", "Mars")["message"] == "there is no time zone Mars"
    assert waybill.refused("entity", "create", "Acme")["code"] == "conflict"


def test_entity_left_out_with_several_names_them(waybill: Waybill) -> None:
    waybill.do("entity", "create", "Beta")
    error = waybill.refused("party", "list")
    assert error["message"] == "which legal entity is meant"
    assert error["remedy"] == "say --entity with one of: Acme, Beta"
    assert waybill.do("party", "list", "--entity", "beta") == {"items": [], "next": None}


def test_lists_of_another_entity_are_not_seen(waybill: Waybill) -> None:
    waybill.do("entity", "create", "Beta")
    waybill.do("party", "create", "Secret Ltd", "--entity", "Beta")
    waybill.do("user", "create", "anna@example.com", "--os-account", "uid54321", "--role", "support",
               "--for-entity", "Acme")  # fmt: skip
    anna = waybill.as_user(54321)
    assert [entity["name"] for entity in anna.do("entity", "list")["items"]] == ["Acme"]
    assert anna.do("party", "list")["items"] == []
    assert anna.refused("party", "list", "--entity", "Beta")["code"] == "not_found"
    assert anna.refused("party", "create", "Mine")["code"] == "permission_denied"
    assert {entry["entity_id"] for entry in anna.do("audit", "list")["items"]} == {1}
    assert anna.refused("secret", "list")["code"] == "permission_denied"


@pytest.mark.parametrize(
    ("noun", "hint"),
    [
        ("facility", "waybill facility create NAME"),
        ("party", "waybill party create NAME"),
        ("mapping", "waybill mapping create NAME"),
        ("secret", "waybill secret known"),
        ("invoice", "waybill import PATH"),
        ("file", "waybill schedule list"),
        ("delivery", "waybill schedule list"),
    ],
)
def test_empty_list_says_what_to_do_next(waybill: Waybill, noun: str, hint: str) -> None:
    ran = waybill(noun, "list")
    assert (ran.code, ran.out) == (0, "")
    assert hint in ran.err
    assert waybill.do(noun, "list") == {"items": [], "next": None}
