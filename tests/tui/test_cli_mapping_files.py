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
    copy = waybill.do("mapping", "import", str(file), "--name", "south")
    assert (copy["name"], copy["columns"]) == ("south", ["Invoice number", "Supplier"])
    file.write_text(file.read_text().replace("Supplier", "Vendor"))
    assert waybill.do("mapping", "import", str(file))["version"] == 2
    bare = tmp_path / "bare.json"
    bare.write_text('{"columns": ["number"]}')
    assert "names no mapping" in waybill.refused("mapping", "import", str(bare))["message"]


def test_mapping_preview_tries_columns_without_saving_them(waybill: Waybill) -> None:
    ran = waybill("mapping", "preview", "--columns", "number,issue_date", "--json")
    assert ran.code == 0
    assert ran.json["header"] == ["Invoice number", "Invoice date"]
    assert (ran.json["rows"], ran.json["pending"]) == ([], False)
    assert waybill("mapping", "list", "--json").items == []
    assert waybill("mapping", "preview").code == 2
