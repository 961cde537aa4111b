"""Named points at which a test can kill, stall or break this process; nothing of it runs otherwise.

    WAYBILL_FAULTS="kill@job.claimed:2 stall@delivery.sent=/run/gate raise@file.written=ENOSPC"

Each word is `action@point`, with `:n` for the n-th passing only (the first, when it is left out; `:0` means
every one), and `=value` for what the action needs. Actions:

    kill     SIGKILL to this very process
    term     SIGTERM to this very process, which goes on
    stall    writes `value.reached`, goes on once `value.go` is there
    pause    sleeps `value` seconds
    raise    raises `OSError` with the errno named by value, or `InjectedFault` without one
    note     appends the point's name to the file `value`; the point may be `*`

The points are the literal names given to `fault_point` in the code; `tests/faults` finds them there.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "WAYBILL_FAULTS"
_ACTIONS = frozenset({"kill", "term", "stall", "pause", "raise", "note"})
_EVERY = "*"
_LOOK_SECONDS = 0.005


class InjectedFault(RuntimeError):
    """What `raise` without a value raises: an error that nobody foresaw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to do at one point."""

    action: str
    point: str
    passing: int
    """The how manieth passing of this process; 0: each."""
    value: str


_planned: dict[str, list[Fault]] = {}
_passed: dict[str, int] = {}
_lock = threading.Lock()


def fault_point(name: str) -> None:
    """Mark a boundary that a crash may fall on; a look into an empty dict unless a test planned something."""
    if _planned:
        _pass(name)


def parse(text: str) -> list[Fault]:
    """What the variable says; raises `ValueError` naming the word that cannot be read."""
    return [_fault(word) for word in text.split()]


def plan(text: str) -> None:
    """Plan these faults for this process, instead of what was planned; empty: none."""
    with _lock:
        _planned.clear()
        _passed.clear()
        for fault in parse(text):
            _planned.setdefault(fault.point, []).append(fault)


def _fault(word: str) -> Fault:
    what, _, value = word.partition("=")
    action, at, place = what.partition("@")
    point, _, passing = place.partition(":")
    if action not in _ACTIONS or not at or not point or (passing and not passing.isdigit()):
        raise ValueError(f"{VARIABLE}: {word!r} is not action@point[:n][=value]")
    default = 0 if action == "note" else 1
    return Fault(action=action, point=point, passing=int(passing) if passing else default, value=value)


def _pass(name: str) -> None:
    with _lock:
        faults = [*_planned.get(_EVERY, ()), *_planned.get(name, ())]
        number = _passed[name] = _passed.get(name, 0) + 1
    for fault in faults:
        if fault.passing in (0, number):
            _do(fault, name)


def _do(fault: Fault, name: str) -> None:
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault.action == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    elif fault.action == "stall":
        _stall(Path(fault.value))
    elif fault.action == "pause":
        time.sleep(float(fault.value))
    elif fault.action == "note":
        with Path(fault.value).open("a") as file:
            file.write(name + "\n")
    else:
        _raise(fault.value, name)


def _stall(gate: Path) -> None:
    gate.with_name(gate.name + ".reached").touch()
    go = gate.with_name(gate.name + ".go")
    while not go.exists():
        time.sleep(_LOOK_SECONDS)


def _raise(code: str, name: str) -> None:
    if code:
        number = getattr(errno, code)
        raise OSError(number, os.strerror(number), f"at {name}")
    raise InjectedFault(f"at {name}")


plan(os.environ.get(VARIABLE, ""))
