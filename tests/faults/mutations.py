"""Each guard taken away in turn, in a copy of the tree: some test has to go red, or it is not proven."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.faults.points import ROOT

GUARDS = "tests/faults/test_guards.py"
STOPPING = "tests/faults/test_stopping.py"
SCHEMA = "models/migrations/0001_initial.py"
_COPIED = ("models", "worker", "tui", "tests", "scripts", "pyproject.toml")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::\S+|\S+)", re.MULTILINE)
_SECONDS = 300


class Edit(NamedTuple):
    """One place of the tree, said by its text; it has to be there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One guard, how it is taken away, and the tests of which one has to notice."""

    guard: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...] = (GUARDS,)
    only: str = ""
    """An expression for pytest's -k, so that the run is quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bite:
    """What became of one mutation."""

    guard: str
    red: tuple[str, ...]
    """The tests that went red: none means that it survived."""
    trouble: str = ""
    """Why it could not be tried."""


class PatchError(Exception):
    """The text that a mutation changes is not in the tree any more: say the mutation anew."""


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        guard="fencing: a write names the attempt that holds the job",
        edits=(
            Edit(
                "models/jobs/lease.py",
                "if execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount != 1:",
                "if execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount < 0:",
            ),
        ),
        only="taken_for_dead_that_goes_on",
    ),
    Mutation(
        guard="take-over: only the attempt that was observed",
        edits=(
            Edit(
                "models/jobs/lease.py",
                "run_at = ?, code = ?, reason = ?, remedy = ?\nWHERE id = ? AND attempt = ? AND owner = ?"
                " AND state = 'in_progress'",
                "run_at = ?, code = ?, reason = ?, remedy = ?\nWHERE id = ? AND ? > 0 AND ? <> ''",
            ),
        ),
        only="is_not_freed",
    ),
    Mutation(
        guard="take-over: only while the heartbeat stands still",
        edits=(Edit("models/jobs/lease.py", '{_RELEASE} AND heartbeat = ?"', '{_RELEASE} AND ? >= 0"'),),
        only="is_not_freed",
    ),
    Mutation(
        guard="claim: only a pending job",
        edits=(
            Edit(
                "models/jobs/lease.py",
                "WHERE id = ? AND state = 'pending' AND (run_at",
                "WHERE id = ? AND (run_at",
            ),
        ),
        only="claimed_once",
    ),
    Mutation(
        guard="one in progress per destination: the claim's condition",
        edits=(Edit("models/jobs/lease.py", "AND (o.state = 'in_progress' OR (", "AND (o.id = 0 OR ("),),
        only="one_job_in_progress",
    ),
    Mutation(
        guard="one in progress per destination: the unique key",
        edits=(
            Edit(SCHEMA, 'UNIQUE INDEX "export_job_one_in_progress"', 'INDEX "export_job_one_in_progress"'),
        ),
        only="two_jobs_in_progress",
    ),
    Mutation(
        guard="unique key: schedule and due time",
        edits=(Edit(SCHEMA, '(("schedule_id", "due_at"), True)', '(("schedule_id", "due_at"), False)'),),
        only="due_time",
    ),
    Mutation(
        guard="unique key: request id",
        edits=(
            Edit(
                SCHEMA,
                "request_id = TextField(null=True, unique=True)",
                "request_id = TextField(null=True)",
            ),
        ),
        only="request_sent_twice",
    ),
    Mutation(
        guard="collect: only what is pending",
        edits=(
            Edit(
                "models/jobs/items.py",
                'source="export_ledger l", eligible="l.state = \'pending\'"',
                'source="export_ledger l", eligible="1 = 1"',
            ),
        ),
        only="not_taken_by_the_next",
    ),
    Mutation(
        guard="outbox: a letter is claimed before it is sent",
        edits=(
            Edit(
                "models/notifications/outbox.py",
                "UPDATE outbox_mail SET state = 'sending', claimed_by = ?",
                "UPDATE outbox_mail SET state = 'waiting', claimed_by = ?",
            ),
        ),
        only="letter",
    ),
    Mutation(
        guard="outbox: only the present claim closes a letter",
        edits=(
            Edit(
                "models/notifications/outbox.py",
                "sent_at = ?, last_error = ?\nWHERE id = ? AND claim = ? AND state = 'sending'",
                "sent_at = ?, last_error = ?\nWHERE id = ? AND ? > 0 AND state = 'sending'",
            ),
        ),
        only="letter",
    ),
    Mutation(
        guard="unique key: event and recipient",
        edits=(
            Edit(
                SCHEMA,
                '(("event", "recipient"), True)',
                '(("event", "recipient"), False)',
            ),
            Edit("models/notifications/outbox.py", "ON CONFLICT (event, recipient) DO NOTHING", ""),
        ),
        only="told_once",
    ),
    Mutation(
        guard="rename: a file has its name only when it is whole",
        edits=(Edit("worker/durable.py", "    part = _part(path)\n", "    part = path\n"),),
        only="only_when_it_is_whole",
    ),
    Mutation(
        guard="rename: never replaces",
        edits=(Edit("worker/durable.py", "_RENAME_NOREPLACE = 1\n", "_RENAME_NOREPLACE = 0\n"),),
        only="replace",
    ),
    Mutation(
        guard="read-back check before anything leaves",
        edits=(
            Edit(
                "worker/export/render.py",
                "differences = ours.differences(read) + ours.differences(written)",
                "differences = ours.differences(written)",
            ),
        ),
        only="does_not_say",
    ),
    Mutation(
        guard="archived bytes are the recorded ones",
        edits=(Edit("worker/export/render.py", "    if sha256 != file.sha256:\n", "    if not sha256:\n"),),
        only="changed_after_a_death",
    ),
    Mutation(
        guard="version freeze: an item goes as it was claimed",
        edits=(Edit("models/jobs/items.py", "v.number = t.version\n", "v.number = i.version\n"),),
        only="goes_as_it_was_claimed",
    ),
    Mutation(
        guard="plan freeze: a job renders with what it collected with",
        edits=(Edit("worker/export/plan.py", "    if job.plan is not None:\n", "    if job.id < 0:\n"),),
        only="does_not_change_the_job",
    ),
    Mutation(
        guard="a delivery found on its way is taken back before it is begun anew",
        edits=(
            Edit(
                "worker/export/deliver.py",
                "    if delivery.state != DeliveryState.SENDING:\n        return True\n",
                "    if delivery.state:\n        return True\n",
            ),
        ),
        only="died_before_it_said_so",
    ),
    Mutation(
        guard="pickup: a staged copy that is gone was delivered",
        edits=(
            Edit(
                "worker/gateways/pickup.py",
                "            _sync_published(copy)\n            return False\n",
                "            _sync_published(copy)\n            return True\n",
            ),
        ),
        only="died_before_it_said_so",
    ),
    Mutation(
        guard="take-over: a dead worker of this host is known at once",
        edits=(Edit("models/jobs/lease.py", "_start_time(int(pid)) != started", "not started"),),
        tests=(STOPPING,),
        only="dead_worker or still_listed",
    ),
    Mutation(
        guard="poisoned job: three deaths in a row are enough",
        edits=(
            Edit(
                "worker/export/__init__.py",
                "(died := deaths(job.id)) >= _DEATHS:",
                "(died := deaths(job.id)) < 0:",
            ),
        ),
        tests=(STOPPING,),
        only="three_times",
    ),
    Mutation(
        guard="stopping: what does not end in time is handed back",
        edits=(Edit("worker/service.py", "        hand_back()\n", ""),),
        tests=(STOPPING,),
        only="handed_back",
    ),
    Mutation(
        guard="the bell may miss: the ticker finds what waits",
        edits=(
            Edit("worker/ticker.py", "self._free_abandoned, self._ring_missed)", "self._free_abandoned)"),
        ),
        tests=("tests/worker/test_bell_missed.py",),
    ),
)


