"""What people call things: one rule for every name, and how a given text may stand in a message."""

from __future__ import annotations

from models.errors import InvalidInput

SHOWN = 60
"""How much of a given text a message repeats."""


def checked(kind: str, name: str, *, longest: int = 100) -> str:
    """The name with single spaces; raises `InvalidInput` when it is empty, too long or not printable."""
    name = " ".join(filter(None, name.strip().replace("\u00a0", " ").split(" ")))
    if not name or not name.isprintable():
        raise InvalidInput(
            f"{shown(name)} is no name for {kind}", remedy=f"give 1 to {longest} printable characters"
        )
    if len(name) > longest:
        raise InvalidInput(
            f"the name {shown(name)} for {kind} has {len(name)} characters",
            remedy=f"give at most {longest}",
        )
    return name


def is_id(text: str) -> bool:
    """Whether a text can be the number of a row: digits within the database's 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def shown(text: str) -> str:
    """A text given by somebody as a message may repeat it: quoted unless plain, and cut when long."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return cut if cut and cut.isprintable() else repr(cut)
