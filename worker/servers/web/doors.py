"""Who comes: a browser that has shown a token, and has a cookie since; or whom a trusted proxy names.

The cookie is another secret than the token, kept in memory only: a server that starts anew wants the token
again. The token itself comes once, in a form, so that it stands in no address, history or log.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

from aiohttp import web

from models import tokens
from models.database import connection
from models.tokens import Visitor
from worker.servers.doorkeeper import Doorkeeper
from worker.servers.web.guard import require_same_origin
from worker.servers.web.pages import page
from worker.servers.web.rules import Proxy

R = TypeVar("R")

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Waybill-Proxy-Secret"  # noqa: S105 - its name
_WRONG = (
    "This token opens nothing: it is mistyped, revoked or expired. Copy it again, or ask for another one."
)
_LEAKED = (
    "That address held a token. Addresses are remembered and logged: have that token revoked, and paste "
    "another one here."
)
_BAN_SECONDS = 60


class Login:
    """A browser that was let in, and how long ago anybody touched it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.touch()

    def touch(self) -> None:
        """Somebody has just done something there."""
        self._touched = time.monotonic()

    def idle(self) -> float:
        """For how many seconds nobody has."""
        return time.monotonic() - self._touched


class Door(Protocol):
    """Knows who sent a request."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the pages that letting somebody in needs."""

    async def login_of(self, request: web.Request) -> Login:
        """Who sent it; raises the answer that a stranger gets."""

    def logins(self) -> Collection[Login]:
        """Those that are remembered from one request to the next."""

    def forget(self, login: Login) -> None:
        """Let it in no more."""


async def ask(question: Callable[[], R]) -> R:
    """Ask the database, in a thread with a connection of its own."""

    def asked() -> R:
        with connection():
            return question()

    return await asyncio.to_thread(asked)


class TokenDoor:
    """Wants a token once, then knows the browser by its cookie."""

    def __init__(self, wrong_tokens: int) -> None:
        self._by_cookie: dict[str, Login] = {}
        # Everybody comes from loopback here; whoever is in already is not kept out by another's guessing.
        self._doorkeeper = Doorkeeper(
            allowed=wrong_tokens, window_seconds=60, ban_seconds=_BAN_SECONDS, spare_loopback=False
        )

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """See `Door`."""
        router.add_get("/login", self._ask_token)
        router.add_post("/login", self._log_in)
        router.add_post("/logout", self._log_out)

    async def login_of(self, request: web.Request) -> Login:
        """See `Door`."""
        login = self._known(request)
        if login is None:
            raise (
                web.HTTPForbidden(text="Log in first.\n")
                if _is_part(request)
                else web.HTTPSeeOther(_entrance(request))
            )
        return login

    def logins(self) -> Collection[Login]:
        """See `Door`."""
        return list(self._by_cookie.values())

    def forget(self, login: Login) -> None:
        """See `Door`."""
        self._by_cookie = {key: one for key, one in self._by_cookie.items() if one is not login}

    def _known(self, request: web.Request) -> Login | None:
        return self._by_cookie.get(request.cookies.get(_cookie_name(request), ""))

    async def _ask_token(self, request: web.Request) -> web.Response:
        if self._known(request):
            raise web.HTTPSeeOther("/")
        if "token" in request.query:
            raise web.HTTPSeeOther(_entrance(request))
        return page("login", message=_LEAKED if "leaked" in request.query else "")

    async def _log_in(self, request: web.Request) -> web.Response:
        require_same_origin(request)
        address = request.remote or "127.0.0.1"
        if self._doorkeeper.is_banned(address):
            raise web.HTTPTooManyRequests(
                text="Too many wrong tokens. Wait a minute.\n", headers={"Retry-After": str(_BAN_SECONDS)}
            )
        text = str((await request.post()).get("token", "")).strip()
        visitor = await ask(lambda: tokens.admit(text))
        if visitor is None:
            self._doorkeeper.failed(address)
            log.warning("web.refused address=%s: a token that opens nothing", address)
            return page("login", message=_WRONG, status=403)
        log.info("web.login user_id=%s token_id=%s address=%s", visitor.user_id, visitor.token_id, address)
        cookie = secrets.token_urlsafe(32)
        self._by_cookie[cookie] = Login(visitor)
        answer = web.HTTPSeeOther("/")
        answer.set_cookie(_cookie_name(request), cookie, httponly=True, samesite="Strict", path="/")
        raise answer

    async def _log_out(self, request: web.Request) -> web.Response:
        require_same_origin(request)
        if login := self._known(request):
            self.forget(login)
        answer = web.HTTPSeeOther("/login")
        answer.del_cookie(_cookie_name(request), path="/")
        raise answer


class ProxyDoor:
    """Believes the proxy who comes, where it is the proxy: its address, and the secret it shares with us.

    The address alone would not do: on the proxy's own machine everybody connects from it.
    """

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """See `Door`: the proxy has its own login."""

    async def login_of(self, request: web.Request) -> Login:
        """See `Door`."""
        shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        right = hmac.compare_digest(shown, self._proxy.secret.encode())
        if not (self._proxy.is_at(request.remote or "") and right):
            log.warning("web.refused address=%s: it is not the proxy", request.remote)
            raise web.HTTPForbidden(text="Only the reverse proxy may ask here.\n")
        emails = request.headers.getall(self._proxy.user_header, [])
        visitor = await ask(lambda: tokens.vouched_for(emails[0])) if len(emails) == 1 else None
        if visitor is None:
            log.warning("web.refused address=%s: the proxy names no user", request.remote)
            raise web.HTTPForbidden(text="You are no active user of this installation.\n")
        return Login(visitor)

    def logins(self) -> Collection[Login]:
        """See `Door`: each request says anew who comes."""
        return ()

    def forget(self, login: Login) -> None:
        """See `Door`."""


def _cookie_name(request: web.Request) -> str:
    """Cookies are not kept apart by ports, and each tunnel to another installation ends at one."""
    return f"waybill-{request.url.port}"


def _entrance(request: web.Request) -> str:
    """Where a stranger logs in: under an address that says no token, whatever was asked for."""
    return "/login?leaked" if "token" in request.query else "/login"


def _is_part(request: web.Request) -> bool:
    """Whether a page asks, not a person who could be sent to another one."""
    return request.path != "/"
