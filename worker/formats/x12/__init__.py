"""X12: the 810 invoice, release 004010."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from models.columns import Layout
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.edi.settings import is_one_each
from worker.formats.x12 import findings, reading
from worker.formats.x12.settings import SETTINGS, check
from worker.formats.x12.writing import Writer


class X12(Format):
    """An ANSI ASC X12 interchange with one group of 810 invoices, release 004010.

    Every interchange has the next control number between its two partners (ISA13, GS06), without gaps. Credit
    notes are marked CR in BIG07. Signs that separate elements (* > ~) become - ) - in text. Not carried:
    attachments, bank accounts, VAT numbers, categories and exemptions, tax in another currency.
    """

    key = "x12"
    title = "X12 (810 invoice, 004010)"
    extension = "x12"
    routes = frozenset({OTHER})
    settings = SETTINGS

    def is_one_each(self, values: Mapping[str, str | int | bool | None]) -> bool:
        """Whether every invoice goes into a file of its own."""
        return is_one_each(values)

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """A partner's code that does not fit its place."""
        del columns
        return list(check(values))

    def control_scopes(self, items: Iterable[Item], batch: Batch) -> Iterator[str]:
        """Sender and receiver."""
        del items
        yield scope_of(batch)

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """The first finding."""
        return next(iter(self.findings(item, batch)), None)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """What an 810 cannot carry, and what it cannot be without."""
        return findings.of(item, batch)

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the interchange."""
        return Writer(batch, out, batch.control_numbers.get(scope_of(batch), 1)).write(items())

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Take the file apart by its own separators, and hold counts, control numbers and sums to it."""
        negative = batch.settings.get("credit_amounts") == "negative"
        try:
            with path.open(encoding="ascii", newline="") as text:
                return reading.read(text, negative_credits=negative)
        except (ValueError, IndexError) as error:
            raise damaged(path, str(error)) from error


def scope_of(batch: Batch) -> str:
    """Sender and receiver, as the interchange says them; within these, control numbers have no gaps."""
    values = batch.settings
    pairs = (("sender_qualifier", "sender"), ("receiver_qualifier", "receiver"))
    return "x12 " + " ".join(f"{values.get(kind)}:{str(values.get(name)).rstrip()}" for kind, name in pairs)
