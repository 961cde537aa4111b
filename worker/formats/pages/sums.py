"""What an invoice adds up to: VAT by category and rate, the totals, and the amount due in a band."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from models.invoice_document import Document, VatSubtotal
from worker.formats.pages.characters import shown
from worker.formats.pages.content import Words
from worker.formats.pages.flow import SMALL, Column, Flow, Line
from worker.formats.pages.marks import ACCENT, QUIET, WHITE
from worker.formats.pages.reading import CURRENCY, PAYABLE

_WIDTH: Final = 228.0  # of the totals, at the right margin
_LABELS: Final = 0.45  # of that, for the labels
_BETWEEN: Final = 26.0
_FIGURES: Final = 92.0  # a column of amounts beside the VAT categories
_INSIDE: Final = 8.0
_BAND: Final = 21.0  # height of the amount due
_PLAIN: Final = Line("")
_HEAD: Final = Line("", SMALL, bold=True, color=QUIET)
_DETAIL: Final = Line("", SMALL, color=QUIET)
_STRONG: Final = Line("", bold=True)
_DUE: Final = Line("", 11.0, bold=True, color=WHITE)
_TOTALS: Final = (
    ("line_net", "line_net"),
    ("allowances", "allowances"),
    ("charges", "charges"),
    ("without_vat", "without_vat"),
    ("vat", "total_vat"),
    ("with_vat", "with_vat"),
    ("paid", "paid"),
    ("rounding", "rounding"),
)
_EMPHASISED: Final = frozenset({"without_vat", "with_vat"})


def sums(flow: Flow, document: Document, words: Words) -> None:
    """VAT at the left, the totals at the right, the amount due below them."""
    labels, amounts = _totals(flow, document, words)
    begin = flow.right - _WIDTH
    inner = _WIDTH - 2 * _INSIDE
    columns = [*_vat(flow, document, words), Column(begin + _INSIDE, inner, labels)]
    flow.abreast([*columns, Column(begin + _INSIDE, inner, amounts, right=True)], after=5.0)
    _due(flow, document, words)


def _totals(flow: Flow, document: Document, words: Words) -> tuple[list[Line], list[Line]]:
    given = dict(document.get("totals", {}))
    rows = [
        (name, words.label(label), words.amount(str(given[name]))) for name, label in _TOTALS if name in given
    ]
    if "vat_accounting" in given:
        currency = document.get("tax_currency", "")
        text = words.language.amount(str(given["vat_accounting"]), currency)
        after = 1 + max((place for place, (name, _, _) in enumerate(rows) if name == "vat"), default=-1)
        rows.insert(after, ("", words.label("vat_accounting", currency=currency), text))
    labels: list[Line] = []
    amounts: list[Line] = []
    for name, label, amount in rows:
        like = _STRONG if name in _EMPHASISED else _PLAIN
        lines = flow.wrapped(shown(label), _WIDTH * _LABELS, like)
        labels += lines
        amounts += [like._replace(text=shown(amount)), *([_PLAIN] * (len(lines) - 1))]
    return labels, amounts


def _due(flow: Flow, document: Document, words: Words) -> None:
    """A band as wide as the totals, or as its three texts need."""
    flow.need(_BAND)
    amount = _DUE._replace(text=words.amount(document.get("totals", {}).get("payable", "")), tag=PAYABLE)
    currency = _DUE._replace(text=words.currency, tag=CURRENCY)
    label = _DUE._replace(text=words.label("payable"))
    widths = [flow.measure(line.text, line) for line in (label, currency, amount)]
    inner = max(_WIDTH - 2 * _INSIDE, sum(widths) + 3 * _INSIDE)
    left = flow.right - _INSIDE - inner
    flow.box(_BAND, color=ACCENT, x=left - _INSIDE)
    flow.y += 3.0
    columns = [
        Column(left, inner, [label]),
        Column(left, inner - widths[2] - 5, [currency], right=True),
        Column(left, inner, [amount], right=True),
    ]
    flow.abreast(columns, after=_BAND - 18.0)


def _vat(flow: Flow, document: Document, words: Words) -> list[Column]:
    """Columns of equal length: category, taxable amount, VAT."""
    groups = document.get("vat_breakdown", [])
    if not groups:
        return []
    rows = [(_group(group, words), words.amount(group.get("base")), words.amount(group.get("amount")))
            for group in groups]  # fmt: skip
    widths = [_figures(flow, [row[place] for row in rows]) for place in (1, 2)]
    left = flow.room - _WIDTH - _BETWEEN - sum(widths) - 2 * _INSIDE
    say = words.label
    categories, bases, amounts = (
        [_HEAD._replace(text=say(name))] for name in ("vat_breakdown", "base", "amount")
    )
    for group, row in zip(groups, rows, strict=True):
        cells = [
            _category(flow, row[0], group, left),
            *(flow.wrapped(shown(text), _FIGURES, _PLAIN) for text in row[1:]),
        ]
        for cell in zip_longest(*cells, fillvalue=_PLAIN):
            for column, line in zip((categories, bases, amounts), cell, strict=True):
                column.append(line)
    second = flow.left + left + _INSIDE
    return [
        Column(flow.left, left, categories),
        Column(second, widths[0], bases, right=True),
        Column(second + widths[0] + _INSIDE, widths[1], amounts, right=True),
    ]


def _figures(flow: Flow, texts: Sequence[str]) -> float:
    return min(_FIGURES, max(56.0, *(flow.measure(shown(text), _PLAIN) + 0.1 for text in texts)))


def _group(group: VatSubtotal, words: Words) -> str:
    rate = group.get("rate", "")
    percent = f"{words.language.quantity(rate)} %" if rate else ""
    category = words.language.coded("vat_categories", group.get("category", ""))
    return shown(f"{category} {percent}".strip())


def _category(flow: Flow, text: str, group: VatSubtotal, width: float) -> list[Line]:
    """The category's name, and below it why no VAT is asked."""
    found = flow.wrapped(text, width, _PLAIN)
    why = group.get("exemption_reason") or group.get("exemption_code", "")
    return found + (flow.wrapped(shown(why), width, _DETAIL) if why else [])
