"""What commands say beside their answer, to people and on standard error only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click

from tests.tui.conftest import Waybill
from tui.cli import waybill as program


def test_user_who_exports_no_more_is_told_with_the_schedules_that_will_fail(waybill: Waybill) -> None:
    waybill.do("user", "create", "fin@example.com", "--role", "finance")
    waybill.do("facility", "create", "AP")
    waybill.do("facility", "activate", "AP", "--yes")
    waybill.do("schedule", "create", "nightly", "--every", "daily", "--at", "02:00",
               "--on-behalf-of", "fin@example.com", "--other", "csv")  # fmt: skip
    told = "warning: these schedules export on behalf of fin@example.com and will fail: nightly. "
    assert told in waybill("user", "edit", "fin@example.com", "--inactive").err
    assert waybill("user", "edit", "fin@example.com", "--active").err == ""
    assert told in waybill("user", "withdraw", "fin@example.com", "finance").err
    waybill.do("schedule", "disable", "nightly")
    assert waybill("user", "edit", "fin@example.com", "--inactive").err == ""


def test_user_with_an_account_that_the_machine_lacks_is_made_with_a_warning(waybill: Waybill) -> None:
    ran = waybill("user", "create", "anna@example.com", "--os-account", "no-such-account", "--entity", "Acme",
                  "--role", "support")  # fmt: skip
    assert ran.code == 0
    assert ran.err == "warning: this machine has no account no-such-account now\n"
    assert waybill.do("user", "show", "anna@example.com")["roles"] == [{"role": "support", "entity": "Acme"}]
    waybill.do("user", "edit", "anna@example.com", "--os-account", "not-this-one-either")


def test_credential_names_the_kind_of_each_host_key(waybill: Waybill) -> None:
    keys = [line for line in waybill("credential", "generate").out.splitlines() if "host key" in line]
    assert [line.split()[2] for line in keys] == ["ED25519", "RSA"]
    assert all(line.split()[3].startswith("SHA256:") for line in keys)


def test_facility_settings_that_cannot_work_yet_are_told_while_they_are_set(waybill: Waybill) -> None:
    profile = {
        "immediate_destination": "021000021",
        "immediate_origin": "1000004200",
        "company_name": "ACME",
        "company_id": "1000004200",
    }
    given = [part for key, value in profile.items() for part in ("--set", f"nacha.{key}={value}")]
    ran = waybill("facility", "create", "AP", *given)
    assert ran.code == 0
    assert ran.err.startswith("warning: AP cannot write nacha files: not set are nacha.odfi. Set them: ")
    assert "123456789" in waybill("facility", "edit", "AP", "--set", "nacha.odfi=123456789").err
    assert waybill("facility", "edit", "AP", "--set", "nacha.odfi=021000021").err == ""
    assert waybill.do("facility", "edit", "AP", "--unset", "nacha.odfi")["settings"].keys() == {
        f"nacha.{key}" for key in profile
    }
    error = waybill.refused("facility", "edit", "AP", "--unset", "nacha.odfi")
    assert error["message"] == "AP does not set nacha.odfi"


def test_command_to_go_on_with_names_the_legal_entity_where_there_are_two(waybill: Waybill) -> None:
    assert "next: waybill facility activate AP\n" in waybill("facility", "create", "AP").out
    waybill.do("entity", "create", "Beta & Sons")
    out = waybill("facility", "create", "AP", "--entity", "Beta & Sons").out
    assert "next: waybill facility activate AP --entity 'Beta & Sons'\n" in out


def test_facility_settings_fit_80_columns_and_name_every_choice(waybill: Waybill) -> None:
    lines = waybill("facility", "settings").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "    one of: needed, always, off" in lines
    assert "nacha.balanced (default no)" in lines


def test_mapping_shown_as_json_can_be_given_back(waybill: Waybill, tmp_path: Path) -> None:
    waybill.do("mapping", "create", "L", "--columns", "number,totals.payable=Amount", "--set", "delimiter=;")
    path = tmp_path / "l.json"
    path.write_text(waybill("mapping", "show", "L", "--json").out)
    assert waybill("mapping", "edit", "L", "--file", str(path)).out == "it is so already\n"
    waybill.do("mapping", "create", "Copy", "--file", str(path))
    kept = [waybill.do("mapping", "show", name)["layout"] for name in ("L", "Copy")]
    assert kept[0] == kept[1]


def test_import_refused_says_place_wrong_and_remedy_as_sentences(waybill: Waybill, tmp_path: Path) -> None:
    table, mapping = tmp_path / "k.csv", tmp_path / "k.toml"
    table.write_text("Invoice\n1\n")
    assert f"refused: {table}: no mapping says" in waybill("import", str(table)).err
    assert ". Give a mapping file with --mapping\n" in waybill("import", str(table)).err
    mapping.write_text('[columns]\nnummer = "Invoice"\n')
    error = waybill.refused("import", str(table), "--mapping", str(mapping))
    assert error["message"].startswith(f"{mapping}: the mapping's columns.nummer is no field")
    error = waybill.refused("import", str(table), "--mapping", str(tmp_path))
    assert error["message"] == f"the mapping file {tmp_path} cannot be read: Is a directory"


def test_schedule_shown_to_a_person_in_utc_tells_days_by_name_and_times_in_its_zone(waybill: Waybill) -> None:
    waybill.do("user", "create", "fin@example.com", "--role", "finance")
    waybill.do("facility", "create", "AP")
    waybill.do("facility", "activate", "AP", "--yes")
    days = ("--every", "weekly", "--on", "mon,thu", "--at", "02:00", "--start", "2099-01-05")
    person = ("--zone", "Europe/Copenhagen", "--on-behalf-of", "fin@example.com")
    waybill.do(
        "schedule", "create", "weekly", *days, "--zone", "Europe/Copenhagen", *person, "--other", "csv"
    )
    shown = waybill("schedule", "show", "weekly", TZ="UTC").out
    assert "\nweekdays       Monday\n               Thursday\n" in shown
    assert "\nnext runs      2099-01-05T01:00:00Z   5 Jan 02:00 CET\n" in shown
    coming = "2099-01-05T01:00:00Z   {}  weekly"
    zones = {"UTC": "5 Jan 02:00 CET", "Asia/Tokyo": "5 Jan 10:00 JST"}
    for zone, local in zones.items():
        out = waybill("schedule", "next", "--count", "1", TZ=zone).out
        assert out.rstrip() == coming.format(local)
    waybill.do("entity", "create", "Beta")
    made = waybill("schedule", "duplicate", "weekly", "--entity", "Acme").out
    assert "next: waybill schedule edit 'weekly copy' --entity Acme …\n" in made


def _every_help(command: click.Command, above: click.Context | None = None) -> Iterator[str]:
    context = click.Context(command, parent=above, info_name=command.name, terminal_width=80)
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _every_help(found, context)


def test_help_of_every_command_ends_its_sentences_and_hides_no_machinery() -> None:
    texts = list(_every_help(program))
    assert len(texts) > 60
    for text in texts:
        plain = re.sub(r"\[?[A-Z]+\]?\.\.\.", "", text)  # arguments that may be given more than once
        assert "..." not in plain, text
        assert "9223372036854775807" not in text
        assert "%Y" not in text
        assert max(map(len, text.splitlines())) <= 80, text


def test_wrong_usage_says_what_is_wanted_instead(waybill: Waybill) -> None:
    said = {
        ("job", "show", "abc"): "'abc' is no id, which is a number such as 12. See: waybill job show --help",
        ("job", "show", "9" * 30): f"'{'9' * 30}' is no id, which is a number such as 12. See: ",
        ("audit", "list", "--since", "soon"): "'soon' is none; write it as 2026-11-01 or 2026-11-01T14:30.",
        ("entity", "lst"): "error: no such command 'lst'. Did you mean 'list'? See: waybill entity --help",
    }
    for words, text in said.items():
        ran = waybill(*words)
        assert (ran.code, text in ran.err) == (2, True), ran.err


def test_audit_reads_as_text_within_80_columns(waybill: Waybill) -> None:
    waybill.do("entity", "edit", "--identifier", "DK12345678", "--identifier", "00-0004200")
    waybill.do("entity", "edit", "--no-export-scheduler")
    out = waybill("audit", "list", "--limit", "2").out
    assert "), Acme\n    edit entity Acme\n    export_scheduler: yes → no\n" in out
    assert "    identifiers: - → DK12345678, 00-0004200\n" in out
    assert max(map(len, waybill("audit", "list").out.splitlines())) <= 80


def test_invoices_of_one_number_are_told_apart(waybill: Waybill, tmp_path: Path) -> None:
    document = {"number": "7", "issue_date": "2026-11-01", "currency": "EUR", "totals": {"payable": "10.00"}}
    documents = [document | {"party": {"name": name}, "document_type": kind}
                 for name, kind in (("Blue", "invoice"), ("Red", "credit_note"))]  # fmt: skip
    path = tmp_path / "two.json"
    path.write_text(json.dumps(documents))
    waybill.do("import", str(path), "--direction", "payable")
    error = waybill.refused("invoice", "show", "7")
    assert error["remedy"] == "give the id, one of: 1 (invoice, Blue), 2 (credit note, Red)"


def test_edit_that_changes_nothing_is_not_in_the_audit(waybill: Waybill) -> None:
    waybill.do("party", "create", "Blue")
    waybill.do("facility", "create", "AP")
    before = waybill.do("audit", "list")["items"]
    for words in (
        ["entity", "edit", "Acme", "--name", "Acme"],
        ["party", "edit", "Blue", "--name", "Blue"],
        ["facility", "edit", "AP", "--name", "AP"],
        ["user", "edit", "root@example.com", "--active"],
    ):
        waybill.do(*words)
    assert waybill.do("audit", "list")["items"] == before
