"""What the addenda of an entry say about invoices: X12 820 as in CTX, or segments alone as in CCD and PPD."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from worker.ach.structure import Entry

_INVOICE = {
    "IV": "invoice",
    "CL": "credit memo",
    "CM": "credit memo",
    "PO": "purchase order",
    "IK": "invoice",
    "VV": "voucher",
}
_ENVELOPE = frozenset({"ISA", "GS", "ST", "SE", "GE", "IEA"})


@dataclass(slots=True, kw_only=True)
class Item:
    """One RMR segment, and the references, dates and notes that follow it."""

    kind: str
    """`invoice`, `credit memo`, or the qualifier as it stands."""
    number: str
    paid: str
    gross: str = ""
    discount: str = ""
    adjustment_reason: str = ""
    adjustment: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Remittance:
    """What an entry pays."""

    items: list[Item] = field(default_factory=list)
    text: str = ""
    """The addenda as free text, where they are not segments."""
    amount: str = ""
    """BPR02: what the whole 820 says it pays."""
    reference: str = ""
    """TRN02."""
    notes: list[str] = field(default_factory=list)
    """Other segments, as they stand."""

    @property
    def paid(self) -> Decimal | None:
        """What the items come to; None when one of them says no amount."""
        amounts = [as_decimal(item.paid) for item in self.items]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def of_entry(entry: Entry) -> Remittance | None:
    """The remittance in an entry's addenda; None when they carry none."""
    return decode(
        line.layout.field("payment related information").of(line.record.text)
        for line in entry.addenda
        if line.layout.has("payment related information")
    )


def decode(pieces: Iterable[str]) -> Remittance | None:
    """The remittance in pieces of 80 characters, cut without regard to segments."""
    text = "".join(pieces).rstrip()
    if not text.strip():
        return None
    found = Remittance()
    segments = list(_segments(text))
    if not any(len(segment) > 1 and segment[0].isalnum() and len(segment[0]) <= 3 for segment in segments):
        found.text = text.strip()
        return found
    for segment in segments:
        _read(found, segment)
    return found


def _segments(text: str) -> Iterator[list[str]]:
    """Segments and their elements; an ISA says itself which characters part them."""
    text = text.lstrip()
    part, end = "*", "\\"
    if text.startswith("ISA") and len(text) > 105:
        part, end = text[3], text[105]
    elif "\\" not in text and "~" in text:
        end = "~"
    for segment in text.split(end):
        if segment.strip():
            yield [element.strip() for element in segment.strip().split(part)]


def _read(found: Remittance, segment: list[str]) -> None:
    name, *elements = segment
    elements += [""] * (8 - len(elements))
    if name == "RMR":
        kind, number, _, paid, gross, discount, reason, adjustment = elements[:8]
        found.items.append(
            Item(
                kind=_INVOICE.get(kind, kind),
                number=number,
                paid=paid,
                gross=gross,
                discount=discount,
                adjustment_reason=reason,
                adjustment=adjustment,
            )
        )
    elif name == "BPR":
        found.amount = elements[1]
    elif name == "TRN":
        found.reference = elements[1]
    elif name not in _ENVELOPE:
        notes = found.items[-1].notes if found.items else found.notes
        notes.append("*".join(segment))


def as_decimal(text: str) -> Decimal | None:
    """An X12 amount; None for what is no number."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
