"""Trying a facility's connection while one looks on: each step as it comes, and its host key to approve."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.worker import get_current_worker

from models import facility_list
from models.audit import Actor
from models.people import Action
from tui.kit.commands import Command
from tui.kit.live import TROUBLE, Asking, Degrading, Trouble, reading
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.widgets.buttons import PlainButton
from tui.widgets.cells import fields

if TYPE_CHECKING:
    from tui.app import WaybillApp

TEST = Command(
    name="test",
    key="t",
    title="Test",
    help="try its connection step by step: a small file is sent, read back and taken away",
    cli="waybill facility test",
    action=Action.MANAGE_FACILITIES,
)


class Seen(NamedTuple):
    """How one step went."""

    gateway: str
    name: str
    ok: bool
    what: str
    remedy: str
    host_key: str
    """The fingerprint that the server shows, where nobody has approved it."""


class Tried(Message):
    """A step is over, in a thread."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self.seen = seen


class Over(Message):
    """There is no further step."""


class TrialScreen(Degrading, Asking, ModalScreen[None]):
    """Tries a facility's gateways; what works is no longer left alone afterwards."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
    ]

    def __init__(self, facility_id: int, name: str) -> None:
        super().__init__()
        self._facility_id = facility_id
        self._name = name
        self._seen: list[Seen] = []
        self._over = False

    def compose(self) -> ComposeResult:
        """The steps, which scroll, and the buttons with the harmless one first."""
        with Vertical(id="box") as box:
            box.border_title = f"Test {self._name}"
            box.border_subtitle = "tab next · enter press · ↑ ↓ scroll · esc close"
            with VerticalScroll(id="plan", can_focus=False):
                yield Static(id="text")
            with Horizontal(id="buttons"):
                yield PlainButton("Close", id="close")
                yield PlainButton("Try again", id="again")
                yield PlainButton("Approve this host key", id="approve")

    def on_mount(self) -> None:
        """Rest on Close, and begin."""
        self.query_one("#close").focus()
        self._begin()

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()

    def _begin(self) -> None:
        self._seen, self._over = [], False
        self._draw()
        work = partial(self._try, self.waybill)
        self.run_worker(work, thread=True, group="trial", exclusive=True, exit_on_error=False)

    def _try(self, app: WaybillApp) -> None:
        """Step by step, in a thread; whoever closes the screen ends it after the step that is under way."""
        from worker import tasks

        try:
            with reading(app.settings):
                facility = facility_list.find(app.actor, self._facility_id)
                with closing(tasks.try_facility(app.actor, facility)) as steps:
                    for step in steps:
                        if get_current_worker().is_cancelled:
                            return
                        problem = step.problem
                        self.post_message(
                            Tried(
                                Seen(
                                    gateway=step.gateway,
                                    name=step.name,
                                    ok=problem is None,
                                    what=step.what if problem is None else problem.reason,
                                    remedy=problem.remedy if problem else "",
                                    host_key=step.host_key,
                                )
                            )
                        )
        except TROUBLE as error:
            self.post_message(Trouble(error))
            return
        self.post_message(Over())

    def on_tried(self, message: Tried) -> None:
        """Show it."""
        self._seen.append(message.seen)
        self._draw()

    def on_over(self) -> None:
        """Say how it went."""
        self._over = True
        self._draw()

    def troubled(self) -> None:
        """It could not even begin, and that was said."""
        self.dismiss()

    # Showing

    def _draw(self) -> None:
        self.query_one("#text", Static).update(fields(self._lines(), width=17))
        self.query_one("#again").display = self._over
        self.query_one("#approve").display = self._over and bool(self._shown_key())
        self.query_one("#plan").scroll_end(animate=False)

    def _lines(self) -> Iterator[tuple[str, Text]]:
        gateway = ""
        for step in self._seen:
            if step.gateway != gateway:
                gateway = step.gateway
                yield "", Text(gateway, "bold")
            mark, style = ("+", "green") if step.ok else ("x", "bold red")
            yield f"{mark} {step.name}", Text(step.what, "" if step.ok else style)
            if step.remedy:
                yield "  To do", Text(step.remedy)
        if not self._over:
            yield "> trying", Text("…")
        elif all(step.ok for step in self._seen):
            yield (
                "+ ok",
                Text("Every step went well. What was left alone is tried again from now on.", "bold green"),
            )
        else:
            yield "x failed", Text("What comes after the step that failed was not tried.", "bold red")

    def _shown_key(self) -> str:
        return next((step.host_key for step in self._seen if step.host_key), "")

    # Buttons

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, try once more, or approve what the server shows."""
        if event.button.id == "again":
            self.query_one("#close").focus()
            self._begin()
        elif event.button.id == "approve":
            self.app.push_screen(self._approval(), self._approved)
        else:
            self.action_close()

    def _approval(self) -> PlanScreen:
        step = next(step for step in self._seen if step.host_key)
        make = partial(_plan, self.waybill.actor, self._facility_id, step)
        twin = f"waybill facility test --trust-host-key {step.host_key}"
        return PlanScreen("Approve a host key", make, twin)

    def _approved(self, fingerprint: str | None) -> None:
        if fingerprint is not None:
            self._begin()

    def action_close(self) -> None:
        """Leave."""
        self.dismiss()

    def action_scroll(self, by: int) -> None:
        """Move the steps, whatever has the focus."""
        self.query_one("#plan").scroll_relative(y=by, animate=False)


def _plan(actor: Actor, facility_id: int, step: Seen) -> Plan:
    facility = facility_list.find(actor, facility_id)

    def carry_out(_reason: str) -> Generator[Progress, None, Outcome]:
        from worker import tasks

        entry = tasks.trust_host_key(actor, facility, step.host_key)
        yield Progress(1, 1)
        return Outcome([f"approved: {entry}"], value=entry)

    return Plan(
        head=f"trust the server that shows {step.host_key}",
        number=1,
        carry_out=carry_out,
        button="It is the same",
        going=[step.what],
        warnings=[
            "Compare it with what its operator tells you by another way, by telephone say: "
            "somebody who listens in between would show a key of his own."
        ],
        effect=f"{facility.name} sends its files to whoever shows this key",
        needs_reason=False,
    )
