"""What a document holds without a term: columns of a table, elements of a source's XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from models.invoice_document import Document
from worker.formats.einvoice.findings import shown

_POSITION = re.compile(r"\[[0-9]+\]")
# How paths end of what a source keeps beside the field that says the same: OIOUBL's own words and sums.
_SAID_ELSEWHERE: Final = (
    "/cbc:UBLVersionID",
    "/cbc:AddressFormatCode",
    "/cbc:PaymentChannelCode",
    "/cac:PaymentMeans/cbc:ID",
    "/cac:PaymentTerms/cbc:ID",
    "/cac:PaymentTerms/cbc:PaymentMeansID",
    "/cac:PaymentTerms/cbc:Amount",
    "/cac:PrepaidPayment/cbc:PaidAmount",
    "/cbc:MultiplierFactorNumeric",
    "/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
    "/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
    "Line/cac:TaxTotal/cbc:TaxAmount",
    "Line/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount",
    "Line/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount",
    "/cac:TaxCategory/cbc:ID",
    "/cac:TaxCategory/cbc:TaxExemptionReason",
    "/cac:TaxScheme/cbc:ID",
    "/cac:TaxScheme/cbc:Name",
)
_NAMES: Final = ("/cac:PartyName/cbc:Name",)
"""Names that stand twice, and are told only where they differ."""
_NOT_KNOWN: Final = frozenset({"n/a", "na"})


def unknown(document: Document) -> Iterator[str]:
    """A phrase for each value without a term that no term says as well."""
    for name in document.get("custom", {}):
        yield f"the field {name} of the source has no place"
    names = {document.get(side, {}).get("name") for side in ("seller", "buyer", "payee")}  # type: ignore[attr-defined]
    for one in document.get("other", ()):
        path, value = one.get("path", ""), one.get("value", "")
        if not _is_said_elsewhere(path, value, names):
            yield f"{path} of the source ({shown(value)}) has no place"
    for line in document.get("lines", ()):
        for name in line.get("custom", {}):
            yield f"the field {name} of line {line.get('id', '')} has no place"


def _is_said_elsewhere(path: str, value: str, names: set[str | None]) -> bool:
    """Attributes name lists and agencies; what of them is more has a field."""
    plain = _POSITION.sub("", path)
    if "/@" in plain or value.lower() in _NOT_KNOWN or plain.endswith(_SAID_ELSEWHERE):
        return True
    return plain.endswith(_NAMES) and value in names
