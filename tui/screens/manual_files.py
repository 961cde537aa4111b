"""Exporting by hand: which files are written, and with which columns, as fields of its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.text import Text

from models import manual, mappings
from models.catalogue import Setting, SettingKind, discover
from models.entities import LegalEntity
from models.facilities import Facility
from models.jobs import Output, Route
from models.manual import Written
from tui.kit.form import Form, Values
from tui.schedule_fields import Among
from tui.wording import one_line

AS_USUAL, NONE, DEFAULT = "as usual", "none", "the default columns"
_TITLES = {Route.OTHER: "Other invoices as", Route.ACH: "ACH invoices as"}
_FORMATS = "waybill.formats"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesForm(Form):
    """A form that knows what each facility writes as usual, by its name."""

    usual: Mapping[str, Written]
    columns: Mapping[int, str]
    """The names of the mappings by id."""


def usual_of(facilities: Sequence[Facility]) -> dict[str, Written]:
    """What each facility writes as usual, by its name."""
    return {each.name: manual.default_outputs(each) for each in facilities}


def columns_of(entity: LegalEntity) -> dict[int, str]:
    """The names of a legal entity's mappings by id."""
    return {each.id: each.name for each in mappings.of_entity(entity)}


def settings(columns: Mapping[int, str]) -> Iterator[Setting]:
    """For each route its file type and, for a type with columns, its mapping."""
    for route in (Route.OTHER, Route.ACH):
        formats = {key: plugin for key, plugin in discover(_FORMATS).items() if route in plugin.routes}
        yield _choice(route, _TITLES[route], (AS_USUAL, NONE, *sorted(formats)))
        if columns:
            yield Among(
                name=f"{route}_mapping",
                title="  their mapping",
                kind=SettingKind.CHOICE,
                choices=(DEFAULT, *columns.values()),
                default=DEFAULT,
                other=route,
                values=frozenset(key for key, plugin in formats.items() if plugin.uses_columns),
            )


def _choice(name: str, title: str, choices: tuple[str, ...]) -> Setting:
    kind = SettingKind.CHOICE
    return Setting(name=name, title=title, kind=kind, choices=choices, required=True, default=choices[0])


def values_of(usual: Written, columns: Mapping[int, str]) -> Values:
    """The mappings that are usual stand there to begin with."""
    return {
        f"{route}_mapping": columns.get(output.mapping_id or 0, DEFAULT)
        for route, output in usual.outputs.items()
    }


def written(usual: Written, columns: Mapping[int, str], values: Values) -> Written:
    """The usual files, but for what was said."""
    said = {route: str(values[route]) for route in Route if values[route] != AS_USUAL}
    if not said:
        return usual
    ids = {name: mapping_id for mapping_id, name in columns.items()}
    outputs = {route: output for route, output in usual.outputs.items() if said.get(route) != NONE}
    for route, format_ in said.items():
        if format_ != NONE:
            mapping_id = ids.get(str(values.get(f"{route}_mapping")))
            outputs[route] = Output(format=format_, mapping_id=mapping_id)
    return replace(usual, outputs=outputs, source="as said")


def text(form: FilesForm, values: Values) -> Text:
    """What would be written, in words: `other invoices: csv with Ledger`, and why so."""
    usual = form.usual.get(str(values.get("facility")))
    if usual is None:
        return Text()
    now = written(usual, form.columns, values)
    files = [_said(route, now.outputs[route], form.columns) for route in _TITLES if route in now.outputs]
    said = ", ".join(files) or "no file: choose one, or nothing goes"
    return Text(one_line(f" Writes {said} ({now.source})"), no_wrap=False)


def _said(route: Route, output: Output, columns: Mapping[int, str]) -> str:
    which = "ACH invoices" if route is Route.ACH else "other invoices"
    name = columns.get(output.mapping_id or 0)
    return f"{which}: {output.format}" + (f" with {name}" if name else "")
