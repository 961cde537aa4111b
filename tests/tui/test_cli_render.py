"""`waybill invoice render` and `waybill format`, as a person and a script meet them."""

from __future__ import annotations

import base64
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import people
from models.audit import WAYBILL
from models.database import connection, database, execute
from models.people import Role, User
from tests import thirdparty
from tests.conftest import ROOT, clean_environment
from tests.records import dump
from tests.tui.conftest import Waybill
from tests.tui.test_cli_export import HARBOUR, work_off
from tests.worker.export_site import make_site


@pytest.fixture
def site(waybill: Waybill) -> Iterator[Waybill]:
    """`waybill` beside which slips are installed, with invoices of Harbour; one that no slip can hold."""
    with connection(), thirdparty.on_path(thirdparty.slips()):
        site = make_site("Harbour Ltd")
        people.grant(WAYBILL, User.get(User.email == "root@example.com"), Role.FINANCE, None)
        site.invoice("A-1", "99.95")
        site.invoice("A" * 21)
        site.invoice("W-1", vendor="Wire Co")
        site.pay_by_ach("Wire Co")
    database.close()
    waybill.environment["PYTHONPATH"] = f"{ROOT}{os.pathsep}{thirdparty.slips()}"
    yield waybill
    database.close()


def test_render_writes_what_would_leave_and_keeps_nothing(site: Waybill) -> None:
    with connection():
        before = dump()
    ran = site("invoice", "render", "A-1", "--format", "slips", *HARBOUR)
    assert (ran.code, ran.out) == (0, "SLIP -\nNumber: A-1\nFor: Blue Ltd\nPay: 99.95 USD\n")
    assert ran.err == "note: these will differ when it is exported: the time in the file's name\n"
    with connection():
        assert dump() == before


def test_render_is_what_the_export_then_writes(site: Waybill) -> None:
    site.do("facility", "edit", "Bank files", "--set", "slips.numbered=yes", *HARBOUR)
    shown = site("invoice", "render", "A-1", "--format", "slips", *HARBOUR)
    assert "control number of slips/main (1 here)" in shown.err
    choice = ("--invoice", "A-1", "--other", "slips", "--ach", "", *HARBOUR)
    site.do("export", "run", *choice, "--yes", "--reason", "now")
    work_off(site)
    [file] = (site.home / "pickup" / "folders" / "harbour-ltd").iterdir()
    assert file.read_text() == shown.out
    assert site.do("format", "numbers")["items"] == [
        {"scope": "slips/main", "first": 1, "last": 1, "next": 2}
    ]


def test_render_with_findings_names_rule_term_and_remedy_and_fails(site: Waybill) -> None:
    ran = site("invoice", "render", "A" * 21, "--format", "slips", *HARBOUR)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: SLIP-1 BT-1: the number {'A' * 21} has 21 characters, and a slip takes 20. "
        "Send it by another file type\n"
    )
    told = site("invoice", "render", "A" * 21, "--format", "slips", "--json", *HARBOUR)
    [finding] = told.json["findings"]
    assert (told.code, told.json["file"], finding["code"]) == (1, None, "SLIP-1")
    assert (finding["term"], finding["value"]) == ("BT-1", "A" * 21)


@pytest.mark.parametrize(
    ("number", "key", "code"),
    [("W-1", "slips", "other_route"), ("A-1", "nacha", "other_route"), ("W-1", "nacha", None)],
)
def test_render_in_a_file_type_of_the_other_route_is_refused(
    site: Waybill, number: str, key: str, code: str | None
) -> None:
    shown = site("invoice", "render", number, "--format", key, "--json", *HARBOUR).json
    assert [finding["code"] for finding in shown["findings"]] == ([] if code is None else [code])


def test_render_of_a_draft_says_that_it_would_not_leave(site: Waybill) -> None:
    with connection():
        execute("UPDATE invoice SET status = 'draft' WHERE number = 'A-1'")
    database.close()
    ran = site("invoice", "render", "A-1", "--format", "json", *HARBOUR)
    assert ran.code == 1
    assert "not_ready: invoice A-1 is draft" in ran.err


