"""Lines of text, typed into faster than a screen answers."""

from __future__ import annotations

import asyncio

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Vertical

from tui.widgets.inputs import TextLine


class _Form(App[None]):
    """A line as deep within its screen as those of forms."""

    def compose(self) -> ComposeResult:
        """One line."""
        with Vertical(), Vertical(), Vertical(), Vertical(), Vertical():
            yield TextLine(value="11:57", select_on_focus=False)


def test_line_takes_keys_in_the_order_they_are_typed() -> None:
    async def scenario() -> None:
        app = _Form()
        async with app.run_test() as pilot:
            line = app.query_one(TextLine)
            for key in (*["backspace"] * 5, *"13:44", "home", "delete", "2"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause()
            assert line.value == "23:44"

    asyncio.run(scenario())
