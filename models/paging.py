"""Pages of long lists by key: each costs the same wherever in a million rows it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

PAGE = 200
"""Rows that are read at once."""


class Seek(NamedTuple):
    """Which rows of a list are wanted: those after a key or before it; without one, its first or last."""

    key: Any = None
    """The value the list's order goes by, of one of its rows: a number, a text, or a tuple of them."""
    backwards: bool = False
    """The rows before the key, or the last ones; they are answered in the list's order all the same."""
    inclusive: bool = False
    """The key's own row too."""
    limit: int = PAGE

    def sql(self, *columns: str, descending: bool = False) -> tuple[str, str, list[object]]:
        """For a list ordered by these columns: a condition, what stands after ORDER BY, and the values.

        Rows read backwards come in the wrong order: `in_order` puts them right.
        """
        down = descending != self.backwards
        order = ", ".join(f"{column} {'DESC' if down else 'ASC'}" for column in columns)
        if self.key is None:
            return "1 = 1", order, []
        sign = ("<" if down else ">") + ("=" if self.inclusive else "")
        values = list(self.key) if isinstance(self.key, tuple) else [self.key]
        marks = ", ".join("?" * len(columns))
        return f"({', '.join(columns)}) {sign} ({marks})", order, values

    def in_order(self, rows: Sequence[Any]) -> list[Any]:
        """The rows that were found, in the list's order."""
        return list(reversed(rows)) if self.backwards else list(rows)
