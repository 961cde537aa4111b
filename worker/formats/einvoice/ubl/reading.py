"""Reads a UBL document back, to say what stands in it: shares nothing with what writes one."""

from __future__ import annotations

from lxml import etree

from models.fields import to_minor
from worker.formats.documents import Read

_CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
_CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
_SIGNS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": 1,
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": -1,
}


def read(data: bytes) -> Read:
    """Number, currency and amount to pay of the document, alone or in an envelope.

    Raises `ValueError` where there is none, or one that lacks what it must have.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"it is not well-formed XML: {error}") from error
    documents = [node for node in (root, *root) if node.tag in _SIGNS]
    if len(documents) != 1:
        raise ValueError(f"it holds {len(documents)} invoices or credit notes, not one")
    document = documents[0]
    number, currency = _text(document, f"{_CBC}ID"), _text(document, f"{_CBC}DocumentCurrencyCode")
    payable = _text(document, f"{_CAC}LegalMonetaryTotal/{_CBC}PayableAmount")
    if not document.findall(f"{_CAC}InvoiceLine") and not document.findall(f"{_CAC}CreditNoteLine"):
        raise ValueError("it has no lines")
    return Read(number, currency, _SIGNS[document.tag] * to_minor(payable, currency))


def _text(document: etree._Element, path: str) -> str:
    found = document.findtext(path)
    if not found:
        raise ValueError(f"it has no {path.rpartition('}')[2]}")
    return found
