"""Mappings that ship ready: what common accounting systems, banks and printers import, to begin with.

Each is a file of data in `models/ready_mappings`: what it is for, where its columns are told of, what to look
at before it is used, and the layout. A saved mapping that began with one is its owner's from then on.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from models.errors import NotFound

_FOLDER = "ready_mappings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One of them."""

    key: str
    title: str
    format: str
    """The file type it is made for."""
    about: str
    source: str
    """Where its columns are told of."""
    notes: tuple[str, ...]
    """What to look at before it is used: limits, and what differs from one company to the next."""
    layout: dict[str, Any]


@cache
def listed() -> tuple[Ready, ...]:
    """All of them, by title."""
    folder = files("models").joinpath(_FOLDER)
    found = [file for file in folder.iterdir() if file.name.endswith(".json")]
    every = (
        _ready(file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8")))
        for file in found
    )
    return tuple(sorted(every, key=lambda ready: ready.title))


def find(key: str) -> Ready:
    """By key; raises `NotFound` naming those that are nearly called so."""
    every = {ready.key: ready for ready in listed()}
    if key not in every:
        near = difflib.get_close_matches(key, every, n=3, cutoff=0.4)
        remedy = f"perhaps {' or '.join(near)} is meant" if near else "see: waybill mapping ready"
        raise NotFound(f"there is no ready mapping {key!r}", remedy=remedy)
    return every[key]


def _ready(key: str, told: dict[str, Any]) -> Ready:
    return Ready(
        key=key,
        title=told["title"],
        format=told["format"],
        about=told["about"],
        source=told["source"],
        notes=tuple(told["notes"]),
        layout=told["layout"],
    )
