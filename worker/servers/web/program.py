"""One running terminal program, as textual-serve runs it: started for one user, and certain to end."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from models import settings
from models.tokens import Visitor

_START = "from tui.served import main; main()"
_STOP_SECONDS = 5.0
# Of whoever started the server, and of their terminal: no business of the one in the browser.
_NOT_PASSED_ON = ("SUDO_", "SSH_", "NO_COLOR", "NOTIFY_SOCKET")


class Program(AppService):
    """The program behind one tab."""

    def __init__(self, visitor: Visitor, socket: web.WebSocketResponse, downloads: DownloadManager) -> None:
        super().__init__(
            "waybill",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=downloads,
        )
        self.visitor = visitor
        self._socket = socket

    async def run(self) -> None:
        """Pass on what it writes until it ends; then the tab is closed, also where it never really began."""
        try:
            await super().run()
        finally:
            await self._close()

    async def on_data(self, payload: bytes) -> None:
        """Pass on what it writes. Into a closed tab too it must be able to write, or it could not end."""
        with suppress(ConnectionError):
            await super().on_data(payload)

    async def stop(self) -> None:
        """Ask it to end, wait for that, and end it when it does not."""
        process = self._process
        if process is None:
            return
        kill = asyncio.get_running_loop().call_later(_STOP_SECONDS, _kill, process)
        try:
            await super().stop()
            await process.wait()
        finally:
            kill.cancel()

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        inherited = super()._build_environment(width, height)
        kept = {name: value for name, value in inherited.items() if not name.startswith(_NOT_PASSED_ON)}
        return kept | {
            settings.HOME_VARIABLE: str(settings.current().home),
            "TERM": "xterm-256color",
            "TEXTUAL_DRIVER": "tui.served:BrowserDriver",
            "TEXTUAL_FPS": "20",
        }

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start it without a shell. Who acts stands in its arguments, which no browser can reach."""
        visitor = self.visitor
        who = (str(visitor.user_id), "" if visitor.token_id is None else str(visitor.token_id))
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _START,
            *who,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
        )
        self._stdin = process.stdin
        return process

    async def _close(self) -> None:
        await self._socket.close()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
