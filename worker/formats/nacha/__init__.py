"""ACH files by the Nacha rules: CCD and CTX to companies, PPD to persons.

settings, profile, profile_check   what a bank asks for
assembling                         items → entries, netted, or why not
payees, entries, remittance, dates what an entry says
records, spool                     entries → batches of records
reading, …                         the file read back and checked, sharing no code with the rest
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from models.banking_days import banking_day_after
from models.columns import Layout
from worker.formats import (
    ACH,
    Batch,
    DailyNumbers,
    Format,
    Item,
    Items,
    PrenoteDays,
    Problem,
    Totals,
    damaged,
)
from worker.formats.nacha import profile_check
from worker.formats.nacha.assembling import Assembler
from worker.formats.nacha.dates import Dates
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.reading import read
from worker.formats.nacha.records import Writer
from worker.formats.nacha.settings import SETTINGS


class Nacha(Format):
    """ACH payments of 94-character records in blocks of ten, for one bank's profile.

    Company accounts go into CCD batches, or CTX ones with an X12 820; persons' into PPD ones. One entry per
    invoice (or per payee); a payee with credit notes gets one entry for the net. The invoice's number stands
    in the identification field, else in the addenda. Names are written in plain capital letters and never
    shortened. Invoices of customers are debits, where the profile allows them.
    """

    key = "nacha"
    title = "NACHA (ACH: CCD, CTX, PPD)"
    extension = "ach"
    routes = frozenset({ACH})
    settings = SETTINGS

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """What is wrong with the bank's profile."""
        del columns
        return profile_check.check(values)

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """Why the item alone cannot be paid by this file."""
        return self._assembler(batch).problem(item)

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be paid, alone or within the one entry of its payee."""
        return self._assembler(batch).problems(items)

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the file, prenotes before what is paid; items are gone through once."""
        assembler = self._assembler(batch)
        writer = Writer(out, batch, Profile.of(batch.settings))
        entries = chain(map(assembler.prenote, batch.prenotes()), assembler.entries(items()))
        return replace(writer.write(entries), notes=assembler.dates.notes())

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Read the entries by their columns and hold them against the batch and file controls."""
        try:
            return read(path, Profile.of(batch.settings).line_end.encode("ascii"))
        except ValueError as error:
            raise damaged(path, str(error)) from error

    @staticmethod
    def file_key(settings: Mapping[str, str | int | bool | None], created: datetime) -> tuple[str, date]:
        """Within what a file id modifier must be the file's own: bank and origin, and the creation date."""
        profile = Profile.of(settings)
        return f"{profile.destination}/{profile.origin}", profile.local(created).date()

    @staticmethod
    def traces_wanted(settings: Mapping[str, str | int | bool | None], items: int) -> int:
        """How long a block of trace numbers to reserve for so many items and prenotes; it may need fewer."""
        # Every batch of a balanced file has one offset entry, and at least one other.
        return 2 * items if settings["balanced"] else items

    def daily_numbers(self, batch: Batch, items: int) -> DailyNumbers:
        """The file id modifier and a block of trace numbers."""
        scope, day = self.file_key(batch.settings, batch.created)
        return DailyNumbers(scope, day, self.traces_wanted(batch.settings, items))

    def prenote_days(self, batch: Batch) -> PrenoteDays | None:
        """When the file's prenotes settle, and from when on the accounts may be paid."""
        profile = Profile.of(batch.settings)
        if not profile.prenotes:
            return None
        dates = Dates(profile, batch)
        live_from = banking_day_after(dates.earliest, profile.prenote_days)
        return PrenoteDays(dates.today, dates.earliest, live_from)

    def _assembler(self, batch: Batch) -> Assembler:
        return Assembler(Profile.of(batch.settings), batch)
