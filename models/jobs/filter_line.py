"""The filter line: which jobs are meant, in words that a person types and a command takes alike.

    state:failed error:unreachable -facility:"Bank files" age:>2d attempt:>=3

Every word must hold; `-` before one turns it round. One of several values: `state:failed,cancelled`. A value
with a space stands in quotes. In an error, a reason, a facility or a party `*` stands for anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from models import clock, names
from models.errors import InvalidInput
from models.fields import to_millis
from models.jobs.records import JobState


class Key(StrEnum):
    """What a word is about."""

    STATE = "state"
    ERROR = "error"
    REASON = "reason"
    FACILITY = "facility"
    PARTY = "party"
    INVOICE = "invoice"
    AGE = "age"
    ATTEMPT = "attempt"


KEYS: dict[Key, tuple[str, str]] = {
    Key.STATE: ("state:failed", f"one of {', '.join(JobState)}"),
    Key.ERROR: ("error:unreachable", "the code of what went wrong, with the job or one of its invoices"),
    Key.REASON: ('reason:"*permission denied"', "what the job says went wrong"),
    Key.FACILITY: ("facility:Bank*", "its facility's name"),
    Key.PARTY: ('party:"Blue Ltd"', "it carries an invoice of the party with this name or number"),
    Key.INVOICE: ("invoice:A-1", "it carries the invoice with this number"),
    Key.AGE: ("age:>2d", "it was made so long ago: s, m, h, d or w"),
    Key.ATTEMPT: ("attempt:>=3", "how often it was begun"),
}
"""What can be said: an example, and what it means."""


class Term(NamedTuple):
    """One word of the line."""

    key: Key
    values: tuple[str, ...]
    negated: bool = False
    comparison: str = "="
    """Of an age or a number."""

    @property
    def number(self) -> int:
        """A number as it is, an age in seconds."""
        value = self.values[0]
        return int(value) if self.key is Key.ATTEMPT else int(value[:-1]) * _SECONDS[value[-1]]


_WORD = re.compile(r'(?P<no>-?)(?P<key>[^\s:"]*):(?P<value>(?:"[^"]*"|[^\s"])*)(?=\s|$)')
_VALUE = re.compile(r'(?:"[^"]*"|[^,"])+')
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "="}
"""A comparison of ages is one of the instants from which they count, turned round."""
_SHAPES = {Key.AGE: r"\d{1,6}[smh]|\d{1,5}d|\d{1,4}w", Key.ATTEMPT: r"\d{1,9}"}
"""Of an age no more than there are years in the calendar to count back."""
_MOST = 20
"""Words of one line, and values of one word."""


def parse(text: str) -> tuple[Term, ...]:
    """The line's words; raises `InvalidInput` naming the one that says nothing."""
    terms, position = list[Term](), 0
    while (rest := text[position:].lstrip()) != "":
        found = _WORD.match(rest)
        if found is None:
            raise _refused(f"{names.shown(rest.split()[0])} is no word of a filter", f"write {_examples()}")
        terms.append(_term(found["key"], found["value"], negated=bool(found["no"])))
        position = len(text) - len(rest) + found.end()
    if len(terms) > _MOST:
        raise _refused(f"more than {_MOST} words are too many", "say it with fewer")
    return tuple(terms)


def _term(name: str, value: str, *, negated: bool) -> Term:
    if name not in list(Key):
        raise _refused(f"jobs cannot be filtered by {names.shown(name)}", f"write {_examples()}")
    key, comparison = Key(name), "="
    if key in _SHAPES:
        number = value.lstrip("<>=")
        comparison, value = value[: len(value) - len(number)] or "=", number
    values = tuple(part.replace('"', "").strip() for part in _VALUE.findall(value))
    if not values or not all(values) or len(values) > _MOST:
        raise _refused(f"{name}: has no value, or too many", f"write {KEYS[key][0]}")
    _check(key, values, comparison)
    return Term(key, values, negated, comparison)


def _check(key: Key, values: Sequence[str], comparison: str) -> None:
    if key is Key.STATE and (wrong := [value for value in values if value not in list(JobState)]):
        raise _refused(f"{names.shown(wrong[0])} is no state of a job", f"write {KEYS[key][1]}")
    if key in _SHAPES and (len(values) > 1 or not re.fullmatch(_SHAPES[key], values[0], re.ASCII)):
        raise _refused(f"{key}: cannot be {names.shown(values[0])}", f"write {KEYS[key][0]}")
    if comparison not in _TURNED:
        raise _refused(f"{comparison} compares nothing", f"write one of {' '.join(_TURNED)}")


def _refused(what: str, remedy: str) -> InvalidInput:
    return InvalidInput(what, remedy=remedy, code="filter")


def _examples() -> str:
    return " ".join(example for example, _ in KEYS.values())


