"""docs/formats.md: every file type with its settings, from its own declaration.

    python -m scripts.pages.formats

writes it anew; `tests/test_formats_page.py` says when that is due.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.catalogue import Setting, SettingKind, discover

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
_HEAD = """\
# File types and their settings

<!-- made by python -m scripts.pages.formats -->

Each is described by itself, as `waybill format show NAME` prints it. A facility is set up for them with
`waybill facility edit NAME --set KEY=VALUE`. What is common to them: [files in and out](files.md).
"""
_ROUTES = {"ach": "ACH", "other": "non-ACH"}


def text() -> str:
    """The page as it should be."""
    every = sorted(discover("waybill.formats").items())
    ours = [(key, plugin) for key, plugin in every if plugin.__module__.startswith("worker.formats")]
    parts = [_HEAD, *(line for key, plugin in ours for line in _format(key, plugin))]
    return "\n".join(parts).rstrip("\n") + "\n"


def _format(key: str, plugin: type[Any]) -> Iterator[str]:
    yield f"## {key}: {plugin.title}"
    yield ""
    yield inspect.getdoc(plugin) or ""
    yield ""
    routes = " and ".join(_ROUTES[route] for route in sorted(plugin.routes))
    mapping = ", with the columns of a [mapping](mappings.md)" if plugin.uses_columns else ""
    yield f"For {routes} invoices, as `.{plugin.extension}`{mapping}."
    yield ""
    if plugin.settings:
        yield "| setting | what | default |"
        yield "| --- | --- | --- |"
        yield from (_row(key, setting) for setting in plugin.settings)
        yield ""


def _row(key: str, setting: Setting) -> str:
    return f"| `{key}.{setting.name}` | {_cell(_what(setting))} | {_cell(_default(setting))} |"


def _what(setting: Setting) -> str:
    told = ": ".join(part for part in (setting.title, setting.help) if part)
    if setting.choices:
        told += f" ({', '.join(setting.choices)})"
    if setting.when is not None:
        told += f"; only where `{setting.when[0]}` is {setting.when[1]}"
    return told


def _default(setting: Setting) -> str:
    if setting.kind is SettingKind.BOOLEAN:
        return "yes" if setting.default else "no"
    if setting.default in (None, ""):
        return "required" if setting.required else ""
    return f"`{setting.default}`"


def _cell(said: str) -> str:
    return said.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
