"""Numbers as pictures of text: columns, and bars whose parts are made of the states' own marks."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = " ▁▂▃▄▅▆▇█"
_STEPS = len(_BLOCKS) - 1


def columns(values: Sequence[int], height: int = 1) -> list[str]:
    """A column for each value, as lines from the top; what is not nothing can be seen, however small."""
    most = max(values, default=0)
    if most <= 0:
        return [" " * len(values)] * height
    levels = [-(-value * height * _STEPS // most) for value in values]
    return [
        "".join(_BLOCKS[min(max(level - below * _STEPS, 0), _STEPS)] for level in levels)
        for below in reversed(range(height))
    ]


def bar(parts: Sequence[tuple[str, int]], most: int, width: int) -> str:
    """Parts one after the other, each a mark and its number, in a bar of which `most` fills the width."""
    if most <= 0:
        return ""
    return "".join(mark * max(1, number * width // most) for mark, number in parts if number > 0)[:width]
