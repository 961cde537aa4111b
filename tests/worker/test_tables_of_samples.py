"""Real documents as tables, JSON and XML: every one is carried whole, or refused by name."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from models import mapping_ready
from models.columns import default_layout
from models.document_fields import FIELDS, Scope
from models.fields import amount_text
from tests.worker.edi_cases import sampled
from tests.worker.format_cases import batch, written
from worker.formats import Format, Item, load
from worker.formats.csv import Csv
from worker.formats.jsonl import JsonLines
from worker.formats.xlsx import Xlsx
from worker.formats.xml import Xml

EVERY = [path for path, field in FIELDS.items() if field.scope is not Scope.FILE]
BOOKED = {"columns": EVERY, "rows": "accounting"}


@pytest.fixture(scope="module")
def items(samples: Path) -> list[Item]:
    """Every sample document there is."""
    return list(sampled(samples))


def carried(format_: Format, of: object, items: list[Item]) -> tuple[list[Item], Counter[str]]:
    """What the format carries, and how many it refuses by which code."""
    problems = dict(format_.problems(items, of))  # type: ignore[arg-type]
    assert all(problem.reason and problem.remedy for problem in problems.values())
    refused = Counter(problem.code for problem in problems.values())
    return [item for item in items if item.item_id not in problems], refused


@pytest.mark.parametrize("format_", [Csv(), Xlsx()], ids=["csv", "xlsx"])
def test_every_sample_has_its_default_columns(tmp_path: Path, items: list[Item], format_: Format) -> None:
    of = batch(default_layout("other").to_dict())
    whole, refused = carried(format_, of, items)
    assert not refused
    path, totals = written(tmp_path, format_, of, whole)
    assert totals.items == len(items) > 100
    data = path.read_bytes()
    if isinstance(format_, Xlsx):
        rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(data)).active.values]
    else:
        rows = [list(row) for row in csv.reader(io.StringIO(data.decode(), newline=""))]
    place = rows[0].index("Amount due (signed)")
    shown = [Decimal(str(row[place])) for row in rows[1:]]
    assert shown == [Decimal(amount_text(item.signed, item.currency)) for item in items]


def test_every_sample_books_to_nothing_or_is_refused_by_name(tmp_path: Path, items: list[Item]) -> None:
    of = batch(BOOKED)
    whole, refused = carried(Csv(), of, items)
    assert set(refused) <= {"rows_unbalanced", "too_many_decimals", "amount_not_number", "value_unfit"}
    assert len(whole) > len(items) * 0.8
    _, totals = written(tmp_path, Csv(), of, whole)
    assert totals.control["row.amount"] == "0"
    assert totals.control["row.debit"] == totals.control["row.credit"]


@pytest.mark.parametrize("format_", [JsonLines(), Xml()], ids=["jsonl", "xml"])
def test_every_sample_is_carried_whole(tmp_path: Path, items: list[Item], format_: Format) -> None:
    whole, refused = carried(format_, batch(), items)
    assert not refused
    path, _ = written(tmp_path, format_, batch(), whole)
    if isinstance(format_, Xml):
        judge = etree.XMLSchema(etree.fromstring((format_.schema() or "").encode()))
        judge.assertValid(etree.parse(str(path)))
    else:
        with path.open(encoding="utf-8", newline="\n") as lines:
            contents = [{k: v for k, v in json.loads(line).items() if k != "waybill"} for line in lines]
        assert contents == [item.content for item in whole]


@pytest.mark.parametrize("key", [ready.key for ready in mapping_ready.listed()])
def test_every_sample_is_written_by_a_ready_mapping_or_refused_by_name(
    tmp_path: Path, items: list[Item], key: str
) -> None:
    ready = mapping_ready.find(key)
    format_, of = load()[ready.format], batch(ready.layout)
    whole, refused = carried(format_, of, items)
    assert len(whole) + sum(refused.values()) == len(items)
    assert written(tmp_path, format_, of, whole)[1].items == len(whole)
