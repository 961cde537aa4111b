"""From items to ACH entries: who is paid how much into which account, and for what.

One entry per invoice, or per payee. A payee with a credit note among the documents gets one entry for the net
of them all. The identification number carries the invoice's number; where it cannot, the addenda does. What
neither can carry is refused: nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from models.errors import InvalidInput
from models.fields import amount_text
from worker.formats import Account, Item, Problem
from worker.formats.nacha import refusals
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.refusals import ACCOUNT_WIDTH, CREDIT_CODES, NAME_WIDTH, SEC_CODES

MAX_AMOUNT = 99_999_999_99  # cents in an entry: 10 digits
IDENTIFICATION_WIDTH = 15
ADDENDA_WIDTH = 80
# They part and end the elements of an X12 segment.
_X12_MARKS = frozenset("*\\~")


class Payee(NamedTuple):
    """The part of an entry that is the same for all of a payee's documents."""

    sec: str  # CCD, PPD
    head: str  # transaction code, routing number, account number: 28 characters
    name: str  # 22 characters
    hashed: int  # the routing number's first 8 digits
    reference: (
        str  # party number, for the identification field when no invoice number can stand there; may be empty
    )


class Entry(NamedTuple):
    """One entry and what it pays."""

    payee: Payee
    amount: int
    identification: str
    addenda: str | None
    items: int


@dataclass(slots=True)
class _Group:
    """Documents of one payee that are paid in one entry."""

    first: Item
    items: list[int] = field(default_factory=list)
    total: int = 0
    numbers: list[tuple[str, int]] = field(default_factory=list)
    width: int = 0
    mixed: bool = False

    def add(self, item: Item, number: str) -> None:
        """Count the document in; numbers are kept only while a list of them can still fit."""
        self.items.append(item.item_id)
        self.total += item.signed
        self.width += len(number)
        self.mixed = self.mixed or item.account != self.first.account
        if self.width <= ADDENDA_WIDTH:
            self.numbers.append((number, item.signed))

    @property
    def complete(self) -> bool:
        """Whether `numbers` names every document."""
        return len(self.numbers) == len(self.items)


class Assembler:
    """Makes entries, or says what stands in their way, by one bank's profile."""

    def __init__(self, profile: Profile, job_id: int) -> None:
        self._profile = profile
        self._job_id = job_id
        self._account: Account | None = None
        self._party = -1
        self._payee: Payee | Problem | None = None

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
                group = group or _Group(item)
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
                group = group or _begun(item, last)
                group.add(item, self._profile.clean(item.number) or "")
                last = item.party_id
            else:
                last = item.party_id
                yield _sound(self.single(item, _sound(self.payee(item))))
        if group is not None:
            yield _sound(self._net(group))

    def payee(self, item: Item) -> Payee | Problem:
        """The payee's part of the entry; the last one is remembered."""
        if self._payee is None or item.party_id != self._party or item.account != self._account:
            self._party, self._account = item.party_id, item.account
            self._payee = self._made(item)
        return self._payee

    def single(self, item: Item, payee: Payee) -> Entry | Problem:
        """The entry of one invoice."""
        if not 0 < item.amount <= MAX_AMOUNT:
            return refusals.too_large(item, item.amount)
        number = self._profile.clean(item.number)
        if not number:
            return refusals.number_unfit(item)
        fits = len(number) <= IDENTIFICATION_WIDTH
        if fits and self._profile.addenda != "always":
            return Entry(payee, item.amount, number, None, 1)
        addenda = None if self._profile.addenda == "off" else self._remittance([(number, item.amount)])
        if addenda is None and not fits:
            return refusals.number_unfit(item)
        return Entry(payee, item.amount, number if fits else payee.reference or "SEE ADDENDA", addenda, 1)

    def _nets(self, item: Item) -> bool:
        return self._profile.per_payee or item.document_type == "credit_note"

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
        if group.total <= 0:
            return refusals.credit_exceeds(group.first, len(group.items), group.total)
        if group.total > MAX_AMOUNT:
            return refusals.too_large(group.first, group.total)
        addenda = None
        if self._profile.addenda != "off" and group.complete:
            addenda = self._remittance(group.numbers)
        if addenda is None:
            if self._profile.refuse_long_lists:
                return refusals.list_too_long(group.first, len(group.items))
            if self._profile.addenda != "off":
                addenda = f"{len(group.items)} DOCUMENTS OF EXPORT JOB {self._job_id}"
        identification = payee.reference or ("SEE ADDENDA" if addenda else "NET PAYMENT")
        return Entry(payee, group.total, identification, addenda, len(group.items))

    def _remittance(self, numbers: list[tuple[str, int]]) -> str | None:
        """The documents' numbers and amounts in 80 characters, or just their numbers; None if too many."""
        marked = any(_X12_MARKS.intersection(number) for number, _ in numbers)
        if self._profile.rmr and not marked:
            segments = "".join(_rmr(number, cents) for number, cents in numbers)
            if len(segments) <= ADDENDA_WIDTH:
                return segments
        invoices = ", ".join(number for number, cents in numbers if cents >= 0)
        credits_ = ", ".join(number for number, cents in numbers if cents < 0)
        text = f"INV {invoices} LESS CREDIT {credits_}" if credits_ else f"INV {invoices}"
        return text if len(text) <= ADDENDA_WIDTH else None

    def _made(self, item: Item) -> Payee | Problem:
        account = item.account
        if item.direction != "payable" or item.currency != "USD":
            return refusals.not_payable_in_usd(item)
        if account is None:
            return refusals.account_missing(item)
        if (found := refusals.account_problem(item, account)) is not None:
            return found
        name = self._profile.clean(account.name or item.party_name)
        if not name or len(name) > NAME_WIDTH:
            return refusals.name_unfit(item, account.name or item.party_name, name)
        number = account.number.replace(" ", "")
        reference = self._profile.clean(item.party_number) or ""
        return Payee(
            sec=SEC_CODES[account.holder],
            head=f"{CREDIT_CODES[account.kind]}{account.routing}{number:<{ACCOUNT_WIDTH}}",
            name=f"{name:<{NAME_WIDTH}}",
            hashed=int(account.routing[:8]),
            reference=reference if len(reference) <= IDENTIFICATION_WIDTH else "",
        )


def _rmr(number: str, cents: int) -> str:
    # X12 element 128: IV a seller's invoice, CL a seller's credit memo.
    return f"RMR*{'IV' if cents >= 0 else 'CL'}*{number}**{amount_text(cents, 'USD')}\\"


def _begun(item: Item, last: int) -> _Group:
    """A group at its first item; without the order its payee's documents would not be added up."""
    if item.party_id <= last:
        raise ValueError(f"item {item.item_id}: items must be ordered by party, credit notes first")
    return _Group(item)


_Made = TypeVar("_Made", Payee, Entry)


def _sound(made: _Made | Problem) -> _Made:
    if isinstance(made, Problem):
        raise InvalidInput(made.reason, remedy=made.remedy, code=made.code)
    return made
