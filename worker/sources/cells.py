"""Cells to content: an import mapping and a header become one plan that is run for every row.

Everything that can be decided once is decided here, since a file may have a million rows: which column is
which field, how its text is read, and in what order.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from worker.sources import Unreadable
from worker.sources.content import Kind, Problem, is_day
from worker.sources.mapping import KEY, Column, ImportMapping, Steps

Read = Callable[[str], str]
# Days repeat; reading one by its format is the dearest thing about a row.
_REMEMBERED_DAYS = 10_000


class BadCell(ValueError):
    """A cell that cannot be read, on its way to the row it stands in."""

    def __init__(self, column: str, message: str, *, code: str, remedy: str) -> None:
        super().__init__(message)
        self.problem = Problem(field="", code=code, message=f'column "{column}": {message}', remedy=remedy)


@dataclass(slots=True)
class Group:
    """One object (or list) of the content: what fills it, in the order of the mapping."""

    constants: dict[Any, str] = field(default_factory=dict)
    leaves: list[tuple[Any, int, Read | None]] = field(default_factory=list)
    groups: list[tuple[Any, Group]] = field(default_factory=list)
    is_list: bool = False

    def build(self, row: Sequence[str]) -> Any:
        """The object of a row; empty when no cell gave it anything but constants."""
        found: dict[Any, Any] = self.constants.copy() if self.constants else {}
        filled = not self.leaves and not self.groups
        for key, index, read in self.leaves:
            text = row[index]
            if text:
                found[key] = text if read is None else read(text)
                filled = True
        for key, group in self.groups:
            inner = group.build(row)
            if inner:
                found[key] = inner
                filled = True
        if not filled:
            return {}
        return list(found.values()) if self.is_list else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done with every row of one file."""

    width: int
    head: Group
    line: Group
    head_indexes: tuple[int, ...]
    key_indexes: tuple[int, ...]
    custom: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    columns: dict[str, str]


def plan(mapping: ImportMapping, header: Sequence[str]) -> Plan:
    """The plan for a file with this header (or, without one, this first row); raises `Unreadable`."""
    names = _names(header) if mapping.header else [f"column {index}" for index in range(1, len(header) + 1)]
    head, line = Group(), Group()
    indexes: dict[str, int] = {}
    for column in mapping.columns:
        index = None if column.column is None else _index(column.column, names, mapping)
        if index is not None:
            indexes[column.field] = index
        in_line = column.path[0] == "lines"
        steps = column.path[2:] if in_line else column.path
        _add(line if in_line else head, steps, column, index, _reader(column, index, names, mapping))
    mapped = set(indexes.values())
    wanted = mapping.key or KEY
    return Plan(
        width=len(names),
        head=head,
        line=line,
        head_indexes=tuple(sorted({at for name, at in indexes.items() if not name.startswith("lines.")})),
        key_indexes=tuple(indexes[name] for name in wanted if name in indexes),
        custom=tuple(
            (name, index)
            for index, name in enumerate(names)
            if index not in mapped and name.casefold() not in mapping.ignore
        ),
        names=tuple(names),
        columns={name: names[index] for name, index in indexes.items()},
    )


def _add(group: Group, steps: Steps, column: Column, index: int | None, read: Read | None) -> None:
    """Hang a column into the tree of groups."""
    for step, following in itertools.pairwise(steps):
        inner = next((found for key, found in group.groups if key == step), None)
        if inner is None:
            inner = Group(is_list=isinstance(following, int))
            group.groups.append((step, inner))
        group = inner
    fixed = column.constant if index is None else column.default
    if fixed is not None:
        group.constants[steps[-1]] = fixed
    if index is not None:
        group.leaves.append((steps[-1], index, read))


def _names(header: Sequence[str]) -> list[str]:
    """Column names; one without a name gets its number, and one that stands twice too."""
    names: list[str] = []
    for number, name in enumerate(header, start=1):
        names.append(name if name and name not in names else f"{name or 'column'} {number}")
    return names


