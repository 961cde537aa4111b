"""UBL 2.1 invoices and credit notes (2.0 and OIOUBL too): one XML file, one document.

    tree        XML without anything dangerous, which remembers what was read of it
    document    which element is which field
    parties     sellers, buyers and their addresses
    amounts     allowances, VAT and totals, brought to EN 16931's meaning of them

What none of them reads is kept under ``other`` with its path, so nothing of a document is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from worker.sources import Document, Options, Refusal, Source, Unreadable, load, shown
from worker.sources.content import Problem, missing, settle
from worker.sources.ubl import amounts, document
from worker.sources.ubl.tree import Node, parse

_ROOTS: Final = {
    f"{{urn:oasis:names:specification:ubl:schema:xsd:{name}-2}}{name}": name
    for name in ("Invoice", "CreditNote")
}
# Where a field that a document is refused for stands, or should stand.
_PLACES: Final = {
    "document_type": "cbc:InvoiceTypeCode",
    "number": "cbc:ID",
    "issue_date": "cbc:IssueDate",
    "due_date": "cbc:DueDate",
    "tax_point_date": "cbc:TaxPointDate",
    "currency": "cbc:DocumentCurrencyCode",
    "seller.name": "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "buyer.name": "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "totals.vat": "cac:TaxTotal/cbc:TaxAmount",
    **{f"totals.{field}": f"{amounts.TOTAL}/{element}" for element, field in amounts.TOTALS},
}


class Ubl(Source):
    """UBL 2.1 invoice or credit note, one document a file: Peppol BIS, EN 16931, OIOUBL, plain UBL."""

    key: ClassVar[str] = "ubl"
    title: ClassVar[str] = "UBL 2.1 (XML)"
    extensions: ClassVar[tuple[str, ...]] = ("xml", "ubl")

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """In every usual encoding the first character of XML is a less-than sign."""
        bare = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
        return bare.replace(b"\0", b"").lstrip()[:1] == b"<"

    def read(self, path: Path, options: Options) -> Iterator[Document | Refusal]:
        """The document of the file; raises `Unreadable` if it is not taken."""
        root = parse(load(path, options.limits.document_bytes), options.limits, _ROOTS)
        yield Document(content=_content(root), path=shown(path))


def _content(root: Node) -> dict[str, Any]:
    content = document.content(root)
    problem = _nameless(content) or settle(content, whole=True)
    if problem is not None:
        raise _unreadable(root.name, problem)
    other = [{"path": place, "value": value} for place, value in root.left()]
    if other:
        content["other"] = other
    return content


def _nameless(content: dict[str, Any]) -> Problem | None:
    for side in ("seller", "buyer"):
        if "name" not in content.get(side, {}):
            return missing(f"{side}.name")
    return None


def _unreadable(root: str, problem: Problem) -> Unreadable:
    place = _PLACES.get(problem.field)
    return Unreadable(
        problem.message,
        code=problem.code,
        remedy=problem.remedy,
        xpath=f"/{root}/{place}" if place else f"/{root}",
    )
