"""The site on a free port of loopback, and a browser without a screen: cookies, forms and websockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from http.cookies import Morsel

import aiohttp
from aiohttp import WSMsgType

from models import people, tokens
from models.audit import WAYBILL
from models.people import Role, User
from worker.servers.web.rules import Rules
from worker.servers.web.service import listening
from worker.servers.web.site import Site

QUICK = Rules(host="127.0.0.1", port=0, look_seconds=0.1, wrong_tokens=3)
"""Rules that let a test see them at work without waiting."""
_SECONDS = 60


def a_user(name: str, role: Role = Role.SUPPORT) -> User:
    """A user without an OS account."""
    user = people.create(WAYBILL, f"{name}@example.com")
    people.grant(WAYBILL, user, role, None)
    return user


def a_token(user: User) -> str:
    """A new token of that user."""
    return tokens.create(WAYBILL, user, "test", days=1)[1]


class Browser:
    """One browser. `origin` is what it says of the page that makes it ask, `columns` its tabs' width."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self.origin: dict[str, str] = {"Origin": url}
        self.columns = 80

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page, redirects followed."""
        async with self._session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def file(self, path: str) -> tuple[dict[str, str], bytes]:
        """The headers and the bytes of what is downloaded."""
        async with self._session.get(self.url + path) as answer:
            assert answer.status == 200
            return dict(answer.headers), await answer.read()

    async def headers(self, path: str) -> dict[str, str]:
        """The headers of one answer, redirects not followed."""
        async with self._session.get(self.url + path, allow_redirects=False) as answer:
            return dict(answer.headers)

    async def log_in(self, token: str) -> int:
        """Send the form; the status of where it leads."""
        async with self._session.post(
            self.url + "/login", data={"token": token}, headers=self.origin
        ) as answer:
            return answer.status

    async def log_out(self) -> int:
        """Press the button."""
        async with self._session.post(self.url + "/logout", headers=self.origin) as answer:
            return answer.status

    def cookies(self) -> list[Morsel[str]]:
        """What it keeps of the site."""
        return list(self._session.cookie_jar)

    @asynccontextmanager
    async def tab(self, **headers: str) -> AsyncIterator[Screen]:
        """An open terminal; raises aiohttp's `WSServerHandshakeError` where the site refuses."""
        url = f"{self.url}/ws?width={self.columns}&height=24"
        async with self._session.ws_connect(url, headers=self.origin | headers) as socket:
            yield Screen(socket)

    async def tab_status(self, **headers: str) -> int:
        """101 where a terminal opens (and is closed again), else the status of the refusal."""
        try:
            async with self.tab(**headers):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status


class Screen:
    """What the program in a tab has written, as text without its control sequences."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._written = b""
        self._told: dict[str, str] = {}

    @property
    def text(self) -> str:
        """All that was ever written, in its order."""
        return re.sub(
            r"\x1b(\[[0-9;?$<>=]*[A-Za-z]|\][^\x07]*\x07)", "", self._written.decode("utf-8", "replace")
        )

    async def until(self, words: str) -> None:
        """Wait for these words; fails where the tab is closed before."""
        await self._until(lambda: words in self.text)

    async def until_told(self, what: str) -> str:
        """Wait until the page is told this; with which value."""
        await self._until(lambda: what in self._told)
        return self._told[what]

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_SECONDS):
            while not condition():
                message = await self.socket.receive()
                assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT), (message, self.text)
                if message.type is WSMsgType.BINARY:
                    self._written += message.data
                else:
                    self._told.update([message.json()])

    async def until_closed(self) -> int:
        """Wait until the site closes the tab; with which code."""
        async with asyncio.timeout(_SECONDS):
            while not self.socket.closed:
                await self.socket.receive()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def type(self, keys: str) -> None:
        """Press keys."""
        await self.socket.send_json(["stdin", keys])


@asynccontextmanager
async def browsing(rules: Rules = QUICK) -> AsyncIterator[Callable[[], Browser]]:
    """A running site; what it yields makes browsers that know nothing of each other."""
    sessions: list[aiohttp.ClientSession] = []

    async with listening(Site(rules), rules.host, rules.port) as (host, port):

        def new() -> Browser:
            sessions.append(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
            return Browser(sessions[-1], f"http://{host}:{port}")

        try:
            yield new
        finally:
            for session in sessions:
                await session.close()


def but(**changes: object) -> Rules:
    """The quick rules with some changed."""
    return replace(QUICK, **changes)  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a limit."""
    async with asyncio.timeout(_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)
