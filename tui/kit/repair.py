"""A repair of `models.repairs` as the plan screen shows it and carries it out, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

from models.repairs.plan import Change, LeftOut, Result
from models.repairs.plan import Plan as Repair
from tui import repair_text
from tui.kit.plan import Outcome, Plan, Progress

_TYPED_FROM = 200  # things: from here on their number is typed


class Apply(Protocol):
    """Carries out what is open of a repair's plan, for a reason; asks `stop` before each batch."""

    def __call__(self, wanted: Repair, reason: str, *, stop: Callable[[], bool]) -> Result:
        """What was done, and what is still to come."""
        ...


def repair_plan(
    repair: Repair, apply: Apply, ring: Callable[[int], object], *, button: str, effect: str, twin: str = ""
) -> Plan:
    """What the repair would do; `ring` wakes a worker for each job that it makes or queues.

    `twin` is the command of the same act, which can go on with a plan that was stopped.
    """
    number = len(repair.changes)

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        done, left_out, jobs = list[Change](), list[LeftOut](), list[int]()
        remaining = number
        while remaining:
            result = apply(repair, reason, stop=_after_one())
            for job_id in result.jobs:
                ring(job_id)
            done, left_out, jobs = (
                [*done, *result.done],
                [*left_out, *result.left_out],
                [*jobs, *result.jobs],
            )
            remaining = result.remaining
            yield Progress(number - remaining, number)
        return outcome(repair, Result(done=tuple(done), left_out=tuple(left_out), jobs=tuple(jobs)))

    return Plan(
        head=repair_text.head(repair),
        number=number,
        carry_out=carry_out,
        button=button,
        going=[line for change in repair.changes for line in repair_text.change_lines(change)],
        left_out=list(repair_text.left_out_lines(repair.left_out)),
        warnings=repair.warnings,
        effect=effect,
        typed=str(number) if number >= _TYPED_FROM else "",
        id=repair.id,
        resume=f"{twin} --request-id {repair.id}" if twin else "",
    )


def _after_one() -> Callable[[], bool]:
    """Stops before the second batch."""
    asked = iter((False,))
    return lambda: next(asked, True)


def outcome(repair: Repair, result: Result) -> Outcome:
    """What came of it, as a notice says it; its value is the result."""
    return Outcome(list(repair_text.notice_lines(repair, result)), bool(result.left_out), result)
