"""The pages: whole files with a few places to fill in."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from string import Template

from aiohttp import web

_FOLDER = Path(__file__).parent / "pages"


def page(name: str, *, status: int = 200, **texts: str) -> web.Response:
    """The page of that name with these texts in it."""
    filled = _template(name).substitute({key: html.escape(text) for key, text in texts.items()})
    return web.Response(text=filled, content_type="text/html", status=status)


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / f"{name}.html").read_text(encoding="utf-8"))
