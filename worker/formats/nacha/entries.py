"""Entries as their records have them, of the kinds there are: plain, with addenda, CTX, prenote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from worker.formats import Batch, Item, Problem
from worker.formats.nacha import refusals, remittance
from worker.formats.nacha.codes import CTX, CTX_NAME_WIDTH, IDENTIFICATION_WIDTH, NAME_WIDTH, PPD
from worker.formats.nacha.dates import Settlement
from worker.formats.nacha.payees import Payee, ends
from worker.formats.nacha.profile import Profile
from worker.formats.nacha.remittance import Document, Payment


class BatchKey(NamedTuple):
    """What all entries of a batch have in common."""

    sec: str
    day: date
    """Effective entry date."""
    description: str  # 10
    descriptive: str  # 6
    debit: bool


class Entry(NamedTuple):
    """One entry and what it pays, as its record has it."""

    key: BatchKey
    head: str  # transaction code, routing number, account number: 28 characters
    amount: int
    tail: str  # positions 40 to 78: identification, name and what belongs to it: 39 characters
    hashed: int
    addenda: tuple[str, ...]
    items: int


class EntryMaker:
    """Makes the entries of one file."""

    def __init__(self, profile: Profile, batch: Batch) -> None:
        self._profile = profile
        self._job_id = batch.job_id
        self._made = f"{profile.local(batch.created):%Y%m%d%H%M}"
        self._keys: dict[tuple[str, bool, Settlement], BatchKey] = {}

    def entry(
        self,
        payee: Payee,
        amount: int,
        identification: str,
        addenda: tuple[str, ...],
        settles: Settlement,
        items: int,
    ) -> Entry:
        """A CCD or PPD entry; one of zero tells of documents that come to nothing."""
        code = payee.codes.live if amount else payee.codes.zero_dollar
        key = self._key(payee, payee.sec, settles)
        return Entry(
            key, code + payee.place, amount, _tail(identification, payee), payee.hashed, addenda, items
        )

    def ctx(
        self, first: Item, payee: Payee, documents: Sequence[Document], settles: Settlement, count: int = 1
    ) -> Entry | Problem:
        """A CTX entry, whose 820 names every one of `count` documents."""
        if not payee.ctx_name:
            return refusals.ctx_name_unfit(first, payee.name)
        if remittance.is_marked(documents):
            return refusals.marks_in_number(first)
        payment = Payment(
            ends=ends(payee, self._profile),
            job_id=self._job_id,
            item_id=first.item_id,
            made=self._made,
            effective=f"{settles.day:%Y%m%d}",
            documents=documents,
        )
        pieces = remittance.cut(remittance.x12_820(payment))
        if pieces is None or len(documents) < count:
            return refusals.list_too_long(first, count)
        total = sum(document.cents for document in documents)
        code = payee.codes.live if total else payee.codes.zero_dollar
        tail = _ctx_tail(payee.reference or "SEE ADDENDA", payee, len(pieces))
        key = self._key(payee, CTX, settles)
        return Entry(key, code + payee.place, total, tail, payee.hashed, pieces, count)

    def prenote(self, payee: Payee, settles: Settlement) -> Entry:
        """An entry of zero of the same kind as the live ones to come."""
        identification = payee.reference or "PRENOTE"
        head = payee.codes.prenote + payee.place
        if self._profile.ctx == "always" and payee.is_paid_company and payee.ctx_name:
            key, tail = self._key(payee, CTX, settles), _ctx_tail(identification, payee, 0)
        else:
            key, tail = self._key(payee, payee.sec, settles), _tail(identification, payee)
        return Entry(key, head, 0, tail, payee.hashed, (), 0)

    def _key(self, payee: Payee, sec: str, settles: Settlement) -> BatchKey:
        found = self._keys.get((sec, payee.debit, settles))
        if found is None:
            profile = self._profile
            description = profile.person_description if sec == PPD else profile.description
            found = BatchKey(sec, settles.day, description, settles.descriptive, payee.debit)
            self._keys[sec, payee.debit, settles] = found
        return found


def _tail(identification: str, payee: Payee) -> str:
    return f"{identification:<{IDENTIFICATION_WIDTH}}{payee.name:<{NAME_WIDTH}}  "


def _ctx_tail(identification: str, payee: Payee, addenda: int) -> str:
    return f"{identification:<{IDENTIFICATION_WIDTH}}{addenda:04d}{payee.ctx_name:<{CTX_NAME_WIDTH}}    "
