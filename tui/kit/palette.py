"""The command palette: the acts of the screen, its keys, the other screens, and things by their link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from models.names import is_id
from tui.kit import areas
from tui.kit.help import key_of, named
from tui.kit.live import LiveScreen

if TYPE_CHECKING:
    from tui.app import WaybillApp


class Offer(NamedTuple):
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], object]


class Acts(Provider):
    """What can be done, found by its name; and `1041` or `job/1041` opens that job."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for offer in offers(self._below()):
            yield DiscoveryHit(offer.title, offer.run, help=offer.help)

    async def search(self, query: str) -> Hits:
        """What matches."""
        app = cast("WaybillApp", self.app)
        for link in links(query):
            yield Hit(
                1.0, f"Open {link.replace('/', ' ')}", partial(app.open, link), help=f"waybill open {link}"
            )
        matcher = self.matcher(query)
        for offer in offers(self._below()):
            if (score := matcher.match(offer.title)) > 0:
                yield Hit(score, matcher.highlight(offer.title), offer.run, help=offer.help)

    def _below(self) -> WaybillApp:
        return cast("WaybillApp", self.app)


def offers(app: WaybillApp) -> Iterator[Offer]:
    """What the palette offers on the screen that lies below it."""
    below = next(screen for screen in reversed(app.screen_stack) if screen.id != "--command-palette")
    if isinstance(below, LiveScreen):
        for command in below.ACTS:
            why = below.refusal(command)
            about = f"not now: {why}" if why else command.help
            shown = " ".join(filter(None, (key_of(app, command.key), about, f"[{command.cli}]")))
            yield Offer(command.title, shown.replace("[", r"\["), partial(below.action_command, command.name))
    for area in areas.areas():
        yield Offer(f"Go to {area.title}", f"{area.digit} {area.help}".strip(), partial(app.go_to, area))
    for active in named(below):
        if active.binding.show or active.node is app:
            key = app.get_key_display(active.binding)
            help_ = f"{key}  {active.tooltip}".replace("[", r"\[")
            yield Offer(
                active.binding.description, help_, partial(_run, app, active.binding.action, active.node)
            )
    for title, about, callback, *_ in app.get_system_commands(below):
        yield Offer(title, about, callback)


async def _run(app: WaybillApp, action: str, node: object) -> None:
    await app.run_action(action, node)  # type: ignore[arg-type] # Textual's own node of the binding


def links(query: str) -> Iterator[str]:
    """What a query may name: `1041` a job, `facility/nightly` or `invoice 12` that thing."""
    text = query.strip().lstrip("#")
    if is_id(text):
        yield f"job/{int(text)}"
        return
    noun, _, which = text.replace("/", " ", 1).partition(" ")
    known = {area.noun for area in areas.areas() if area.detail is not None}
    if noun.lower() in known and which.strip():
        yield f"{noun.lower()}/{which.strip().lstrip('#')}"
