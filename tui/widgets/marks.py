"""Which rows of a list are marked: some of them, or all that match but those taken out."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks on a list; `key in marks` says whether a row is marked."""

    keys: frozenset[Hashable] = frozenset()
    everything: bool = False
    """All that match are marked but `keys`; else none but these."""

    def __contains__(self, key: object) -> bool:
        return (key in self.keys) != self.everything

    def __bool__(self) -> bool:
        return self.everything or bool(self.keys)

    def toggled(self, key: Hashable) -> Marks:
        """With this row marked, or its mark taken off."""
        return Marks(self.keys ^ {key}, self.everything)

    def number(self, total: int) -> int:
        """How many rows are marked, of so many."""
        return max(0, total - len(self.keys)) if self.everything else len(self.keys)
