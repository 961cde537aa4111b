"""The filter line for invoices: which are meant, in words that a person types and a command takes alike.

    INV-2026 party:"Blue Ltd" period:2026-11 amount:1204.50 state:on_hold

Every word must hold. A word without a colon is what the number begins with; a value with a space stands in
quotes.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from models import destinations, names, parties
from models.destinations import Destination, LedgerState
from models.entities import LegalEntity
from models.errors import InvalidInput
from models.fields import to_minor
from models.invoice_pages import Sought
from models.invoices import Direction


class Key(StrEnum):
    """What a word is about."""

    NUMBER = "number"
    PARTY = "party"
    PERIOD = "period"
    AMOUNT = "amount"
    CURRENCY = "currency"
    STATE = "state"
    DIRECTION = "direction"
    CHANGED = "changed"
    DESTINATION = "destination"


KEYS: dict[Key, tuple[str, str]] = {
    Key.NUMBER: ("number:INV-20", "what its number begins with; number: may be left out"),
    Key.PARTY: ('party:"Blue Ltd"', "its customer's or supplier's name, number, identifier or id"),
    Key.PERIOD: (
        "period:2026-11",
        "the year, month or day of issue, or two of them: 2026-10..2026-11-15",
    ),
    Key.AMOUNT: ("amount:1204.50", "the amount due, exactly"),
    Key.CURRENCY: ("currency:EUR", "what the amount is in"),
    Key.STATE: ("state:on_hold", f"where it stands: {', '.join(LedgerState)}"),
    Key.DIRECTION: ("direction:payable", f"one of {', '.join(Direction)}"),
    Key.CHANGED: ("changed:yes", "its content changed after it was exported"),
    Key.DESTINATION: ("destination:payable/main", "whose states are meant; else those of the main ones"),
}
"""What can be said: an example, and what it means."""

VALUES: dict[Key, tuple[str, ...]] = {
    Key.STATE: tuple(LedgerState),
    Key.DIRECTION: tuple(Direction),
    Key.CHANGED: ("yes",),
}
"""What may come after the colon, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the line says, before anything of a legal entity is looked up."""

    number: str = ""
    party: str = ""
    since: date | None = None
    until: date | None = None
    amount: str = ""
    currency: str = ""
    state: LedgerState | None = None
    direction: Direction | None = None
    changed: bool = False
    destination: str = ""

    def standing(self, state: LedgerState) -> Words | None:
        """Narrowed to a state; None when the line wants another one, so that nothing can match."""
        return replace(self, state=state) if self.state in (None, state) else None


_WORD = re.compile(
    r"""(?:(?P<key>[^\s:"]*):(?P<value>(?:"[^"]*"|[^\s"])*)|(?P<number>(?:"[^"]*"|[^\s":])+))(?=\s|$)"""
)
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)


def parse(text: str) -> Words:
    """What the line says; raises `InvalidInput` naming the word that says nothing."""
    said, position = dict[Key, str](), 0
    while (rest := text[position:].lstrip()) != "":
        found = _WORD.match(rest)
        if found is None:
            raise _refused(f"{names.shown(rest.split()[0])} is no word of a filter", f"write {_examples()}")
        key = _key(found["key"])
        value = (found["value"] or found["number"] or "").replace('"', "").strip()
        if key in said:
            raise _refused(f"{key}: stands there twice", "say it once")
        if not value:
            raise _refused(f"{key}: has no value", f"write {KEYS[key][0]}")
        said[key] = value
        position = len(text) - len(rest) + found.end()
    return _words(said)


def _key(name: str | None) -> Key:
    if name is None:
        return Key.NUMBER
    if name not in list(Key):
        raise _refused(f"invoices cannot be filtered by {names.shown(name)}", f"write {_examples()}")
    return Key(name)


def _words(said: dict[Key, str]) -> Words:
    since, until = _period(said.get(Key.PERIOD, ""))
    return Words(
        number=said.get(Key.NUMBER, ""),
        party=said.get(Key.PARTY, ""),
        since=since,
        until=until,
        amount=_amount(said.get(Key.AMOUNT, ""), said.get(Key.CURRENCY, "")),
        currency=said.get(Key.CURRENCY, "").upper(),
        state=LedgerState(_one_of(Key.STATE, said[Key.STATE])) if Key.STATE in said else None,
        direction=Direction(_one_of(Key.DIRECTION, said[Key.DIRECTION])) if Key.DIRECTION in said else None,
        changed=Key.CHANGED in said and _one_of(Key.CHANGED, said[Key.CHANGED]) == "yes",
        destination=said.get(Key.DESTINATION, ""),
    )


def _one_of(key: Key, value: str) -> str:
    if value not in VALUES[key]:
        raise _refused(f"{key}: cannot be {names.shown(value)}", f"write one of {', '.join(VALUES[key])}")
    return value


def _amount(amount: str, currency: str) -> str:
    if amount:
        to_minor(amount.lstrip("-"), currency or "EUR")
    return amount


def _period(text: str) -> tuple[date | None, date | None]:
    """First and last day, either of which may be left out around `..`."""
    if not text:
        return None, None
    first, dots, last = text.partition("..")
    since, until = _days(first, text)[0], _days(last if dots else first, text)[1]
    if since is not None and until is not None and until < since:
        raise _refused(f"{text} ends before it begins", "turn it round")
    return since, until


def _days(text: str, whole: str) -> tuple[date | None, date | None]:
    """The first and the last day of a year, a month or a day."""
    if not text and whole != "..":
        return None, None
    found = _DAY.fullmatch(text)
    try:
        year, month, day = (int(part) if part else 0 for part in found.groups()) if found else (0, 0, 0)
        last_month = month or 12
        until = date(year, last_month, day or monthrange(year, last_month)[1])
        return date(year, month or 1, day or 1), until
    except ValueError:
        raise _refused(f"{names.shown(whole)} is no period", f"write {KEYS[Key.PERIOD][0]}") from None


def _refused(what: str, remedy: str) -> InvalidInput:
    return InvalidInput(what, remedy=remedy, code="filter")


def _examples() -> str:
    return " ".join(example for example, _ in KEYS.values())


def sought(entity: LegalEntity, words: Words) -> tuple[Sought, Destination | None]:
    """What to look for among a legal entity's invoices, and whose states are meant.

    Raises `NotFound` for a party or a destination that it does not have.
    """
    destination = destinations.find(entity, words.destination) if words.destination else None
    party_id = parties.find(entity, words.party).id if words.party else None
    found = Sought(
        number=words.number,
        party_id=party_id,
        direction=words.direction,
        state=words.state,
        changed=words.changed,
        since=words.since,
        until=words.until,
        amount=words.amount,
        currency=words.currency,
    )
    return found, destination
