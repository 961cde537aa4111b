"""`waybill format`: file types, as each declares itself, and the numbers of those that count."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import click

from models import control_numbers
from models.catalogue import Setting, discover
from models.control_numbers import Scope
from models.errors import NotFound
from tui import setting_text
from tui.cli.console import Session, Verbs, in_session


@click.group("format", cls=Verbs)
def command() -> None:
    """File types: which of a job's files they can be, and what they need set."""


@command.command("list")
@in_session
def list_formats(session: Session) -> None:
    """Every file type, and what each can be set to: --json says all of it."""
    session.table(
        [_as_item(key, plugin) for key, plugin in sorted(discover("waybill.formats").items())],
        ["format", "title", "extension", "routes", "uses_mapping"],
        empty="No file type was found: Waybill is not installed as it should be.",
    )


@command.command("show")
@click.argument("name")
@in_session
def show_format(session: Session, name: str) -> None:
    """One file type: what it is, which files it can be, and everything that can be set."""
    item = _as_item(name, _plugin(name))
    session.answer(item, "\n".join(_lines(item)))


@command.command("schema")
@click.argument("name")
@in_session
def print_schema(session: Session, name: str) -> None:
    """The schema of a file type's files, for those whose schema is published with Waybill."""
    schema = _plugin(name).schema()
    if schema is None:
        raise NotFound(
            f"no schema of {name} files is published with Waybill",
            remedy="look where the file type itself is published",
        )
    session.answer({"format": name, "schema": schema}, schema)


@command.command("numbers")
@in_session
def list_numbers(session: Session) -> None:
    """The running numbers of files, such as interchange control numbers: for whom, and which is next."""
    session.table(
        [_scope_item(scope) for scope in control_numbers.listed(session.actor)],
        ["scope", "last", "next"],
        empty="No file type that you use numbers its files so far.",
    )


@command.command("go-on-from")
@click.argument("scope")
@click.argument("number", type=click.IntRange(1, control_numbers.HIGHEST))
@click.option("--reason", required=True, help="Why; kept with the act.")
@in_session
def go_on_from(session: Session, scope: str, number: int, reason: str) -> None:
    """Let the next file of a scope have this number: a partner's that had files from another system before.

    The scope is named as in `waybill format numbers`; before the first file `waybill invoice render` says
    it.
    """
    state = control_numbers.go_on_from(session.actor, scope, number, reason)
    session.answer(_scope_item(state), f"the next file of {state.scope} gets the number {state.following}")


def _plugin(name: str) -> type[Any]:
    plugin = discover("waybill.formats").get(name)
    if plugin is None:
        raise NotFound(f"there is no file type {name}", remedy="see: waybill format list")
    return plugin


def _scope_item(scope: Scope) -> dict[str, Any]:
    return {"scope": scope.scope, "last": scope.last, "next": scope.following, "first": scope.first}


def _as_item(key: str, plugin: type[Any]) -> dict[str, Any]:
    defaults = {setting.name: setting.default for setting in plugin.settings}
    return {
        "format": key,
        "title": plugin.title,
        "about": inspect.getdoc(plugin) or "",
        "extension": plugin.extension,
        "routes": sorted(plugin.routes),
        "uses_mapping": plugin.uses_columns,
        "one_each": plugin().is_one_each(defaults),
        "settings": [_setting_item(key, setting) for setting in plugin.settings],
    }


def _setting_item(key: str, setting: Setting) -> dict[str, Any]:
    limits = {"least": setting.least, "most": setting.most, "max_length": setting.max_length}
    return setting_text.setting_item(f"{key}.{setting.name}", setting) | limits | {"pattern": setting.pattern}


def _lines(item: dict[str, Any]) -> Iterator[str]:
    yield f"{item['format']}: {item['title']}"
    yield ""
    yield item["about"]
    yield ""
    kinds = {"ach": "ACH", "other": "non-ACH"}
    yield f"for the {' and the '.join(kinds[route] for route in item['routes'])} invoices of a job"
    yield "one file for every document" if item["one_each"] else "one file for all of them"
    if item["uses_mapping"]:
        yield "with columns of your choice: waybill mapping create"
    if item["settings"]:
        yield ""
        yield "Set with: waybill facility edit NAME --set KEY=VALUE"
        for setting in item["settings"]:
            yield from ("", setting_text.setting_text(setting))
