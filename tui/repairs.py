"""How commands carry out a repair: the plan is shown, a yes is asked for, and what came of it is said."""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, Protocol, TypeVar

import click

from models import manual
from models.audit import Actor
from models.errors import Conflict
from models.repairs.carrying import Stop, stored
from models.repairs.plan import Kind, Plan, Result
from tui import repair_text
from tui.cli.console import Session, visible, yes_option

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--reason", help="Why; it is kept with the act. Required unless --dry-run."),
    click.option("--dry-run", is_flag=True, help="Show the plan and do nothing."),
    click.option(
        "--request-id",
        help="An id of yours for this act: sent again with it, it is done once; stopped, it goes on.",
    ),
    yes_option,
)
# Asking twice for the same is no failure: these say that it is so already.
_NOTHING_TO_DO = frozenset({"pending", "exported", "asked_already", "not_unknown", "already_queued"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was said on the command line about how to do it."""

    reason: str | None
    dry_run: bool
    request_id: str | None
    yes: bool

    def __post_init__(self) -> None:
        if self.reason is None and not self.dry_run:
            raise click.UsageError("missing option '--reason'")


def repair_options(act: F) -> F:
    """Give a command `--reason`, `--dry-run`, `--request-id` and `--yes`, which it takes as `consent`."""

    @functools.wraps(act)
    def run(*arguments: Any, **given: Any) -> Any:
        said = {name: given.pop(name) for name in ("reason", "dry_run", "request_id", "yes")}
        return act(*arguments, **given, consent=Consent(**said))

    command: Any = run
    for option in reversed(_OPTIONS):
        command = option(command)
    decorated: F = command
    return decorated


class Apply(Protocol):
    """The act of a repair."""

    def __call__(self, actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result: ...


def carry_out(
    session: Session,
    kind: Kind,
    make_plan: Callable[[], Plan],
    apply: Apply,
    question: str,
    consent: Consent,
) -> None:
    """Show the plan and, unless that was all, carry it out; `question` has a place for what changes."""
    plan, sent_before = _plan(session, kind, make_plan, consent.request_id)
    if not consent.dry_run and not sent_before:
        _refuse_nothing(plan)
    told_already = sent_before and not plan.changes
    if consent.dry_run or not (session.as_json or told_already):
        session.answer(
            {"plan": repair_text.as_plan(plan), "result": None}, _text(repair_text.plan_lines(plan))
        )
    if consent.dry_run:
        return
    if plan.changes:
        subject = plan.changes[0].subject
        session.confirm(question.format(repair_text.things(len(plan.changes), subject)), yes=consent.yes)
    with _stopping() as stop:
        result = apply(session.actor, plan, consent.reason or "", stop=stop)
    _ring(result.jobs)
    answer = {"plan": repair_text.as_plan(plan), "result": repair_text.as_result(result)}
    session.answer(answer, _text(repair_text.result_lines(plan, result)))
    if result.remaining:
        raise click.exceptions.Exit(1)


def _plan(
    session: Session, kind: Kind, make_plan: Callable[[], Plan], request_id: str | None
) -> tuple[Plan, bool]:
    """The plan, and whether it was sent before: then it is that one, with what is still open of it."""
    if request_id is None:
        return make_plan(), False
    known = stored(session.actor, kind, manual.checked_request_id(request_id))
    return (known, True) if known is not None else (replace(make_plan(), id=request_id), False)


@contextmanager
def _stopping() -> Iterator[Stop]:
    """Ctrl-C ends the act after the present batch; what is done stays, and the rest can be gone on with."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        click.echo("stopping after this batch …", err=True)
        stopped.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _ring(job_ids: Sequence[int]) -> None:
    from worker import tasks

    for job_id in job_ids:
        tasks.ring(job_id)


def _refuse_nothing(plan: Plan) -> None:
    """Nothing to do is a failure, unless all is as it should be already."""
    serious = [left for left in plan.left_out if left.code not in _NOTHING_TO_DO]
    if plan.changes or (plan.left_out and not serious):
        return
    if not serious:
        raise Conflict(
            "nothing matches, so nothing was changed", remedy="look with --dry-run", code="nothing_matches"
        )
    first = serious[0]
    more = f", and {len(serious) - 1} more" if len(serious) > 1 else ""
    name = first.name if first.name.startswith(first.subject) else f"{first.subject} {first.name}"
    raise Conflict(f"nothing was changed: {name}: {first.reason}{more}", remedy=first.remedy, code=first.code)


def _text(lines: Iterator[str]) -> str:
    return "\n".join(map(visible, lines))
