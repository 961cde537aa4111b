"""Keys that come before there is a field to type into, kept for the fields that they were meant for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from textual.events import Key
from textual.widget import Widget

from tui.widgets.inputs import Choice

_ON, _BACK = ("tab", "down", "enter"), ("shift+tab", "up")


class TypedAhead:
    """What was typed blind, field by field: the keys that move on and back count the fields."""

    def __init__(self) -> None:
        self._keys = defaultdict[int, list[Key]](list)
        self._at = 0

    def take(self, key: Key) -> bool:
        """Keep a key that types or moves; False: it does neither."""
        if key.key in _ON:
            self._at += 1
        elif key.key in _BACK:
            self._at = max(0, self._at - 1)
        elif key.is_printable or key.key == "backspace":
            self._keys[self._at].append(key)
        else:
            return False
        return True

    def give(self, fields: Sequence[Widget]) -> Widget:
        """Type it into the fields, of which there is one at least; the one where the keys had come to.

        What was typed beyond the last one is dropped: it would have gone to buttons.
        """
        for field, keys in ((field, self._keys[place]) for place, field in enumerate(fields)):
            for key in keys:
                _type(field, key)
        return fields[min(self._at, len(fields) - 1)]


def _type(field: Widget, key: Key) -> None:
    if isinstance(field, Choice) and key.key == "space":  # its bindings work with the focus alone
        field.action_turn(1)
    else:
        field.post_message(Key(key.key, key.character))
