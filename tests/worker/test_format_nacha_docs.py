"""The page about ACH files names every setting of a bank's profile, with the default it has."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from worker.formats.nacha import Nacha


def rows() -> dict[str, str]:
    """Setting → what the page gives as its default."""
    text = (ROOT / "docs" / "ach.md").read_text(encoding="utf-8")
    table = text[text.index("| setting |") :].partition("\n\n")[0]
    found = dict[str, str]()
    for line in table.splitlines()[2:]:
        names, default, _ = (cell.strip() for cell in line.strip("|").split("|", 2))
        found |= dict.fromkeys(re.findall(r"`(\w+)`", names), default.strip("`"))
    return found


def test_page_has_every_setting_and_no_other() -> None:
    assert sorted(rows()) == sorted(setting.name for setting in Nacha.settings)


def test_page_gives_the_defaults_that_are() -> None:
    words = {"True": "yes", "False": "no"}
    wrong = {
        setting.name: rows()[setting.name]
        for setting in Nacha.settings
        if setting.default is not None
        and rows()[setting.name] not in ("", words.get(str(setting.default), str(setting.default)))
    }
    assert wrong == {}
