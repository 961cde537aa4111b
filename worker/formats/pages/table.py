"""Tables that go on over pages with their head again: an invoice's lines, its allowances and charges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from models.invoice_document import AllowanceCharge, Document
from models.invoice_document import Line as InvoiceLine
from worker.formats.pages import content
from worker.formats.pages.characters import shown
from worker.formats.pages.content import Words
from worker.formats.pages.flow import NORMAL, SMALL, Column, Flow, Line
from worker.formats.pages.marks import QUIET

_GAP: Final = 9.0
_INSIDE: Final = 5.0  # from the edges of the table to its texts
_HIGHEST_HEAD: Final = 30.0
_PLAIN: Final = Line("")
_HEAD: Final = Line("", SMALL, bold=True, color=QUIET)
_DETAIL: Final = Line("", SMALL, color=QUIET)
_STRONG: Final = Line("", NORMAL, bold=True)


class Field(NamedTuple):
    """A column of a table, and how wide it may become; the one without a limit takes what is left."""

    head: str
    most: float | None
    right: bool = False


class Row(NamedTuple):
    """A text for each field, and what stands below the one without a limit, in small print."""

    cells: Sequence[str]
    details: Sequence[str] = ()


def lines(flow: Flow, document: Document, words: Words) -> None:
    """The invoice's lines."""
    say = words.label
    fields = [
        Field(say("line"), 46),
        Field(say("item"), None),
        Field(say("quantity"), 70, right=True),
        Field("", 52),
        Field(say("price"), 84, right=True),
        Field(say("vat"), 46, right=True),
        Field(f"{say('amount')} {words.currency}", 88, right=True),
    ]
    draw(flow, fields, [_line(line, words) for line in document.get("lines", [])])


def adjustments(flow: Flow, document: Document, words: Words) -> None:
    """Allowances and charges of the whole document."""
    say = words.label
    fields = [
        Field(say("allowances_charges"), 120),
        Field(say("reason"), None),
        Field(say("vat"), 60, right=True),
        Field(f"{say('amount')} {words.currency}", 88, right=True),
    ]
    taken = [_adjustment(one, say("allowance"), words, "-") for one in document.get("allowances", [])]
    added = [_adjustment(one, say("charge"), words, "") for one in document.get("charges", [])]
    draw(flow, fields, taken + added)


def draw(flow: Flow, fields: Sequence[Field], rows: Sequence[Row]) -> None:
    """A table; a column that no row has anything for is left out."""
    used = [place for place, field in enumerate(fields) if _is_used(field, place, rows)]
    if not used:
        return
    places = _places(flow, fields, rows, used)
    name = _STRONG if any(row.details for row in rows) else _PLAIN
    head = _head(flow, [fields[place] for place in used], places)
    for row in rows:
        columns = [
            Column(x, width, _cell(flow, fields[place], row, place, width, name), fields[place].right)
            for place, (x, width) in zip(used, places, strict=True)
        ]
        if flow.on_turn is None:
            flow.need(flow.together(columns) + _HIGHEST_HEAD)
            head()
            flow.on_turn = head
        flow.abreast(columns, after=2.0)
        flow.rule()
        flow.y += 2.0
    flow.on_turn = None


def _is_used(field: Field, place: int, rows: Sequence[Row]) -> bool:
    return any(row.cells[place] or (field.most is None and row.details) for row in rows)


def vat(category: str, rate: str, words: Words) -> str:
    """A rate, with its category where that says more."""
    percent = f"{words.language.quantity(rate)} %" if rate else ""
    return shown(percent if category in ("S", "") else f"{percent} {category}".strip())


def _places(
    flow: Flow, fields: Sequence[Field], rows: Sequence[Row], used: Sequence[int]
) -> list[tuple[float, float]]:
    """Where each used column begins, and how wide it is: as wide as its widest text, up to its limit."""
    widths: dict[int, float] = {}
    for place in used:
        if (most := fields[place].most) is not None:
            widest = max(flow.measure(row.cells[place], _PLAIN) for row in rows)
            widths[place] = min(most, max(widest, flow.measure(fields[place].head, _HEAD))) + 0.1
    rest = flow.room - 2 * _INSIDE - sum(widths.values()) - _GAP * (len(used) - 1)
    found, x = [], flow.left + _INSIDE
    for place in used:
        width = widths.get(place, rest)
        found.append((x, width))
        x += width + _GAP
    return found


def _head(flow: Flow, fields: Sequence[Field], places: Sequence[tuple[float, float]]) -> Callable[[], None]:
    columns = [
        Column(x, width, flow.wrapped(field.head, width, _HEAD), field.right)
        for field, (x, width) in zip(fields, places, strict=True)
    ]
    height = max(len(column.lines) for column in columns) * 10.2 + 7

    def head() -> None:
        flow.box(height)
        flow.y += 3.5
        flow.abreast(columns, after=6.0)

    return head


def _cell(flow: Flow, field: Field, row: Row, place: int, width: float, name: Line) -> list[Line]:
    text = row.cells[place]
    if field.most is not None:
        return flow.wrapped(text, width, _PLAIN)
    found = flow.wrapped(text, width, name) if text or not row.details else []
    for detail in row.details:
        found += flow.wrapped(detail, width, _DETAIL)
    return found


def _line(line: InvoiceLine, words: Words) -> Row:
    amount, unit = content.quantity(line, words)
    rate = vat(line.get("vat_category", ""), line.get("vat_rate", ""), words)
    name = shown(line.get("item", {}).get("name", ""))
    cells = (
        shown(line.get("id", "")),
        name,
        amount,
        unit,
        content.price(line, words),
        rate,
        shown(words.amount(line.get("net"))),
    )
    return Row(cells, content.about_line(line, words))


def _adjustment(one: AllowanceCharge, word: str, words: Words, sign: str) -> Row:
    amount = one.get("amount", "")
    signed = amount.removeprefix("-") if sign and amount.startswith("-") else f"{sign}{amount}"
    if not amount.strip("-0."):
        signed = amount
    rate = vat(one.get("vat_category", ""), one.get("vat_rate", ""), words)
    return Row((word, content.reason(one, words), rate, shown(words.amount(signed)) if amount else ""))
