"""Parties as they are looked at: in pages by key, by a filter line, one in full, and what waits for them.

Every answer is scoped to the legal entities that the actor may see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from models import history, parties
from models.database import execute
from models.errors import InvalidInput, NotFound
from models.fields import amount_text
from models.history import Act
from models.jobs.queries import marks
from models.paging import Seek
from models.parties import BankAccount, Party, PaymentMethod
from models.people import Actor, visible_entities


class Key(StrEnum):
    """What a word of the filter line is about."""

    ENTITY = "entity"
    METHOD = "method"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Which parties are meant; what is left out does not narrow."""

    text: str = ""
    """Within name, number, e-mail, or what it is known by."""
    entity: str = ""
    """Within the legal entity's name."""
    method: PaymentMethod | None = None
    has_account: bool | None = None


class PartyRow(NamedTuple):
    """One party in a list."""

    id: int
    entity_id: int
    entity: str
    name: str
    number: str
    email: str
    method: PaymentMethod
    routing: str
    account: str
    """The current account, masked; empty without one."""

    @property
    def unpayable(self) -> bool:
        """Paid by ACH, but nobody knows into which account: its invoices fail."""
        return self.method is PaymentMethod.ACH and not self.account


class Waiting(NamedTuple):
    """Payable invoices of a party that stand in one state and currency."""

    state: str
    currency: str
    number: int
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A party in full."""

    row: PartyRow
    known_by: tuple[str, ...]
    accounts: tuple[BankAccount, ...]
    """The current one first; one never changes."""
    waiting: tuple[Waiting, ...]
    acts: tuple[Act, ...] | None
    """None: the actor may not see the audit."""


_ROWS = """
SELECT p.id, p.entity_id, e.name, p.name, p.number, p.email, p.payment_method,
       COALESCE(b.routing, ''), COALESCE(b.number, '')
FROM party p LEFT JOIN legal_entity e ON e.id = p.entity_id
LEFT JOIN bank_account b ON b.id = p.bank_account_id
"""
_COUNT = "SELECT COUNT(*) FROM party p LEFT JOIN legal_entity e ON e.id = p.entity_id"
_WAITING = """
SELECT l.state, i.currency, COUNT(DISTINCT i.id),
       SUM(CASE WHEN i.document_type = 'credit_note' THEN -i.payable ELSE i.payable END)
