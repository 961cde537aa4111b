"""Tables: XLSX, CSV, JSON Lines and XML of many rows, beside the csv module and XlsxWriter alone.

Ten lines to an invoice, fifteen columns, streamed as an export reads them: making the items is part of every
time but those of the peers, which get rows that are ready. XlsxWriter is measured where it is installed.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from models.columns import Layout
from models.fields import canonical_json
from scripts.benchmark.engine import Line
from worker.formats import Batch, Format, Item, Totals
from worker.formats.csv import Csv
from worker.formats.jsonl import JsonLines
from worker.formats.xlsx import Xlsx
from worker.formats.xml import Xml

_LINES = 10
_RUNS = 3
_OF_INVOICE = ("party.number", "party.name", "document_type", "number", "issue_date", "due_date")
_COLUMNS = {
    "line": (*_OF_INVOICE, "posting_date", "currency", "signed_payable", "line.id", "line.item.name",
             "line.quantity", "line.price", "line.net", "line.accounting_reference"),
    "invoice": (*_OF_INVOICE, "posting_date", "currency", "signed_payable", "invoice_id", "entity.name",
                "account.name", "account.number", "account.routing", "totals.payable"),
}  # fmt: skip


def measure(folder: Path) -> list[Line]:
    """The figures; the memory is that of the whole process after the million rows."""
    xlsx, path = Xlsx(), folder / "bench"
    sheet = median(_written(xlsx, path, "line", 10_000) for _ in range(_RUNS))
    read = _seconds(lambda: xlsx.read_back(path, _batch("line")))
    looked = _seconds(lambda: _look(xlsx, "line", 10_000))
    lines = _written(Csv(), path, "line", 100_000)
    back = _seconds(lambda: Csv().read_back(path, _batch("line")))
    invoices = _written(Csv(), path, "invoice", 1_000_000)
    json, xml = (_written(each, path, "line", 10_000) for each in (JsonLines(), Xml()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    floor = _seconds(lambda: _bare_csv(path))
    return [
        _most("XLSX, 100,000 rows of 15 columns", sheet, 2.5, _xlsx_writer(path)),
        _plain("  looked at beforehand", looked),
        _plain("  read back", read),
        _most("CSV, 1,000,000 rows of 15, a row a line", lines, 8, f"csv.writer, rows ready: {floor:.2f} s"),
        _plain("  read back", back),
        _most("CSV, 1,000,000 invoices, a row each", invoices, 8, "the items are made meanwhile"),
        _plain("JSON Lines, 10,000 invoices of ten lines", json),
        _plain("XML by its schema, the same", xml),
        Line("  peak memory of all that", f"{peak:.0f} MiB", "<= 64 MiB", peak <= 64),
    ]


def _most(name: str, seconds: float, aim: float, beside: str) -> Line:
    return Line(name, f"{seconds:.2f} s", f"<= {aim:g} s", seconds <= aim, beside)


def _plain(name: str, seconds: float) -> Line:
    return Line(name, f"{seconds:.2f} s")


def _written(format_: Format, path: Path, rows: str, invoices: int) -> float:
    """Seconds of the processor to write so many invoices; on a busy machine the clock tells of others."""
    batch = _batch(rows)

    def write() -> Totals:
        with path.open("wb") as out:
            return format_.write(batch, lambda: _items(invoices), out)

    return _seconds(write)


def _look(format_: Format, rows: str, invoices: int) -> None:
    if any(True for _ in format_.problems(_items(invoices), _batch(rows))):
        raise RuntimeError("an item of the benchmark cannot be carried")


def _seconds(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def _batch(rows: str) -> Batch:
    return Batch(
        entity="Bench",
        route="other",
        job_id=1,
        file_name="bench",
        created=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        posting_date=date(2026, 3, 2),
        columns=Layout.from_dict({"columns": _COLUMNS[rows], "rows": rows}),
    )


def _items(count: int) -> Iterator[Item]:
    names = [
        {"id": str(line), "item": {"name": f"Rope, {line}0 m"}, "quantity": "3", "price": "12.50"}
        | {"net": "37.50", "accounting_reference": f"{4000 + line}"}
        for line in range(1, _LINES + 1)
    ]
    content = canonical_json({"currency": "EUR", "totals": {"payable": "375.00"}, "lines": names})
    for number in range(count):
        party = number // 10
        # fmt: off
        yield Item(
            number, number, "payable", "invoice", f"INV-{number:07d}", party, f"S-{party}",
            f"Supplier {party}, Ltd", "2026-01-01", "2026-02-01", "EUR", 37_500, None, content,
        )
        # fmt: on


def _row(number: int) -> list[str]:
    party = number // 100
    return [
        f"S-{party}", f"Supplier {party}, Ltd", "invoice", f"INV-{number // 10:07d}", "2026-01-01",
        "2026-02-01", "2026-03-02", "EUR", "375.00", str(number % 10), f"Rope, {number % 10}0 m", "3",
        "12.50", "37.50", "4001",
    ]  # fmt: skip


def _bare_csv(path: Path) -> None:
    ready = [_row(number) for number in range(1_000)]
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        for _ in range(1_000):
            writer.writerows(ready)


def _xlsx_writer(path: Path) -> str:
    if importlib.util.find_spec("xlsxwriter") is None:
        return "XlsxWriter is not installed here"

    def write() -> None:
        workbook = importlib.import_module("xlsxwriter").Workbook(str(path), {"constant_memory": True})
        sheet = workbook.add_worksheet()
        for number in range(100_000):
            for column, text in enumerate(_row(number)):
                if column in (8, 11, 12, 13):
                    sheet.write_number(number, column, float(text))
                else:
                    sheet.write_string(number, column, text)
        workbook.close()

    return f"XlsxWriter, constant memory: {_seconds(write):.2f} s"
