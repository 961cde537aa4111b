"""The site: the page with the terminal, its websocket, downloads, and a watch over all that is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import textual_serve
from aiohttp import web
from textual_serve.download_manager import DownloadManager

from models import tokens
from worker.servers.web.doors import Door, Login, ProxyDoor, TokenDoor, ask
from worker.servers.web.guard import add_headers, require_own_names, require_same_origin
from worker.servers.web.pages import page
from worker.servers.web.program import Program
from worker.servers.web.rules import Rules
from worker.servers.web.tab import Tab

log = logging.getLogger(__name__)

_LONGEST_FORM = 16 * 1024
_STATIC = Path(textual_serve.__file__).parent / "static"
_ASSETS = Path(__file__).parent / "assets"


class Site:
    """The terminal program for browsers; `application` is what a web server runs."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._door: Door = ProxyDoor(rules.proxy) if rules.proxy else TokenDoor(rules.wrong_tokens)
        self._tabs: set[Tab] = set()
        self._downloads = DownloadManager()

    def application(self) -> web.Application:
        """The site's routes, checks and watch."""
        application = web.Application(
            middlewares=[require_own_names(self._rules)], client_max_size=_LONGEST_FORM
        )
        application.on_response_prepare.append(add_headers)
        application.on_shutdown.append(self._close_all)
        application.cleanup_ctx.append(self._watching)
        router = application.router
        router.add_get("/", self._program_page)
        router.add_get("/ws", self._websocket)
        router.add_get("/download/{key}", self._download)
        router.add_static("/static/", _STATIC)
        router.add_static("/assets/", _ASSETS)
        self._door.add_routes(router)
        return application

    async def _program_page(self, request: web.Request) -> web.Response:
        login = await self._door.login_of(request)
        login.touch()
        if self._is_full:
            return page("full", status=503, sessions=str(self._rules.max_sessions))
        return page(
            "program", user=login.visitor.email, way="token" if self._rules.proxy is None else "proxy"
        )

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        login = await self._door.login_of(request)
        require_same_origin(request)
        if self._is_full:
            raise web.HTTPServiceUnavailable(text="All sessions are in use.\n")
        tab = Tab(login, self._downloads)
        self._tabs.add(tab)
        visitor = login.visitor
        log.info(
            "web.opened user_id=%s token_id=%s open=%s", visitor.user_id, visitor.token_id, len(self._tabs)
        )
        try:
            return await tab.run(request)
        finally:
            self._tabs.discard(tab)
            log.info("web.closed user_id=%s open=%s", visitor.user_id, len(self._tabs))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that a program of the same user hands out: to be saved, never shown as a page of ours."""
        login = await self._door.login_of(request)
        key = request.match_info["key"]
        try:
            download = await self._downloads.get_download_metadata(key)
        except KeyError as error:
            raise web.HTTPNotFound from error
        program = download.app_service
        if not isinstance(program, Program) or program.visitor != login.visitor:
            raise web.HTTPNotFound
        name = quote(download.file_name, safe="")
        response = web.StreamResponse(headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    @property
    def _is_full(self) -> bool:
        return len(self._tabs) >= self._rules.max_sessions

    # Watching

    async def _watching(self, application: web.Application) -> AsyncIterator[None]:  # noqa: ARG002 - aiohttp's
        watch = asyncio.create_task(self._watch())
        yield
        watch.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._rules.look_seconds)
            try:
                await self._end_some()
            except Exception:  # a database that is away for a moment must not end the watch
                log.exception("web.tokens_unreachable: the tokens could not be asked; trying again")

    async def _end_some(self) -> None:
        """End what nobody touches, and who would not be let in again."""
        for login in self._logins():
            if login.idle() > self._rules.idle_seconds:
                await self._end(login, "nobody has touched it")
        if logins := self._logins():
            valid = await ask(lambda: tokens.still_valid(login.visitor for login in logins))
            for login in logins:
                if login.visitor not in valid:
                    await self._end(login, "its token was revoked or has expired, or its user is inactive")

    def _logins(self) -> set[Login]:
        return {*self._door.logins(), *(tab.login for tab in self._tabs)}

    async def _end(self, login: Login, reason: str) -> None:
        self._door.forget(login)
        tabs = [tab for tab in self._tabs if tab.login is login]
        await asyncio.gather(*(tab.close(reason) for tab in tabs))

    async def _close_all(self, application: web.Application) -> None:  # noqa: ARG002 - aiohttp's
        await asyncio.gather(*(tab.close("the server stops") for tab in self._tabs))
