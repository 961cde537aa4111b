"""Delimited text: a row an invoice, or a row a line, as the import mapping says.

A row that is wrong refuses its invoice and no other. In a file of lines the rows of one invoice need not
stand together: a first pass over the file finds the invoices that are scattered, and only those are held
in memory until the end of the file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from worker.sources import Document, Options, Refusal, Source, Unreadable, shown, too_large
from worker.sources.cells import BadCell, Plan, plan
from worker.sources.content import Problem, settle
from worker.sources.mapping import ImportMapping
from worker.sources.rows import Row, rows

_Key = tuple[str, ...]


class Csv(Source):
    """Delimited text (CSV, TSV), read by an import mapping: a row an invoice, or a row a line."""

    key: ClassVar[str] = "csv"
    title: ClassVar[str] = "CSV, by a mapping file"
    extensions: ClassVar[tuple[str, ...]] = ("csv", "tsv")

    def read(self, path: Path, options: Options) -> Iterator[Document | Refusal]:
        """The documents in the order of the file, scattered ones last; raises `Unreadable`."""
        if options.mapping is None:
            raise Unreadable(
                "no mapping says what the columns of this CSV file mean",
                code="mapping_missing",
                remedy="give a mapping file with --mapping",
            )
        limit = options.limits.table_bytes
        if path.stat().st_size > limit:
            raise too_large(limit)
        table = _Table(path, shown(path), options.mapping, options.limits.document_bytes)
        return _by_line(table) if options.mapping.by_line else _by_invoice(table)


@dataclass(frozen=True, slots=True)
class _Table:
    path: Path
    shown: str
    mapping: ImportMapping
    longest_line: int

    def open(self) -> tuple[Plan, Iterator[Row]]:
        """The plan for the file and its rows from the first one; raises `Unreadable`."""
        found = rows(self.path, self.mapping, self.longest_line)
        first = next(found, None)
        if first is None:
            raise Unreadable("it is empty", code="empty_file", remedy="export it again where it is made")
        if first.fault is not None:
            fault = first.fault
            raise Unreadable(fault.message, code=fault.code, remedy=fault.remedy, line=first.line)
        layout = plan(self.mapping, first.cells)
        return layout, found if self.mapping.header else itertools.chain([first], found)

    def refusal(self, line: int, problem: Problem) -> Refusal:
        """A row's or an invoice's refusal."""
        return Refusal(
            path=self.shown, line=line, code=problem.code, message=problem.message, remedy=problem.remedy
        )


# --- a row an invoice


def _by_invoice(table: _Table) -> Iterator[Document | Refusal]:
    layout, found = table.open()
    path, mapping = table.shown, table.mapping
    for line, cells, fault in found:
        content = fault or _width(layout, cells) or _of_row(mapping, layout, cells)
        if isinstance(content, Problem):
            yield table.refusal(line, content)
        else:
            yield Document(content=content, path=path, line=line)


def _of_row(mapping: ImportMapping, layout: Plan, cells: list[str]) -> dict[str, Any] | Problem:
    try:
        content: dict[str, Any] = layout.head.build(cells)
        line = layout.line.build(cells)
    except BadCell as bad:
        return bad.problem
    if line:
        content["lines"] = [line]
    _keep(content, {name: cells[index] for name, index in layout.custom if cells[index]})
    return _settle(mapping, layout, content) or content


def _width(layout: Plan, cells: list[str]) -> Problem | None:
    if len(cells) == layout.width or (len(cells) > layout.width and not any(cells[layout.width :])):
        return None
    return Problem(
        field="",
        code="bad_row",
        message=f"the row has {len(cells)} columns, but the file has {layout.width}",
        remedy="put values that hold the delimiter or a line break in quotation marks",
    )


# --- a row a line


def _by_line(table: _Table) -> Iterator[Document | Refusal]:
    scattered = _scattered(table)
    layout, found = table.open()
    held: dict[_Key, list[Row]] = {}
    for key, run in _runs(layout, found):
        if hash(key) in scattered:
            held.setdefault(key, []).extend(run)
        else:
            yield _of_rows(table, layout, run)
    for run in held.values():
        yield _of_rows(table, layout, run)


def _scattered(table: _Table) -> set[int]:
    """Hashes of the keys whose rows do not stand together (a chance match only costs memory)."""
    layout, found = table.open()
    finished: set[int] = set()
    scattered: set[int] = set()
    for key, _ in _runs(layout, found):
        (scattered if hash(key) in finished else finished).add(hash(key))
    return scattered


def _runs(layout: Plan, found: Iterator[Row]) -> Iterator[tuple[_Key, list[Row]]]:
    """Neighbouring rows with the same key.

    A row too broken to have one goes to both of its neighbours: each may miss a line, so neither is taken.
    """
    current: _Key | None = None
    run: list[Row] = []
    torn: list[Row] = []
    for row in found:
        key = _key(layout, row)
        if key is None:
            run.append(row)
            torn.append(row)
            continue
        if current is not None and key != current:
            yield current, run
            run = torn.copy()
        current = key
        torn.clear()
        run.append(row)
    if run:
        yield current or (), run


def _key(layout: Plan, row: Row) -> _Key | None:
    try:
        return tuple([row.cells[index] for index in layout.key_indexes])
    except IndexError:
        return None


def _of_rows(table: _Table, layout: Plan, run: list[Row]) -> Document | Refusal:
    for row in run:
        fault = row.fault or _width(layout, row.cells)
        if fault is not None:
            return table.refusal(row.line, fault)
    at = run[0].line
    head, lines = run[0].cells.copy(), []
    try:
        for row in run:
            at = row.line
            _agree(layout, head, row)
            lines.append(layout.line.build(row.cells))
        at = run[0].line
        content: dict[str, Any] = layout.head.build(head)
    except BadCell as bad:
        return table.refusal(at, bad.problem)
    _keep_of_lines(layout, run, content, lines)
    content["lines"] = [line for line in lines if line]
    problem = _settle(table.mapping, layout, content)
    if problem is not None:
        return table.refusal(at, problem)
    return Document(content=content, path=table.shown, line=at)


def _agree(layout: Plan, head: list[str], row: Row) -> None:
    """Add what a further row says about the invoice; raises `BadCell` where rows contradict each other."""
    for index in layout.head_indexes:
        cell = row.cells[index]
        if not cell or cell == head[index]:
            continue
        if head[index]:
            raise BadCell(
                layout.names[index],
                f"it is {cell!r} here, but {head[index]!r} in an earlier row of the same invoice",
                code="rows_contradict",
                remedy="give all rows of an invoice the same value, or add the field to key in the mapping",
            )
        head[index] = cell


def _keep_of_lines(
    layout: Plan, run: list[Row], content: dict[str, Any], lines: list[dict[str, Any]]
) -> None:
    """Keep unmapped columns: with the invoice if all its rows say the same, else with each line."""
    same: dict[str, str] = {}
    for name, index in layout.custom:
        cells = [row.cells[index] for row in run]
        if len(set(cells)) > 1:
            for line, cell in zip(lines, cells, strict=True):
                _keep(line, {name: cell} if cell else {})
        elif cells[0]:
            same[name] = cells[0]
    _keep(content, same)


# --- both


def _keep(content: dict[str, Any], columns: dict[str, str]) -> None:
    if columns:
        content["custom"] = {**columns, **content.get("custom", {})}


def _settle(mapping: ImportMapping, layout: Plan, content: dict[str, Any]) -> Problem | None:
    if mapping.negative_is_credit:
        _turn_credit(content)
    problem = settle(content)
    if problem is None:
        return None
    column = layout.columns.get(problem.field)
    if column is not None:
        return replace(problem, message=f'column "{column}": {problem.message}')
    if problem.code == "missing_field":
        return replace(problem, remedy=f"map a column to {problem.field} in the mapping file")
    return problem


_SIGNED = (("vat_breakdown", ("base", "amount")), ("lines", ("net", "quantity")))
_ALLOWANCES = (("allowances", ("amount", "base")), ("charges", ("amount", "base")))


def _turn_credit(content: dict[str, Any]) -> None:
    """Make a document with a negative amount to pay a credit note, whose amounts are positive."""
    totals = content.get("totals", {})
    due = totals.get("payable") or totals.get("with_vat") or ""
    if not due.startswith("-") or content.get("document_type", "credit_note") != "credit_note":
        return
    content["document_type"] = "credit_note"
    content["totals"] = {name: _negated(text) for name, text in totals.items()}
    for name, amounts in _SIGNED + _ALLOWANCES:
        _negate_each(content.get(name, ()), amounts)
    for line in content.get("lines", ()):
        for name, amounts in _ALLOWANCES:
            _negate_each(line.get(name, ()), amounts)


def _negate_each(entries: Any, amounts: tuple[str, ...]) -> None:
    for entry in entries:
        for amount in amounts:
            if amount in entry:
                entry[amount] = _negated(entry[amount])


def _negated(text: str) -> str:
    if text.startswith("-"):
        return text[1:]
    return f"-{text}" if text.strip("0.") else text
