"""Formats whose files are single documents, such as e-invoices and PDF: a file each, or one ZIP of them all.

One of them defines `findings`, `document` and `read_document`; names, packing and totals are made here.
"""

from __future__ import annotations

import zipfile
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, ClassVar, NamedTuple

from models.catalogue import Setting, SettingKind
from models.errors import InvalidInput
from models.file_names import safe
from worker.formats import OTHER, Batch, Format, Item, Items, Problem, Totals, damaged

PACKING = Setting(
    name="packing",
    title="Packing",
    help="each: a file for every document; zip: one ZIP file with all documents of the job",
    kind=SettingKind.CHOICE,
    default="each",
    choices=("each", "zip"),
)
"""The first of the settings of every format here."""


class Read(NamedTuple):
    """What stands in one document: its payable in minor units, credit notes negative."""

    number: str
    currency: str
    signed: int


class DocumentFormat(Format):
    """A kind of single document."""

    routes = frozenset({OTHER})
    settings: ClassVar[tuple[Setting, ...]] = (PACKING,)
    extension: ClassVar[str]

    @abstractmethod
    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """Everything that keeps the item from being this kind of document."""

    @abstractmethod
    def document(self, item: Item, batch: Batch) -> bytes:
        """The document's bytes; for an item without findings, and depending on item and batch alone."""

    @abstractmethod
    def read_document(self, data: bytes, batch: Batch) -> Read:
        """What a reader finds in a document; raises `ValueError` where it is none."""

    def file_extension(self, values: Mapping[str, str | int | bool | None]) -> str:
        """That of the document, or of the ZIP file."""
        return self.extension if self.is_one_each(values) else "zip"

    def is_one_each(self, values: Mapping[str, str | int | bool | None]) -> bool:
        """Whether there is a file for every document."""
        return values.get(PACKING.name, PACKING.default) == "each"

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """The first finding, saying how many more there are."""
        found = self.findings(item, batch)
        if len(found) < 2:
            return found[0] if found else None
        first, *more = found
        codes = ", ".join(sorted({one.code for one in more}))
        return replace(first, reason=f"{first.reason} (and {len(more)} more: {codes})")

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the one document, or the ZIP of all."""
        if self.is_one_each(batch.settings):
            (item,) = items()
            out.write(self.document(item, batch))
            return Totals(items=1, records=1, sums={item.currency: item.signed})
        return self._write_zip(batch, items, out)

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Read every document again, and sum what each says is to be paid."""
        sums: defaultdict[str, int] = defaultdict(int)
        count = 0
        for name, data in self._members(path, batch):
            try:
                read = self.read_document(data, batch)
            except (ValueError, InvalidInput) as error:
                raise damaged(path, f"{name}: {error}") from error
            sums[read.currency] += read.signed
            count += 1
        return Totals(items=count, records=count, sums=dict(sums))

    def _write_zip(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        sums: defaultdict[str, int] = defaultdict(int)
        names: set[str] = set()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for item in items():
                # The day of the job, never the clock: the same job gives the same bytes.
                member = zipfile.ZipInfo(self._name(item, names), batch.created.timetuple()[:6])
                member.external_attr = 0o600 << 16
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, self.document(item, batch))
                sums[item.currency] += item.signed
        return Totals(items=len(names), records=len(names), sums=dict(sums))

    def _name(self, item: Item, taken: set[str]) -> str:
        """A name of its own inside the ZIP: the document's number in what every file system takes."""
        plain = document_name(item)
        name, number = f"{plain}.{self.extension}", 1
        while name.lower() in taken:  # not every file system tells A from a
            number += 1
            name = f"{plain}_{number}.{self.extension}"
        taken.add(name.lower())
        return name

    def _members(self, path: Path, batch: Batch) -> Iterator[tuple[str, bytes]]:
        if self.is_one_each(batch.settings):
            yield path.name, path.read_bytes()
            return
        try:
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    yield member.filename, archive.read(member)
        except zipfile.BadZipFile as error:
            raise damaged(path, str(error)) from error


def document_name(item: Item) -> str:
    """A document's number as part of a file's name."""
    return safe(item.number, f"invoice-{item.invoice_id}")
