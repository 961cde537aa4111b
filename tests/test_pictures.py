"""The pictures of the documentation: those that the script makes, all of them, and each shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
SCRIPT = (sys.executable, "scripts/demo/pictures.py")
MADE_BY = "<!-- made by scripts/screenshots -->"


def made(*words: str) -> list[str]:
    """What the script says it has made, or would make."""
    done = subprocess.run([*SCRIPT, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_pictures_are_those_that_the_script_makes() -> None:
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(made("--list"))


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_picture_was_made_by_the_script_and_needs_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith(f"{MADE_BY}\n")
    assert "Waybill itself failed" not in text.replace("&#160;", " ")
    assert not re.search(r"url\(\W*http|href=", text)
    assert str(ROOT) not in text
    ElementTree.fromstring(text)  # noqa: S314 - our own file


def test_every_small_picture_is_shown_and_no_other() -> None:
    page = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", page)
    assert sorted(shown) == sorted(name for name in made("--list") if "80x24" in name)


def test_script_makes_a_picture_of_the_real_program(tmp_path: Path) -> None:
    assert made("jobs", "--out", str(tmp_path)) == ["jobs-80x24.svg", "jobs-120x40.svg"]
    text = (tmp_path / "jobs-80x24.svg").read_text(encoding="utf-8").replace("&#160;", " ")
    assert "with errors" in text
    assert "Accounts paya" in text
