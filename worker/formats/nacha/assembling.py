"""From items to ACH entries: who is paid how much into which account, and for what.

One entry per invoice, or per payee. A payee with a credit note among the documents gets one entry for the net
of them all. The identification number carries the invoice's number; where it cannot, addenda do: one of 80
characters, or in CTX an X12 820 over many. What none can carry is refused: nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from models.errors import InvalidInput
from worker.formats import Account, Batch, Item, Problem
from worker.formats.nacha import refusals, remittance
from worker.formats.nacha.codes import ADDENDA_WIDTH, IDENTIFICATION_WIDTH, MAX_ADDENDA, MAX_AMOUNT
from worker.formats.nacha.dates import Dates
from worker.formats.nacha.entries import Entry, EntryMaker
from worker.formats.nacha.payees import Payee, payee_of
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.remittance import Document


@dataclass(slots=True)
class _Group:
    """Documents of one payee that are paid in one entry."""

    first: Item
    widest: int
    """How many characters of numbers could ever stand in one entry."""
    items: list[int] = field(default_factory=list)
    total: int = 0
    documents: list[Document] = field(default_factory=list)
    width: int = 0
    due: str | None = None
    mixed: bool = False

    def add(self, item: Item, number: str) -> None:
        """Count the document in; numbers are kept only while a list of them can still fit."""
        self.items.append(item.item_id)
        self.total += item.signed
        self.width += len(number)
        self.mixed = self.mixed or item.account != self.first.account
        if self.width <= self.widest:
            self.documents.append(Document(number, item.signed))
        if item.due_date is not None and item.document_type == "invoice":
            self.due = min(self.due or item.due_date, item.due_date)

    @property
    def complete(self) -> bool:
        """Whether `documents` names every one."""
        return len(self.documents) == len(self.items)


class Assembler:
    """Makes entries, or says what stands in their way, by one bank's profile."""

    def __init__(self, profile: Profile, batch: Batch) -> None:
        self._profile = profile
        self._job_id = batch.job_id
        self.dates = Dates(profile, batch)
        self._maker = EntryMaker(profile, batch)
        self._account: Account | None = None
        self._party = -1
        self._payee: Payee | Problem | None = None
        self._widest = ADDENDA_WIDTH * (1 if profile.ctx == "never" else MAX_ADDENDA)

    def problem(self, item: Item) -> Problem | None:
        """Why this item alone cannot be carried."""
        return self._own_problem(item, self._nets(item))

    def _own_problem(self, item: Item, netted: bool) -> Problem | None:
        payee = self.payee(item)
        if isinstance(payee, Problem):
            return payee
        if item.amount <= 0:
            return refusals.nothing_to_pay(item)
        if netted:
            number = self._profile.clean(item.number)
            return None if number else refusals.number_unfit(item)
        entry = self.single(item, payee)
        return entry if isinstance(entry, Problem) else None

    def problems(self, items: Iterable[Item]) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried, alone or in its payee's one entry."""
        group: _Group | None = None
        for item in items:
            if group is not None and group.first.party_id != item.party_id:
                yield from self._group_problems(group)
                group = None
            netted = group is not None or self._nets(item)
            if (found := self._own_problem(item, netted)) is not None:
                yield item.item_id, found
            elif netted:
                group = group or _Group(item, self._widest)
                group.add(item, self._profile.clean(item.number) or "")
        if group is not None:
            yield from self._group_problems(group)

    def entries(self, items: Iterable[Item]) -> Iterator[Entry]:
        """The entries in the order of the items; raises `InvalidInput` for what `problems` would find."""
        group: _Group | None = None
        last = -1
        for item in items:
            if group is not None and group.first.party_id != item.party_id:
                yield _sound(self._net(group))
                group = None
            if group is not None or self._nets(item):
                group = group or self._begun(item, last)
                group.add(item, self._profile.clean(item.number) or "")
                last = item.party_id
            else:
                last = item.party_id
                yield _sound(self.single(item, _sound(self.payee(item))))
        if group is not None:
            yield _sound(self._net(group))

    def prenote(self, item: Item) -> Entry:
        """An entry of zero that asks the bank whether there is such an account."""
        return self._maker.prenote(_sound(self.payee(item)), self.dates.usual)

    def payee(self, item: Item) -> Payee | Problem:
        """The payee's part of the entry; the last one is remembered."""
        if self._payee is None or item.party_id != self._party or item.account != self._account:
            self._party, self._account = item.party_id, item.account
            self._payee = payee_of(item, self._profile)
        return self._payee

    def single(self, item: Item, payee: Payee) -> Entry | Problem:
        """The entry of one invoice."""
        if not 0 < item.amount <= MAX_AMOUNT:
            return refusals.too_large(item, item.amount)
        number = self._profile.clean(item.number)
        if not number:
            return refusals.number_unfit(item)
        settles = self.dates.of(item.due_date, item.amount)
        fits = len(number) <= IDENTIFICATION_WIDTH
        if fits and self._profile.addenda != "always" and not self._always_ctx(payee):
            return self._maker.entry(payee, item.amount, number, (), settles, 1)
        documents = [Document(number, item.amount)]
        addenda = self._addenda(documents)
        if self._always_ctx(payee) or (addenda is None and self._may_be_ctx(payee)):
            return self._maker.ctx(item, payee, documents, settles)
        if addenda is None:
            return refusals.number_unfit(item)
        shown = number if fits else payee.reference or "SEE ADDENDA"
        return self._maker.entry(payee, item.amount, shown, (addenda,), settles, 1)

    def _addenda(self, documents: list[Document]) -> str | None:
        """What one addenda says of the documents; None where the profile wants none, or it cannot."""
        if self._profile.addenda == "off":
            return None
        return remittance.one_addenda(documents, segments=self._profile.rmr)

    def _always_ctx(self, payee: Payee) -> bool:
        return self._profile.ctx == "always" and payee.is_paid_company

    def _may_be_ctx(self, payee: Payee) -> bool:
        return self._profile.ctx != "never" and payee.is_paid_company

    def _nets(self, item: Item) -> bool:
        return self._profile.per_payee or item.document_type == "credit_note"

    def _begun(self, item: Item, last: int) -> _Group:
        """A group at its first item; without the order its payee's documents would not be added up."""
        if item.party_id <= last:
            raise ValueError(f"item {item.item_id}: items must be ordered by party, credit notes first")
        return _Group(item, self._widest)

    def _group_problems(self, group: _Group) -> Iterator[tuple[int, Problem]]:
        entry = self._net(group)
        if isinstance(entry, Problem):
            for item_id in group.items:
                yield item_id, entry

    def _net(self, group: _Group) -> Entry | Problem:
        """The one entry for all documents of a payee."""
        payee = self.payee(group.first)
        if isinstance(payee, Problem):
            return payee
        if len(group.items) == 1 and group.total > 0:
            return self.single(group.first, payee)
        if group.mixed:
            return refusals.accounts_differ(group.first, len(group.items))
        # The rules know entries of zero in CCD and CTX alone.
        told_of_nothing = self._profile.zero_dollar and payee.is_paid_company
        if group.total < 0 or (group.total == 0 and not told_of_nothing):
            return refusals.credit_exceeds(group.first, len(group.items), group.total)
        if group.total > MAX_AMOUNT:
            return refusals.too_large(group.first, group.total)
        return self._told(group, payee)

    def _told(self, group: _Group, payee: Payee) -> Entry | Problem:
        """The entry with the best account of its documents that the profile allows."""
        count = len(group.items)
        settles = self.dates.of(group.due, group.total) if group.total else self.dates.usual
        addenda = self._addenda(group.documents) if group.complete else None
        if self._always_ctx(payee) or (addenda is None and self._may_be_ctx(payee)):
            return self._maker.ctx(group.first, payee, group.documents, settles, count)
        if addenda is None and self._profile.refuse_long_lists:
            return refusals.list_too_long(group.first, count)
        if addenda is None and self._profile.addenda != "off":
            addenda = f"{count} DOCUMENTS OF EXPORT JOB {self._job_id}"
        shown = payee.reference or ("SEE ADDENDA" if addenda else "NET PAYMENT")
        pieces = () if addenda is None else (addenda,)
        return self._maker.entry(payee, group.total, shown, pieces, settles, count)


_Made = TypeVar("_Made", Payee, Entry)


def _sound(made: _Made | Problem) -> _Made:
    if isinstance(made, Problem):
        raise InvalidInput(made.reason, remedy=made.remedy, code=made.code)
    return made
