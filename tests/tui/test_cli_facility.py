"""`waybill facility`, `mapping`, `destination`, `format` and `secret`: what is exported, and how."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from models import entities, facilities, installation, people, schedules
from models.audit import WAYBILL
from models.database import connection
from models.document_fields import FIELDS
from models.jobs import Output, Route
from models.people import Role
from models.recurrence import Frequency, Recurrence
from models.schedules import Instruction
from tests.tui.conftest import Waybill


def schedule_nightly(home: Path, facility: str) -> None:
    """Give a facility an enabled schedule."""
    installation.open_home(home)
    with connection():
        entity = entities.find(WAYBILL, "Acme")
        user = people.create(WAYBILL, "finance@example.com")
        people.grant(WAYBILL, user, Role.FINANCE, None)
        recurrence = Recurrence(kind=Frequency.DAILY, start_date=date(2030, 1, 1), at=time(2, 0))
        outputs = {Route.OTHER: Output(format="csv")}
        said = Instruction(name="nightly", on_behalf_of=user.id, recurrence=recurrence, outputs=outputs)
        schedules.create(WAYBILL, facilities.find(entity, facility), said)


def test_facility_create_leads_to_activate(waybill: Waybill) -> None:
    ran = waybill("facility", "create", "Bank files", "--set", "empty_file=yes")
    assert ran.out.splitlines()[0] == "created the facility Bank files for payable/main, a draft"
    following = ran.out.splitlines()[1].removeprefix("next: waybill ")
    ran = waybill(*shlex.split(following))
    assert (ran.code, ran.out.splitlines()[0]) == (0, "activated the facility Bank files for payable/main")
    shown = waybill.do("facility", "show")
    assert shown["state"] == "active"
    assert shown["effective_settings"]["empty_file"] is True
    assert shown["folder"] == f"{waybill.home}/pickup/folders/acme"


def test_facility_show_names_all_that_a_file_type_lacks(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Bank")
    formats = waybill.do("facility", "show")["formats"]
    assert formats["csv"] == "ready"
    assert "not set are nacha.immediate_destination, " in formats["nacha"]
    settings = waybill.do("facility", "settings")["items"]
    required = [item["key"] for item in settings if item["required"] and item["key"].startswith("nacha.")]
    assert required
    assert all(f"--set {key}=…" in formats["nacha"] for key in required)


def test_facility_test_tells_each_step_and_fails_with_the_first_that_does(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Bank")
    tried = waybill.do("facility", "test")
    assert (tried["ok"], tried["steps"][0]["gateway"], tried["steps"][0]["result"]) == (True, "pickup", "ok")
    waybill.do("facility", "edit", "--set", "other_gateway=sftp", "--set", "sftp.user=x",
               "--set", "sftp.host=127.0.0.1", "--set", "sftp.port=1")  # fmt: skip
    ran = waybill("facility", "test", "--json")
    assert (ran.code, ran.json["ok"], ran.json["steps"][-1]["step"]) == (1, False, "settings")
    known = [item for item in waybill.do("secret", "known")["items"] if item["name"].startswith("facility.")]
    assert [item["help"] for item in known] == ["sftp.password of the facility Bank of Acme"]
    secret = ran.json["steps"][-1]["remedy"].removeprefix("waybill ").split()
    waybill.do(*secret, "--from-stdin", stdin="s3cr3t\n")
    ran = waybill("facility", "test")
    assert ran.code == 1
    assert "x sftp connect: 127.0.0.1:1 cannot be reached: connection refused" in ran.out
    assert "s3cr3t" not in waybill("facility", "show").out + ran.out + ran.err


def test_facility_activate_shows_the_plan_and_wants_a_yes(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Old")
    waybill.do("facility", "create", "New")
    waybill.do("facility", "activate", "Old")
    schedule_nightly(waybill.home, "Old")
    ran = waybill("facility", "activate", "New")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "Activating New switches Old off.",
        "Its schedules are disabled: nightly.",
        "0 invoices wait for this destination and go with the next export.",
        "Go on?",
        "error: this needs a yes. Add --yes to do it without being asked",
    ]
    states = {item["name"]: item["state"] for item in waybill.do("facility", "list")["items"]}
    assert states == {"Old": "active", "New": "draft"}
    done = waybill.do("facility", "activate", "New", "--yes")
    assert (done["replaced"], done["schedules_disabled"], done["pending"]) == ("Old", ["nightly"], 0)
    states = {item["name"]: item["state"] for item in waybill.do("facility", "list")["items"]}
    assert states == {"Old": "inactive", "New": "active"}
    assert waybill.refused("facility", "activate", "New")["code"] == "conflict"


def test_facility_deactivate_with_schedules_wants_a_yes(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Old")
    waybill.do("facility", "activate")
    schedule_nightly(waybill.home, "Old")
    ran = waybill("facility", "deactivate")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "This disables the schedules: nightly. Go on?")
    assert waybill.do("facility", "deactivate", "--yes")["schedules_disabled"] == ["nightly"]


def test_facility_edit_sets_unsets_and_renames(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Old", "--set", "empty_file=yes")
    changed = waybill.do("facility", "edit", "--set", "posting_date=run_date_earliest",
                         "--unset", "empty_file", "--name", "New")  # fmt: skip
    assert (changed["name"], changed["settings"]) == ("New", {"posting_date": "run_date_earliest"})


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("nosuch=1", "unknown_setting"),
        ("empty_file=perhaps", "invalid_setting"),
        ("empty_file", "invalid_input"),
        ("other_file_name=../{job}", "invalid_input"),
        ("nacha.odfi=x", "invalid_setting"),
    ],
)
def test_facility_set_what_cannot_be_is_refused(waybill: Waybill, setting: str, code: str) -> None:
    assert waybill.refused("facility", "create", "Bank", "--set", setting)["code"] == code
    assert waybill.do("facility", "list")["items"] == []


def test_mapping_from_columns_and_from_its_own_layout_are_the_same(waybill: Waybill, tmp_path: Path) -> None:
    waybill.do("mapping", "create", "one", "--columns", "number,party.name=Vendor, totals.payable",
               "--set", "delimiter=;", "--set", "header=no")  # fmt: skip
    shown = waybill.do("mapping", "show", "one")
    assert shown["columns"] == ["Invoice number", "Vendor", "Amount due"]
    assert (shown["layout"]["delimiter"], shown["layout"]["header"]) == (";", False)
    path = tmp_path / "layout.json"
    path.write_text(json.dumps(shown["layout"]))
    waybill.do("mapping", "create", "two", "--file", str(path))
    assert waybill.do("mapping", "show", "two")["layout"] == shown["layout"]
    assert waybill.do("mapping", "edit", "two", "--file", str(path))["version"] == 1
    assert waybill.do("mapping", "edit", "two", "--columns", "number")["version"] == 2
    assert waybill.do("mapping", "show", "two", "--version", "1")["layout"] == shown["layout"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ('{"columns": ["nosuch"]}', "no such field"),
        ('{"columns": []}', "holds no column"),
    ],
)
def test_mapping_from_a_bad_file_says_what_is_wrong(
    waybill: Waybill, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "layout.json"
    path.write_text(text)
    assert said in waybill.refused("mapping", "create", "bad", "--file", str(path))["message"]


def test_mapping_delete_wants_a_yes(waybill: Waybill) -> None:
    waybill.do("mapping", "create", "one", "--columns", "number")
    assert waybill.refused("mapping", "delete", "one")["message"] == "this needs a yes"
    waybill.do("mapping", "delete", "one", "--yes")
    assert waybill.do("mapping", "list")["items"] == []


def test_mapping_fields_lists_everything_a_column_can_show(waybill: Waybill) -> None:
    assert [item["field"] for item in waybill.do("mapping", "fields")["items"]] == list(FIELDS)
    found = waybill.do("mapping", "fields", "--search", "amount due")["items"]
    assert [item["field"] for item in found] == ["totals.payable", "signed_payable", "totals.rounding"]


def test_format_list_is_what_the_formats_declare(waybill: Waybill) -> None:
    formats = {item["format"]: item for item in waybill.do("format", "list")["items"]}
    assert {"csv", "json", "nacha"} <= set(formats)
    assert (formats["nacha"]["routes"], formats["csv"]["uses_mapping"]) == (["ach"], True)
    assert "nacha.odfi" in [setting["key"] for setting in formats["nacha"]["settings"]]


def test_destination_create_opens_a_stream(waybill: Waybill) -> None:
    made = waybill.do("destination", "create", "payable/warehouse", "--since", "2026-01-01")
    assert (made["destination"], made["since"], made["pending"]) == ("payable/warehouse", "2026-01-01", 0)
    listed = [item["destination"] for item in waybill.do("destination", "list")["items"]]
    assert listed == ["payable/main", "payable/warehouse", "receivable/main"]
    assert waybill.refused("destination", "create", "payable/main")["code"] == "conflict"
    assert waybill.refused("destination", "create", "payable/two words")["code"] == "invalid_input"


def test_secret_is_taken_from_standard_input_and_never_shown(waybill: Waybill) -> None:
    assert "add --from-stdin" in waybill.refused("secret", "set", "mail.password")["remedy"]
    assert waybill.refused("secret", "set", "mail.password", "--from-stdin")["code"] == "invalid_input"
    waybill.do("secret", "set", "mail.password", "--from-stdin", stdin="s3cr3t\n")
    (item,) = waybill.do("secret", "list")["items"]
    assert (item["name"], item["changed_by"]) == ("mail.password", "root@example.com")
    assert datetime.fromisoformat(item["changed_at"]).tzinfo == UTC
    outputs = [waybill(*command).out for command in (("secret", "list"), ("audit", "list", "--json"))]
    assert not any("s3cr3t" in output for output in outputs)
    assert waybill.refused("secret", "delete", "mail.password")["message"] == "this needs a yes"
    waybill.do("secret", "delete", "mail.password", "--yes")
    assert waybill.do("secret", "list")["items"] == []
    assert [item["name"] for item in waybill.do("secret", "known")["items"]] == ["mail.password", "web.proxy"]


def test_facility_steps_say_what_is_done_and_missing(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Bank", "--set", "other_gateway=sftp", "--set", "sftp.user=x")
    steps = {step["step"]: step for step in waybill.do("facility", "steps", "Bank")["steps"]}
    assert list(steps) == ["system", "configuration", "authentication", "activate"]
    assert steps["system"]["done"]
    assert steps["configuration"]["missing"] == ["Host is not set"]
    text = waybill("facility", "steps").out
    assert "1 system          + done" in text
    assert "3 authentication  ! missing" in text
    assert "Password                               not stored" in text
    ran = waybill("facility", "activate")
    assert "warning: Its exports will fail: configuration is not done: Host is not set." in ran.err


def test_facility_systems_are_what_can_be_chosen(waybill: Waybill) -> None:
    found = {system["system"]: system for system in waybill.do("facility", "systems")["items"]}
    assert found["sftp"]["authentication"] == ["Password", "Private key"]
    assert "to authenticate: Password or Private key" in waybill("facility", "systems").out


def test_facility_list_says_how_each_does(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Bank")
    (item,) = waybill.do("facility", "list")["items"]
    assert (item["last_job"], item["last_export"], item["left_alone"]) == (None, None, [])


def test_facility_edit_of_nothing_is_wrong_usage(waybill: Waybill) -> None:
    waybill.do("facility", "create", "Bank")
    ran = waybill("facility", "edit", "Bank")
    assert (ran.code, "nothing is to be changed" in ran.err) == (2, True)
