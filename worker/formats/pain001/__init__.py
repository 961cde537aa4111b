"""SEPA credit transfers (ISO 20022 pain.001): payable euro invoices that name an IBAN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from models.columns import Layout
from models.errors import InvalidInput
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.pain001 import payments, reading, settings, writing
from worker.formats.pain001.settings import SETTINGS, Payer
from worker.formats.pain001.target import banking_day_after


class Pain001(Format):
    """One message with one payment order: a transfer an invoice, all on one day, charges shared (SLEV).

    Whom to pay into which account stands on the invoice (BG-16, BG-17). Texts are written without accents
    and & as +; what SEPA cannot carry even so is a finding, and so are names over 70 and references over 140
    characters, credit notes, other currencies, and accounts that are no IBAN of a SEPA country.
    """

    key = "pain001"
    title = "SEPA credit transfer (pain.001)"
    extension = "xml"
    routes = frozenset({OTHER})
    settings = SETTINGS

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """An IBAN or BIC of the payer that is none."""
        del columns
        return list(settings.check(values))

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """The first thing that keeps the invoice from being paid so."""
        return next(payments.findings(item, Payer.of(batch.settings)), None)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """All of them."""
        return list(payments.findings(item, Payer.of(batch.settings)))

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the message. Items are gone through twice: its head says how many, and their sum."""
        payer = Payer.of(batch.settings)
        count = minor = 0
        for item in items():
            count, minor = count + 1, minor + item.amount
        if not count:
            raise InvalidInput(
                "a SEPA message without a transfer is refused by every bank",
                remedy="set the facility's empty_file to no: nothing is then written",
                code="no_transfers",
            )
        day = banking_day_after(batch.posting_date, payer.days)
        out.write(writing.head(batch, payer, count, minor, day).encode())
        for text in self._transfers(items, payer):
            out.write(text.encode())
        out.write(writing.TAIL.encode())
        return Totals(items=count, records=count, sums={"EUR": minor})

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Hold the message against its structure, and its sums against its transfers."""
        try:
            return reading.read(path, Payer.of(batch.settings).version)
        except (ValueError, InvalidInput) as error:
            raise damaged(path, str(error)) from error

    @staticmethod
    def _transfers(items: Items, payer: Payer) -> Iterator[str]:
        for item in items():
            yield writing.transfer(payments.payment_of(item, payer), payer)
