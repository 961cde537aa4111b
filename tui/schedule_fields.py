"""What a schedule is asked for in a form: its fields, their values, and the instruction they come to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from models.catalogue import Setting, SettingKind, discover
from models.errors import InvalidInput
from models.jobs import Output, Route
from models.recurrence import WEEKDAYS, Frequency, Recurrence
from models.schedules import Instruction

Values = Mapping[str, Any]

_FORMATS = "waybill.formats"
_ROUTES = {Route.OTHER: "Other invoices", Route.ACH: "ACH invoices"}
_UNITS = {
    Frequency.HOURLY: "hours",
    Frequency.DAILY: "days",
    Frequency.WEEKLY: "weeks",
    Frequency.MONTHLY: "months",
}
_FIELDS = {"time": "at", "start": "start", "end": "end", "weekdays": "weekdays", "day": "day", "zone": "zone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be chosen for a facility's schedule; people and mappings by name, with their ids."""

    people: Mapping[str, int]
    mappings: Mapping[str, int]
    ach: bool
    """Whether it exports payables, which alone are paid by ACH."""

    @property
    def routes(self) -> list[Route]:
        """The routes that are asked about."""
        return [Route.OTHER, Route.ACH] if self.ach else [Route.OTHER]


@dataclass(frozen=True, slots=True, kw_only=True)
class Among(Setting):
    """Asked for while another has one of several values."""

    other: str
    values: frozenset[str] = field(default_factory=frozenset)

    def applies(self, values: Mapping[str, object]) -> bool:
        """Whether it has one of them."""
        return values.get(self.other) in self.values


def settings(choices: Choices, *, new: bool) -> list[Setting]:
    """The fields, in the order in which one thinks of them."""
    asked = [
        Setting(name="name", title="Name", required=True, max_length=100),
        Setting(
            name="frequency",
            title="Repeats",
            kind=SettingKind.CHOICE,
            choices=tuple(Frequency),
            default=Frequency.DAILY,
        ),
        *_rhythm(),
        Setting(name="at", title="Preferred time, HH:MM", required=True),
        Setting(name="zone", title="Zone of time and days", default="UTC"),
        Setting(name="start", title="First day, YYYY-MM-DD", required=True),
        Setting(name="end", title="Last day, empty: none"),
        _person(choices),
        *(setting for route in choices.routes for setting in _output(route, choices)),
    ]
    enabled = Setting(name="enabled", title="Enabled", kind=SettingKind.BOOLEAN, default=True)
    return [*asked, enabled] if new else asked


def _rhythm() -> Iterator[Setting]:
    for frequency, unit in _UNITS.items():
        yield Setting(
            name=f"every_{frequency}",
            title=f"Every how many {unit}",
            kind=SettingKind.INTEGER,
            default=1,
            least=1,
            when=("frequency", frequency),
        )
    yield Setting(
        name="weekdays",
        title="On",
        help="mon,thu; empty: the first day's weekday",
        when=("frequency", Frequency.WEEKLY),
    )
    yield Setting(
        name="day",
        title="On day",
        kind=SettingKind.INTEGER,
        help="1 to 31; empty: that of the first day",
        when=("frequency", Frequency.MONTHLY),
    )


def _person(choices: Choices) -> Setting:
    none = "" if choices.people else "nobody holds the role Finance yet: waybill user grant EMAIL finance"
    return Setting(
        name="person",
        title="On behalf of",
        kind=SettingKind.CHOICE,
        choices=tuple(choices.people),
        required=True,
        help=none,
    )


def _output(route: Route, choices: Choices) -> Iterator[Setting]:
    """File type and, for a type with columns, mapping."""
    formats = {key: plugin for key, plugin in discover(_FORMATS).items() if route in plugin.routes}
    yield Setting(
        name=route.value, title=_ROUTES[route], kind=SettingKind.CHOICE, choices=tuple(sorted(formats))
    )
    if choices.mappings:
        yield Among(
            name=f"{route.value}_mapping",
            title="  their mapping",
            kind=SettingKind.CHOICE,
            choices=tuple(choices.mappings),
            other=route.value,
            values=frozenset(key for key, plugin in formats.items() if plugin.uses_columns),
        )


def values_of(said: Instruction, choices: Choices) -> dict[str, Any]:
    """An instruction as what stands in the fields."""
    when = said.recurrence
    emails = {user_id: email for email, user_id in choices.people.items()}
    names = {mapping_id: name for name, mapping_id in choices.mappings.items()}
    found = {
        "name": said.name,
        "frequency": when.kind.value,
        f"every_{when.kind}": when.every,
        "weekdays": ",".join(WEEKDAYS[day - 1][:3].lower() for day in sorted(when.weekdays)),
        "day": when.day,
        "at": f"{when.at:%H:%M}",
        "zone": when.zone or "",
        "start": when.start_date.isoformat(),
        "end": when.end_date.isoformat() if when.end_date else "",
        "person": emails.get(said.on_behalf_of),
    }
    for route, output in said.outputs.items():
        found[route.value] = output.format
        found[f"{route.value}_mapping"] = names.get(output.mapping_id or 0, "")
    return found


def recurrence(values: Values) -> Recurrence:
    """When it runs; raises `InvalidInput`, whose code `field_of` makes a field of."""
    kind, zone = Frequency(values["frequency"]), str(values.get("zone") or "")
    end = str(values.get("end") or "")
    return Recurrence(
        kind=kind,
        start_date=a_date(str(values["start"]), "start"),
        end_date=a_date(end, "end") if end else None,
        at=a_time(str(values["at"])),
        every=values.get(f"every_{kind}") or 1,
        weekdays=some_weekdays(str(values.get("weekdays") or "")),
        day=values.get("day"),
        zone=None if zone.upper() in ("", "UTC") else zone,
    )


def field_of(error: InvalidInput, values: Values) -> str:
    """The field that an error of `recurrence` is said beside."""
    what = error.code.removeprefix("schedule_")
    return f"every_{values['frequency']}" if what == "every" else _FIELDS.get(what, "frequency")


def instruction(values: Values, choices: Choices) -> Instruction:
    """What the checked values come to; raises `InvalidInput`."""
    outputs = {}
    for route in choices.routes:
        if key := values.get(route.value):
            mapping = choices.mappings.get(str(values.get(f"{route.value}_mapping") or ""))
            outputs[route] = Output(format=str(key), mapping_id=mapping)
    return Instruction(
        name=str(values["name"]),
        on_behalf_of=choices.people.get(str(values["person"]), 0),
        recurrence=recurrence(values),
        outputs=outputs,
    )


def a_date(text: str, what: str = "date") -> date:
    """`2026-12-31`; raises `InvalidInput`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(what, f"{text!r} is no date", "give YYYY-MM-DD") from None


def a_time(text: str) -> time:
    """`04:30`; raises `InvalidInput`."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if found is None:
        raise _refused("time", f"{text!r} is no time of day", "give HH:MM")
    return time(int(found[1]), int(found[2]))


def some_weekdays(text: str) -> frozenset[int]:
    """`mon,thu` as ISO weekdays; raises `InvalidInput`."""
    known = {name[:3].lower(): number for number, name in enumerate(WEEKDAYS, 1)}
    known |= {name.lower(): number for number, name in enumerate(WEEKDAYS, 1)}
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    if unknown := [name for name in names if name not in known]:
        raise _refused("weekdays", f"{unknown[0]!r} is no weekday", "give mon,tue,…")
    return frozenset(known[name] for name in names)


def _refused(what: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, remedy=remedy, code=f"schedule_{what}")
