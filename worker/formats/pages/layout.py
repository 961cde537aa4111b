"""The whole invoice as pages: head, parties, facts, lines, sums, payment, notes, and a foot on each page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from models.invoice_document import Document
from worker.formats.pages import content, labels, sums, table
from worker.formats.pages.characters import shown
from worker.formats.pages.content import Block, Pair, Words
from worker.formats.pages.flow import NORMAL, SMALL, Column, Flow, Line
from worker.formats.pages.logo import Logo
from worker.formats.pages.marks import ACCENT, LINE, QUIET, Pages, Picture, Rule, Text
from worker.formats.pages.reading import NUMBER, PAGE, TITLE

_Thing = TypeVar("_Thing")
_SUBJECT: Final = re.compile(r"^#[A-Z0-9]{3}#(?=.)")  # BT-21, a code for machines
_GAP: Final = 16.0
_TITLE: Final = Line("", 19.0, bold=True, color=ACCENT)
_NUMBER: Final = Line("", 11.0)
_NAME: Final = Line("", 13.0, bold=True)
_LABEL: Final = Line("", SMALL, color=QUIET)
_DETAIL: Final = Line("", SMALL)
_STRONG: Final = Line("", NORMAL, bold=True)
_PLAIN: Final = Line("")
_FACTS: Final = 4  # beside each other
_MEANS: Final = 3  # the same of a way of paying: an IBAN is long
_LONG: Final = 40  # characters of the foot's number


def laid_out(document: Document, language: str, paper: str, logo: Logo | None) -> Pages:
    """An invoice whose characters all have a glyph (`characters.findings`), ready to be drawn."""
    words = Words(labels.language(language), document.get("currency", ""))
    flow = Flow(paper)
    title = words.language.title(document.get("document_type", ""), document.get("type_code", ""))
    _head(flow, document, title, logo)
    _blocks(flow, list(content.blocks(document, words)))
    _cells(flow, content.facts(document, words), _FACTS)
    flow.skip(8)
    table.lines(flow, document, words)
    flow.skip(10)
    table.adjustments(flow, document, words)
    flow.skip(10)
    sums.sums(flow, document, words)
    flow.skip(14)
    _rest(flow, document, words)
    _feet(flow, document, title, words)
    number, seller = shown(document.get("number", "")), document.get("seller", {}).get("name", "")
    return Pages(flow.width, flow.height, flow.pages, f"{title} {number}", shown(seller), language)


def _head(flow: Flow, document: Document, title: str, logo: Logo | None) -> None:
    """Logo or the seller's name at the left, what it is and its number at the right."""
    half = flow.room * 0.52
    seller = "" if logo else shown(document.get("seller", {}).get("name", ""))
    right = flow.right - half + 2 * _GAP
    titles = flow.wrapped(title, half - 2 * _GAP, _TITLE._replace(tag=TITLE))
    numbers = flow.wrapped(shown(document.get("number", "")), half - 2 * _GAP, _NUMBER._replace(tag=NUMBER))
    top = flow.y
    if logo is not None:
        flow.place(Picture(flow.left, top, logo.width, logo.height, logo))
    names = flow.wrapped(seller, half - _GAP, _NAME) if seller else []
    flow.abreast(
        [
            Column(flow.left, half - _GAP, names),
            Column(right, half - 2 * _GAP, [*titles, *numbers], right=True),
        ]
    )
    if logo is not None and len(flow.pages) == 1:
        flow.y = max(flow.y, top + logo.height)
    flow.y += 8
    flow.rule(color=ACCENT, weight=1.2)
    flow.y += 12


def _blocks(flow: Flow, blocks: Sequence[Block]) -> None:
    """Parties, two or three abreast."""
    across = 2 if len(blocks) in (2, 4) else 3
    width = (flow.room - _GAP * (across - 1)) / across
    for row in _by(across, blocks):
        columns = [
            Column(flow.left + place * (width + _GAP), width, _block(flow, block, width))
            for place, block in enumerate(row)
        ]
        flow.abreast(columns, after=12)


def _block(flow: Flow, block: Block, width: float) -> list[Line]:
    found = flow.wrapped(block.role, width, _LABEL)
    if block.name:
        found += flow.wrapped(block.name, width, _STRONG)
    for like, lines in ((_PLAIN, block.lines), (_DETAIL, block.details)):
        for line in lines:
            found += flow.wrapped(line, width, like)
    return found


def _cells(flow: Flow, pairs: Sequence[Pair], across: int) -> None:
    """Labels over values, as many rows as there are."""
    width = (flow.room - _GAP * (across - 1)) / across
    for row in _by(across, pairs):
        columns = [
            Column(
                flow.left + place * (width + _GAP),
                width,
                [*flow.wrapped(label, width, _LABEL), *flow.wrapped(value, width, _PLAIN)],
            )
            for place, (label, value) in enumerate(row)
        ]
        flow.abreast(columns, after=6)


def _rest(flow: Flow, document: Document, words: Words) -> None:
    """How it is paid, what else is said, and what is attached."""
    payments = content.payments(document, words)
    terms, notes = shown(document.get("payment_terms", "")), document.get("notes", [])
    if payments or terms:
        _heading(flow, words.label("payment"))
    for pairs in payments:
        _cells(flow, pairs, _MEANS)
        flow.skip(4)
    if terms:
        flow.write(words.label("terms"), _LABEL)
        flow.write(terms, after=8)
    for label, texts in (
        ("notes", [_SUBJECT.sub("", shown(note)) for note in notes]),
        ("attachments", content.attachments(document)),
    ):
        if texts:
            _heading(flow, words.label(label))
        for text in texts:
            flow.write(text, after=4)


def _heading(flow: Flow, text: str) -> None:
    flow.skip(4)
    flow.need(48)
    flow.write(text, _STRONG._replace(color=ACCENT), after=2)
    flow.rule()
    flow.y += 5


def _feet(flow: Flow, document: Document, title: str, words: Words) -> None:
    """Whose it is and which page of how many, once their number is known."""
    number = " ".join(shown(document.get("number", "")).split())
    named = f"{title} {number if len(number) <= _LONG else number[:_LONG] + '…'}"
    y, count = flow.height - 32, len(flow.pages)
    for place, page in enumerate(flow.pages, start=1):
        told = words.label("page", number=str(place), count=str(count))
        x = flow.right - flow.measure(told, _LABEL)
        page.append(Rule(flow.left, y - 12, flow.room, LINE, 0.5))
        page.append(Text(flow.left, y, named, SMALL, False, QUIET, ""))
        page.append(Text(x, y, told, SMALL, False, QUIET, PAGE))


def _by(size: int, things: Sequence[_Thing]) -> Iterator[Sequence[_Thing]]:
    for begin in range(0, len(things), size):
        yield things[begin : begin + size]
