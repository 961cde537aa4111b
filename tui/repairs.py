"""How commands carry out a repair: the plan is shown, a yes is asked for, and what came of it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from models.audit import Actor
from models.errors import Conflict
from models.repairs.plan import Change, LeftOut, Plan, Result
from tui import wording
from tui.cli.console import Session, visible, yes_option

F = TypeVar("F", bound=Callable[..., Any])

_SHOWN = 20  # lines of a kind; JSON has them all
_OPTIONS = (
    click.option("--reason", help="Why; it is kept with the act. Required unless --dry-run."),
    click.option("--dry-run", is_flag=True, help="Show the plan and do nothing."),
    yes_option,
)
# Asking twice for the same is no failure: these say that it is so already.
_NOTHING_TO_DO = frozenset({"pending", "exported", "asked_already", "not_unknown"})


def repair_options(act: F) -> F:
    """Give a command `--reason`, `--dry-run` and `--yes`."""
    for option in reversed(_OPTIONS):
        act = option(act)
    return act


def check_reason(reason: str | None, *, dry_run: bool) -> None:
    """Only a plan needs no reason."""
    if reason is None and not dry_run:
        raise click.UsageError("missing option '--reason'")


def carry_out(
    session: Session,
    make_plan: Callable[[], Plan],
    apply: Callable[[Actor, Plan, str], Result],
    question: str,
    *,
    reason: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Show the plan and, unless that was all, carry it out; `question` has a place for what changes."""
    check_reason(reason, dry_run=dry_run)
    plan = make_plan()
    if not dry_run:
        _refuse_nothing(plan)
    if dry_run or not session.as_json:
        session.answer({"plan": as_plan(plan), "result": None}, _text(plan_lines(plan)))
    if dry_run:
        return
    if plan.changes:
        things = wording.counted(len(plan.changes), plan.changes[0].subject)
        things = things.replace("deliverys", "deliveries")
        session.confirm(question.format(things), yes=yes)
    result = apply(session.actor, plan, reason or "")
    _ring(result.jobs)
    session.answer({"plan": as_plan(plan), "result": as_result(result)}, _text(result_lines(result)))


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
    raise Conflict(
        f"nothing was changed: {_named(first)}: {first.reason}{more}", remedy=first.remedy, code=first.code
    )


def as_plan(plan: Plan) -> dict[str, Any]:
    """What a repair would do, in JSON."""
    return {
        "id": plan.id,
        "kind": plan.kind,
        "made_at": plan.made_at,
        "changes": [_as_change(change) for change in plan.changes],
        "left_out": [left._asdict() for left in plan.left_out],
        "warnings": list(plan.warnings),
    }


def as_result(result: Result) -> dict[str, Any]:
    """What it did, in JSON."""
    return {
        "done": [_as_change(change) for change in result.done],
        "left_out": [left._asdict() for left in result.left_out],
        "jobs": list(result.jobs),
    }


def _as_change(change: Change) -> dict[str, Any]:
    kept = ("subject", "subject_id", "name", "before", "after", "detail")
    return {key: getattr(change, key) for key in kept}


def plan_lines(plan: Plan) -> Iterator[str]:
    """What a repair would do, for people."""
    yield f"plan: {plan.kind}: {len(plan.changes):,}, left out: {len(plan.left_out):,}"
    for change in plan.changes[:_SHOWN]:
        detail = f" ({change.detail})" if change.detail else ""
        yield f"  {_named(change)}: {_word(change.before)} -> {_word(change.after)}{detail}"
    yield from _more(len(plan.changes))
    if plan.left_out:
        yield "left out:"
        yield from (f"  {_why(left)}" for left in plan.left_out[:_SHOWN])
        yield from _more(len(plan.left_out))
    yield from (f"warning: {warning}" for warning in plan.warnings)


def result_lines(result: Result) -> Iterator[str]:
    """What it did, for people."""
    yield f"done: {', '.join(_named(change) for change in result.done[:_SHOWN]) or 'nothing'}"
    yield from _more(len(result.done))
    yield from (f"  not {_why(left)}" for left in result.left_out[:_SHOWN])
    yield from _more(len(result.left_out))
    if result.jobs:
        yield f"look: waybill job show {result.jobs[0]}"


def _named(thing: Change | LeftOut) -> str:
    return thing.name if thing.name.startswith(f"{thing.subject} ") else f"{thing.subject} {thing.name}"


def _word(state: str) -> str:
    return state.replace("_", " ")


def _why(left: LeftOut) -> str:
    remedy = (
        "" if left.remedy.startswith("nothing to do") else f". {left.remedy[:1].upper()}{left.remedy[1:]}"
    )
    return f"{_named(left)}: {left.reason}{remedy}"


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN:,} more: --json shows them"


def _text(lines: Iterator[str]) -> str:
    return "\n".join(map(visible, lines))
