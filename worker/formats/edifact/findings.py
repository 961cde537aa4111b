"""Why an invoice cannot be an INVOIC message: all reasons at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from stdnum import ean

from models.invoice_document import Document
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.edi import document as documents
from worker.formats.edi.document import Sums, gln, missing
from worker.formats.edi.segments import Segment, misfits, repeated, uncarried
from worker.formats.edi.text import plain
from worker.formats.edifact import message, syntax, tables
from worker.formats.edifact.parties import Sides

_SEND_OTHERWISE = "shorten it where the invoice is made, or send this invoice in another format"


def of(item: Item, batch: Batch, receiver: str) -> list[Problem]:
    """Everything that stands in the way, in the order of the message."""
    document = item.document
    found = list(documents.unreadable(document))
    if found:
        return found
    total = documents.sums(document)
    sides = Sides(*documents.sides(document, item, batch.entity))
    found = [*_addressed(receiver, sides, batch), *documents.findings(document, total), *_codes(document)]
    made = list(message.segments(document, total, sides, _saying(batch)))
    level = str(batch.settings.get("syntax", "UNOC"))
    found += misfits(made, tables.SEGMENTS, "EDIFACT")
    found += _foreign(made, level)
    found += _too_many(made)
    return found


def segments(document: Document, item: Item, batch: Batch) -> list[Segment]:
    """The message's segments, of an invoice without findings."""
    total: Sums = documents.sums(document)
    sides = Sides(*documents.sides(document, item, batch.entity))
    return list(message.segments(document, total, sides, _saying(batch)))


def _saying(batch: Batch) -> message.Say:
    """Free text in what the level carries, in plain letters where that is wanted."""
    fits = syntax.fits(str(batch.settings.get("syntax", "UNOC")))
    if not batch.settings.get("plain_letters", True):
        return lambda text: " ".join(text.split())
    return lambda text: plain(text, fits)


def _addressed(receiver: str, sides: Sides, batch: Batch) -> Iterator[Problem]:
    if not receiver:
        yield replace(
            missing("EDIFACT-RECEIVER", "GLN of the party it goes to", "BT-49"),
            remedy="add it (scheme 0088) where the invoice is made, or set edifact.receiver in the facility "
            "if all its invoices go to one partner",
        )
    for who, party, term in (("seller", sides.seller, "BT-34"), ("buyer", sides.buyer, "BT-49")):
        number = gln(party)
        if batch.settings.get("gln_required") and not number:
            yield missing("EDIFACT-GLN", f"GLN of the {who}", term)
        if number and not ean.is_valid(number):
            yield Problem(
                code="EDIFACT-GLN",
                reason=f"the {who}'s GLN {number} has a wrong check digit or length",
                remedy="correct it where the party is kept and import the invoice again",
                term=term,
                value=number,
            )
        if not party.get("name"):
            yield missing("BR-06" if who == "seller" else "BR-07", f"name of the {who}", "BT-27")


def _codes(document: Document) -> Iterator[Problem]:
    code = document.get("type_code")
    if code is not None and code not in tables.DOCUMENT_CODES:
        yield Problem(
            code="EDIFACT-BGM",
            reason=f"INVOIC D.96A knows no document of type {code}",
            remedy="send this invoice in another format",
            term="BT-3",
            value=code,
        )
    elif code is not None and (code in tables.CREDIT_CODES) != (
        document.get("document_type") == "credit_note"
    ):
        yield Problem(
            code="EDIFACT-BGM",
            reason=f"its type {code} is not that of a {document.get('document_type')}",
            remedy="correct its type where it is made and import it again",
            term="BT-3",
            value=code,
        )


def _foreign(made: Iterable[Segment], level: str) -> Iterator[Problem]:
    for segment, value, char in syntax.uncarried(made, level):
        yield uncarried("EDIFACT", level, segment, value, char)


def _too_many(made: Iterable[Segment]) -> Iterator[Problem]:
    place, counts = "head", Counter[str]()
    for segment in [*made, Segment("UNT", ())]:
        if segment.tag in ("LIN", "UNS", "UNT"):
            yield from repeated("EDIFACT", place, counts, tables.MOST)
            place, counts = "sum" if segment.tag == "UNS" else "line", Counter()
        counts[segment.tag] += 1
        if segment.tag == "NAD" and len(segment.elements) > 3 and len(segment.elements[3]) > 5:
            yield _too_long("the name", " ".join(segment.elements[3]), "175 characters", segment.term)
        if segment.tag == "NAD" and len(segment.elements) > 4 and len(segment.elements[4]) > 4:
            yield _too_long("the address", " ".join(segment.elements[4]), "140 characters", segment.term)
        if segment.tag == "ALC" and len(segment.elements) > 4 and len(segment.elements[4]) > 5:
            yield _too_long("the reason", " ".join(segment.elements[4][3:]), "70 characters", segment.term)
        if segment.tag == "FII" and len(segment.elements[1]) > 3:
            yield _too_long(
                "the account holder", " ".join(segment.elements[1][1:]), "70 characters", segment.term
            )


def _too_long(what: str, value: str, most: str, term: str) -> Problem:
    return Problem(
        code="EDIFACT-LENGTH",
        reason=f"{what} {value!r} does not fit in {most}",
        remedy=_SEND_OTHERWISE,
        term=term,
        value=value,
    )
