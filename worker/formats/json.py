"""JSON: the whole content of every invoice, one invoice per line of the text."""

from __future__ import annotations

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, BinaryIO

from models.errors import InvalidInput
from models.fields import amount_text, canonical_json, to_minor
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged

_HEAD = '{"batch":'
_OPEN = ',"invoices":['
_CLOSE = '],"totals":'


class Json(Format):
    """One JSON document, UTF-8:

        {"batch": {"created", "entity", "file_name", "job_id", "posting_date"},
         "invoices": [{"waybill": {"invoice_id", "party_number", "party_name", "direction", "posting_date",
                                   "payable", "content_sha256"},
                       "number": ..., "totals": ..., "lines": ..., ...}],
         "totals": {"amounts": {"EUR": "12.50"}, "invoices": 1}}

    An invoice is its version's content (EN 16931 terms) with `waybill` added: without it, as canonical
    JSON, it has the SHA-256 `content_sha256`. `waybill.payable` and the totals are signed: credit notes
    negative. Totals stand last because they are counted while the invoices stream by.
    """

    key = "json"
    title = "JSON"
    extension = "json"
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
        """Write the document, each invoice on a line of its own."""
        text = io.TextIOWrapper(out, "utf-8", newline="")
        text.write(f"{_HEAD}{canonical_json(_described(batch))}{_OPEN}")
        count = 0
        sums: defaultdict[str, int] = defaultdict(int)
        posting_date = batch.posting_date.isoformat()
        for item in items():
            text.write(",\n" if count else "\n")
            text.write(invoice_line(item, posting_date))
            count += 1
            sums[item.currency] += item.signed
        text.write(f"\n{_CLOSE}{canonical_json(_totals(count, sums))}}}\n")
        text.flush()
        text.detach()
        return Totals(items=count, records=count, sums=dict(sums))

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Parse the text line by line, and compare the totals in it with those of its invoices."""
        with path.open(encoding="utf-8", newline="\n") as text:
            try:
                return _read(text, _described(batch))
            except (ValueError, KeyError, TypeError, InvalidInput) as error:
                raise damaged(path, str(error)) from error


def _described(batch: Batch) -> dict[str, Any]:
    return {
        "created": f"{batch.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "entity": batch.entity,
        "file_name": batch.file_name,
        "job_id": batch.job_id,
        "posting_date": batch.posting_date.isoformat(),
    }


def _totals(count: int, sums: dict[str, int]) -> dict[str, Any]:
    return {"amounts": {code: amount_text(minor, code) for code, minor in sums.items()}, "invoices": count}


def invoice_line(item: Item, posting_date: str) -> str:
    """The content of an invoice with what Waybill says about it, as JSON without a line break."""
    content = item.content_json
    about = {
        "invoice_id": item.invoice_id,
        "party_number": item.party_number,
        "party_name": item.party_name,
        "direction": item.direction,
        "posting_date": posting_date,
        "payable": amount_text(item.signed, item.currency),
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
    }
    # The content goes out as the very text that was hashed: neither parsed nor written anew.
    rest = "" if content == "{}" else ","
    return f'{{"waybill":{json.dumps(about, ensure_ascii=False, separators=(",", ":"))}{rest}{content[1:]}'


def _read(text: io.TextIOWrapper, described: dict[str, Any]) -> Totals:
    first = text.readline()
    if not first.startswith(_HEAD) or not first.endswith(f"{_OPEN}\n"):
        raise ValueError("the first line does not open a batch")
    if json.loads(first[len(_HEAD) : -len(_OPEN) - 1]) != described:
        raise ValueError("the batch named in the file is another one")
    sums: defaultdict[str, int] = defaultdict(int)
    for count, line in enumerate(text):
        if line.startswith(_CLOSE):
            _check_end(line + text.read(), count, sums)
            return Totals(items=count, records=count, sums=dict(sums))
        invoice = json.loads(line.rstrip(",\n"))
        sums[invoice["currency"]] += to_minor(invoice["waybill"]["payable"], invoice["currency"])
    raise ValueError("the file ends before its totals")


def _check_end(line: str, count: int, sums: dict[str, int]) -> None:
    if not line.endswith("}\n") or json.loads(line[len(_CLOSE) : -2]) != _totals(count, sums):
        raise ValueError(f"the totals at its end are not those of its {count} invoices")
