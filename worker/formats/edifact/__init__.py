"""EDIFACT: INVOIC D.96A, also as EANCOM 97 names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from stdnum import ean

from models.columns import Layout
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.edi.document import gln, sides
from worker.formats.edi.interchanges import grouped, runs
from worker.formats.edi.settings import is_one_each
from worker.formats.edifact import findings, reading
from worker.formats.edifact.settings import SETTINGS
from worker.formats.edifact.writing import Writer


class Edifact(Format):
    """UN/EDIFACT interchanges of INVOIC D.96A messages, one interchange for each receiver.

    Every interchange has the next number between its two partners (UNB 0020), without gaps. Credit notes are
    messages 381 with positive amounts. Not carried: attachments, tax in another currency, card and mandate,
    item properties, classifications and origin, VAT exemption reasons.
    """

    key = "edifact"
    title = "EDIFACT (INVOIC D.96A, EANCOM 97)"
    extension = "edi"
    routes = frozenset({OTHER})
    settings = SETTINGS

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """A GLN whose check digit is wrong."""
        del columns
        return [
            Problem(
                code="invalid_setting",
                reason=f"edifact.{name} is {values[name]!r}, and its check digit is wrong",
                remedy="give the GLN of 13 digits, or another qualifier",
                value=str(values[name]),
            )
            for name in ("sender", "receiver")
            if values.get(name)
            and values.get(f"{name}_qualifier") == "14"
            and not ean.is_valid(str(values[name]))
        ]

    def is_one_each(self, values: Mapping[str, str | int | bool | None]) -> bool:
        """Whether every invoice goes into a file of its own."""
        return is_one_each(values)

    def control_scopes(self, items: Iterable[Item], batch: Batch) -> Iterator[str]:
        """Sender and receiver of each interchange."""
        for receiver in dict.fromkeys(runs(iter(items), lambda item: receiver_of(item, batch))):
            yield scope_of(receiver, batch)

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """The first finding."""
        return next(iter(self.findings(item, batch)), None)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """What INVOIC or the character set cannot carry, and what it cannot be without."""
        return findings.of(item, batch, receiver_of(item, batch))

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write an interchange for each receiver."""
        writer = Writer(batch, out)
        for receiver, own in grouped(items, lambda item: receiver_of(item, batch)):
            writer.interchange(receiver, batch.control_numbers.get(scope_of(receiver, batch), 1), own)
        return writer.totals()

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Take the file apart by its own service characters, and hold counts, references and sums to it."""
        encoding = "latin-1" if batch.settings.get("syntax", "UNOC") == "UNOC" else "ascii"
        try:
            with path.open(encoding=encoding, newline="") as text:
                return reading.read(text)
        except ValueError as error:
            raise damaged(path, str(error)) from error


def scope_of(receiver: str, batch: Batch) -> str:
    """Sender and receiver; within these, interchange numbers have no gaps."""
    values = batch.settings
    ours = f"{values.get('sender')}:{values.get('sender_qualifier')}"
    return f"edifact {ours} {receiver}:{values.get('receiver_qualifier')}"


def receiver_of(item: Item, batch: Batch) -> str:
    """What the interchange is addressed to: the setting, else the other side's GLN; empty: neither."""
    if fixed := batch.settings.get("receiver"):
        return str(fixed)
    seller, buyer = sides(item.document, item, batch.entity)
    return gln(buyer if item.direction == "receivable" else seller)
