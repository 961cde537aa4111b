"""Where there is less: plain ASCII, no colour, sixteen colours, a dumb terminal, a database in trouble."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Input

from models import entities, settings
from models.errors import Conflict
from models.people import WAYBILL
from tests.tui.screen_kit import (
    Desk,
    add_schedules,
    at_desk,
    fill,
    keys,
    notices,
    press,
    screen_text,
    settled,
    until,
)
from tui import app as program
from tui.app import WaybillApp
from tui.kit import areas
from tui.widgets.plain import PlainFilter, plain

AREAS = pytest.mark.parametrize("noun", [area.noun for area in areas.areas()])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        fill(made)
        add_schedules(made)
        yield made


def app_of(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


# Plain


@AREAS
def test_plain_screens_their_help_and_palette_are_ascii(desk: Desk, noun: str) -> None:
    entities.edit(WAYBILL, desk.site.entity, name="Møller & Søn … 株式会社")

    async def scenario(pilot: Pilot[None]) -> None:
        for opens in ((), ("question_mark",), ("escape", "ctrl+p")):
            await press(pilot, *opens)
            text = screen_text(app_of(pilot))
            assert text.isascii(), [char for char in text if not char.isascii()]
            assert all(len(line) <= 80 for line in text.splitlines())

    desk.drive(scenario, link=noun, plain=True)


@pytest.mark.parametrize(
    ("text", "ascii_"),
    [
        ("a · b … c", "a - b ~ c"),
        ("→ ↑ ↓", "> ^ v"),
        ("▁▂▃▄▅▆▇█", "..::++##"),
        ("╭─╮│", "+-+|"),
        ("Møller Ångström Łódź", "Moller Angstrom Lodz"),
        ("株式", "????"),
        ("Ω", "?"),
    ],
)
def test_plain_text_is_as_wide_as_it_was(text: str, ascii_: str) -> None:
    assert plain(text) == ascii_
    assert Segment(ascii_).cell_length == Segment(text).cell_length
    assert PlainFilter().apply([Segment(text)], Color(0, 0, 0)) == [Segment(ascii_)]


# Colours


def test_no_color_draws_no_colour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None]) -> None:
        styles = {segment.style for strip in strips(pilot) for segment in strip if segment.style}
        colours = {colour for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert {colour.name for colour in colours} <= {"default"}
        assert "x failed" in screen_text(app_of(pilot)), "the words stay"

    desk.drive(scenario, link="dashboard")


def test_sixteen_colours_are_enough(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        styles = {segment.style for strip in strips(pilot) for segment in strip if segment.style}
        colours = {colour for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert colours
        assert [colour for colour in colours if colour.number is None and not colour.is_default] == []
        assert [colour for colour in colours if (colour.number or 0) > 15] == []

    desk.drive(scenario, link="dashboard")


def strips(pilot: Pilot[None]) -> Iterator[Iterator[Segment]]:
    for strip in pilot.app.screen._compositor.render_strips():
        yield iter(strip)


@pytest.mark.parametrize(
    ("link", "command"),
    [
        ("", "waybill status"),
        ("job", "waybill job list"),
        ("job?error:unreachable", "waybill job list"),
        ("job/1041", "waybill job show 1041"),
        ("schedule", "waybill schedule list"),
    ],
)
def test_dumb_terminal_is_told_the_command(link: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(Conflict, match="cannot show screens") as caught:
        program.run(link)
    assert f"{command};" in caught.value.remedy


# A database in trouble, held by another process


@contextmanager
def held(home: Path, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has done these statements and waits; closing its input lets go."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for text in sys.argv[2:]: c.execute(text).fetchall()\n"
        "print('held', flush=True); sys.stdin.read(); c.close()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(home / "waybill.db"), *statements],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.communicate(timeout=30)


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A home whose database this process has closed, and that waits a second for locks."""
    monkeypatch.setenv("WAYBILL_DATABASE_BUSY_SECONDS", "1")
    with at_desk(tmp_path / "home") as made:
        fill(made)
        if settings.current().database.url:
            pytest.skip("a server locks no file")
    return made


def test_database_locked_from_the_start_is_a_banner_and_fills_when_free(closed: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = app_of(pilot)
        await until(pilot, lambda: "database is locked" in screen_text(app))
        assert "reading" in screen_text(app).splitlines()[0]
        let_go(process)
        await until(pilot, lambda: "database is locked" not in screen_text(app))
        await until(pilot, lambda: len(keys(app)) == 6)

    with held(closed.home, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE") as process:
        closed.drive(scenario)


def test_write_that_waits_for_another_process_in_vain_is_said_and_can_be_tried_again(closed: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = app_of(pilot)
        await press(pilot, "right", "right", "right", "down", "r")
        app.screen.query_one(Input).value = "the folder is back"
        await settled(pilot)
        with held(closed.home, "BEGIN IMMEDIATE"):
            await pilot.press("enter", "enter")
            await until(pilot, lambda: "Not done: database is locked" in notices(app))
            assert app.is_running
        await until(pilot, lambda: "database is locked" not in app.trouble)

    closed.drive(scenario)
