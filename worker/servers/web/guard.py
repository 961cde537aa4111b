"""What every request must be like, and what every answer says to the browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from worker.servers.web.rules import Rules, is_loopback

_HEADERS = {
    # Styles may stand in the page because the terminal writes its own; scripts may not.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: then a browser says `Origin: null` with the login, and that is refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "waybill",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let the browser keep the page to itself, and keep nothing of what it shows."""
    response.headers.update(_HEADERS)
    if not request.path.startswith(("/static/", "/assets/")):
        response.headers["Cache-Control"] = "no-store"


def require_own_names(rules: Rules) -> Middleware:
    """Refuse what was addressed to another name: a page of elsewhere whose name was turned to point here."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if rules.proxy is None and not is_loopback(_name(request.host)):
            raise web.HTTPMisdirectedRequest(text="Open this under localhost or 127.0.0.1.\n")
        return await handler(request)

    return check


def require_same_origin(request: web.Request) -> None:
    """Refuse what a page of another origin makes a browser do: it would come with the user's cookie.

    Behind a proxy this needs the `Host` that the browser sent.
    """
    scheme, _, place = request.headers.get("Origin", "").partition("://")
    if scheme not in ("http", "https") or place != request.host:
        raise web.HTTPForbidden(text="This comes from another site, or a proxy changed the Host header.\n")


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets that do not close
        return ""
