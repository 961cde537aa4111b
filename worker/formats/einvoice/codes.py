"""Code lists: which codes a rule allows, kept as dated files that can be replaced.

A list is a JSON file in `lists/`: ``{"title", "source", "date", "codes": ["AED AFN …", …]}``, codes apart by
spaces. A file of the same name in `codes` of the installation's home takes its place, so that a list which
the publisher has renewed need not wait for a new release of this program.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from models import settings
from models.errors import ConfigurationError

FOLDER = "codes"
"""Of the home: where lists stand that replace the ones here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """One list, with where it comes from and of what day it is."""

    name: str
    title: str
    source: str
    date: str
    codes: frozenset[str]

    def __contains__(self, code: object) -> bool:
        """Whether the code is in the list, letter by letter."""
        return code in self.codes


@cache
def load(name: str) -> CodeList:
    """The list of this name; raises `ConfigurationError` where a list in the home is none."""
    own = settings.current().home / FOLDER / f"{name}.json"
    if own.is_file():
        try:
            return _parsed(name, json.loads(own.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"the code list {own} cannot be read: {error!r}",
                remedy='mend it (it holds {"title", "source", "date", "codes"}), or remove it',
            ) from error
    built_in = resources.files(__package__).joinpath("lists", f"{name}.json")
    return _parsed(name, json.loads(built_in.read_text(encoding="utf-8")))


def names() -> list[str]:
    """Every list there is."""
    folder = resources.files(__package__).joinpath("lists")
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json"))


def _parsed(name: str, data: dict[str, Any]) -> CodeList:
    codes = frozenset(code for line in data["codes"] for code in line.split())
    return CodeList(name=name, title=data["title"], source=data["source"], date=data["date"], codes=codes)