FROM invoice i JOIN export_ledger l ON l.invoice_id = i.id
WHERE i.party_id = ? AND i.direction = 'payable' AND l.state IN ('pending', 'in_progress', 'on_hold')
GROUP BY l.state, i.currency ORDER BY l.state DESC, i.currency
"""
# Found first, each table in one go: asked of each row in the list's order, a rare text took seconds.
_TEXT = r"""
p.id IN (SELECT t.id FROM party t WHERE LOWER(t.name) LIKE LOWER(?) ESCAPE '\'
         OR LOWER(t.number) LIKE LOWER(?) ESCAPE '\' OR LOWER(t.email) LIKE LOWER(?) ESCAPE '\'
         UNION SELECT k.party_id FROM party_key k WHERE LOWER(k.value) LIKE LOWER(?) ESCAPE '\')
"""
_ENTITY = r"LOWER(e.name) LIKE LOWER(?) ESCAPE '\'"
_BY_NAME, _BY_ID = ("p.entity_id", "p.name", "p.id"), ("p.id",)
_WORD = re.compile(r'(?:([a-z]+):)?("[^"]*"|\S+)')


def parse(line: str) -> Words:
    """A filter line: `blue method:ach account:no entity:"Acme Nordic"`; raises `InvalidInput`."""
    plain, given = list[str](), dict[str, str]()
    for name, value in _WORD.findall(line):
        if name and name not in Key._value2member_map_:
            raise InvalidInput(
                f"there is no word {name}: for parties",
                remedy=f"there are {', '.join(f'{key}:' for key in Key)}",
            )
        if name:
            given[name] = value.strip('"')
        else:
            plain.append(value.strip('"'))
    return Words(
        text=" ".join(plain),
        entity=given.get(Key.ENTITY, ""),
        method=_one_of(given, Key.METHOD, {method.value: method for method in PaymentMethod}),
        has_account=_one_of(given, Key.ACCOUNT, {"yes": True, "no": False}),
    )


def _one_of(given: dict[str, str], key: Key, values: dict[str, Any]) -> Any:
    if key not in given:
        return None
    if given[key] not in values:
        raise InvalidInput(f"{key}:{given[key]} is none", remedy=f"say {key}: with {' or '.join(values)}")
    return values[given[key]]


def paged(actor: Actor, words: Words, seek: Seek, *, newest_first: bool = False) -> list[PartyRow]:
    """The parties that `seek` names, by legal entity and name, or the newest first."""
    conditions, values = _narrowed(actor, words)
    beyond, order, keys = seek.sql(*(_BY_ID if newest_first else _BY_NAME), descending=newest_first)
    sql = f"{_ROWS} WHERE {conditions} AND {beyond} ORDER BY {order} LIMIT ?"
    return seek.in_order([_row(each) for each in execute(sql, [*values, *keys, seek.limit])])


def key(row: PartyRow | Party, *, newest_first: bool = False) -> tuple[object, ...]:
    """What a row's place goes by: what `Seek` takes; its last part is the party's id."""
    return (row.id,) if newest_first else (row.entity_id, row.name, row.id)


def count(actor: Actor, words: Words) -> int:
    """How many match."""
    conditions, values = _narrowed(actor, words)
    return int(execute(f"{_COUNT} WHERE {conditions}", values).fetchone()[0])


def detail(actor: Actor, party_id: int) -> Detail:
    """One party; raises `NotFound`, also where the actor may not see it."""
    scope, values = _scope(actor)
    found = [_row(each) for each in execute(f"{_ROWS} WHERE {scope} AND p.id = ?", [*values, party_id])]
    if not found:
        raise NotFound(f"there is no party {party_id} that you can see", remedy="see: waybill party list")
    party = Party.get_by_id(party_id)
    return Detail(
        row=found[0],
        known_by=tuple(parties.known_by(party)),
        accounts=tuple(reversed(parties.accounts(party))),
        waiting=waiting(party_id),
        acts=history.of(actor, "party", party_id, found[0].entity_id),
    )


def waiting(party_id: int) -> tuple[Waiting, ...]:
    """The payable invoices that have not left, by state and currency: what a change of payment meets.

    Pending ones, and those on hold once released, take what is current then; those in progress keep what
    their job collected.
    """
    rows = execute(_WAITING, [party_id])
    return tuple(
        Waiting(state, currency, number, amount_text(sum_, currency))
        for state, currency, number, sum_ in rows
    )


def _row(row: Sequence[Any]) -> PartyRow:
    *plain, method, routing, number = row
    account = parties.masked(number) if number else ""
    return PartyRow._make([*plain, PaymentMethod(method), routing, account])


def _scope(actor: Actor) -> tuple[str, list[object]]:
    ids = visible_entities(actor)
    if ids is None:
        return "1 = 1", []
    # With several a plus keeps SQLite on the one walk that gives the order; with one, its index begins there.
    return f"{'' if len(ids) == 1 else '+'}p.entity_id IN ({marks(ids)})", list(ids)


def _narrowed(actor: Actor, words: Words) -> tuple[str, list[object]]:
    scope, values = _scope(actor)
    conditions = [scope]
    if words.text:
        conditions.append(_TEXT)
        values += [_within(words.text)] * 4
    if words.entity:
        conditions.append(_ENTITY)
        values.append(_within(words.entity))
    if words.method is not None:
        conditions.append("p.payment_method = ?")
        values.append(words.method.value)
    if words.has_account is not None:
        conditions.append(f"p.bank_account_id IS {'NOT ' if words.has_account else ''}NULL")
    return " AND ".join(conditions), values


def _within(text: str) -> str:
    for mark in "\\%_":
        text = text.replace(mark, f"\\{mark}")
    return f"%{text}%"
