"""Who has lost a job changes nothing: every write names the attempt that holds it."""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_LEASE = "models/jobs/lease.py"
_COLLECTING = "models/jobs/collecting.py"
_ITEMS = "models/jobs/items.py"
_SETTLING = "models/jobs/settling.py"
_FILES = "models/files.py"
_DELIVERIES = "models/deliveries.py"
_DOCUMENT_FILES = "models/document_files.py"
_CONTROL_NUMBERS = "models/control_numbers.py"

_by_fencing = partial(Mutation, tests=("tests/faults/test_fencing.py",))


def _unfenced(name: str, file: str, before: str, after: str, *further: Edit) -> Mutation:
    """A function that goes on without a look whether its claim still stands, between these two texts."""
    indent = " " * (len(after) - len(after.lstrip(" ")))
    edit = Edit(file, f"{before}\n{indent}hold_job(claim)\n{after}", f"{before}\n{after}")
    return _by_fencing(guard=f"fencing: {name}", edits=(edit, *further), only=f"is_refused and {name}")


MUTATIONS: tuple[Mutation, ...] = (
    _by_fencing(
        guard="fencing: a write names the attempt that holds the job",
        edits=(
            Edit(
                _LEASE,
                "if execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount != 1:",
                "if execute(_HOLD, (claim.job_id, claim.attempt, claim.owner)).rowcount < 0:",
            ),
        ),
        only="anywhere and pickup",
    ),
    _unfenced(
        "collect",
        _COLLECTING,
        "  # no import changes a version meanwhile",
        "        if _has_items(claim.job_id):\n",
    ),
    _unfenced(
        "freeze",
        _COLLECTING,
        '"""Freeze the plan of a job that takes no invoices."""\n    with transaction(shared=True):',
        "        execute(_PLAN,",
    ),
    _unfenced(
        "fail",
        _ITEMS,
        "        with transaction(shared=True):",
        "            executemany(_FAIL_ITEM, rows)\n",
    ),
    _unfenced(
        "fail_route",
        _ITEMS,
        'for one reason; inside the caller\'s transaction."""',
        "    told = (problem.hold,",
    ),
    _unfenced(
        "assign_file",
        _ITEMS,
        'which file the items of a route go into; inside the caller\'s transaction."""',
        "    execute(_ASSIGN,",
    ),
    _unfenced(
        "assign_files",
        _ITEMS,
        'which file each goes into, alone; inside the caller\'s transaction."""',
        "    executemany(_ASSIGN_ONE",
    ),
    _unfenced(
        "fail_refused",
        _ITEMS,
        '"""Fail each document of a route whose own file was refused, for that reason."""\n'
        "    with transaction(shared=True):",
        "        execute(_FAIL_REFUSED",
    ),
    _unfenced(
        "document_files.reserve",
        _DOCUMENT_FILES,
        'serialise(f"file names of {claim.entity_id}")',
        "    names = dict(",
        Edit(_ITEMS, "    hold_job(claim)\n    executemany(_ASSIGN_ONE", "    executemany(_ASSIGN_ONE"),
    ),
    _unfenced("document_files.void_idle", _DOCUMENT_FILES, "", "    execute(_VOID_IDLE"),
    _unfenced("control_numbers.reserve", _CONTROL_NUMBERS, "", "    having = of_files("),
    _unfenced(
        "settle",
        _SETTLING,
        "    with transaction(shared=True):",
        "        if arrived is not None:\n",
        Edit(
            _SETTLING,
            "WHERE id = ? AND attempt = ? AND owner = ? AND state = 'in_progress' RETURNING",
            "WHERE id = ? AND ? > 0 AND ? <> '' RETURNING",
        ),
    ),
    _unfenced(
        "reserve",
        _FILES,
        'serialise(f"file names of {claim.entity_id}")',
        "    for existing in",
    ),
    _unfenced("give_up", _FILES, "", "    execute(_VOID,"),
    _unfenced("record_rendered", _FILES, "", "    file.archive_path, file.sha256"),
    _unfenced("record", _DELIVERIES, "", "    delivery.state, delivery.code"),
    _by_fencing(
        guard="fencing: postpone and hand back",
        edits=(
            Edit(
                _LEASE,
                "if execute(_RELEASE, parameters).rowcount != 1:",
                "if execute(_RELEASE, parameters).rowcount < 0:",
            ),
        ),
        only="is_refused and (postpone or hand_back)",
    ),
    _by_fencing(
        guard="heartbeat: only the present attempt's counts",
        edits=(
            Edit(
                _LEASE,
                "SET heartbeat = heartbeat + 1\nWHERE id = ? AND attempt = ? AND owner = ?",
                "SET heartbeat = heartbeat + 1\nWHERE id = ? AND ? > 0 AND ? <> ''",
            ),
        ),
        only="heartbeat_of",
    ),
    _by_fencing(
        guard="take-over: only the attempt that was observed",
        edits=(
            Edit(
                _LEASE,
                "run_at = ?, code = ?, reason = ?, remedy = ?\nWHERE id = ? AND attempt = ? AND owner = ?"
                " AND state = 'in_progress'",
                "run_at = ?, code = ?, reason = ?, remedy = ?\nWHERE id = ? AND ? > 0 AND ? <> ''",
            ),
        ),
        only="is_not_freed",
    ),
    _by_fencing(
        guard="take-over: only while the heartbeat stands still",
        edits=(Edit(_LEASE, '{_RELEASE} AND heartbeat = ?"', '{_RELEASE} AND ? >= 0"'),),
        only="is_not_freed",
    ),
)