def test_render_into_a_file_never_replaces_one(site: Waybill, tmp_path: Path) -> None:
    out = tmp_path / "a.slip"
    command = ("invoice", "render", "A-1", "--format", "slips", "--out", str(out), *HARBOUR)
    assert site(*command).out == ""
    assert out.read_text().startswith("SLIP -\nNumber: A-1\n")
    assert "is there already" in site.refused(*command)["message"]


def test_render_with_settings_for_this_time_changes_no_facility(site: Waybill) -> None:
    command = ("invoice", "render", "A-1", "--format", "slips", *HARBOUR)
    shown = site(*command, "--set", "numbered=yes", "--set", "slips.shop=harbour").err
    assert "control number of slips/harbour" in shown
    assert "control number" not in site(*command).err
    assert "no setting slips.colour" in site.refused(*command, "--set", "colour=red")["message"]


def test_render_needs_no_facility_where_all_settings_have_defaults(waybill: Waybill) -> None:
    waybill.do("import", str(ROOT / "scripts/demo/invoices/ubl/QR10001.xml"), "--direction", "receivable")
    [invoice] = waybill.do("invoice", "list")["items"]
    shown = waybill("invoice", "render", str(invoice["id"]), "--format", "json")
    assert (shown.code, invoice["number"] in shown.out) == (0, True)
    refused = waybill.refused("invoice", "render", str(invoice["id"]), "--format", "edifact")
    assert refused["code"] == "missing_setting"
    assert "--set KEY=VALUE" in refused["remedy"]


def test_render_of_an_unknown_file_type_names_the_list(site: Waybill) -> None:
    refused = site.refused("invoice", "render", "A-1", "--format", "clay", *HARBOUR)
    assert (refused["message"], refused["remedy"]) == (
        "there is no file type clay",
        "see: waybill format list",
    )


def test_binary_file_is_kept_from_a_terminal_and_whole_in_json(site: Waybill) -> None:
    command = ["invoice", "render", "A-1", "--format", "xlsx", *HARBOUR]
    told = site(*command, "--json").json["file"]
    assert base64.b64decode(told["content_base64"]).startswith(b"PK")
    ours, theirs = pty.openpty()
    environment = clean_environment() | {"WAYBILL_HOME": str(site.home)} | site.environment
    program = [sys.executable, "-c", "from tui.cli import main; main()", *command]
    done = subprocess.run(
        program, cwd=ROOT, env=environment, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 1
    assert "--out FILE" in done.stderr


def test_format_of_another_package_is_listed_described_and_set(site: Waybill) -> None:
    [slips] = [item for item in site.do("format", "list")["items"] if item["format"] == "slips"]
    assert (slips["title"], slips["routes"], slips["one_each"]) == ("Remittance slips", ["other"], True)
    shop = slips["settings"][-1]
    assert (shop["key"], shop["default"]) == ("slips.shop", "main")
    assert shop["when"] == {"setting": "numbered", "is": "yes"}
    text = site("format", "show", "slips").out
    assert "one file for every document" in text
    assert "slips.shop (default main)" in text
    keys = {item["key"] for item in site.do("facility", "settings")["items"]}
    assert {"slips.packing", "slips.numbered", "slips.shop", "document_file_name"} <= keys
    assert site.refused("format", "show", "clay")["code"] == "not_found"


def test_format_schema_prints_the_schema_of_those_that_have_one(waybill: Waybill) -> None:
    assert "urn:waybill:invoices" in waybill("format", "schema", "xml").out
    assert waybill.refused("format", "schema", "csv")["code"] == "not_found"


def test_numbers_go_on_from_another_systems_with_a_reason(site: Waybill) -> None:
    command = ("format", "go-on-from", "slips/main", "4711")
    assert site(*command).code == 2
    assert site.do(*command, "--reason", "the old system had 4710")["next"] == 4711
    [act] = [one for one in site.do("audit", "list")["items"] if one["subject"] == "control numbers"]
    assert (act["reason"], act["after"]) == ("the old system had 4710", {"next": 4711})
