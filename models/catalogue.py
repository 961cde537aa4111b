"""What can be plugged in and what each declares about itself: formats, gateways, sources, adaptors.

A plug-in is one class that stands in one file. Built-in ones are found by scanning the folder an entry
point names, those of other packages through entry points of the same group:

    [project.entry-points."waybill.formats"]
    builtin = "worker.formats"            # a package: every class of its modules that has a `key`
    idoc = "acme_waybill.idoc:Idoc"       # or one class

so that `models` can check a setting against what exists without knowing where it lives.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from models.errors import InvalidInput


class SettingKind(StrEnum):
    """How a setting is asked for and checked."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    """Never among the settings: kept encrypted (`models.secrets`) and never shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One declared setting: forms, command line help, checks and docs are built from it."""

    name: str
    title: str
    help: str = ""
    kind: SettingKind = SettingKind.TEXT
    default: str | int | bool | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    choices_of: str = ""
    """An entry-point group: the choices are the keys of its plug-ins."""
    when: tuple[str, str] | None = None
    """Asked for only while another setting of the same plug-in has this value; of a boolean, yes or no."""
    live: bool = False
    """Taken as it stands now, not as it stood when a job froze its settings."""
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    max_length: int | None = None

    def allowed(self) -> tuple[str, ...]:
        """What may be chosen; empty where anything may be given."""
        return tuple(sorted(discover(self.choices_of))) if self.choices_of else self.choices

    def applies(self, values: Mapping[str, object]) -> bool:
        """Whether it is asked for beside these values of its plug-in's other settings."""
        if self.when is None:
            return True
        name, wanted = self.when
        value = values.get(name)
        return (("no", "yes")[value] if isinstance(value, bool) else value) == wanted

    def parse(self, value: object) -> str | int | bool | None:
        """The value as its kind; raises `InvalidInput` naming the setting."""
        if value is None or value == "":
            return self._missing()
        if self.kind is SettingKind.INTEGER:
            return self._integer(value)
        if self.kind is SettingKind.BOOLEAN:
            return self._boolean(value)
        return self._text(str(value))

    def _missing(self) -> str | int | bool | None:
        if self.required and self.default is None:
            raise self._wrong("is missing", f"give it: {self.help}" if self.help else "give it")
        return self.default

    def _integer(self, value: object) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value)):
            raise self._wrong(f"is {value!r}, which is not a whole number", "give a whole number")
        number = int(str(value))
        if self.least is not None and number < self.least:
            raise self._wrong(f"is {number}", f"give at least {self.least}")
        if self.most is not None and number > self.most:
            raise self._wrong(f"is {number}", f"give at most {self.most}")
        return number

    def _boolean(self, value: object) -> bool:
        words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        word = str(value).lower()
        if word not in words:
            raise self._wrong(f"is {value!r}, which is neither yes nor no", "give yes or no")
        return words[word]

    def _text(self, value: str) -> str:
        if (allowed := self.allowed()) and value not in allowed:
            raise self._wrong(f"is {value!r}", f"give one of: {', '.join(allowed)}")
        if self.max_length is not None and len(value) > self.max_length:
            raise self._wrong(f"has {len(value)} characters", f"give at most {self.max_length}")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise self._wrong(f"is {value!r}", f"give: {self.help or self.pattern}")
        return value

    def _wrong(self, what: str, remedy: str) -> InvalidInput:
        return InvalidInput(f"the setting {self.name} {what}", remedy=remedy, code="invalid_setting")


def parse_settings(
    declared: tuple[Setting, ...], given: Mapping[str, object]
) -> dict[str, str | int | bool | None]:
    """Check given values against the declarations: every declared name answers, unknown ones are refused.

    One that is not asked for beside the others is not missed.
    """
    unknown = sorted(set(given) - {setting.name for setting in declared})
    if unknown:
        known = ", ".join(setting.name for setting in declared) or "none"
        raise InvalidInput(
            f"there is no setting {unknown[0]}",
            remedy=f"the settings here are: {known}",
            code="unknown_setting",
        )
    values = {setting.name: given.get(setting.name, setting.default) for setting in declared}
    return {
        setting.name: setting.parse(given.get(setting.name))
        if setting.applies(values) or given.get(setting.name) not in (None, "")
        else setting.default
        for setting in declared
    }


@cache
def discover(group: str) -> dict[str, type[Any]]:
    """Every plug-in class of an entry-point group, by its `key`, built-in ones first."""
    found: dict[str, type[Any]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name != "builtin", point.name)):
        loaded = point.load()
        for plugin in _scan(loaded) if isinstance(loaded, ModuleType) else [loaded]:
            found.setdefault(plugin.key, plugin)
    return found


def _scan(package: ModuleType) -> Iterator[type[Any]]:
    for module_info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(module_info.name)
        for _, plugin in inspect.getmembers(module, inspect.isclass):
            if plugin.__module__ == module.__name__ and isinstance(getattr(plugin, "key", None), str):
                yield plugin
