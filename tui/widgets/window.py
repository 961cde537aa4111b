"""The part of a long list that a table holds, and how it grows, shrinks and is brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from enum import Enum
from typing import Generic, TypeVar

from models.paging import PAGE, Seek

R = TypeVar("R")

_MOST = 4 * PAGE


class Part(Enum):
    """Which rows are asked for next."""

    FIRST = "first"
    LAST = "last"
    NEXT = "next"
    PREVIOUS = "previous"
    AGAIN = "again"
    """Those that are held, as they are now."""


class Window(Generic[R]):
    """Some neighbouring rows of a list and where they stand in it."""

    def __init__(self, key: Callable[[R], Hashable]) -> None:
        self.key = key
        self.rows: list[R] = []
        self.start = 0
        """Position of the first of them in the whole list."""
        self.at_end = True
        """Whether the last of them is the last of all."""
        self._total = 0
        self._from_end = False
        """It was read from the end, so where it stands depends on how long the list is."""

    @property
    def end(self) -> int:
        """Position after the last of them."""
        return self.start + len(self.rows)

    @property
    def total(self) -> int:
        """How long the whole list is, as far as that is known."""
        return self.end if self.at_end else max(self._total, self.end)

    @property
    def ahead(self) -> int:
        """Rows from an end of them at which more are asked for, to be there before the cursor is."""
        return PAGE // 2

    def row(self, position: int) -> R | None:
        """The row at a position, None when it is not held."""
        place = position - self.start
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def position(self, key: Hashable) -> int | None:
        """Where the row of a key stands, None when it is not held."""
        for place, row in enumerate(self.rows):
            if self.key(row) == key:
                return self.start + place
        return None

    def seek(self, part: Part) -> Seek:
        """What to ask the source for."""
        if part is Part.LAST:
            return Seek(backwards=True, limit=PAGE)
        if part is Part.NEXT and self.rows:
            return Seek(self.key(self.rows[-1]), limit=PAGE)
        if part is Part.PREVIOUS and self.rows:
            return Seek(self.key(self.rows[0]), backwards=True, limit=PAGE)
        if part is Part.AGAIN and self.rows:
            limit = max(PAGE, len(self.rows))
            return (
                Seek(self.key(self.rows[0]), inclusive=True, limit=limit) if self.start else Seek(limit=limit)
            )
        return Seek(limit=PAGE)

    def take(self, part: Part, rows: Sequence[R], limit: int) -> None:
        """Make the answer to a `seek` part of it."""
        whole = len(rows) < limit  # nothing comes beyond them
        if part is Part.NEXT:
            self.rows += rows
            self.at_end = whole
            self._trim(front=True)
        elif part is Part.PREVIOUS:
            self.rows[:0] = rows
            self.start = 0 if whole else max(0, self.start - len(rows))
            self._trim(front=False)
        elif part is Part.LAST:
            self.rows, self.at_end = list(rows), True
            self.start = 0 if whole else max(0, self._total - len(rows))
            self._from_end = not whole
        else:
            self.rows, self.at_end = list(rows), whole
            if part is Part.FIRST:
                self.start, self._from_end = 0, False

    def count(self, total: int) -> None:
        """Say how long the whole list is."""
        if self.at_end and self._from_end:
            self.start = max(0, total - len(self.rows))
        self._total = total

    def _trim(self, *, front: bool) -> None:
        extra = len(self.rows) - _MOST
        if extra <= 0:
            return
        if front:
            del self.rows[:extra]
            self.start += extra
        else:
            del self.rows[-extra:]
            self.at_end = self._from_end = False
