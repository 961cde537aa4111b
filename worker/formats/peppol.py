"""Peppol BIS Billing 3.0: the e-invoice of the Peppol network, as UBL 2.1 invoice or credit note."""

from __future__ import annotations

from typing import ClassVar

from models.catalogue import Setting, SettingKind
from models.invoice_document import Document
from worker.formats import Batch, Item, Problem
from worker.formats.documents import PACKING, DocumentFormat, Read
from worker.formats.einvoice import rules, xml
from worker.formats.einvoice.completed import complete
from worker.formats.einvoice.peppol import envelope
from worker.formats.einvoice.peppol import rules as profile
from worker.formats.einvoice.peppol.document import written
from worker.formats.einvoice.peppol.envelope import Sending
from worker.formats.einvoice.peppol.not_carried import not_carried
from worker.formats.einvoice.peppol.prepared import prepare
from worker.formats.einvoice.ubl import reading

ENVELOPE = Setting(
    name="envelope",
    title="Envelope",
    help="none: the invoice alone; sbdh: in the envelope (SBDH) that access points of the network exchange",
    kind=SettingKind.CHOICE,
    default="none",
    choices=("none", "sbdh"),
)


class Peppol(DocumentFormat):
    """One UBL 2.1 document each, by the rules of May 2026 (EN 16931, Peppol and the seller's country).

    What breaks a rule fails the invoice. What it has no place for is said by `waybill invoice render`.
    """

    key = "peppol"
    title = "Peppol BIS Billing 3.0"
    extension = "xml"
    settings = (PACKING, ENVELOPE)
    specification: ClassVar[str] = (
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    )
    process: ClassVar[str] = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
    types: ClassVar[tuple[str, str]] = ("peppol_invoice_types", "peppol_credit_note_types")
    """Code lists of the types an invoice and a credit note may have."""
    sender: ClassVar[str] = "seller"
    """Who sends it."""

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """Everything in which the item breaks the rules of its syntax, of EN 16931 and of the profile."""
        given = item.document
        found = xml.problems(given, item.content_json)
        if found:  # what is blank looks as if it were there
            return found
        document = self._prepared(given, item)
        found = rules.check(document) + profile.check(document, self.types) + self.more(document, item)
        if batch.settings.get(ENVELOPE.name) == "sbdh":
            found += envelope.check(document, self.sender, found)
        return list(dict.fromkeys(found))

    def more(self, document: Document, item: Item) -> list[Problem]:
        """Rules of this profile alone."""
        del item
        return profile.check_national(document)

    def document(self, item: Item, batch: Batch) -> bytes:
        """The document, in its envelope where the settings say so."""
        document = self._prepared(item.document, item)
        text = written(document, self.specification, self.process)
        if batch.settings.get(ENVELOPE.name) == "sbdh":
            name = f"{batch.job_id}/{item.item_id}/{self.key}"
            sending = Sending(self.sender, self.specification, self.process, batch.created, name)
            text = envelope.enveloped(text, document, sending)
        return text.encode()

    def read_document(self, data: bytes, batch: Batch) -> Read:
        """Number, currency and amount to pay, by a parser."""
        del batch
        return reading.read(data)

    def not_carried(self, item: Item, batch: Batch) -> list[str]:
        """What of the item has no place in the profile and no weight in law."""
        del batch
        return not_carried(complete(item.document, item.direction))

    def _prepared(self, document: Document, item: Item) -> Document:
        return prepare(complete(document, item.direction))
