"""Rules of the head: number, dates, codes, periods, references and supporting documents."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import Document, Period
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.sources.content import is_day

_NEEDED: Final = (
    ("number", "BR-02", "BT-1", "the invoice number"),
    ("issue_date", "BR-03", "BT-2", "the issue date"),
    ("currency", "BR-05", "BT-5", "the currency"),
)
_DAYS: Final = (
    ("issue_date", "BT-2", "the issue date"),
    ("due_date", "BT-9", "the due date"),
    ("tax_point_date", "BT-7", "the tax point date"),
)
_TYPES: Final = {"invoice": "invoice_types", "credit_note": "credit_note_types"}
_SUBJECT = re.compile(r"[^#]*#([^#]{3})#")
_TAX_POINT_CODES: Final = frozenset({"3", "35", "432"})
NOT_A_DAY: Final = "PEPPOL-EN16931-F001"
"""EN 16931 leaves days to the schema; this rule says what it means by them."""


def check(document: Document, found: Findings) -> None:
    """BR-02 to BR-05, BR-29, BR-52, BR-55, BR-CO-03, BR-CL-01 to BR-CL-08, BR-CL-24."""
    check_basics(document, found)
    _codes(document, found)
    check_attachments(document, "attachment_types", "BR-CL-24", found)


def check_basics(document: Document, found: Findings) -> None:
    """What every syntax needs: number, day and currency, and days that are days."""
    for name, code, term, what in _NEEDED:
        if name not in document:
            found.missing(code, term, what)
    for name, term, what in _DAYS:
        check_day(document.get(name), term, what, found)  # type: ignore[arg-type]
    if "period" in document:
        check_period(
            document["period"], "BR-29", "BR-CO-19", ("BT-73", "BT-74"), "the invoicing period", found
        )
    for preceding in document.get("preceding_invoices", ()):
        if "number" not in preceding:
            found.missing("BR-55", "BT-25", "the number of a preceding invoice")
        check_day(preceding.get("issue_date"), "BT-26", "the issue date of a preceding invoice", found)


def check_day(day: str | None, term: str, what: str, found: Findings) -> None:
    """That a day which is given is one."""
    if day is not None and not is_day(day):
        found.no_day(NOT_A_DAY, term, what, day)


def _codes(document: Document, found: Findings) -> None:
    kind = _TYPES[document.get("document_type", "invoice")]
    if document["type_code"] not in codes.load(kind):
        found.unlisted("BR-CL-01", "BT-3", "the type code", document["type_code"], kind)
    for name, code, term, what in (
        ("currency", "BR-CL-04", "BT-5", "the currency"),
        ("tax_currency", "BR-CL-05", "BT-6", "the VAT accounting currency"),
    ):
        value: str | None = document.get(name)  # type: ignore[assignment]
        if value is not None and value not in codes.load("currencies"):
            found.unlisted(code, term, what, value, "currencies")
    stated = document.get("tax_point_code")
    if stated is not None and stated not in _TAX_POINT_CODES:
        found.add("BR-CL-06", "BT-8", f"the tax point code is {stated!r}", "give 3, 35 or 432", stated)
    if stated is not None and "tax_point_date" in document:
        found.add(
            "BR-CO-03", "BT-7", "it has both a tax point date and a code for it", f"give one {AT_SOURCE}"
        )
    for note in document.get("notes", ()):
        subject = _SUBJECT.match(note)
        if subject and subject[1] not in codes.load("note_subjects"):
            found.unlisted("BR-CL-08", "BT-21", "the subject of a note", subject[1], "note_subjects")


def check_period(
    period: Period, order: str, empty: str, terms: tuple[str, str], what: str, found: Findings
) -> None:
    """That a period has a day, that its days are days, and that it does not end before it begins."""
    days = [period.get("start"), period.get("end")]
    if not any(days):
        found.missing(empty, terms[0], f"the first or last day of {what}")
        return
    good = True
    for day, term in zip(days, terms, strict=True):
        if day is not None and not is_day(day):
            found.no_day(NOT_A_DAY, term, f"a day of {what}", day)
            good = False
    start, end = days
    if good and start and end and end < start:
        reason = f"{what} ends on {end}, before it begins on {start}"
        found.add(order, terms[1], reason, f"correct the period {AT_SOURCE}", end)


def check_attachments(document: Document, types: str, rule: str, found: Findings) -> None:
    """That supporting documents have a reference, and embedded ones a name and a type of the list `types`."""
    for attachment in document.get("attachments", ()):
        if "id" not in attachment:
            found.missing("BR-52", "BT-122", "the reference of a supporting document")
        if "content" not in attachment:
            continue
        mime = attachment.get("mime", "")
        if mime not in codes.load(types):
            what = f"the media type of the attachment {attachment.get('filename', attachment.get('id'))}"
            found.unlisted(rule, "BT-125", what, mime, types)
        if "filename" not in attachment:
            found.missing("UBL-DT-07", "BT-125", "the file name of an attachment")
