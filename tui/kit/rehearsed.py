"""The plan of one act of `models`: rehearsed and undone, so that what would be refused is said beforehand."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from models.database import rehearsal
from models.errors import WaybillError
from tui.kit.plan import Outcome, Plan, Progress

_REASON = "to see what it changes"


def rehearsed_plan(
    act: Callable[[str], str],
    *,
    head: str,
    button: str,
    going: Sequence[str] | Callable[[], Sequence[str]] = (),
    warnings: Sequence[str] = (),
    effect: str = "",
    needs_reason: bool = False,
    value: Callable[[], object] | None = None,
) -> Plan:
    """`act` does it, for a reason, and returns a sentence on what it did; made in a thread.

    `going` that is a function is asked within the rehearsal: what it reads is as the act would leave it.
    `value` is what the screen that asked is told once it is done; else that sentence.
    """

    def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
        done = act(reason)
        yield Progress(1, 1)
        return Outcome([done], value=value() if value is not None else done)

    try:
        with rehearsal():
            act(_REASON)
            lines = going() if callable(going) else going
    except WaybillError as error:
        why = f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}"
        return Plan(head="is changed", number=0, carry_out=carry_out, button=button, left_out=[why])
    return Plan(
        head=head,
        number=1,
        carry_out=carry_out,
        button=button,
        going=lines,
        warnings=warnings,
        effect=effect,
        needs_reason=needs_reason,
    )
