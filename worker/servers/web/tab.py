"""One open tab: its websocket, and the program whose screen it shows."""

from __future__ import annotations

import logging

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from textual_serve.download_manager import DownloadManager

from worker.servers.web.doors import Login
from worker.servers.web.program import Program

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 15
_CLOSE_SECONDS = 3
_LONGEST_MESSAGE = 256 * 1024
"""What is pasted comes as one message."""
_WIDTHS, _HEIGHTS = range(20, 501), range(5, 301)


class Tab:
    """A browser's tab from the moment its websocket opens until it is closed, by either side."""

    def __init__(self, login: Login, downloads: DownloadManager) -> None:
        self.login = login
        self._socket = web.WebSocketResponse(
            timeout=_CLOSE_SECONDS, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LONGEST_MESSAGE
        )
        self._program = Program(login.visitor, self._socket, downloads)

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Start the program, and give it what the tab sends until one of the two ends."""
        await self._socket.prepare(request)
        try:
            await self._program.start(
                _within(request.query.get("width"), _WIDTHS, 80),
                _within(request.query.get("height"), _HEIGHTS, 24),
            )
            async for message in self._socket:
                if not await self._take(message):
                    await self._socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        finally:
            await self._program.stop()
        return self._socket

    async def close(self, reason: str) -> None:
        """Close the tab's websocket; its program ends with it."""
        visitor = self.login.visitor
        log.info("web.closing user_id=%s token_id=%s: %s", visitor.user_id, visitor.token_id, reason)
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=reason.encode())

    async def _take(self, message: WSMessage) -> bool:
        """Do what one message asks; whether it was one that textual-serve's page sends."""
        try:
            said = message.json() if message.type is WSMsgType.TEXT else None
        except ValueError:
            return False
        match said:
            case ["stdin", str(keys)]:
                self.login.touch()
                await self._program.send_bytes(keys.encode("utf-8", "replace"))
            case ["resize", {"width": width, "height": height}]:
                await self._program.set_terminal_size(
                    _within(width, _WIDTHS, 80), _within(height, _HEIGHTS, 24)
                )
            case ["ping", str(sent)]:
                await self._socket.send_json(["pong", sent])
            case ["focus"]:
                await self._program.focus()
            case ["blur"]:
                await self._program.blur()
            case _:
                return False
        return True


def _within(value: object, sizes: range, otherwise: int) -> int:
    try:
        wanted = int(str(value))
    except ValueError:
        return otherwise
    return min(max(wanted, sizes[0]), sizes[-1])
