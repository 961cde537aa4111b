"""A batch as interchanges: one for each pair of sender and receiver, in the order the items come.

Items are ordered by party, so a receiver's items stand together; where two parties share a receiver they do
not, and that receiver's are then gathered by going through the items once more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator

from worker.formats import Item, Items

Scope = Callable[[Item], str]


def runs(items: Iterator[Item], scope: Scope) -> list[str]:
    """The scopes as they come, each once for every run of items that share it."""
    found: list[str] = []
    for item in items:
        if (one := scope(item)) and (not found or found[-1] != one):
            found.append(one)
    return found


def grouped(items: Items, scope: Scope) -> Iterator[tuple[str, Iterator[Item]]]:
    """Each scope with its items; they must be gone through before the next scope is asked for."""
    times = Counter(runs(items(), scope))
    for one, own in _in_one_pass(items(), scope):
        if times[one] == 1:
            yield one, own
            continue
        deque(own, maxlen=0)  # gone past: these are among those gathered
        if times.pop(one, 0):
            yield one, (item for item in items() if scope(item) == one)


def _in_one_pass(stream: Iterator[Item], scope: Scope) -> Iterator[tuple[str, Iterator[Item]]]:
    ahead = next(stream, None)

    def of(one: str) -> Iterator[Item]:
        nonlocal ahead
        while ahead is not None and scope(ahead) == one:
            yield ahead
            ahead = next(stream, None)

    while ahead is not None:
        one = scope(ahead)
        yield one, of(one)
