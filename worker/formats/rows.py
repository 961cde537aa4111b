"""A layout made ready: from an item to its rows of text, for every format that has columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from models.columns import Column, Layout, RowsPer
from models.columns.expressions import Call, Node
from models.document_fields import Scope, ValueKind, scope_of
from worker.formats import Batch, Item, Problem
from worker.formats.bookings import booked, taxes_of
from worker.formats.calls import MAY_FAIL
from worker.formats.cells import cell
from worker.formats.fitting import Fitting
from worker.formats.parts import EMPTY, WHOLE, Content, Part, Unfit
from worker.formats.values import OF_ITEM, getter, nobody

_PER_ROW = (Scope.LINE, Scope.TAX, Scope.ACCOUNTING, Scope.EACH_ROW)


class Rows:
    """One layout for one batch: `of(item)` gives the item's rows, each a list of cells."""

    def __init__(self, layout: Layout, batch: Batch) -> None:
        columns = layout.columns
        self._layout = layout
        self._getters = [cell(column, layout, batch) for column in columns]
        self._varying = [(place, self._getters[place]) for place, each in enumerate(columns) if _varies(each)]
        self._once = [place for place, column in enumerate(columns) if column.once]
        self._several = layout.rows is not RowsPer.INVOICE
        self._parses = self._several or any(_needs_content(column) for column in columns)
        self._after = [[cell(column, layout, batch) for column in row] for row in layout.after]
        self._parses_after = any(_needs_content(column) for row in layout.after for column in row)
        self._batch = batch
        made = [*zip(columns, self._getters, strict=True)]
        for row, getters in zip(layout.after, self._after, strict=True):
            made += zip(row, getters, strict=True)
        self._checks = [
            (getter(column.node, batch), get, Fitting(column, layout))
            for column, get in made
            if column.required or _unsure(column) or _may_fail(column.node) or Fitting.needed(column, layout)
        ]
        self._counts = layout.row_limit is not None or layout.rows is RowsPer.ACCOUNTING

    @property
    def may_refuse(self) -> bool:
        """Whether `problems` can ever answer anything."""
        layout = self._layout
        return bool(self._checks) or self._counts or layout.document_limit is not None or _totals(layout)

    def of(self, item: Item) -> list[list[str]]:
        """The item's rows: one, or one a line; a document without lines has one row all the same."""
        content: Content = item.content if self._parses else EMPTY
        if not self._several:
            return [[get(item, content, WHOLE) for get in self._getters]]
        parts = self._parts(item, content)
        first = [get(item, content, parts[0]) for get in self._getters]
        rows = [first]
        if len(parts) > 1:
            later = first.copy()
            for place in self._once:
                later[place] = ""
            varying = [(place, get) for place, get in self._varying if place not in self._once]
            for part in parts[1:]:
                row = later.copy()
                for place, get in varying:
                    row[place] = get(item, content, part)
                rows.append(row)
        return rows

    def count(self, item: Item) -> int:
        """How many rows the item has."""
        return len(self._parts(item, item.content)) if self._several else 1

    def after(self, item: Item) -> list[list[str]]:
        """The rows that follow those of each invoice."""
        content: Content = item.content if self._parses_after else EMPTY
        return [[get(item, content, WHOLE) for get in row] for row in self._after]

    def first(self) -> list[list[str]]:
        """The rows that the file begins with."""
        return self._apart(self._layout.first, EMPTY, "")

    def last(self, facts: Mapping[str, str], currency: str) -> list[list[str]]:
        """The rows that the file ends with; `facts`: what the file comes to, by path."""
        return self._apart(self._layout.last, facts, currency)

    def problem(self, item: Item) -> Problem | None:
        """What a column needs that the item lacks."""
        return next(self.findings(item), None)

    def findings(self, item: Item) -> Iterator[Problem]:
        """Everything about the item that the columns cannot show, once for each column."""
        if not self._checks and not self._counts:
            return
        content: Content = item.content if self._parses or self._parses_after else EMPTY
        try:
            parts = self._parts(item, content) if self._several else [WHOLE]
        except Unfit as error:
            yield Problem(code=error.code, reason=f"{_named(item)}: {error}", remedy=error.remedy)
            return
        limit = self._layout.row_limit
        if limit is not None and len(parts) > limit:
            yield _too_long(item, len(parts), limit)
        for get, written, fitting in self._checks:
            found = (fitting.problem(get, written, item, content, part) for part in parts)
            if (problem := next((each for each in found if each is not None), None)) is not None:
                yield problem

    def problems(self, items: Iterable[Item]) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried, alone or because the file is full or of another currency."""
        layout, taken, currency = self._layout, 0, ""
        totals = _totals(layout)
        for item in items:
            found = self.problem(item)
            if found is None and layout.document_limit is not None and taken >= layout.document_limit:
                found = _full(item, layout.document_limit)
            if found is None and totals and currency not in ("", item.currency):
                found = _mixed(item, currency)
            if found is not None:
                yield item.item_id, found
                continue
            taken += 1
            currency = item.currency

    def _parts(self, item: Item, content: Content) -> Sequence[Part]:
        rows = self._layout.rows
        if rows is RowsPer.ACCOUNTING:
            return booked(item, content, self._layout) or [WHOLE]
        if rows is RowsPer.TAX:
            taxes = enumerate(taxes_of(content), 1)
            return [Part(tax=tax, facts=_numbered(place)) for place, tax in taxes] or [WHOLE]
        lines = content.get("lines") or [EMPTY]
        return [Part(line=line, facts=_numbered(place)) for place, line in enumerate(lines, 1)]

    def _apart(
        self, rows: tuple[tuple[Column, ...], ...], facts: Mapping[str, str], currency: str
    ) -> list[list[str]]:
        item, part = nobody(currency), Part(facts=facts)
        layout, batch = self._layout, self._batch
        return [
            [Fitting(each, layout).checked(cell(each, layout, batch)(item, EMPTY, part)) for each in row]
            for row in rows
        ]


def _numbered(place: int) -> dict[str, str]:
    return {"row.number": str(place)}


def _varies(column: Column) -> bool:
    return any(scope_of(path) in _PER_ROW for path in column.paths)


def _unsure(column: Column) -> bool:
    """Whether what the column shows must first prove to be of the column's kind.

    What comes in is checked for its days and its totals; a line's quantity may be any text.
    """
    if column.kind is ValueKind.TEXT:
        return False
    return column.is_custom or column.value is not None or any(map(_unchecked, column.paths))


def _unchecked(path: str) -> bool:
    of_content = scope_of(path) in (Scope.INVOICE, Scope.LINE, Scope.TAX)
    return of_content and path not in OF_ITEM and not path.startswith("totals.")


def _may_fail(node: Node) -> bool:
    if not isinstance(node, Call):
        return False
    inside: list[Node] = [*node.arguments, *(value for _, value in node.pairs)]
    if node.otherwise is not None:
        inside.append(node.otherwise)
    return node.name in MAY_FAIL or any(_may_fail(part) for part in inside)


def _needs_content(column: Column) -> bool:
    known = (Scope.BATCH, Scope.EACH_ROW, Scope.FILE)
    return any(path not in OF_ITEM and scope_of(path) not in known for path in column.paths)


def _totals(layout: Layout) -> bool:
    """Whether the file says what all its invoices come to: they are then of one currency."""
    return any("file.total" in column.paths for row in layout.last for column in row)


def _named(item: Item) -> str:
    return f"invoice {item.number} of {item.party_name}"


def _too_long(item: Item, rows: int, limit: int) -> Problem:
    return Problem(
        code="too_many_rows",
        reason=f"{_named(item)} has {rows:,} rows; where the file goes, an invoice has at most {limit:,}",
        remedy="enter it there by hand, or use a mapping with a row per invoice or per tax rate",
        value=str(rows),
    )


def _full(item: Item, limit: int) -> Problem:
    return Problem(
        code="file_full",
        reason=f"{_named(item)} is one more than the {limit:,} invoices that a file may have where it goes",
        remedy="nothing: it waits for the next run; schedule more of them",
    )


def _mixed(item: Item, currency: str) -> Problem:
    return Problem(
        code="currencies_mixed",
        reason=f"{_named(item)} is in {item.currency}, but the file ends with its total, in {currency}",
        remedy="export it by hand on its own, or take the total out of the mapping's last rows",
        value=item.currency,
    )
