"""The line that an expression is typed into: what it completes, and what a column then shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from textual.suggester import Suggester

from models.columns import WrongLayout
from models.columns.column import column_of
from models.columns.expressions import Ref, Text, WrongExpression, parse
from models.columns.functions import FUNCTIONS
from models.document_fields import FIELDS

_WORD = re.compile(r"[A-Za-z_][\w.]*$")


class Completing(Suggester):
    """The function or field that the last word begins; the right arrow takes it."""

    def __init__(self, paths: Iterable[str]) -> None:
        """`paths`: fields beside those that every document may have."""
        super().__init__(use_cache=False, case_sensitive=True)
        known = [
            *(f"{name}(" for name in FUNCTIONS),
            *FIELDS,
            *(path for path in paths if path not in FIELDS),
        ]
        self._words = [_written(word) for word in known]

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with its last word completed."""
        return self.completed(value)

    def completed(self, value: str) -> str | None:
        """The same, at once; nothing inside a text."""
        begun = _WORD.search(value)
        if begun is None or value.count('"') % 2:
            return None
        found = next((word for word in self._words if word.startswith(begun[0]) and word != begun[0]), None)
        return None if found is None else value[: begun.start()] + found


def line_of(data: dict[str, Any]) -> str:
    """What a column shows, as an expression."""
    if data.get("value") is not None:
        return str(data["value"])
    if data.get("source"):
        return _written(str(data["source"]))
    return '"{}"'.format(str(data.get("constant", "")).replace('"', '""'))


def shown_by(line: str) -> dict[str, str]:
    """The key of a column that says this: a field is its source, a text its constant, the rest its value."""
    try:
        node = parse(line)
    except WrongExpression:
        return {"value": line}
    if isinstance(node, Ref):
        return {"source": node.path}
    return {"constant": node.value} if isinstance(node, Text) else {"value": line}


def wrong_with(line: str) -> str:
    """Why a column cannot show it; empty where it can."""
    try:
        column_of(shown_by(line), "columns[1]")
    except WrongLayout as error:
        message = error.message.partition(" ")[2]
        return f"{message}: {error.remedy}"
    return ""


def is_call(text: str) -> bool:
    """Whether it is an expression that does something, rather than words that read like one."""
    return "value" in shown_by(text) and not wrong_with(text)


def _written(path: str) -> str:
    """The path, its last name in quotation marks where it has more than letters, digits and points."""
    before, mark, name = path.partition("custom.")
    if not mark or re.fullmatch(r"[A-Za-z_][\w.]*", name):
        return path
    doubled = name.replace('"', '""')
    return f'{before}{mark}"{doubled}"'
