"""The way in to whatever changes something: what will change, what not, a reason, then batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.kit.live import TROUBLE, Asking, Degrading, Trouble, reading
from tui.widgets.buttons import PlainButton
from tui.widgets.cells import fields
from tui.widgets.inputs import TextLine

_SHOWN = 50  # lines of a kind; the command shows all


class Progress(NamedTuple):
    """A batch is done."""

    done: int
    total: int
    """0: not known before all is done."""


class Outcome(NamedTuple):
    """What came of it."""

    lines: Sequence[str]
    """Shown as a notice."""
    warning: bool = False
    """Not all of the plan was done."""
    value: Any = None
    """For the screen that asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an act would do, as it was when this was made."""

    head: str
    """What it comes to: `3 of 5 jobs, 120 invoices`."""
    number: int
    """How many things change; 0: only Close is offered."""
    carry_out: Callable[[str], Generator[Progress, None, Outcome]]
    """Does it, with the reason, in a thread: yields after each batch, where it may be stopped."""
    button: str
    """`Re-queue 3 jobs`."""
    going: Sequence[str] = ()
    left_out: Sequence[str] = ()
    """What does not change, each with why and what to do."""
    warnings: Sequence[str] = ()
    effect: str = ""
    typed: str = ""
    """What has to be typed besides, before something of this size: its number, a name."""
    needs_reason: bool = True
    id: str = ""
    """What the plan is kept under, where it can be gone on with."""
    resume: str = ""
    """How to go on with one that was stopped: a command."""


class Stepped(Message):
    """A batch is done, in a thread."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress


