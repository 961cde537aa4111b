"""The first line, the same on every screen: where one is, who one is, whether work is done, as of when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from models import clock
from models.jobs.queries import Pulse
from tui import wording
from tui.kit.live import LiveScreen
from tui.widgets.lines import HeadLine

if TYPE_CHECKING:
    from tui.app import WaybillApp

_PATIENCE = timedelta(seconds=15)  # for a worker to take a job, before one asks whether any runs
_WIDE = 100  # columns from which the screens' whole titles fit


def put(app: WaybillApp, line: HeadLine, screen: LiveScreen) -> None:
    """Bring a screen's first line up to date."""
    stands, short, urgent = _stands(app.pulse)
    live = "FROZEN " if app.frozen else ""
    word = "as of " if app.size.width >= _WIDE and not live else live
    time = wording.clock_time(screen.as_of) if screen.as_of else ""
    at, brief = (f"{word}{time} UTC", f"{live}{time}Z") if time else ("reading", "reading")
    forms = [f"{stands}  {at}", f"{stands}  {brief}", f"{short}  {brief}", brief]
    scope = app.rights.scope
    who = f"{app.actor.name}, {scope}" if scope else app.actor.name
    shown = [form.strip() for form in forms]
    line.set(_where(app, screen), who, shown, urgent=urgent or app.frozen)


def _where(app: WaybillApp, screen: LiveScreen) -> list[tuple[str, bool]]:
    """The screens by their digits; on a screen opened from one of them, the way there."""
    wide = app.size.width >= _WIDE
    depth = [each for each in app.screen_stack if isinstance(each, LiveScreen)]
    page_of = next((area.page_of for area in app.known if area.noun == app.current_mode), "")
    here = page_of or app.current_mode
    labels = [
        (f"{area.digit} {area.title}" if wide else f"{area.digit}{area.short or area.title}", area.noun)
        for area in app.known
        if area.digit or area.noun == here
    ]
    if screen in depth[1:]:
        first = [label for label, noun in labels if noun == here]
        way = [each.crumb() for each in depth[1 : depth.index(screen) + 1]]
        return [(" > ".join([*first, *way]), True)]
    return [(label, noun == here) for label, noun in labels]


def _stands(pulse: Pulse | None) -> tuple[str, str, bool]:
    """Whether work is being done, in words and in few words, and whether somebody should look at that."""
    if pulse is None:
        return "", "", False
    if pulse.waiting_since is not None and clock.now() - pulse.waiting_since > _PATIENCE:
        return f"{pulse.waiting} waiting, no worker?", "no worker?", True
    return f"{pulse.running} running", f"{pulse.running} run", False
