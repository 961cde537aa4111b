"""Which screens there are: every module of `tui.screens` that declares an `AREA`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from models.errors import NotFound

if TYPE_CHECKING:
    from tui.kit.live import LiveScreen

_FIRST = ("dashboard", "jobs")
"""What the program opens with: the first of these modules that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One screen and what opens from it, declared in its file as `AREA`."""

    noun: str
    """As commands and links call one of its things: `job`."""
    title: str
    """What stands beside the digit: `Jobs`."""
    help: str
    """One sentence, for help and palette."""
    cli: str
    """The command that lists the same: `waybill job list`."""
    screen: Callable[[], LiveScreen]
    """Makes the list."""
    digit: str = ""
    """The key that goes there; without one it is reached through the palette and by links."""
    short: str = ""
    """The title where there is little room; at most 6 characters."""
    page_of: str = ""
    """The noun of the area with a digit that it is a page of; stands in the head line as that one."""
    detail: Callable[[str], LiveScreen] | None = None
    """Makes the screen of one thing, from what a link names it by: `job/1041` → `1041`."""


@cache
def first() -> Area:
    """The one that the program opens with; imports no other."""
    there = _modules()
    return _area(next(name for name in _FIRST if name in there))


@cache
def areas() -> tuple[Area, ...]:
    """Every one, those with digits first, in their order."""
    found = [_area(name) for name in _modules() if _declares(name)]
    return tuple(sorted(found, key=lambda area: (area.digit or "~", area.title)))


def by_digit(digit: str) -> Area | None:
    """The one behind a digit."""
    return next((area for area in areas() if area.digit == digit), None)


def by_noun(noun: str) -> Area:
    """The one of that noun; raises `NotFound` naming those there are."""
    for area in areas():
        if noun in (area.noun, f"{area.noun}s", area.title.lower()):
            return area
    known = ", ".join(area.noun for area in areas())
    raise NotFound(f"there is no screen for {noun!r}", remedy=f"open one of: {known}")


def opened(link: str) -> tuple[Area, LiveScreen | None]:
    """What `job/1041` or `job` names: the area and, for one thing of it, its screen.

    Raises `NotFound` for what names nothing.
    """
    noun, _, which = link.strip().partition("/")
    area = by_noun(noun.lower())
    if not which:
        return area, None
    if area.detail is None:
        raise NotFound(f"{area.title} has no screen for one of them", remedy=f"open: {area.noun}")
    return area, area.detail(which)


def _modules() -> dict[str, str]:
    import tui.screens

    found = pkgutil.iter_modules(tui.screens.__path__, "tui.screens.")
    return {module.name.rpartition(".")[2]: module.name for module in found}


def _declares(name: str) -> bool:
    return isinstance(getattr(importlib.import_module(_modules()[name]), "AREA", None), Area)


def _area(name: str) -> Area:
    area: Area = importlib.import_module(_modules()[name]).AREA
    return area
