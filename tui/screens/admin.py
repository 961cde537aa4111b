"""What the pages of Admin have in common: one line of tabs, `[` and `]` between them. Each is a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from tui.kit import areas
from tui.kit.listing import ListScreen

R = TypeVar("R")

ADMIN = "user"
"""The area behind the digit; the other pages name it."""
_PAGES = {
    "user": "users",
    "entity": "entities",
    "notification": "mails",
    "setting": "settings",
    "audit": "audit",
    "secret": "secrets",
}


class AdminPage(ListScreen[R]):
    """A list that is one of the pages."""

    PAGE: ClassVar[str]
    """Its area's noun."""

    def tab_labels(self) -> Sequence[tuple[str, int | None, bool]]:
        """The pages; the number of rows of this one."""
        number = self.table.place[1]
        return [
            (title, number if noun == self.PAGE else None, noun == self.PAGE)
            for noun, title in _PAGES.items()
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There are always other pages."""
        return True if action == "turn" else super().check_action(action, parameters)

    def action_turn(self, by: int) -> None:
        """Another page."""
        nouns = list(_PAGES)
        wanted = nouns[(nouns.index(self.PAGE) + by) % len(nouns)]
        self.waybill.go_to(areas.by_noun(wanted))
