"""The settings as people look at them: each with its value and where that comes from, and how one is changed.

Only the one line of `waybill.toml` is touched, so comments and order stay. What is written is read again
first: a file that would not say exactly what was meant is never put in its place.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, get_type_hints

from models import audit, setting_words, settings
from models.database import transaction
from models.errors import ConfigurationError, Conflict, InvalidInput
from models.people import Action, Actor, require
from models.settings import Settings

Value = str | int | bool


class Source(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting as it stands."""

    key: str
    """`mail.host`"""
    value: Value
    default: Value
    source: Source
    variable: str
    """The environment variable that overrides it."""

    @property
    def about(self) -> str:
        """What it is for, in a sentence."""
        return setting_words.ABOUT[self.key]

    @property
    def choices(self) -> tuple[str, ...]:
        """What it may be; empty where that is not one of a few."""
        return setting_words.CHOICES.get(self.key, ())


def entries(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> list[Entry]:
    """Every setting of a home in the order they are declared; raises `ConfigurationError` as loading does."""
    home = home or settings.current().home
    loaded, plain = settings.load(home, environment), Settings(home=home)
    given = _given(home / settings.SETTINGS_FILE)
    return [
        Entry(
            key=f"{name}.{option}",
            value=getattr(getattr(loaded, attribute), option),
            default=getattr(getattr(plain, attribute), option),
            source=_source(given, name, option, environment),
            variable=f"WAYBILL_{name}_{option}".upper(),
        )
        for attribute, name, option in _declared()
    ]


def find(key: str, home: Path | None = None, environment: Mapping[str, str] = os.environ) -> Entry:
    """One setting by its key; raises `InvalidInput`."""
    every = entries(home, environment)
    for entry in every:
        if entry.key == key:
            return entry
    known = ", ".join(entry.key for entry in every)
    raise InvalidInput(f"there is no setting {key}", remedy=f"these are: {known}", code="unknown_setting")


def change(
    actor: Actor, key: str, value: str | None, *, environment: Mapping[str, str] = os.environ
) -> Entry:
    """Write one setting to the file, or take it out again (None); services take it over when they restart.

    Raises `Conflict` while an environment variable overrides it, `InvalidInput` or `ConfigurationError` for
    a value that it cannot have.
    """
    require(actor, Action.MANAGE_ENTITIES)
    home = settings.current().home
    path = home / settings.SETTINGS_FILE
    before = find(key, home, environment)
    if before.source is Source.ENVIRONMENT:
        raise Conflict(
            f"{key} is set by the environment variable {before.variable}, which goes before the file",
            remedy=f"change {before.variable} where the services get it from, or take it away there",
            code="set_by_environment",
        )
    section, _, option = key.partition(".")
    typed = None if value is None else _typed(before, value)
    text = _changed(path.read_text(encoding="utf-8") if path.exists() else "", section, option, typed)
    with transaction():
        _write_checked(path, text, section, option, typed, environment)
        settings.use(settings.load(home, environment))
        after = find(key, home, environment)
        if after.value != before.value or after.source != before.source:
            _record(actor, before, after)
    return after


def _record(actor: Actor, before: Entry, after: Entry) -> None:
    audit.record(
        actor,
        "edit",
        "settings",
        name=before.key,
        before={before.key: before.value},
        after={after.key: after.value},
    )


def _declared() -> list[tuple[str, str, str]]:
    """Attribute of `Settings`, section of the file, key in it."""
    kinds = get_type_hints(Settings)
    names = {"imports": "import"}  # a Python word cannot be a field's name
    sections = [item.name for item in fields(Settings) if item.name != "home"]
    return [
        (name, names.get(name, name), option) for name in sections for option in get_type_hints(kinds[name])
    ]


def _given(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _source(given: dict[str, Any], section: str, option: str, environment: Mapping[str, str]) -> Source:
    if f"WAYBILL_{section}_{option}".upper() in environment:
        return Source.ENVIRONMENT
    return Source.FILE if option in given.get(section, {}) else Source.DEFAULT


def _typed(entry: Entry, value: str) -> Value:
    """The text as the setting's kind."""
    if isinstance(entry.default, bool):
        words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        if value.strip().lower() in words:
            return words[value.strip().lower()]
        raise InvalidInput(f"{entry.key} is {value!r}", remedy="give yes or no", code="invalid_setting")
    if isinstance(entry.default, int):
        if re.fullmatch(r"-?[0-9]{1,12}", value.strip()):
            return int(value)
        raise InvalidInput(f"{entry.key} is {value!r}", remedy="give a whole number", code="invalid_setting")
    if not value.isprintable():
        raise InvalidInput(
            f"{entry.key} holds a character that cannot be printed",
            remedy="leave it out",
            code="invalid_setting",
        )
    return value


_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?")


def _changed(text: str, section: str, option: str, value: Value | None) -> str:
    """The file with one line another, new or gone; every other line as it was."""
    lines = text.splitlines()
    begin, end = _section(lines, section)
    if begin is None:
        return (
            text
            if value is None
            else "\n".join([*lines, *([""] if lines else []), f"[{section}]", _line(option, value), ""])
        )
    own = re.compile(rf"\s*{re.escape(option)}\s*=")
    at = next((place for place in range(begin + 1, end) if own.match(lines[place])), None)
    told = [] if value is None else [_line(option, value)]
    place, gone = (begin + 1, 0) if at is None else (at, 1)
    return "\n".join([*lines[:place], *told, *lines[place + gone :], ""])


def _section(lines: list[str], section: str) -> tuple[int | None, int]:
    """Where a section's header stands, and where the next one does."""
    headers = [(place, found[1]) for place, line in enumerate(lines) if (found := _HEADER.fullmatch(line))]
    begin = next((place for place, name in headers if name == section), None)
    later = [place for place, _ in headers if begin is not None and place > begin]
    return begin, min(later, default=len(lines))


def _line(option: str, value: Value) -> str:
    if isinstance(value, bool):
        return f"{option} = {'true' if value else 'false'}"
    if isinstance(value, int):
        return f"{option} = {value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{option} = "{escaped}"'


def _write_checked(
    path: Path, text: str, section: str, option: str, value: Value | None, environment: Mapping[str, str]
) -> None:
    """Put the new text in the file's place, if it says what was meant and nothing else changed."""
    wanted = _given(path)
    if value is None:
        wanted.get(section, {}).pop(option, None)
    else:
        wanted.setdefault(section, {})[option] = value
    if _sections(_parsed(text)) != _sections(wanted):
        raise ConfigurationError(
            f"{path} is written in a way that only a person can change",
            remedy=f"set {section}.{option} there with an editor",
            code="settings_by_hand",
        )
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".settings-", delete=False
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        settings.check_file(Path(file.name), environment)
        Path(file.name).replace(path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _sections(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without those that are empty: a header with nothing under it says nothing."""
    return None if given is None else {name: values for name, values in given.items() if values != {}}
