"""Ready mappings, expressions and checks from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from lxml import etree

from tests.tui.conftest import Waybill


def test_mapping_begins_with_a_ready_one_and_says_what_to_look_at(waybill: Waybill) -> None:
    found = {item["name"]: item for item in waybill("mapping", "ready", "--json").items}
    assert found["xero-bills"]["format"] == "csv"
    ran = waybill("mapping", "create", "bills", "--from", "xero-bills", "--set", "date_format=MM/DD/YYYY")
    assert (ran.code, "500 documents" in ran.err) == (0, True)
    layout = waybill("mapping", "show", "bills", "--json").json["layout"]
    assert (layout["document_limit"], layout["date_format"]) == (500, "MM/DD/YYYY")
    assert "if_empty(row.account" in waybill("mapping", "show", "bills").out
    assert "Xero takes 500" in waybill("mapping", "ready", "xero-bills").out
    assert "xero-bills" in waybill.refused("mapping", "create", "x", "--from", "xero")["remedy"]
    assert waybill("mapping", "create", "x", "--from", "xero-bills", "--columns", "number").code == 2


def test_mapping_functions_are_told_with_examples(waybill: Waybill) -> None:
    found = {item["function"]: item["example"] for item in waybill("mapping", "functions", "--json").items}
    assert found["cents"] == "cents(totals.payable)"


def test_mapping_check_names_everything_wrong_by_column(waybill: Waybill, tmp_path: Path) -> None:
    file = tmp_path / "layout.json"
    columns = ["number", "nubmer", {"header": "Ref", "value": "concat(number"}, {"header": "x"}]
    file.write_text(json.dumps({"columns": columns}))
    ran = waybill("mapping", "check", "--file", str(file), "--json")
    assert ran.code == 1
    assert [(item["place"], item["column"]) for item in ran.items] == [(2, "nubmer"), (3, "Ref"), (4, "x")]
    assert "character 14" in ran.items[1]["message"]
    assert "column 3 'Ref'" in waybill("mapping", "check", "--file", str(file)).err
    waybill.do("mapping", "create", "north", "--columns", "number,party.name")
    assert waybill("mapping", "check", "north").out == "1 checked, 0 findings\n"


def test_import_warns_when_a_mapped_column_is_no_longer_given(waybill: Waybill, tmp_path: Path) -> None:
    def invoice(number: str, **custom: str) -> str:
        return json.dumps(
            {
                "number": number,
                "issue_date": "2026-11-02",
                "currency": "USD",
                "seller": {"name": "Lanternfish Freight"},
                "buyer": {"name": "Kittiwake"},
                "totals": {"payable": "120.00"},
                "custom": custom,
            }
        )

    file = tmp_path / "invoices.jsonl"
    file.write_text(invoice("A-1", centre="7") + "\n")
    first = waybill("import", str(file), "--direction", "payable")
    assert (first.code, "warning" in first.err) == (0, False)
    waybill.do("mapping", "create", "north", "--columns", "number,custom.centre=Centre")
    file.write_text(invoice("A-2", centre="8") + "\n")
    assert "custom.centre" not in waybill("import", str(file), "--direction", "payable").err
    file.write_text(invoice("A-3") + "\n")
    assert waybill("import", str(file), "--direction", "payable").err == "", "nothing writes with it yet"
    waybill.do("user", "create", "fin@example.com", "--role", "finance")
    waybill.do("facility", "create", "Bills")
    waybill.do("facility", "activate", "Bills", "--yes")
    daily = ("--every", "daily", "--at", "02:00", "--on-behalf-of", "fin@example.com")
    waybill.do("schedule", "create", "nightly", *daily, "--other", "csv", "--other-mapping", "north")
    file.write_text(invoice("A-4") + "\n")
    told = waybill("import", str(file), "--direction", "payable").err
    assert "used by: nightly" in told
    assert "the mapping north shows custom.centre in its column 'Centre'" in told
    assert "invoices without it fail" in told
    ran = waybill("mapping", "edit", "north", "--columns", "number,custom.cents=Cents")
    assert "no document of late has custom.cents" in ran.err
    found = waybill("mapping", "check", "north", "--json")
    assert (found.code, [item["column"] for item in found.items][:1]) == (1, ["Cents"])


def test_format_schema_of_xml_is_a_schema(waybill: Waybill) -> None:
    assert etree.XMLSchema(etree.fromstring(waybill("format", "schema", "xml").out.encode()))
