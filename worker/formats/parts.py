"""What a row is about within its invoice, and why a value cannot stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from worker.formats import Item

Content: TypeAlias = dict[str, Any]
EMPTY: Content = {}


class Part(NamedTuple):
    """One of an invoice's lines, one rate of its VAT, or one side of its booking."""

    line: Content = EMPTY
    tax: Content = EMPTY
    facts: Mapping[str, str] = EMPTY
    """What Waybill says about the row (`row.number`) or the file (`file.total`), by path."""


WHOLE = Part(facts={"row.number": "1"})
"""The invoice itself, where it has one row."""

Getter: TypeAlias = Callable[[Item, Content, Part], str]
"""From an item, its content (empty when no column asks for it) and a part of it to a text."""


class Unfit(Exception):
    """A value that a column cannot show: raised while a cell is made, told as a problem of the item."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.code = code
        self.remedy = remedy
