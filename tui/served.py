"""The terminal program of one browser tab. The web server starts it; no command does, and no sudo rule may.

Its arguments are the user's id and the token's (empty: a proxy vouches for the user). They are the server's
word for who acts, so they are looked at once more and nothing else is.
"""

from __future__ import annotations

import os
import signal
import sys

from peewee import DatabaseError
from textual.drivers.web_driver import WebDriver

from models import installation, people, tokens
from models.database import connection
from models.errors import WaybillError


class BrowserDriver(WebDriver):
    """Textual's own, which also ends when the server that feeds it is gone."""

    def run_input_thread(self) -> None:
        """Read what the server sends, to its end."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Open the program for whom the server let in."""
    user_id, token_id = sys.argv[1:]
    try:
        installation.open_home()
        with connection():
            visitor = tokens.visitor(int(user_id), int(token_id) if token_id else None)
        people.act_for(visitor.actor)

        from tui.app import run

        run()
    except (WaybillError, DatabaseError, OSError) as error:
        from tui.cli import console

        console.say_error(error, as_json=False)
        sys.exit(1)
