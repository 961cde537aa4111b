"""Which list is wanted, and which of its rows a command is for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

R = TypeVar("R")


class Tab(NamedTuple):
    """One of the lists of a screen."""

    key: str
    title: str
    nothing: str
    """What stands there when it has no row: what to do next."""
    about: str = ""
    """What its count is of; stands below the tabs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which list is wanted; a screen makes its `Source` from this."""

    tab: str
    filter: Any = None
    """What the filter line's `parse` made of it; None without one."""
    order: str = ""
    """One of the screen's `ORDERS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Generic[R]):
    """What a command is to be done to: the marked rows, or the one under the cursor."""

    wanted: Wanted
    rows: Sequence[R]
    """Those of them that are held; complete unless `everything`."""
    keys: frozenset[Hashable]
    """The keys of them all; when `everything`, of those that are left out."""
    everything: bool
    """All that match `wanted`, but `keys`."""
    number: int
