"""What people and banks say afterwards: of files whose fate is unknown, of payments that came back."""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_RESOLVE = "models/repairs/resolve.py"
_REVERSE = "models/repairs/reverse.py"

_by_documents = partial(Mutation, tests=("tests/worker/test_export_documents.py",))
_by_reversals = partial(Mutation, tests=("tests/worker/test_ach_reversal.py",))
_by_returns = partial(Mutation, tests=("tests/worker/test_ach_returns.py",))

MUTATIONS: tuple[Mutation, ...] = (
    _by_documents(
        guard="resolve: not while the run that the file is of may send it again",
        edits=(Edit(_RESOLVE, "    if _goes_on(delivery):\n", "    if not delivery:\n"),),
        only="goes_on_is_not_said",
    ),
    _by_documents(
        guard="control numbers: none below the new start leaves after it",
        edits=(
            Edit("models/control_numbers.py", "WHERE n.scope = ? AND", "WHERE n.scope = ? AND n.id < 0 AND"),
        ),
        only="goes_on_from_no_other",
    ),
    _by_returns(
        guard="returns: never about a file that did not leave",
        edits=(
            Edit(
                "models/ach_returns/originals.py",
                "d.state IN ('sending', 'delivered', 'confirmed', 'unknown'))",
                "d.id > 0)",
            ),
        ),
        only="did_not_leave",
    ),
    _by_returns(
        guard="returns: those of a file that was unknown count once it arrived",
        edits=(Edit(_RESOLVE, "        hold_returned(actor, delivery.file_id)\n", "        pass\n"),),
        only="whose_arrival_was_unknown",
    ),
    _by_reversals(
        guard="reversal: each payment is taken back once",
        edits=(Edit(_REVERSE, "    gone, today = _gone(file.id),", "    gone, today = {},"),),
        only="made_together",
    ),
    _by_reversals(
        guard="reversal: one that may have left puts no payment back",
        edits=(Edit(_REVERSE, "        if not may_have_left(one.file):\n", "        if one.file:\n"),),
        only="until_it_is_said",
    ),
    _by_reversals(
        guard="reversal: what came back by itself, or is too late, does not leave",
        edits=(Edit("worker/export/reverse.py", "            _check_due(file)\n", "            pass\n"),),
        only="came_back or came_too_late",
    ),
)
