"""XML: the whole content of every invoice, by a schema of its own (`waybill format schema xml`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from models.errors import InvalidInput
from models.fields import amount_text, content_digest
from models.invoice_document import Document
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.xml import reading, schema
from worker.formats.xml.writing import IMPOSSIBLE, element, elements

_BLOCK = 200


class Xml(Format):
    """One XML document, UTF-8, in the name space `urn:waybill:invoices:1`: batch, invoices, totals.

    An invoice has `waybill` (what Waybill says of it) and the terms of its version's content in the order of
    the schema. What has no term stands in `custom` and `more`, under the name its source gives it. Nothing is
    lost: reading a file back makes the same content, by its SHA-256.
    """

    key = "xml"
    title = "XML"
    extension = "xml"
    routes = frozenset({OTHER})

    @staticmethod
    def schema() -> str:
        """The published schema."""
        return schema.text()

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """A character that XML cannot write."""
        del batch
        found = IMPOSSIBLE.search(_element(item, ""))
        if found is None:
            return None
        named = f"invoice {item.number} of {item.party_name}"
        return Problem(
            code="character_not_carried",
            reason=f"{named} has the character U+{ord(found[0]):04X}, which XML cannot hold",
            remedy="take it out of the invoice, or choose JSON",
        )

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the document, each invoice on a line of its own."""
        sums: defaultdict[str, int] = defaultdict(int)
        posting_date, count = batch.posting_date.isoformat(), 0

        def lines() -> Iterator[str]:
            nonlocal count
            for item in items():
                count += 1
                sums[item.currency] += item.signed
                yield f"{_element(item, posting_date)}\n"

        described = "".join(element(name, text) for name, text in _described(batch).items())
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<invoices xmlns="{schema.NAMESPACE}">\n'
        out.write(f"{head}<batch>{described}</batch>\n".encode())
        for block in _blocks(lines()):
            out.write(block)
        amounts = "".join(
            f'<amount currency="{code}">{amount_text(minor, code)}</amount>' for code, minor in sums.items()
        )
        out.write(f"<totals>{element('invoices', count)}{amounts}</totals>\n</invoices>\n".encode())
        return Totals(items=count, records=count, sums=dict(sums))

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Hold the document against its schema, each invoice against its hash, and add them up."""
        try:
            return reading.read(path, _described(batch))
        except (ValueError, KeyError, InvalidInput) as error:
            raise damaged(path, str(error)) from error


def _described(batch: Batch) -> dict[str, str]:
    return {
        "created": f"{batch.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "entity": batch.entity,
        "file_name": batch.file_name,
        "job_id": str(batch.job_id),
        "posting_date": batch.posting_date.isoformat(),
    }


def _element(item: Item, posting_date: str) -> str:
    about = {
        "invoice_id": item.invoice_id,
        "party_number": item.party_number,
        "party_name": item.party_name,
        "direction": item.direction,
        "posting_date": posting_date,
        "payable": amount_text(item.signed, item.currency),
        "content_sha256": content_digest(item.content_json),
    }
    said = "".join(element(name, value) for name, value in about.items())
    return f"<invoice><waybill>{said}</waybill>{''.join(elements(Document, item.content))}</invoice>"


def _blocks(texts: Iterable[str]) -> Iterator[bytes]:
    given = iter(texts)
    while block := "".join(islice(given, _BLOCK)):
        yield block.encode()
