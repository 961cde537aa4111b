"""What is drawn on a page, whoever draws it. Points of 1/72 inch, from the upper left corner downwards."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from worker.formats.pages.logo import Logo

Color: TypeAlias = tuple[float, float, float]

INK: Final[Color] = (0.10, 0.12, 0.14)
QUIET: Final[Color] = (0.36, 0.41, 0.46)
ACCENT: Final[Color] = (0.09, 0.27, 0.42)
LINE: Final[Color] = (0.78, 0.81, 0.84)
TINT: Final[Color] = (0.94, 0.955, 0.965)
WHITE: Final[Color] = (1.0, 1.0, 1.0)


class Text(NamedTuple):
    """A text on one line; `y` is where its letters stand."""

    x: float
    y: float
    text: str
    size: float
    bold: bool
    color: Color
    tag: str
    """What a reader finds it by (`reading`); empty for most."""


class Rule(NamedTuple):
    """A line from left to right."""

    x: float
    y: float
    width: float
    color: Color
    weight: float


class Box(NamedTuple):
    """A filled rectangle, behind whatever comes after it."""

    x: float
    y: float
    width: float
    height: float
    color: Color


class Picture(NamedTuple):
    """The logo."""

    x: float
    y: float
    width: float
    height: float
    logo: Logo


Mark: TypeAlias = Text | Rule | Box | Picture
Page: TypeAlias = list[Mark]


class Pages(NamedTuple):
    """A document laid out."""

    width: float
    height: float
    pages: list[Page]
    title: str
    author: str
    language: str
