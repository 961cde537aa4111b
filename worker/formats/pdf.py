"""PDF: an invoice or credit note as pages to be read and printed."""

from __future__ import annotations

from models.columns import Layout
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.documents import PACKING, DocumentFormat, Read
from worker.formats.einvoice.unknown import unknown
from worker.formats.pages import canvas, sheet
from worker.formats.pages.objects import File


class Pdf(DocumentFormat):
    """Pages with all that the document says to a reader: parties, references, lines, sums, payment, notes.

    Amounts are the document's own, with their currency's decimals; nothing is rounded. Latin, Greek,
    Cyrillic, Armenian and Georgian letters can be shown; an invoice with others fails and says which.
    """

    key = "pdf"
    title = "PDF"
    extension = "pdf"
    settings = (PACKING, *sheet.SETTINGS)

    def check_settings(self, values: sheet.Values, columns: Layout | None) -> list[Problem]:
        """Whether the logo can be drawn."""
        del columns
        return sheet.problems(values)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """Each term with a character that no font here has."""
        return sheet.findings(item, batch)

    def not_carried(self, item: Item, batch: Batch) -> list[str]:
        """What has no term of EN 16931."""
        del batch
        return list(unknown(item.document))

    def document(self, item: Item, batch: Batch) -> bytes:
        """The pages, drawn."""
        return canvas.drawn(sheet.pages(item, batch), batch.created)

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """Number and amount due as they are drawn on the pages."""
        return sheet.read(File.read(data), batch)
