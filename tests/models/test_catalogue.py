"""What plug-ins declare: settings that are asked for beside others, and those that are missed."""

from __future__ import annotations

from typing import Any

import pytest

from models.catalogue import Setting, SettingKind, parse_settings
from models.errors import InvalidInput

SIGNED = Setting(name="signed", title="Signed", kind=SettingKind.BOOLEAN, default=False)
KEY = Setting(name="key", title="Key", required=True, when=("signed", "yes"))
KIND = Setting(name="kind", title="Kind", kind=SettingKind.CHOICE, choices=("a", "b"), default="a")
LIMIT = Setting(name="limit", title="Limit", kind=SettingKind.INTEGER, required=True, when=("kind", "b"))
DECLARED = (SIGNED, KEY, KIND, LIMIT)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, set()),
        ({"signed": True}, {"key"}),
        ({"signed": "yes"}, {"key"}),
        ({"signed": False, "kind": "b"}, {"limit"}),
    ],
)
def test_setting_is_asked_for_beside_the_value_of_another_only(
    given: dict[str, Any], asked: set[str]
) -> None:
    assert {one.name for one in (KEY, LIMIT) if one.applies(given)} == asked


def test_required_setting_that_is_not_asked_for_is_not_missed() -> None:
    assert parse_settings(DECLARED, {}) == {"signed": False, "key": None, "kind": "a", "limit": None}
    with pytest.raises(InvalidInput, match="the setting key is missing"):
        parse_settings(DECLARED, {"signed": True})
    assert parse_settings(DECLARED, {"kind": "b", "limit": "5"})["limit"] == 5


def test_value_of_a_setting_that_is_not_asked_for_is_held_to_its_kind_all_the_same() -> None:
    with pytest.raises(InvalidInput, match="limit"):
        parse_settings(DECLARED, {"limit": "many"})
