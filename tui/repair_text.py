"""Repairs as commands and screens tell them: the plan, and what came of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from models.repairs.plan import Change, Kind, LeftOut, Plan, Result
from tui.wording import counted, one_line

_SHOWN = 20  # lines of a kind; JSON has them all
_TOGETHER = 4  # from here on, things left out for the same cause share a line


def things(number: int, subject: str) -> str:
    """`1 delivery`, `2 deliveries`."""
    return counted(number, subject).replace("deliverys", "deliveries").replace("entrys", "entries")


def as_plan(plan: Plan) -> dict[str, Any]:
    """What a repair would do, in JSON."""
    return {
        "id": plan.id,
        "kind": plan.kind,
        "made_at": plan.made_at,
        "invoices": plan.invoices,
        "changes": [_as_change(change) for change in plan.changes],
        "left_out": [left._asdict() for left in plan.left_out],
        "warnings": list(plan.warnings),
    }


def as_result(result: Result) -> dict[str, Any]:
    """What it did, in JSON."""
    return {
        "done": [_as_change(change) for change in result.done],
        "left_out": [left._asdict() for left in result.left_out],
        "repeated": result.repeated,
        "remaining": result.remaining,
        "jobs": list(result.jobs),
    }


def _as_change(change: Change) -> dict[str, Any]:
    kept = ("subject", "subject_id", "name", "before", "after", "detail", "invoices")
    return {key: getattr(change, key) for key in kept} | {
        "stay": [aside._asdict() for aside in change.asides],
    }


def head(plan: Plan) -> str:
    """What a plan comes to, in one line."""
    total = len(plan.changes) + len(plan.left_out)
    if not plan.changes:
        return f"nothing of {things(total, _subject(plan))} changes" if total > 1 else "nothing changes"
    of = f"{len(plan.changes):,} of {things(total, _subject(plan))}"
    return of if _subject(plan) == "invoice" else f"{of}, {counted(plan.invoices, 'invoice')}"


def _subject(plan: Plan) -> str:
    first: Change | LeftOut = (plan.changes or plan.left_out)[0]
    return first.subject


def plan_lines(plan: Plan) -> Iterator[str]:
    """What a repair would do, for people."""
    yield f"plan: {plan.kind}: {head(plan) if plan.changes or plan.left_out else 'nothing'}"
    for change in plan.changes[:_SHOWN]:
        yield from (f"  {line}" for line in change_lines(change))
    yield from _more(len(plan.changes))
    if plan.left_out:
        yield f"left out: {len(plan.left_out):,}"
        yield from (f"  {left_out_line(left)}" for left in plan.left_out[:_SHOWN])
        yield from _more(len(plan.left_out))
    yield from (f"warning: {warning}" for warning in plan.warnings)


def change_lines(change: Change) -> Iterator[str]:
    """One thing that changes, and which of its invoices stay."""
    detail = f" ({change.detail})" if change.detail else ""
    yield one_line(f"{_named(change)}: {_word(change.before)} -> {_word(change.after)}{detail}")
    for aside in change.asides:
        yield f"  stay: {aside.invoices:,} {one_line(aside.reason)}"


def left_out_line(left: LeftOut) -> str:
    """Why one thing is left out, and what to do."""
    nothing = left.remedy.startswith("nothing to do")
    remedy = "" if nothing else f". {left.remedy[:1].upper()}{left.remedy[1:]}"
    return one_line(f"{_named(left)}: {left.reason}{remedy}")


def left_out_lines(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """What is left out, several of the same cause in one line: `3 jobs: it is running: job 1, job 2, …`."""
    causes: defaultdict[tuple[str, str], list[LeftOut]] = defaultdict(list)
    for left in left_out:
        causes[left.code, _cause(left)].append(left)
    for (_, cause), same in causes.items():
        if len(same) < _TOGETHER:
            yield from map(left_out_line, same)
            continue
        names = ", ".join(left.name for left in same[: _TOGETHER - 1])
        yield one_line(f"{things(len(same), same[0].subject)}: {cause} ({names}, …)")


def _cause(left: LeftOut) -> str:
    """The reason without what differs from thing to thing: `it has ended: failed` → `it has ended`."""
    return re.split("[;:] ", left.reason)[0]


_DONE = {
    Kind.REQUEUE: "re-queued",
    Kind.CANCEL: "cancelled",
    Kind.MARK: "marked as exported",
    Kind.REVERT: "reverted",
    Kind.RESOLVE: "resolved",
    Kind.REPEAT: "repeated",
    Kind.RE_EXPORT: "exported again",
    Kind.REVERSE: "reversed",
}


def result_lines(plan: Plan, result: Result) -> Iterator[str]:
    """What it did, for people."""
    if result.repeated and not result.done:
        yield "nothing new: this request was carried out before"
    else:
        yield f"{_DONE[plan.kind]}: {', '.join(_named(change) for change in result.done[:_SHOWN]) or 'none'}"
    yield from _more(len(result.done))
    yield from (f"  not {left_out_line(left)}" for left in result.left_out[:_SHOWN])
    yield from _more(len(result.left_out))
    if result.remaining:
        yield f"stopped: {result.remaining:,} are still to come; to go on, give --request-id {plan.id}"
    if result.jobs:
        yield f"look: waybill job show {result.jobs[0]}"


def notice_lines(plan: Plan, result: Result) -> Iterator[str]:
    """The same for a screen's notice: short, whatever it did."""
    if len(result.done) < _TOGETHER:
        done = ", ".join(_named(change) for change in result.done) or "none"
    else:
        done = things(len(result.done), result.done[0].subject)
    yield f"{_DONE[plan.kind]}: {done}"
    yield from (f"not {line}" for line in left_out_lines(result.left_out))
    if result.jobs and plan.kind in (Kind.REPEAT, Kind.RE_EXPORT):
        yield f"see job {result.jobs[0]}"


def _named(thing: Change | LeftOut) -> str:
    return thing.name if thing.name.startswith(f"{thing.subject} ") else f"{thing.subject} {thing.name}"


def _word(state: str) -> str:
    return state.replace("_", " ")


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN:,} more: --json shows them"
