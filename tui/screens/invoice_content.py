"""What an invoice says, as rows: in the standard's words, as JSON, and what its versions changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models import invoice_content, invoices
from models.invoice_content import Difference, Node
from models.invoices import Invoice
from models.paging import Seek
from tui import wording
from tui.kit.detail import Entry
from tui.widgets.rows import Bounded, Source

_LONGEST = 2_000  # characters of a value: an attachment is as long as it likes
_COMPARED = 20  # versions: the latest ones
_LINES = 2_000  # of a text that is shown at once


class Once(Source[Entry]):
    """Rows of what never changes, read when they are first wanted."""

    def __init__(self, read: Callable[[], Sequence[Entry]]) -> None:
        self._read = read
        self._rows: Bounded[Entry] | None = None

    def page(self, seek: Seek) -> Sequence[Entry]:
        """A part of it."""
        return self._held().page(seek)

    def total(self) -> int:
        """How many there are."""
        return self._held().total()

    def key(self, row: Entry) -> Any:
        """Its key."""
        return row.key

    def _held(self) -> Bounded[Entry]:
        if self._rows is None:
            rows = self._read()
            self._rows = Bounded(lambda: rows, lambda row: row.key)
        return self._rows


def words(invoice_id: int, version: int) -> Source[Entry]:
    """The terms and groups of EN 16931, a line each."""

    def read() -> list[Entry]:
        tree = invoice_content.tree(Invoice.get_by_id(invoice_id), version)
        return [entry for node in tree for entry in _term(node, 0)]

    return Once(read)


def _term(node: Node, depth: int) -> Iterator[Entry]:
    label = f"{'  ' * depth}{node.label}"
    value = wording.one_line(node.value)
    term = f" ({node.term})" if node.term else ""
    yield Entry(
        node.path,
        {"term": node.term, "field": "  " * depth + node.label, "value": value},
        f"{label.strip()}{term}  {node.path}\n{value}" if value else f"{label.strip()}{term}  {node.path}",
    )
    for child in node.children:
        yield from _term(child, depth + 1)


def as_json(invoice_id: int, version: int) -> Source[Entry]:
    """The content as JSON, a row a line."""

    def read() -> list[Entry]:
        document = invoices.content(Invoice.get_by_id(invoice_id), version)
        text = json.dumps(_shortened(document), ensure_ascii=False, indent=2)
        return [_line(place, line) for place, line in enumerate(text.splitlines())]

    return Once(read)


def _line(place: int, line: str) -> Entry:
    return Entry(place, {"line": line}, line)


def _shortened(value: Any) -> Any:
    """A document without the length of its attachments: the command prints them whole."""
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}… ({len(value):,} characters; whole: waybill invoice show --content)"
    return value


def changes(invoice_id: int, version: int) -> Source[Entry]:
    """What each version changed, the latest first."""

    def read() -> list[Entry]:
        invoice = Invoice.get_by_id(invoice_id)
        pairs = [(number - 1, number) for number in range(version, max(1, version - _COMPARED), -1)]
        return [
            _change(before, after, difference)
            for before, after in pairs
            for difference in invoice_content.differences(invoice, before, after)
        ]

    return Once(read)


def _change(before: int, after: int, difference: Difference) -> Entry:
    was, now = (wording.one_line(text) or "-" for text in (difference.before, difference.after))
    return Entry(
        (after, difference.path),
        {"versions": f"{before} > {after}", "field": difference.label, "before": was, "after": now},
        f"{difference.label}  ({difference.path}), version {before} to {after}\nbefore  {was}\nafter   {now}",
    )


def version_reader(invoice_id: int, version: int, head: str) -> Callable[[], str]:
    """What reads a version as text: what it changed, then all that it says."""

    def read() -> str:
        invoice = Invoice.get_by_id(invoice_id)
        changed = invoice_content.differences(invoice, version - 1, version) if version > 1 else []
        lines = [head, ""]
        if changed:
            lines += [f"What it changed from version {version - 1}:"]
            lines += [f"  {each.label}: {each.before or '-'}  >  {each.after or '-'}" for each in changed]
            lines += [""]
        tree = invoice_content.tree(invoice, version)
        lines += [line for node in tree for line in _node_lines(node, 0)]
        return "\n".join(lines[:_LINES])

    return read


def _node_lines(node: Node, depth: int) -> Iterator[str]:
    label = f"{'  ' * depth}{node.label}"
    yield f"{label:<34} {wording.one_line(node.value)}".rstrip()
    for child in node.children:
        yield from _node_lines(child, depth + 1)
