"""Mappings tried before they are saved, and taken from one installation to another."""

from __future__ import annotations

from pathlib import Path

from tests.tui.conftest import Waybill


def test_mapping_goes_to_a_file_and_back(waybill: Waybill, tmp_path: Path) -> None:
    waybill.do("mapping", "create", "north", "--columns", "number,party.name=Supplier")
    file = tmp_path / "north.json"
    waybill.do("mapping", "export", "north", str(file))
    assert waybill.refused("mapping", "export", "north", str(file))["message"].endswith("is there already")
    assert waybill.do("mapping", "import", str(file))["version"] == 1
    assert "says so already" in waybill("mapping", "import", str(file)).out
    copy = waybill.do("mapping", "import", str(file), "--name", "south")
    assert (copy["name"], copy["columns"]) == ("south", ["Invoice number", "Supplier"])
    file.write_text(file.read_text().replace("Supplier", "Vendor"))
    assert waybill.do("mapping", "import", str(file))["version"] == 2
    bare = tmp_path / "bare.json"
    bare.write_text('{"columns": ["number"]}')
    assert "names no mapping" in waybill.refused("mapping", "import", str(bare))["message"]


def test_mapping_import_over_one_that_a_schedule_uses_says_so(waybill: Waybill, tmp_path: Path) -> None:
    waybill.do("mapping", "create", "north", "--columns", "number,party.name=Supplier")
    file = tmp_path / "north.json"
    waybill.do("mapping", "export", "north", str(file))
    waybill("facility", "create", "ERP")
    waybill("facility", "activate", "ERP", "--yes")
    waybill("user", "grant", "root@example.com", "finance")
    person = ("--on-behalf-of", "root@example.com")
    made = waybill("schedule", "create", "nightly", "--every", "daily", "--at", "02:00", *person,
                   "--other", "csv", "--other-mapping", "north")  # fmt: skip
    assert made.code == 0, made.err
    assert "nightly" not in waybill("mapping", "import", str(file)).err, "nothing changed"
    file.write_text(file.read_text().replace("Supplier", "Vendor"))
    ran = waybill("mapping", "import", str(file))
    assert "now version 2" in ran.out
    assert "from now on these schedules write so: nightly" in ran.err


def test_mapping_preview_tries_columns_without_saving_them(waybill: Waybill) -> None:
    ran = waybill("mapping", "preview", "--columns", "number,issue_date", "--json")
    assert ran.code == 0
    assert ran.json["header"] == ["Invoice number", "Invoice date"]
    assert (ran.json["rows"], ran.json["pending"]) == ([], False)
    assert waybill("mapping", "list", "--json").items == []
    assert waybill("mapping", "preview").code == 2


def test_mapping_diff_says_what_changed_between_two_versions(waybill: Waybill) -> None:
    waybill.do("mapping", "create", "north", "--columns", "number,party.name")
    waybill.do("mapping", "edit", "north", "--columns", "number,party.name=Supplier")
    waybill.do("mapping", "edit", "north", "--columns", "number,party.name=Supplier", "--set", "delimiter=;")
    told = waybill.do("mapping", "diff", "north")
    assert (told["from"], told["to"], told["changes"]) == (2, 3, ["delimiter ',' -> ';'"])
    told = waybill.do("mapping", "diff", "north", "--from", "1", "--to", "2")
    assert told["changes"] == ["column 'Supplier': header 'Party name' -> 'Supplier'"]
    assert "are the same" in waybill("mapping", "diff", "north", "--from", "3").out
    assert "no version 9" in waybill.refused("mapping", "diff", "north", "--to", "9")["message"]


def test_mapping_rename_and_an_edit_of_nothing(waybill: Waybill) -> None:
    waybill.do("mapping", "create", "north", "--columns", "number")
    assert waybill.do("mapping", "rename", "north", "south")["name"] == "south"
    assert waybill("mapping", "edit", "south").code == 2


def test_mapping_fields_are_found_by_what_they_are(waybill: Waybill) -> None:
    found = waybill("mapping", "fields", "--search", "paid in advance", "--json").items
    assert [(item["field"], item["about"]) for item in found] == [
        ("totals.paid", "What was paid in advance (BT-113).")
    ]
