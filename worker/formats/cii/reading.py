"""Reads a Cross Industry Invoice back, to say what stands in it: shares nothing with what writes one."""

from __future__ import annotations

from typing import Final

from lxml import etree

from models.fields import to_minor
from worker.formats.documents import Read
from worker.sources.content import CREDIT_NOTE_CODES

_UN: Final = "urn:un:unece:uncefact:data:standard:"
_RSM: Final = f"{{{_UN}CrossIndustryInvoice:100}}"
_RAM: Final = f"{{{_UN}ReusableAggregateBusinessInformationEntity:100}}"
_SETTLEMENT: Final = f"{_RSM}SupplyChainTradeTransaction/{_RAM}ApplicableHeaderTradeSettlement"


def read(data: bytes) -> Read:
    """Number, currency and amount to pay; raises `ValueError` where there are none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"it is not well-formed XML: {error}") from error
    if root.tag != f"{_RSM}CrossIndustryInvoice":
        raise ValueError(f"it is {root.tag}, not a Cross Industry Invoice")
    if root.find(f"{_RSM}SupplyChainTradeTransaction/{_RAM}IncludedSupplyChainTradeLineItem") is None:
        raise ValueError("it has no lines")
    currency = _text(root, f"{_SETTLEMENT}/{_RAM}InvoiceCurrencyCode")
    payable = _text(
        root, f"{_SETTLEMENT}/{_RAM}SpecifiedTradeSettlementHeaderMonetarySummation/{_RAM}DuePayableAmount"
    )
    sign = -1 if _text(root, f"{_RSM}ExchangedDocument/{_RAM}TypeCode") in CREDIT_NOTE_CODES else 1
    return Read(
        _text(root, f"{_RSM}ExchangedDocument/{_RAM}ID"), currency, sign * to_minor(payable, currency)
    )


def _text(root: etree._Element, path: str) -> str:
    found = root.findtext(path)
    if not found:
        raise ValueError(f"it has no {path.rpartition('}')[2]}")
    return found
