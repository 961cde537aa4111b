"""Why an invoice cannot be an 810: all reasons at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from models.invoice_document import Document, Line
from models.problems import Problem
from worker.formats import Batch, Item
from worker.formats.edi import document as documents
from worker.formats.edi.document import Sums, amount, missing, shown
from worker.formats.edi.segments import Segment, misfits, repeated, uncarried
from worker.formats.edi.text import plain
from worker.formats.x12 import message, tables

SEPARATORS = "*>~"
_STAND_IN = str.maketrans({"*": "-", ">": ")", "~": "-"})
_TOLERANCE = Decimal("0.02")
_ELSEWHERE = "send this invoice in another format"


def fits(char: str) -> bool:
    """Whether X12's extended set carries the character; separators are none of it."""
    return " " <= char <= "~" and char not in SEPARATORS


def of(item: Item, batch: Batch) -> list[Problem]:
    """Everything that stands in the way, in the order of the transaction set."""
    document = item.document
    if found := list(documents.unreadable(document)):
        return found
    total = documents.sums(document)
    found = [*documents.findings(document, total), *_no_place(document, total), *_lines(document)]
    made = segments(document, item, batch)
    found += misfits(made, tables.SEGMENTS, "X12")
    found += _foreign(made)
    found += _pairs(made)
    found += _too_many(made)
    return found


def segments(document: Document, item: Item, batch: Batch) -> list[Segment]:
    """What stands between ST and SE."""
    sides = documents.sides(document, item, batch.entity)
    return list(message.segments(document, documents.sums(document), sides, batch.settings, _saying(batch)))


def _saying(batch: Batch) -> message.Say:
    """Free text in plain letters; signs that separate elements become others that look alike."""
    capitals = bool(batch.settings.get("capitals"))

    def say(text: str) -> str:
        line = plain(text.translate(_STAND_IN), fits)
        return line.upper() if capitals else line

    return say


def _no_place(document: Document, total: Sums) -> Iterator[Problem]:
    for what, value, term in (("prepaid", total.paid, "BT-113"), ("rounding", total.rounding, "BT-114")):
        if value:
            yield Problem(
                code="X12-NO-PLACE",
                reason=f"an 810 has no place for the {what} amount of {shown(value)}",
                remedy=_ELSEWHERE,
                term=term,
                value=shown(value),
            )
    for term, value in _implied_amounts(document, total):
        if value != value.quantize(Decimal("0.01")):
            yield Problem(
                code="X12-DECIMALS",
                reason=f"{shown(value)} has more than the two decimals that an 810 implies",
                remedy=_ELSEWHERE,
                term=term,
                value=shown(value),
            )


def _implied_amounts(document: Document, total: Sums) -> Iterator[tuple[str, Decimal]]:
    yield "BT-115", total.payable
    everywhere = [document, *document.get("lines", [])]
    for where in everywhere:
        for one in [*where.get("allowances", []), *where.get("charges", [])]:
            yield "BT-92", amount(one.get("amount"))


def _lines(document: Document) -> Iterator[Problem]:
    for line in document.get("lines", []):
        name = line.get("id", "?")
        if (unit := line.get("unit")) is not None and unit not in tables.UNITS:
            yield Problem(
                code="X12-UNIT",
                reason=f"line {name} is measured in {unit}, for which no unit of X12 (element 355) is known",
                remedy="use a common unit such as EA, HUR or KGM, or send this invoice in another format",
                term="BT-130",
                value=unit,
            )
        yield from _priced(line, name)


def _priced(line: Line, name: str) -> Iterator[Problem]:
    price = message.unit_price(line)
    if price is None:
        yield Problem(
            code="X12-PRICE",
            reason=f"the price of line {name} divided by its base quantity never ends",
            remedy="give the price of one unit, or send this invoice in another format",
            term="BT-149",
            value=line.get("base_quantity", ""),
        )
        return
    taken = sum((amount(one.get("amount")) for one in line.get("allowances", [])), Decimal(0))
    added = sum((amount(one.get("amount")) for one in line.get("charges", [])), Decimal(0))
    computed = amount(line.get("quantity")) * price - taken + added
    if abs(computed - amount(line.get("net"))) > _TOLERANCE:
        yield Problem(
            code="X12-LINE",
            reason=f"line {name} is {line.get('net')}, but quantity and price give {shown(computed)}",
            remedy="correct the line where the invoice is made and import it again",
            term="BT-131",
            value=line.get("net", ""),
        )


def _foreign(made: Iterable[Segment]) -> Iterator[Problem]:
    for segment in made:
        for value in (part for element in segment.elements for part in element):
            bad = next((char for char in value if not fits(char)), None)
            if bad is not None:
                yield uncarried("X12", "X12", segment, value, bad)


def _pairs(made: Iterable[Segment]) -> Iterator[Problem]:
    for segment in made:
        if segment.tag == "N1" and not (len(segment.elements) > 1 and segment.elements[1][0]):
            yield missing("X12-N1", f"name of the party in N1 {segment.elements[0][0]}", segment.term)


def _too_many(made: Iterable[Segment]) -> Iterator[Problem]:
    place, counts = "head", Counter[str]()
    for segment in [*made, Segment("SE", ())]:
        if segment.tag in ("N1", "IT1", "TDS", "SE"):
            yield from repeated("X12", place, counts, tables.MOST)
            place = {"IT1": "line", "TDS": "sum"}.get(segment.tag, place)
            counts = Counter()
        counts[segment.tag] += 1
