"""The page of file types says what they declare, all of it."""

from __future__ import annotations

from models.catalogue import discover
from scripts.pages.formats import PAGE, text


def test_page_of_file_types_is_as_they_declare_themselves() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m scripts.pages.formats"


def test_page_of_file_types_names_every_setting_of_every_one() -> None:
    page = PAGE.read_text(encoding="utf-8")
    declared = [
        f"`{key}.{setting.name}`"
        for key, plugin in discover("waybill.formats").items()
        if plugin.__module__.startswith("worker.formats")
        for setting in plugin.settings
    ]
    assert [name for name in declared if name not in page] == []
