"""Identifier schemes: what OIOUBL calls a scheme, and what ISO 6523 does."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from json import loads
from typing import Final

from models.invoice_document import Identifier

_CVR = re.compile(r"(?:DK)?([0-9]{8})")
DANISH_COMPANY: Final = "0184"
OTHER: Final = "ZZZ"
"""What OIOUBL calls every scheme that it has no name for."""
_UNPREFIXED: Final = frozenset({"0184"})
_PREFIXED: Final = frozenset({"DK:CVR", "DK:SE"})


@cache
def _to_iso() -> dict[str, str]:
    text = resources.files(__package__).joinpath("lists", "oioubl_schemes.json").read_text(encoding="utf-8")
    found: dict[str, str] = loads(text)["iso6523"]
    return found


@cache
def _from_iso() -> dict[str, str]:
    found: dict[str, str] = {}
    for scheme, code in _to_iso().items():
        found.setdefault(code, scheme)
    return found


def known(one: Identifier, country: str) -> Identifier:
    """The identifier with its scheme where its form tells: eight digits of a Dane's registration are CVR."""
    if country == "DK" and "scheme" not in one and _CVR.fullmatch(one.get("value", "")):
        return {**one, "scheme": DANISH_COMPANY}
    return one


def as_iso(one: Identifier) -> Identifier:
    """The identifier under its ISO 6523 code; ZZZ is none, and what is no OIOUBL scheme stays as it is."""
    if one.get("scheme") == OTHER and "value" in one:
        return {"value": one["value"]}
    code = _to_iso().get(one.get("scheme", ""))
    if code is None or "value" not in one:
        return one
    return {"scheme": code, "value": _without_prefix(code, one["value"])}


def as_oioubl(one: Identifier) -> Identifier:
    """The identifier under OIOUBL's name of its scheme; one whose scheme has none stays as it is."""
    scheme = _from_iso().get(one.get("scheme", ""), one.get("scheme"))
    if scheme is None or "value" not in one:
        return one
    value = one["value"]
    plain = _CVR.fullmatch(value) if scheme in _PREFIXED else None
    return {"scheme": scheme, "value": f"DK{plain[1]}" if plain else value}


def _without_prefix(code: str, value: str) -> str:
    plain = _CVR.fullmatch(value) if code in _UNPREFIXED else None
    return plain[1] if plain else value
