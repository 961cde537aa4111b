"""Take the pictures of the documentation: the real program in a demo installation, each screen as SVG.

`scripts/screenshots` prepares the environment and runs this.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
import time_machine
from textual.pilot import Pilot

import picture_home
from models import people, settings
from models.database import connection
from tui.app import WaybillApp

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SIZES = ((80, 24), (120, 40))
MADE_BY = "<!-- made by scripts/screenshots -->"
_SECONDS = 20
_FACES = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class Shot(NamedTuple):
    """One screen: where it is, and which keys lead to what is shown."""

    name: str
    link: str
    keys: tuple[str, ...] = ()


SHOTS = (
    Shot("dashboard", "dashboard"),
    Shot("jobs", "job", ("down",)),
    Shot("job", "job/2"),
    Shot("requeue", "job/2", ("r", *"account", "space", *"added")),
    Shot("schedules", "schedule"),
    Shot("invoices", "invoice"),
    Shot("facilities", "facility"),
    Shot("mapping", f"mapping/{picture_home.MAPPING}", ("e", "down", "down")),
    Shot("credentials", "credential"),
    Shot("help", "job", ("?",)),
)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=PICTURES, help="The folder.")
@click.option("--png", is_flag=True, help="PNG files too; takes Chromium.")
@click.option("--list", "only_list", is_flag=True, help="Say the files' names, make none.")
def main(names: tuple[str, ...], out: Path, png: bool, only_list: bool) -> None:
    """Make the pictures of the documentation anew, or those of NAMES."""
    if unknown := set(names) - {shot.name for shot in SHOTS}:
        raise click.UsageError(f"there is no picture {sorted(unknown)[0]}; see --list")
    chosen = [shot for shot in SHOTS if not names or shot.name in names]
    if only_list:
        click.echo("\n".join(file_name(shot, size) for shot in chosen for size in SIZES))
        return
    out.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"  # pictures show the same wherever they are taken
    time.tzset()
    with tempfile.TemporaryDirectory(prefix="waybill-pictures-") as folder:
        home = Path(folder) / "home"
        picture_home.make(home)
        for shot in chosen:
            for size in SIZES:
                path = out / file_name(shot, size)
                path.write_text(take(home, shot, size), encoding="utf-8")
                click.echo(path.name)
                if png:
                    to_png(path, size)


def file_name(shot: Shot, size: tuple[int, int]) -> str:
    """`jobs-80x24.svg`."""
    return f"{shot.name}-{size[0]}x{size[1]}.svg"


def take(home: Path, shot: Shot, size: tuple[int, int]) -> str:
    """The picture of one screen, which needs nothing from elsewhere to be shown."""
    with time_machine.travel(picture_home.NOW, tick=False), connection():
        actor = people.current_actor()
        app = WaybillApp(settings.load(home), actor, link=shot.link)
        svg = asyncio.run(_drive(app, shot, size))
    svg = _FACES.sub("", svg).replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    return f"{svg.rstrip()}\n{MADE_BY}\n"


async def _drive(app: WaybillApp, shot: Shot, size: tuple[int, int]) -> str:
    async with app.run_test(size=size) as pilot:
        await _settled(pilot)
        for key in shot.keys:
            await pilot.press(_KEYS.get(key, key))
            await _settled(pilot)
        app.clear_notifications()
        await _settled(pilot)
        return app.export_screenshot(title=f"waybill  {size[0]}x{size[1]}", simplify=True)


_KEYS = {"]": "right_square_bracket", "?": "question_mark"}


async def _settled(pilot: Pilot[None]) -> None:
    """Until nothing is read or tried any more and everything is drawn."""
    deadline = time.perf_counter() + _SECONDS
    for _ in range(2):
        await pilot.pause()
        while _busy(pilot):
            if time.perf_counter() > deadline:
                raise click.ClickException(f"{pilot.app.screen} does not come to rest")
            await pilot.pause(0.01)
        await pilot.pause()


def _busy(pilot: Pilot[None]) -> bool:
    running = any(not worker.is_finished for worker in pilot.app.workers)
    return running or bool(getattr(pilot.app.screen, "trying", False))


def to_png(picture: Path, size: tuple[int, int]) -> None:
    """The same as PNG, drawn by Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise click.ClickException("Chromium is not installed: leave --png out, or install chromium")
    width, height = size[0] * 12 + 40, size[1] * 25 + 70
    target = picture.with_suffix(".png")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    words = (f"--window-size={width},{height}", f"--screenshot={target}", picture.resolve().as_uri())
    subprocess.run([chromium, *options, *words], check=True, capture_output=True, timeout=60)


if __name__ == "__main__":
    main(prog_name="scripts/screenshots")
