"""OIOUBL 2.1: the Danish e-invoice of NemHandel, as UBL 2.1 invoice or credit note."""

from __future__ import annotations

from models.invoice_document import Document
from worker.formats import Batch, Item, Problem
from worker.formats.documents import PACKING, DocumentFormat, Read
from worker.formats.einvoice import xml
from worker.formats.einvoice.completed import complete
from worker.formats.einvoice.oioubl import rules
from worker.formats.einvoice.oioubl.document import PROCESS, SPECIFICATION, written
from worker.formats.einvoice.oioubl.not_carried import not_carried
from worker.formats.einvoice.oioubl.prepared import prepare
from worker.formats.einvoice.peppol import envelope
from worker.formats.einvoice.peppol.envelope import Sending
from worker.formats.einvoice.ubl import reading
from worker.formats.peppol import ENVELOPE


class Oioubl(DocumentFormat):
    """One UBL 2.1 document each, by the rules of schematron release 1.17 (May 2026).

    What breaks a rule fails the invoice. What it has no place for is said by `waybill invoice render`.
    """

    key = "oioubl"
    title = "OIOUBL 2.1"
    extension = "xml"
    settings = (PACKING, ENVELOPE)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """Everything in which the item breaks the rules of its syntax and of OIOUBL."""
        given = item.document
        found = xml.problems(given, item.content_json)
        if found:  # what is blank looks as if it were there
            return found
        document = self._prepared(given, item)
        found = rules.check(document)
        if batch.settings.get(ENVELOPE.name) == "sbdh":
            found += envelope.check(document, "seller", found)
        return list(dict.fromkeys(found))

    def document(self, item: Item, batch: Batch) -> bytes:
        """The document, in its envelope where the settings say so."""
        document = self._prepared(item.document, item)
        text = written(document)
        if batch.settings.get(ENVELOPE.name) == "sbdh":
            name = f"{batch.job_id}/{item.item_id}/{self.key}"
            sending = Sending("seller", SPECIFICATION, PROCESS, batch.created, name)
            text = envelope.enveloped(text, document, sending)
        return text.encode()

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """Number, currency and amount to pay, by a parser."""
        del batch
        return reading.read(data)

    def not_carried(self, item: Item, batch: Batch) -> list[str]:
        """What of the item has no place in OIOUBL and no weight in law."""
        del batch
        return not_carried(complete(item.document, item.direction))

    def _prepared(self, document: Document, item: Item) -> Document:
        return prepare(complete(document, item.direction))
