"""The web server as a service: an installation's settings and tokens, until a signal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass

from aiohttp import web

from models.database import connection
from models.errors import ConfigurationError
from models.services import Kind
from models.settings import Settings
from worker import presence, watchdog
from worker.servers.web.rules import Rules, rules
from worker.servers.web.site import Site

_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where a browser, or the reverse proxy, finds the site."""

    host: str
    port: int
    behind_proxy: bool

    @property
    def url(self) -> str:
        """Its address, as a browser of this machine has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


def serve(settings: Settings, *, announce: Callable[[Listening], None]) -> None:
    """Serve until SIGTERM or SIGINT, then end every session. `announce` is called once it listens.

    Raises `ConfigurationError` when the settings would let in anybody, or the address cannot be had.
    """
    with connection():
        found = rules(settings.web)
    asyncio.run(_serve(found, announce))


@asynccontextmanager
async def listening(site: Site, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serve the site at an address of this machine; yields host and the real port."""
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=_STOP_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        bound = runner.addresses[0]
        yield bound[0], bound[1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host or None, port).start()
    except OSError as error:
        raise ConfigurationError(
            f"the web server cannot listen on {host or '*'} port {port}: {error.strerror or error}",
            remedy="set web.host and web.port to an address of this machine and a free port",
            code="cannot_listen",
        ) from error


async def _serve(found: Rules, announce: Callable[[Listening], None]) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with listening(Site(found), found.host, found.port) as (host, port):
        announce(Listening(host=host, port=port, behind_proxy=found.proxy is not None))
        watchdog.ready()
        # textual-serve says on standard output what a program that failed had to say.
        with redirect_stdout(sys.stderr), presence.said(Kind.WEB):
            await told.wait()
            watchdog.stopping()