def _index(wanted: str | int, names: list[str], mapping: ImportMapping) -> int:
    if isinstance(wanted, int):
        if wanted <= len(names):
            return wanted - 1
        raise _no_column(f"there is no column {wanted}; the file has {len(names)}")
    found = [index for index, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if not found:
        raise _no_column(f'there is no column "{wanted}"; there are: {", ".join(names[:30])}', mapping)
    return found[0]


def _no_column(message: str, mapping: ImportMapping | None = None) -> Unreadable:
    remedy = "correct the column in the mapping file, or export the file with it"
    if mapping is not None:
        remedy += f"; columns are separated by {mapping.delimiter!r} (key delimiter)"
    return Unreadable(
        message, code="missing_column", remedy=remedy, line=1 + (mapping.skip if mapping else 0)
    )


# --- reading one cell


def _reader(column: Column, index: int | None, names: list[str], mapping: ImportMapping) -> Read | None:
    if index is None:
        return None
    name = names[index]
    if column.values is not None:
        return _translated(name, column.values)
    if column.kind is Kind.NUMBER:
        return number_reader(name, mapping.decimal, mapping.thousands)
    if column.kind is Kind.DATE:
        return _day(name, mapping.dates)
    return str.upper if column.path == ("currency",) else None


def _translated(name: str, values: Any) -> Read:
    known = dict(values)

    def read(text: str) -> str:
        value: str | None = known.get(text)
        if value is None:
            remedy = f"add it to the values of the column in the mapping file; known are: {', '.join(known)}"
            raise BadCell(name, f"{_short(text)} has no meaning", code="unknown_value", remedy=remedy)
        return value

    return read


_PLAIN: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
# Spaces that programs put between thousands.
_SPACES: Final = {" ": " \u00a0\u202f\u2009"}


def number_reader(name: str, decimal: str, thousands: str) -> Read:
    """Reads a number with the given marks; groups must have three digits, or 1.23 could pass for 123."""
    mark = f"[{re.escape(_SPACES.get(thousands, thousands))}]" if thousands else ""
    whole = rf"(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]+)" if mark else "[0-9]+"
    form = re.compile(rf"([+-]?)({whole})?(?:{re.escape(decimal)}([0-9]+))?(-?)")
    plain = _PLAIN.fullmatch if decimal == "." else re.compile(r"-?[0-9]+").fullmatch
    groups = re.compile(mark) if mark else None

    def read(text: str) -> str:
        if plain(text):
            return text
        found = form.fullmatch(text)
        if found is None or not (found[2] or found[3]) or (found[1] and found[4]):
            remedy = (
                f"write it as 1{thousands}234{decimal}50, or correct decimal and thousands in the mapping"
            )
            raise BadCell(name, f"{_short(text)} is not a number", code="not_a_number", remedy=remedy)
        digits = found[2] or "0"
        if groups is not None:
            digits = groups.sub("", digits)
        sign = "-" if "-" in (found[1], found[4]) else ""
        return f"{sign}{digits}.{found[3]}" if found[3] else f"{sign}{digits}"

    return read


def _day(name: str, formats: tuple[str, ...]) -> Read:
    known: dict[str, str] = {}

    def read(text: str) -> str:
        day = known.get(text)
        if day is None:
            day = _as_day(text, formats)
            if day is None:
                remedy = f"write it as {formats[0]}, or add its format to dates in the mapping"
                raise BadCell(name, f"{_short(text)} is not a day", code="not_a_day", remedy=remedy)
            if len(known) >= _REMEMBERED_DAYS:
                known.clear()
            known[text] = day
        return day

    return read


def _as_day(text: str, formats: tuple[str, ...]) -> str | None:
    for form in formats:
        if form == "%Y-%m-%d":
            if is_day(text):
                return text
            continue
        try:
            parts = time.strptime(text, form)
            return date(parts.tm_year, parts.tm_mon, parts.tm_mday).isoformat()
        except (ValueError, OverflowError, re.error):
            # Not in this format; or the format itself is none.
            continue
    return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 50 else text[:50] + "…")
