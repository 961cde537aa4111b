"""Entries of our own ACH files, found again by their trace numbers, and the invoices that each paid."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from models.ach_returns.originals import PaidItem
from worker.ach import remittance
from worker.ach.records import records
from worker.ach.structure import Entry, parts
from worker.formats.transliteration import to_ascii

_WORDS = re.compile(r"[,\s]+")


class Original(NamedTuple):
    """One entry as it left."""

    trace: str
    rdfi: str
    account: str
    cents: int
    company: str
    effective: str
    numbers: frozenset[str]
    """What could be numbers of invoices: the identification, and what the addenda name."""


def entries_with(path: Path, traces: Collection[str]) -> dict[str, Original]:
    """The entries of a file that have one of these trace numbers."""
    with path.open("rb") as stream:
        found = (part for part in parts(records(stream)) if isinstance(part, Entry))
        wanted = (entry for entry in found if entry.line.record.text[79:94] in traces)
        return {original.trace: original for original in map(original_of, wanted)}


def original_of(entry: Entry) -> Original:
    """An entry of ours as it is compared."""
    value, header = entry.line.value, entry.header
    return Original(
        trace=value("trace number"),
        rdfi=value("RDFI"),
        account=value("account number"),
        cents=int(value("amount")),
        company="" if header is None else header.value("company identification"),
        effective="" if header is None else header.value("effective entry date"),
        numbers=frozenset(_numbers(entry)),
    )


def _numbers(entry: Entry) -> Iterator[str]:
    yield _plain(entry.line.value("identification number"))
    found = remittance.of_entry(entry)
    if found is not None:
        yield from (_plain(item.number) for item in found.items)
        yield from map(_plain, _WORDS.split(found.text))


def _plain(number: str) -> str:
    """A number as it is compared: in the letters that a file can carry, capital ones."""
    return "".join(to_ascii(number).upper().split())


def paid_by(original: Original, items: Iterable[PaidItem]) -> Sequence[PaidItem]:
    """The invoices that an entry paid, among those that went to its account; none where it is not certain.

    Those it names, if they come to its amount; else all of one party's; else the only one of that amount.
    """
    to_account = [
        item for item in items if (item.routing[:8], item.account) == (original.rdfi, original.account)
    ]
    of_party = defaultdict[int, list[PaidItem]](list)
    for item in to_account:
        of_party[item.party_id].append(item)
    choices = [
        *([item for item in own if _plain(item.number) in original.numbers] for own in of_party.values()),
        *of_party.values(),
        *([item] for item in to_account),
    ]
    fitting = [
        choice for choice in choices if choice and sum(item.amount for item in choice) == original.cents
    ]
    named = [choice for choice in fitting if all(_plain(item.number) in original.numbers for item in choice)]
    for few in (named, fitting):
        if few and all(choice == few[0] for choice in few):
            return few[0]
    return ()
