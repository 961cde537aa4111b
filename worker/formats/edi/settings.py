"""What both kinds of interchange let a trading partner choose."""

from __future__ import annotations

from collections.abc import Mapping

from models.catalogue import Setting, SettingKind

PACKING = Setting(
    name="packing",
    title="Packing",
    help="together: one file, in it an interchange for each receiver; each: a file for every invoice",
    kind=SettingKind.CHOICE,
    default="together",
    choices=("together", "each"),
)
LINE_BREAKS = Setting(
    name="line_breaks",
    title="Line breaks",
    help="whether each segment stands on a line of its own",
    kind=SettingKind.BOOLEAN,
    default=False,
)


def is_one_each(values: Mapping[str, str | int | bool | None]) -> bool:
    """Whether every invoice goes into a file of its own."""
    return values.get(PACKING.name) == "each"
