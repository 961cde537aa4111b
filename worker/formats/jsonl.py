"""JSON Lines: the whole content of every invoice, a JSON document on each line and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from models.errors import InvalidInput
from models.fields import canonical_json, to_minor
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.json import invoice_line


class JsonLines(Format):
    """One JSON object a line, UTF-8, as programs read that take one invoice after the other.

    A line is what JSON has in its list of invoices: the version's content (EN 16931 terms) with `waybill`
    added. Without it, as canonical JSON, it has the SHA-256 `waybill.content_sha256`.
    """

    key = "jsonl"
    title = "JSON Lines"
    extension = "jsonl"
    routes = frozenset({OTHER})

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """Nothing: JSON carries whatever an invoice holds."""
        del item, batch
        return None

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """None, without looking at the items."""
        del items, batch
        return iter(())

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write a line an invoice."""
        text = io.TextIOWrapper(out, "utf-8", newline="")
        count, posting_date = 0, batch.posting_date.isoformat()
        sums: defaultdict[str, int] = defaultdict(int)
        for item in items():
            text.write(f"{invoice_line(item, posting_date)}\n")
            count += 1
            sums[item.currency] += item.signed
        text.flush()
        text.detach()
        return Totals(items=count, records=count, sums=dict(sums))

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Parse each line, and compare its content with the hash in it."""
        del batch
        count = 0
        sums: defaultdict[str, int] = defaultdict(int)
        with path.open(encoding="utf-8", newline="\n") as text:
            try:
                for count, line in enumerate(text, start=1):  # noqa: B007 - used after the loop
                    invoice = _whole(line)
                    minor = to_minor(invoice["waybill"]["payable"], invoice["currency"])
                    sums[invoice["currency"]] += minor
            except (ValueError, KeyError, TypeError, InvalidInput) as error:
                raise damaged(path, f"line {count}: {error}") from error
        return Totals(items=count, records=count, sums=dict(sums))


def _whole(line: str) -> dict[str, Any]:
    if not line.endswith("}\n"):
        raise ValueError("it does not end")
    invoice: dict[str, Any] = json.loads(line)
    content = canonical_json({key: value for key, value in invoice.items() if key != "waybill"})
    if hashlib.sha256(content.encode()).hexdigest() != invoice["waybill"]["content_sha256"]:
        raise ValueError("its content is not that of its hash")
    return invoice
