"""What a schedule is told on the command line: its options, and the instruction they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any, TypeVar

import click

from models import clock, mappings
from models.catalogue import discover
from models.entities import LegalEntity
from models.errors import InvalidInput
from models.jobs import Output, Route
from models.recurrence import Frequency, Recurrence, today
from tui import schedule_fields

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")
Given = dict[str, Any]


def _read(parse: Callable[[str], R], parameter: click.Parameter, text: str) -> R:
    """What a text says; refused as wrong usage."""
    try:
        return parse(text)
    except InvalidInput as error:
        raise click.BadParameter(f"{error.message}, {error.remedy}", param=parameter) from None


def a_day(_context: click.Context, parameter: click.Parameter, text: str | None) -> date | str | None:
    """A date; "" stays as it is and takes the old one away."""
    return _read(schedule_fields.a_date, parameter, text) if text else text


def _a_time(_context: click.Context, parameter: click.Parameter, text: str | None) -> time | None:
    return None if text is None else _read(schedule_fields.a_time, parameter, text)


def _some_weekdays(
    _context: click.Context, parameter: click.Parameter, text: str | None
) -> frozenset[int] | None:
    """`mon,thu` as ISO weekdays; "" is none, so that the start date's counts."""
    return None if text is None else _read(schedule_fields.some_weekdays, parameter, text)


_OPTIONS = (
    click.option(
        "--every",
        "frequency",
        type=click.Choice([frequency.value for frequency in Frequency]),
        help="How it repeats.",
    ),
    click.option("--once", "frequency", flag_value=Frequency.ONCE.value, help="The same as --every once."),
    click.option(
        "--interval", metavar="N", type=int, help="Every how many hours, days, weeks or months; else 1."
    ),
    click.option(
        "--on",
        "weekdays",
        metavar="DAYS",
        callback=_some_weekdays,
        help="Weekly: mon,thu; else the start date's day.",
    ),
    click.option(
        "--day",
        metavar="N",
        type=int,
        help="Monthly: 1 to 31, in a shorter month its last; else the start date's.",
    ),
    click.option("--start", metavar="DATE", callback=a_day, help="Its first day, YYYY-MM-DD; else today."),
    click.option("--end", metavar="DATE", callback=a_day, help="Its last day; else it goes on for ever."),
    click.option("--at", metavar="HH:MM", callback=_a_time, help="The preferred time, HH:MM."),
    click.option(
        "--zone", metavar="ZONE", help="Whose time and days these are, e.g. Europe/Copenhagen; else UTC."
    ),
    click.option("--on-behalf-of", "person", metavar="EMAIL", help="The Finance user who exports."),
    click.option("--ach", metavar="TYPE", help="The file type for ACH invoices; see: waybill format list"),
    click.option("--ach-mapping", metavar="NAME", help="Its columns: a saved mapping."),
    click.option("--other", metavar="TYPE", help="The file type for all other invoices."),
    click.option("--other-mapping", metavar="NAME", help="Its columns: a saved mapping."),
)


def saying(act: F) -> F:
    """Give a command the options of what a schedule says."""
    for option in reversed(_OPTIONS):
        act = option(act)
    return act


def new_recurrence(given: Given) -> Recurrence:
    """When a new schedule runs; raises `InvalidInput`."""
    zone = given["zone"] or None
    return Recurrence(
        kind=Frequency(given["frequency"]),
        start_date=given["start"] or today(zone, clock.now()),
        end_date=given["end"] or None,
        at=given["at"],
        every=1 if given["interval"] is None else given["interval"],
        weekdays=given["weekdays"] or frozenset(),
        day=given["day"],
        zone=zone,
    )


def changed_recurrence(old: Recurrence, given: Given) -> Recurrence:
    """The old one with what is given; another frequency begins without the old one's days and interval."""
    changes: Given = {}
    if given["frequency"] not in (None, old.kind):
        changes |= {
            "kind": Frequency(given["frequency"]),
            "every": 1,
            "weekdays": frozenset(),
            "day": None,
        }
    names = {"start": "start_date", "end": "end_date", "interval": "every"}
    for key in ("start", "end", "at", "interval", "weekdays", "day", "zone"):
        if given[key] is not None and not (key == "start" and given[key] == ""):
            changes[names.get(key, key)] = None if given[key] == "" else given[key]
    return replace(old, **changes)


def outputs(entity: LegalEntity, given: Given, old: Mapping[Route, Output]) -> dict[Route, Output]:
    """The file type and mapping of each route: what is given, else what was."""
    found = {}
    for route in Route:
        was: Output | None = old.get(route)
        key, mapping_name = given[route.value], given[f"{route.value}_mapping"]
        if key is None:
            key = was.format if was else ""
        if not key:
            if mapping_name:
                option = f"--{route.value}"
                raise click.UsageError(f"'{option}-mapping' needs a file type: '{option}'")
            continue
        found[route] = Output(format=key, mapping_id=_mapping(entity, key, mapping_name, was))
    return found


def _mapping(entity: LegalEntity, key: str, name: str | None, was: Output | None) -> int | None:
    if name is not None:
        return mappings.find(entity, name).id if name else None
    plugin = discover("waybill.formats").get(key)
    return was.mapping_id if was and plugin and plugin.uses_columns else None