# Each begins, word for word, with the term of a partial index, so that the archive is not walked.
WAITING = "j.state IN ('pending', 'in_progress')"
FAILED = "j.state IN ('failed', 'completed_with_errors')"
CANCELLED = "j.state = 'cancelled'"
WRONG = "j.code <> ''"
_OF_INDEX = (
    (WAITING, frozenset({JobState.PENDING, JobState.IN_PROGRESS})),
    (FAILED, frozenset({JobState.FAILED, JobState.COMPLETED_WITH_ERRORS})),
    (CANCELLED, frozenset({JobState.CANCELLED})),
)
# By way of the invoices, which are few, to the jobs that took them or were asked to. The joins stand in the
# order to go by: without statistics SQLite would rather look through all invoices.
_CARRIES = """
j.id IN (SELECT t.job_id FROM {chosen} CROSS JOIN export_item t WHERE {which} AND t.invoice_id = i.id
         UNION SELECT s.job_id FROM {chosen} CROSS JOIN job_selection s WHERE {which} AND s.invoice_id = i.id)
"""
_PARTY = _CARRIES.format(chosen="party p CROSS JOIN invoice i", which="{which} AND i.party_id = p.id")
_INVOICE = _CARRIES.format(
    chosen="legal_entity e CROSS JOIN invoice i", which="i.entity_id = e.id AND i.number IN ({marks})"
)
_ERROR = """
({which} OR EXISTS (SELECT 1 FROM export_item t
                    WHERE t.job_id = j.id AND t.state IN ('failed', 'abandoned') AND {of_item}))
"""


def condition(terms: Sequence[Term]) -> tuple[str, list[object]]:
    """The rest of a condition on export_job j, beginning with AND, and its values."""
    text, values = "", list[object]()
    for term in terms:
        said, needed = _BUILT[term.key](term)
        text += f" AND {'NOT ' if term.negated else ''}({said})"
        values += needed
    return "".join(f" AND {index}" for index in _indexes(terms)) + text, values


def is_selective(terms: Sequence[Term]) -> bool:
    """Whether a word leads to few jobs by an index of its own."""
    led = any(term.key in (Key.PARTY, Key.INVOICE) and not term.negated for term in terms)
    return led or any(True for _ in _indexes(terms))


def _indexes(terms: Sequence[Term]) -> Iterator[str]:
    for term in terms:
        if term.key is Key.STATE and not term.negated:
            yield from (text for text, states in _OF_INDEX if states >= set(term.values))
        elif term.key in (Key.ERROR, Key.REASON) and not term.negated:
            yield WRONG


def _state(term: Term) -> tuple[str, list[object]]:
    return f"j.state IN ({_marks(term.values)})", [*term.values]


def _error(term: Term) -> tuple[str, list[object]]:
    which, values = _like("j.code", term.values)
    of_item, again = _like("t.code", term.values)
    return _ERROR.format(which=which, of_item=of_item), [*values, *again]


def _reason(term: Term) -> tuple[str, list[object]]:
    return _like("j.reason", term.values)


def _facility(term: Term) -> tuple[str, list[object]]:
    which, values = _like("f.name", term.values)
    # The plus keeps SQLite from going through all jobs of a facility where another word leads to few.
    return f"+j.facility_id IN (SELECT f.id FROM facility f WHERE {which})", values  # noqa: S608 - constant text


def _party(term: Term) -> tuple[str, list[object]]:
    by_name, values = _like("p.name", term.values)
    which = f"({by_name} OR p.number IN ({_marks(term.values)}))"
    return _PARTY.format(which=which), [*values, *term.values] * 2


def _invoice(term: Term) -> tuple[str, list[object]]:
    return _INVOICE.format(marks=_marks(term.values)), [*term.values] * 2


def _age(term: Term) -> tuple[str, list[object]]:
    """The older, the earlier; exactly so old is within the last unit given."""
    made = clock.now() - timedelta(seconds=term.number)
    if term.comparison == "=":
        unit = timedelta(seconds=_SECONDS[term.values[0][-1]])
        return "j.created_at > ? AND j.created_at <= ?", [to_millis(made - unit), to_millis(made)]
    return f"j.created_at {_TURNED[term.comparison]} ?", [to_millis(made)]


def _attempt(term: Term) -> tuple[str, list[object]]:
    return f"j.attempt {term.comparison} ?", [term.number]


_BUILT: dict[Key, Callable[[Term], tuple[str, list[object]]]] = {
    Key.STATE: _state,
    Key.ERROR: _error,
    Key.REASON: _reason,
    Key.FACILITY: _facility,
    Key.PARTY: _party,
    Key.INVOICE: _invoice,
    Key.AGE: _age,
    Key.ATTEMPT: _attempt,
}


def _like(column: str, values: Sequence[str]) -> tuple[str, list[object]]:
    """One of the texts, in small or capital letters, `*` for anything."""
    patterns = [re.sub(r"[\\%_]", r"\\\g<0>", value).replace("*", "%") for value in values]
    text = " OR ".join(rf"{column} LIKE ? ESCAPE '\'" for _ in values)
    return f"({text})", [*patterns]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