def copy_tree(target: Path) -> None:
    """The tree without what the tools leave in it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "*.pyc")
    target.mkdir(parents=True)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored)
        else:
            shutil.copy(source, target / name)


def run_all(folder: Path, chosen: Sequence[Mutation] = MUTATIONS) -> Iterator[Bite]:
    """Take each guard away in turn; raises `PatchError` when the tests are red with all guards there."""
    tree = folder / "tree"
    copy_tree(tree)
    quick = Mutation(
        guard="none",
        edits=(),
        tests=tuple(sorted({name for mutation in chosen for name in mutation.tests})),
        only="not told_to_stop and not of_up",
    )
    if red := _red(tree, quick):
        raise PatchError(f"with every guard in place these are red already: {', '.join(red)}")
    for mutation in chosen:
        try:
            yield Bite(guard=mutation.guard, red=_mutated(tree, mutation))
        except PatchError as error:
            yield Bite(guard=mutation.guard, red=(), trouble=str(error))


def _mutated(tree: Path, mutation: Mutation) -> tuple[str, ...]:
    before = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in mutation.edits}
    try:
        for edit in mutation.edits:
            _apply(tree, edit)
        return _red(tree, mutation)
    finally:
        for name, text in before.items():
            (tree / name).write_text(text, encoding="utf-8")


def _apply(tree: Path, edit: Edit) -> None:
    path = tree / edit.file
    text = path.read_text(encoding="utf-8")
    if text.count(edit.old) != 1:
        raise PatchError(f"{edit.file} has {text.count(edit.old)} times: {edit.old}")
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def _red(tree: Path, mutation: Mutation) -> tuple[str, ...]:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
    if mutation.only:
        command += ["-k", mutation.only]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode not in (0, 1):
        raise PatchError(f"{mutation.guard}: the tests could not be run\n{done.stdout}{done.stderr}")
    return tuple(name.rpartition("::")[2] for name in _FAILED.findall(done.stdout))
