"""How a batch file is written, and read back before it leaves: one format a file in this folder.

A format says which routes it serves, declares its settings, finds what it cannot carry (`problems`; all about
one item: `findings`), writes a stream of items in one pass over flat memory (`write`), and reads what stands
in the file (`read_back`) with code that shares nothing with its writer. The bytes depend on the batch and its
items alone: the same job gives the same file. A format of single documents, such as e-invoices, builds on
`worker.formats.documents`.

Items come ordered by party, within a party credit notes before invoices, then by invoice
(``ORDER BY party_id, document_type, invoice_id``): who nets a payee's documents knows it at the first one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from json import loads
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple, cast

from models import catalogue
from models.columns import Layout
from models.errors import InvalidInput
from models.invoice_document import Document
from models.problems import Problem

__all__ = [
    "ACH",
    "OTHER",
    "Account",
    "Batch",
    "DailyNumbers",
    "Format",
    "Item",
    "Items",
    "PrenoteDays",
    "Problem",
    "Reservation",
    "Totals",
    "damaged",
    "load",
]

ACH = "ach"
OTHER = "other"


class Account(NamedTuple):
    """The payee's bank account an item is paid to."""

    routing: str
    number: str
    kind: str  # checking, savings
    holder: str  # company, person
    name: str  # of the account holder; empty: the party's
    authorised: bool = False
    """Whether its holder lets it be debited."""


class Item(NamedTuple):
    """One invoice version on its way out."""

    item_id: int
    invoice_id: int
    direction: str  # payable, receivable
    document_type: str  # invoice, credit_note
    number: str
    party_id: int
    party_number: str
    party_name: str
    issue_date: str
    due_date: str | None
    currency: str
    amount: int  # payable in minor units, with the sign it has in the document
    account: Account | None
    content_json: str  # the version's content as canonical JSON, the text its SHA-256 was taken of

    @property
    def signed(self) -> int:
        """The amount with credit notes negative."""
        return -self.amount if self.document_type == "credit_note" else self.amount

    @property
    def document(self) -> Document:
        """The same in the words of the neutral document."""
        return cast("Document", self.content)

    @property
    def content(self) -> dict[str, Any]:
        """The version's content, parsed anew at each call."""
        content: dict[str, Any] = loads(self.content_json)
        return content


class PrenoteDays(NamedTuple):
    """The days of a file's prenotes."""

    today: date
    settles: date
    live_from: date
    """On which the accounts may be paid."""


Items = Callable[[], Iterator[Item]]
"""Gives the batch's items from the first one, as often as asked."""


def _none() -> Iterator[Item]:
    return iter(())


class DailyNumbers(NamedTuple):
    """What a file is to have to itself among the files of one day: a modifier, and running numbers."""

    scope: str  # bank and origin: within these and a day, modifiers tell files apart
    day: date
    block: int  # how many running numbers, such as trace numbers, it may need at the most


class Reservation(NamedTuple):
    """What was reserved of `Format.daily_numbers`."""

    file_id_modifier: str  # A-Z, 0-9
    first_trace: int  # of a block as long as was asked for
    at: datetime | None = None
    """When it was made (aware), which may be long after the job was due: no date in the file is before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file to be written. `created` (aware) is when the job was due or asked for, never the clock."""

    entity: str
    route: str
    job_id: int
    file_name: str
    created: datetime
    posting_date: date
    columns: Layout | None = None
    settings: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    reservation: Reservation | None = None
    control_numbers: Mapping[str, int] = field(default_factory=dict)
    """For each of `Format.control_scopes` the file's own number, from 1 and without gaps."""
    prenotes: Items = _none
    """Of each account that this file asks the bank about, an item without number and amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a file holds, as written or as read back; None is what a reader of this file cannot tell.

    `items`: documents carried. `records`: lines of data. `sums`: payable per currency in minor units, credit
    notes negative. `control`: the format's own counts and hashes. `notes`: what a person is to know of the
    file, in sentences; nothing reads them back.
    """

    items: int | None
    records: int
    sums: dict[str, int] | None
    control: dict[str, str | int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def differences(self, read: Totals) -> list[str]:
        """In what the totals read back differ from these; empty when they agree."""
        pairs: list[tuple[str, object, object]] = [("records", self.records, read.records)]
        if read.items is not None:
            pairs.append(("items", self.items, read.items))
        if read.sums is not None:
            pairs.append(("sums", self.sums, read.sums))
        names = sorted(self.control.keys() | read.control.keys())
        pairs += [(name, self.control.get(name), read.control.get(name)) for name in names]
        return [
            f"{name}: {ours!r} written, {theirs!r} read" for name, ours, theirs in pairs if ours != theirs
        ]


class Format(ABC):
    """A kind of batch file. Formats keep nothing between calls."""

    key: ClassVar[str]
    title: ClassVar[str]
    extension: ClassVar[str]
    routes: ClassVar[frozenset[str]]
    settings: ClassVar[tuple[catalogue.Setting, ...]] = ()
    uses_columns: ClassVar[bool] = False

    @staticmethod
    def schema() -> str | None:
        """What describes its files to machines, such as an XML schema, where it is published with Waybill."""
        return None

    def file_extension(self, values: Mapping[str, str | int | bool | None]) -> str:
        """How the file's name ends, without the point."""
        del values
        return self.extension

    def is_one_each(self, values: Mapping[str, str | int | bool | None]) -> bool:
        """Whether every item goes into a file of its own: `write` is then given exactly one."""
        del values
        return False

    def control_scopes(self, items: Iterable[Item], batch: Batch) -> Iterator[str]:
        """Within what the file has a number without gaps: an interchange's sender and receiver."""
        del items, batch
        return iter(())

    def daily_numbers(self, batch: Batch, items: int) -> DailyNumbers | None:
        """What a file of so many items has to itself among those of its day; None: nothing."""
        del batch, items
        return None

    def prenote_days(self, batch: Batch) -> PrenoteDays | None:
        """Of a file that asks banks about new accounts before paying them: when; None where it asks none."""
        del batch
        return None

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """What is wrong with the settings, asked once a job before anything is touched."""
        del values, columns
        return []

    @abstractmethod
    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """Why this item alone cannot be carried. For many, `problems` is far quicker."""

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """Everything that keeps this item alone from being carried; empty when nothing does."""
        found = self.problem(item, batch)
        return [] if found is None else [found]

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item (by `item_id`) that cannot be carried, alone or together with the others of its party."""
        for item in items:
            if (found := self.problem(item, batch)) is not None:
                yield item.item_id, found

    @abstractmethod
    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the file; items with problems must have been left out."""

    @abstractmethod
    def read_back(self, path: Path, batch: Batch) -> Totals:
        """What stands in the file; raises `InvalidInput` (`file_damaged`) where it is not as written."""


def damaged(path: Path, what: str) -> InvalidInput:
    """The error of a file that does not read back as it was written."""
    return InvalidInput(
        f"the file {path.name} is not as it was written: {what}",
        remedy="look at the disk the archive is on, then queue the job again; nothing has left",
        code="file_damaged",
    )


@cache
def load() -> dict[str, Format]:
    """Every format there is, by its key."""
    return {key: plugin() for key, plugin in catalogue.discover("waybill.formats").items()}
