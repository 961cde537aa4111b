"""The terminal is closed while the program runs in it, as by a connection that breaks."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from models import settings


def test_program_ends_soon_after_its_terminal_is_gone(home: Path) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {settings.HOME_VARIABLE: str(home), "TERM": "xterm"}
    # In no session of that terminal's, so that the kernel tells it nothing.
    program = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert os.read(ours, 1)
        os.close(ours)
        assert program.wait(20) in (-signal.SIGHUP, 1)
    finally:
        program.kill()
        program.wait()
