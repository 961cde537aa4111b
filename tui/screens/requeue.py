"""Re-queueing jobs: the plan first, with Cancel under the cursor and a reason that must be given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input, Static
from textual.worker import Worker, WorkerState

from models.repairs import requeue as acts
from models.repairs.plan import Plan, Result
from tui import repair_text, wording
from tui.screens.live import TROUBLE, Trouble, reading
from tui.widgets.buttons import PlainButton
from tui.widgets.cells import fields

if TYPE_CHECKING:
    from tui.app import WaybillApp

_SHOWN = 50  # jobs of a kind; the command shows all


def requeue(screen: Screen[None], job_ids: Sequence[int], done: Callable[[tuple[int, ...]], None]) -> None:
    """Ask about these jobs; `done` is called with the ones that were queued."""

    def ended(result: tuple[int, ...] | None) -> None:
        done(result or ())

    screen.app.push_screen(RequeueScreen(job_ids), ended)


class Planned(Message):
    """The plan, made in a thread."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class Applied(Message):
    """What was done, in a thread."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class RequeueScreen(ModalScreen[tuple[int, ...]]):
    """Shows what would happen; dismisses with the ids of the jobs that were queued."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "scroll(-1)", "Plan up", show=False),
        Binding("down", "scroll(1)", "Plan down", show=False),
    ]

    def __init__(self, job_ids: Sequence[int]) -> None:
        super().__init__()
        self._job_ids = tuple(job_ids)
        self._plan: Plan | None = None
        self._applying = False
        self._stopped = threading.Event()

    @property
    def waybill(self) -> WaybillApp:
        """The program this screen belongs to."""
        return cast("WaybillApp", self.app)

    def compose(self) -> ComposeResult:
        """The plan, which scrolls, the reason, and the buttons with the harmless one first."""
        with Vertical(id="box") as box:
            box.border_title = f"Re-queue {wording.counted(len(self._job_ids), 'job')}"
            box.border_subtitle = "tab next · enter press · ↑ ↓ scroll · esc cancel"
            with VerticalScroll(id="plan", can_focus=False):
                yield Static("Looking at what would happen …", id="text")
            with Horizontal(id="why"):
                yield Static("Reason    ", id="label")
                yield Input(id="reason", placeholder="required: why", max_length=500, compact=True)
            with Horizontal(id="buttons"):
                yield PlainButton("Cancel", id="cancel")
                yield PlainButton("Re-queue", id="go", disabled=True)

    def on_mount(self) -> None:
        """Rest on Cancel, and make the plan."""
        self.query_one(Input).cursor_blink = False
        self.query_one("#cancel").focus()
        actor, job_ids, settings = self.waybill.actor, self._job_ids, self.waybill.settings

        def work() -> None:
            try:
                with reading(settings):
                    plan = acts.plan(actor, job_ids)
            except TROUBLE as error:
                self.post_message(Trouble(error))
                return
            self.post_message(Planned(plan))

        self.run_worker(work, thread=True, exit_on_error=False)

    def on_planned(self, message: Planned) -> None:
        """Show the plan; without anything to do, Cancel is all there is."""
        plan = self._plan = message.plan
        self.query_one("#text", Static).update(fields(plan_text(plan), width=10))
        self.query_one("#why").display = bool(plan.changes)
        go = self.query_one("#go", PlainButton)
        go.display = bool(plan.changes)
        go.text = f"Re-queue {wording.counted(len(plan.changes), 'job')}"
        if not plan.changes:
            self.query_one("#cancel", PlainButton).text = "Close"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Without a reason nothing can be pressed."""
        self.query_one("#go", Button).disabled = not event.value.strip() or self._plan is None

    def on_input_submitted(self) -> None:
        """Enter in the reason goes on to the button, and presses nothing."""
        go = self.query_one("#go", Button)
        if not go.disabled:
            go.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, or do it."""
        if event.button.id == "cancel":
            self.action_cancel()
        else:
            self._apply()

    def action_cancel(self) -> None:
        """Leave without doing anything; what is under way ends after its present batch."""
        if self._applying:
            self._stopped.set()
        else:
            self.dismiss(())

    def action_scroll(self, by: int) -> None:
        """Move the plan, whatever has the focus."""
        self.query_one("#plan").scroll_relative(y=by, animate=False)

    def _apply(self) -> None:
        plan = self._plan
        if plan is None or self._applying:
            return
        self._applying = True
        go = self.query_one("#go", PlainButton)
        go.disabled, go.text = True, "Re-queueing …"
        actor, settings, ring = self.waybill.actor, self.waybill.settings, self.waybill.ring
        reason, stop = self.query_one(Input).value, self._stopped.is_set

        def work() -> None:
            try:
                with reading(settings):
                    result = acts.apply(actor, plan, reason, stop=stop)
                for job_id in result.jobs:
                    ring(job_id)
            except TROUBLE as error:
                self.post_message(Trouble(error))
                return
            self.post_message(Applied(result))

        self.run_worker(work, thread=True, exit_on_error=False)

    def on_applied(self, message: Applied) -> None:
        """Say what was done, and what had changed since the plan."""
        result = message.result
        lines = [f"Re-queued: {wording.counted(len(result.jobs), 'job')}."]
        if result.remaining:
            lines.append(f"Stopped: {wording.counted(result.remaining, 'job')} still failed.")
        lines += [f"Not {repair_text.left_out_line(job)}" for job in result.left_out[:5]]
        severity: SeverityLevel = "warning" if result.left_out or result.remaining else "information"
        self.notify("\n".join(lines), severity=severity, markup=False)
        self.dismiss(result.jobs)

    def on_trouble(self, message: Trouble) -> None:
        """Say what is wrong, and leave: nothing, or not all, was done."""
        message.stop()
        self.waybill.tell(message.error)
        self.dismiss(())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours in a thread is said, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.waybill.tell_mistake(event.worker.error)
            self.dismiss(())


def plan_text(plan: Plan) -> Iterator[tuple[str, Text]]:
    """The plan: its sum, what runs, what is left out and why, and what it does."""
    yield "Will run", Text(repair_text.head(plan), "bold")
    for job in plan.changes[:_SHOWN]:
        yield from (("", Text(line)) for line in repair_text.change_lines(job))
    yield from _more(len(plan.changes))
    if plan.left_out:
        yield "Left out", Text(wording.counted(len(plan.left_out), "job"), "bold")
        yield from (("", Text(repair_text.left_out_line(left))) for left in plan.left_out[:_SHOWN])
        yield from _more(len(plan.left_out))
    if plan.changes:
        yield "Effect", Text("new dates, a new file; attempts and history stay; nothing that left goes again")


def _more(count: int) -> Iterator[tuple[str, Text]]:
    if count > _SHOWN:
        yield "", Text(f"and {count - _SHOWN:,} more; all of them: waybill job requeue --dry-run")
