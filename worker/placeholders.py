"""What stands in a file that is only looked at for the numbers that are reserved when it is exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models import control_numbers
from worker.formats import Batch, Format, Items, Reservation

_FIRST = Reservation("A", 1)
_LOOKED_AT = 1_000
"""How many numbers that were given back are looked up at once."""


class Placeholders:
    """Numbers as the next files would get them if nothing else went before; nobody's for that."""

    def __init__(self) -> None:
        self._upcoming: dict[str, Iterator[int]] = {}

    def fill(self, chosen: Format, drafted: Batch, items: Items, count: int) -> tuple[Batch, list[str]]:
        """The batch with its numbers, and what of them may be another at the export."""
        said: list[str] = []
        reservation = None if chosen.daily_numbers(drafted, count) is None else _FIRST
        if reservation is not None:
            said.append(f"the file id modifier ({reservation.file_id_modifier} here) and the trace numbers")
        numbers = {
            scope: self._next(scope) for scope in dict.fromkeys(chosen.control_scopes(items(), drafted))
        }
        said += [f"the control number of {scope} ({number} here)" for scope, number in numbers.items()]
        return replace(drafted, reservation=reservation, control_numbers=numbers), said

    def _next(self, scope: str) -> int:
        if scope not in self._upcoming:
            self._upcoming[scope] = control_numbers.upcoming(scope, _LOOKED_AT)
        return next(self._upcoming[scope])


def told(template: str, numbers: list[str]) -> str:
    """What will be another at the export, of a file named by the template; empty when nothing will."""
    said = ["the time in the file's name"] if "{time}" in template else []
    if "{job}" in template:
        said.append("the job's number (0 here)")
    said += numbers
    return f"these will differ when it is exported: {', '.join(said)}" if said else ""
