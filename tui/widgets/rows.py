"""Where a table's rows come from: pages by key, which cost the same wherever in a million they begin."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from models.paging import Seek

R = TypeVar("R")


class Source(Generic[R]):
    """One list, as it was asked for: made in the loop, read in threads, so it holds no widget, never changes.

    Rows must compare equal when nothing of them changed: named tuples and frozen dataclasses do.
    """

    def page(self, seek: Seek) -> Sequence[R]:
        """The rows wanted, in the list's order; fewer than `seek.limit` only at its end."""
        raise NotImplementedError

    def total(self) -> int:
        """How many rows the whole list has."""
        raise NotImplementedError

    def key(self, row: R) -> Hashable:
        """What tells a row from others, and its place: the value its order goes by, an id or a tuple."""
        raise NotImplementedError


class Bounded(Source[R]):
    """A list that is short by its nature (at most some hundred rows) and is read whole each time."""

    def __init__(self, read: Callable[[], Sequence[R]], key: Callable[[R], Hashable]) -> None:
        self._read = read
        self._key = key

    def page(self, seek: Seek) -> Sequence[R]:
        """A part of it."""
        rows = list(self._read())
        if seek.key is None:
            return rows[-seek.limit :] if seek.backwards else rows[: seek.limit]
        place = next((place for place, row in enumerate(rows) if self._key(row) == seek.key), None)
        if place is None:
            return rows[: seek.limit] if seek.inclusive else []
        if seek.backwards:
            end = place + seek.inclusive
            return rows[max(0, end - seek.limit) : end]
        begin = place + (not seek.inclusive)
        return rows[begin : begin + seek.limit]

    def total(self) -> int:
        """How many there are."""
        return len(self._read())

    def key(self, row: R) -> Hashable:
        """Its key."""
        return self._key(row)
