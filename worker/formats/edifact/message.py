"""One invoice as the segments of an INVOIC message, D.96A; group numbers (SG) are those of its diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from models.invoice_document import Document
from worker.formats.edi.document import Sums, amount, shown
from worker.formats.edi.segments import Segment, segment
from worker.formats.edi.text import pieces
from worker.formats.edifact import lines, parties

Say = Callable[[str], str]
"""Free text as the character set takes it."""


def segments(document: Document, total: Sums, sides: parties.Sides, say: Say) -> Iterator[Segment]:
    """All segments between UNH and UNT."""
    yield from _head(document, say)
    yield from parties.segments(document, sides, say)
    yield from _terms(document, total)
    for allowance in document.get("allowances", []):
        yield from lines.adjustment("A", allowance, say, "BG-20")
    for charge in document.get("charges", []):
        yield from lines.adjustment("C", charge, say, "BG-21")
    for place, line in enumerate(document.get("lines", []), 1):
        yield from lines.segments(place, line, say)
    yield segment("UNS", "S")
    yield from _summary(document, total)


def day(qualifier: str, iso: str | None, term: str) -> Iterator[Segment]:
    """A date as CCYYMMDD, if there is one."""
    if iso:
        yield segment("DTM", (qualifier, iso.replace("-", ""), "102"), term=term)


def free_text(qualifier: str, text: str, say: Say, term: str) -> Iterator[Segment]:
    """A text in as many FTX as it takes, five pieces of 70 characters each."""
    parts = pieces(say(text), 70)
    for start in range(0, len(parts), 5):
        yield segment("FTX", qualifier, "", "", tuple(parts[start : start + 5]), term=term)


def reference(qualifier: str, value: str | None, say: Say, term: str) -> Iterator[Segment]:
    """SG1: a reference, if there is one."""
    if value:
        yield segment("RFF", (qualifier, say(value)), term=term)


_REFERENCES = (
    ("ON", "order_reference", "BT-13"),
    ("VN", "sales_order_reference", "BT-14"),
    ("DQ", "despatch_reference", "BT-16"),
    ("ALO", "receipt_reference", "BT-15"),
    ("CT", "contract_reference", "BT-12"),
    ("AEP", "project_reference", "BT-11"),
    ("CR", "buyer_reference", "BT-10"),
    ("ADE", "buyer_accounting_reference", "BT-19"),
)


def _head(document: Document, say: Say) -> Iterator[Segment]:
    default = "381" if document.get("document_type") == "credit_note" else "380"
    code = document.get("type_code", default)
    yield segment("BGM", (code,), document["number"], "9", term="BT-1")
    yield from day("137", document["issue_date"], "BT-2")
    yield from day("35", document.get("delivery", {}).get("date"), "BT-72")
    yield from day("131", document.get("tax_point_date"), "BT-7")
    period = document.get("period", {})
    if "start" in period and "end" in period:
        both = f"{period['start']}{period['end']}".replace("-", "")
        yield segment("DTM", ("263", both, "718"), term="BG-14")
    for payment in document.get("payment", [])[:1]:
        if "means_code" in payment:
            yield segment("PAI", ("", "", payment["means_code"]), term="BT-81")
    for note in document.get("notes", []):
        yield from free_text("AAI", note, say, "BT-22")
    yield from free_text("AAB", document.get("payment_terms", ""), say, "BT-20")
    for preceding in document.get("preceding_invoices", []):
        yield from reference("IV", preceding.get("number"), say, "BT-25")
        yield from day("171", preceding.get("issue_date"), "BT-26")
    for qualifier, name, term in _REFERENCES:
        yield from reference(qualifier, str(document.get(name, "")), say, term)


def _terms(document: Document, total: Sums) -> Iterator[Segment]:
    """SG6 to SG8: the one rate there is, currency, when it is due."""
    if len(rates := document.get("vat_breakdown", [])) == 1:
        yield lines.tax(rates[0].get("category"), rates[0].get("rate"))
    yield segment("CUX", ("2", document["currency"], "4"), term="BT-5")
    if "due_date" in document and total.payable:
        yield segment("PAT", "1")
        yield from day("13", document["due_date"], "BT-9")


def _summary(document: Document, total: Sums) -> Iterator[Segment]:
    yield segment("CNT", ("2", str(len(document.get("lines", [])))))
    named = [
        ("79", total.lines, "BT-106"),
        ("125", total.without_vat, "BT-109"),
        ("124", total.vat, "BT-110"),
        ("77", total.with_vat, "BT-112"),
        ("9", total.payable, "BT-115"),
    ]
    optional = [
        ("260", total.allowances, "BT-107"),
        ("259", total.charges, "BT-108"),
        ("113", total.paid, "BT-113"),
        ("165", total.rounding, "BT-114"),
    ]
    for qualifier, value, term in chain(named, (one for one in optional if one[1])):
        yield segment("MOA", (qualifier, shown(value)), term=term)
    for rate in document.get("vat_breakdown", []):
        yield lines.tax(rate.get("category"), rate.get("rate"))
        yield segment("MOA", ("125", shown(amount(rate.get("base")))), term="BT-116")
        yield segment("MOA", ("124", shown(amount(rate.get("amount")))), term="BT-117")