class Ended(Message):
    """All is done, or stopped, in a thread."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class PlanScreen(Degrading, Asking, ModalScreen[Any]):
    """Shows a plan and carries it out; dismisses with the outcome's value, None when nothing was done.

    What is typed goes into the reason, and enter there moves on without pressing anything.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "scroll(-1)", "Plan up", show=False),
        Binding("down", "scroll(1)", "Plan down", show=False),
    ]

    def __init__(self, title: str, make: Callable[[], Plan], twin: str) -> None:
        """`make` runs in a thread; `twin` is the command that shows all of the plan."""
        super().__init__()
        self._title = title
        self._make = make
        self._twin = twin
        self._plan: Plan | None = None
        self._applying = False
        self._stop = Event()

    def compose(self) -> ComposeResult:
        """The plan, which scrolls, the reason, and the buttons with the harmless one first."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "tab next · enter press · ↑ ↓ scroll · esc cancel"
            with VerticalScroll(id="plan", can_focus=False):
                yield Static("Looking at what would happen …", id="text")
            with Horizontal(id="why"):
                yield Static("Reason    ", id="label")
                yield TextLine(id="reason", placeholder="required: why", max_length=500, compact=True)
            with Horizontal(id="typed-line"):
                yield Static("", id="typed-label")
                yield TextLine(id="typed", compact=True)
            with Horizontal(id="buttons"):
                yield PlainButton("Cancel", id="cancel")
                yield PlainButton("Do it", id="go", disabled=True)

    def on_mount(self) -> None:
        """Rest on the reason, so that nothing typed is lost, and make the plan."""
        for line in self.query(Input):
            line.cursor_blink = False
        self.query_one("#typed-line").display = False
        self.query_one("#reason").focus()
        self.ask(self._make, self._show, group="plan")

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()

    def _show(self, plan: Plan) -> None:
        """Show the plan; without anything to do, Close is all there is."""
        self._plan = plan
        self.query_one("#text", Static).update(fields(self._lines(plan), width=10))
        some = plan.number > 0
        self.query_one("#why").display = some and plan.needs_reason
        self.query_one("#typed-line").display = some and bool(plan.typed)
        self.query_one("#typed-label", Static).update(f"Type {plan.typed} ")
        go = self.query_one("#go", PlainButton)
        go.display, go.text = some, plan.button
        if not some:
            self.query_one("#cancel", PlainButton).text = "Close"
        if not (some and plan.needs_reason):
            self.query_one("#cancel").focus()
        self._judge()

    def _lines(self, plan: Plan) -> Iterator[tuple[str, Text]]:
        """What must be seen first comes first: the lists below it may be longer than the screen."""
        yield "Will do" if plan.number else "Nothing", Text(plan.head, "bold")
        yield from (("Careful" if not place else "", Text(each)) for place, each in enumerate(plan.warnings))
        if plan.number and plan.effect:
            yield "Effect", Text(plan.effect)
        yield from self._part("Each", plan.going)
        yield from self._part("Left out", plan.left_out)

    def _part(self, name: str, lines: Sequence[str]) -> Iterator[tuple[str, Text]]:
        yield from ((name if not place else "", Text(line)) for place, line in enumerate(lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            yield "", Text(f"and {len(lines) - _SHOWN:,} more; all of them: {self._twin}")

    def on_input_changed(self) -> None:
        """Without a reason nothing can be pressed."""
        self._judge()

    def _judge(self) -> None:
        plan = self._plan
        ready = plan is not None and plan.number > 0 and not self._applying
        if plan is not None and plan.needs_reason:
            ready = ready and bool(self.query_one("#reason", Input).value.strip())
        if plan is not None and plan.typed:
            ready = ready and self.query_one("#typed", Input).value.strip() == plan.typed
        self.query_one("#go", Button).disabled = not ready

    def on_input_submitted(self) -> None:
        """Enter goes on to the button, and presses nothing."""
        go = self.query_one("#go", Button)
        if not go.disabled:
            go.focus()
            return
        other = "#typed" if self.query_one("#reason").has_focus else "#reason"
        if self.query_one("#typed-line").display:
            self.query_one(other).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, stop, or do it."""
        if event.button.id == "cancel":
            self.action_cancel()
        else:
            self._apply()

    def action_cancel(self) -> None:
        """Leave without doing anything; what is under way stops after its batch."""
        if self._applying:
            self._stop.set()
            self.query_one("#cancel", PlainButton).text = "Stopping …"
        else:
            self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Move the plan, whatever has the focus."""
        self.query_one("#plan").scroll_relative(y=by, animate=False)

    def _apply(self) -> None:
        plan = self._plan
        if plan is None or self._applying:
            return
        self._applying = True
        self.query_one("#go").display = False
        stop = self.query_one("#cancel", PlainButton)
        stop.text = "Stop after this batch"
        stop.focus()
        settings, reason = self.waybill.settings, self.query_one("#reason", Input).value

        def work() -> None:
            try:
                with reading(settings):
                    outcome = self._carry_out(plan, reason)
            except TROUBLE as error:
                self.post_message(Trouble(error))
                return
            self.post_message(Ended(outcome))

        self.run_worker(work, thread=True, group="apply", exit_on_error=False)

    def _carry_out(self, plan: Plan, reason: str) -> Outcome:
        """Batch by batch, in a thread."""
        steps, done = plan.carry_out(reason), Progress(0, plan.number)
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            self.post_message(Stepped(done))
            if self._stop.is_set() and (done.done < done.total or not done.total):
                steps.close()
                stopped = f"Stopped: {_far(done)} done, the others are as they were."
                resume = [f"To go on: {plan.resume}"] if plan.resume else []
                return Outcome([stopped, *resume], warning=True, value=done)

    def on_stepped(self, message: Stepped) -> None:
        """Say how far it is."""
        done, total = message.progress
        filled = 40 * done // max(1, total)
        far = _far(message.progress)
        bar = f"[{'#' * filled}{'.' * (40 - filled)}] {far}" if total else f"> {far} so far"
        kept = f"\nPlan {self._plan.id}" if self._plan is not None and self._plan.id else ""
        self.query_one("#text", Static).update(Text(f"{bar}{kept}"))

    def on_ended(self, message: Ended) -> None:
        """Say what was done, and what had changed since the plan."""
        outcome = message.outcome
        severity: Any = "warning" if outcome.warning else "information"
        self.notify("\n".join(outcome.lines), severity=severity, markup=False)
        self.dismiss(outcome.value)

    def troubled(self) -> None:
        """A plan that could not be made leaves, a reason that was refused stays."""
        if self._plan is None or self.waybill.trouble:
            self.dismiss(None)
            return
        self._applying = False
        self.query_one("#go").display = True
        self.query_one("#cancel", PlainButton).text = "Cancel"
        self._judge()


def _far(progress: Progress) -> str:
    return f"{progress.done:,} of {progress.total:,}" if progress.total else f"{progress.done:,}"
