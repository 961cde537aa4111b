"""UN/CEFACT Cross Industry Invoice (CII) D16B, as EN 16931 uses it.

    prepared    a document in the codes that this syntax has; checked and written like that
    rules       what the shared rules of EN 16931 leave to a syntax
    left_out    what has no place, in sentences
    document    the whole document, in the schema's three blocks
    parties     whoever has a part in it
    lines       what is invoiced
    money       how it is paid, VAT, allowances and charges, totals
    parts       elements as text, and the profiles
    reading     what stands in a document, read by code of its own

The format `facturx` puts the same document into a PDF.
"""

from __future__ import annotations

from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.cii import document, reading, rules
from worker.formats.cii.left_out import left_out
from worker.formats.cii.parts import CII
from worker.formats.cii.prepared import prepare
from worker.formats.documents import DocumentFormat, Read
from worker.formats.einvoice.completed import complete


class Cii(DocumentFormat):
    """An invoice or credit note as a Cross Industry Invoice of EN 16931's core."""

    key = "cii"
    title = "CII (EN 16931)"
    extension = "xml"

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """The rules of EN 16931 that it breaks, and what this syntax cannot carry."""
        del batch
        return rules.check(prepare(item.document, item.direction), item.content_json, CII)

    def not_carried(self, item: Item, batch: Batch) -> list[str]:
        """Terms without a place here: the network of a card, numbers of one's own books."""
        del batch
        return left_out(complete(item.document, item.direction), CII)

    def document(self, item: Item, batch: Batch) -> bytes:
        """The XML, in UTF-8."""
        del batch
        return document.written(prepare(item.document, item.direction), CII)

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """Number, currency and amount to pay."""
        del batch
        return reading.read(data)
