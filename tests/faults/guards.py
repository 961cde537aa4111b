"""The guards that keep each invoice from going twice or never, and how each is taken away.

`scripts/faults --mutate` takes them away in turn: one of the tests named must notice.
"""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_FENCING = "tests/faults/test_fencing.py"
_GUARDS = "tests/faults/test_guards.py"
_STOPPING = "tests/faults/test_stopping.py"
_REPAIRS = "tests/faults/test_repairs.py"
_MACHINE = "tests/faults/test_machine.py"
_SCHEMA = "models/migrations/0001_initial.py"
_ITEMS, _FILES, _LEASE = "models/jobs/items.py", "models/files.py", "models/jobs/lease.py"
_REQUEUE = "models/repairs/requeue.py"

_by_fencing = partial(Mutation, tests=(_FENCING,))
_by_guards = partial(Mutation, tests=(_GUARDS,))


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
        _ITEMS,
        "  # no import changes a version meanwhile",
        "        if _has_items(claim.job_id):\n",
    ),
    _unfenced(
        "freeze",
        _ITEMS,
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
        "settle",
        _ITEMS,
        "    with transaction(shared=True):",
        "        if arrived is not None:\n",
        Edit(
            _ITEMS,
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
    _unfenced("set_delivery", _FILES, "", "    delivery.state, delivery.code"),
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
    _by_guards(
        guard="claim: only a pending job",
        edits=(
            Edit(
                _LEASE,
                "WHERE id = ? AND state = 'pending' AND (run_at",
                "WHERE id = ? AND (run_at",
            ),
        ),
        only="claimed_once",
    ),
    _by_guards(
        guard="one in progress per destination: the claim's condition, and the key behind it",
        edits=(
            Edit(_LEASE, "AND (o.state = 'in_progress' OR (", "AND (o.id = 0 OR ("),
            Edit(_SCHEMA, 'UNIQUE INDEX "export_job_one_in_progress"', 'INDEX "export_job_one_in_progress"'),
        ),
        only="one_job_in_progress",
    ),
    _by_guards(
        guard="one in progress per destination: the unique key",
        edits=(
            Edit(_SCHEMA, 'UNIQUE INDEX "export_job_one_in_progress"', 'INDEX "export_job_one_in_progress"'),
        ),
        only="two_jobs_in_progress",
    ),
    _by_guards(
        guard="unique key: schedule and due time",
        edits=(Edit(_SCHEMA, '(("schedule_id", "due_at"), True)', '(("schedule_id", "due_at"), False)'),),
        only="due_time",
    ),
    _by_guards(
        guard="unique key: request id",
        edits=(
            Edit(
                _SCHEMA,
                "request_id = TextField(null=True, unique=True)",
                "request_id = TextField(null=True)",
            ),
        ),
        only="request_sent_twice",
    ),
    _by_guards(
        guard="collect: only what is pending",
        edits=(
            Edit(
                _ITEMS,
                'source="export_ledger l", eligible="l.state = \'pending\'"',
                'source="export_ledger l", eligible="1 = 1"',
            ),
        ),
        only="not_taken_by_the_next",
    ),
    _by_guards(
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
    _by_guards(
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
    _by_guards(
        guard="unique key: event and recipient",
        edits=(
            Edit(
                _SCHEMA,
                '(("event", "recipient"), True)',
                '(("event", "recipient"), False)',
            ),
            Edit("models/notifications/outbox.py", "ON CONFLICT (event, recipient) DO NOTHING", ""),
        ),
        only="told_once",
    ),
    _by_guards(
        guard="rename: a file has its name only when it is whole",
        edits=(Edit("worker/durable.py", "    part = _part(path)\n", "    part = path\n"),),
        only="only_when_it_is_whole",
    ),
    _by_guards(
        guard="rename: never replaces",
        edits=(Edit("worker/durable.py", "_RENAME_NOREPLACE = 1\n", "_RENAME_NOREPLACE = 0\n"),),
        only="replace",
    ),
    _by_guards(
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
    _by_guards(
        guard="archived bytes are the recorded ones",
        edits=(Edit("worker/export/render.py", "    if sha256 != file.sha256:\n", "    if not sha256:\n"),),
        only="changed_after_a_death",
    ),
    _by_guards(
        guard="version freeze: an item goes as it was claimed",
        edits=(Edit(_ITEMS, "v.number = t.version\n", "v.number = i.version\n"),),
        only="goes_as_it_was_claimed",
    ),
    _by_guards(
        guard="plan freeze: a job renders with what it collected with",
        edits=(Edit("worker/export/plan.py", "    if job.plan is not None:\n", "    if job.id < 0:\n"),),
        only="does_not_change_the_job",
    ),
    _by_guards(
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
    _by_guards(
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
    _by_guards(
        guard="outcome unknown: never sent again by itself",
        edits=(
            Edit(
                "worker/export/deliver.py",
                "    if delivery.state == DeliveryState.UNKNOWN:",
                "    if not delivery.state:",
            ),
        ),
        only="found_to_be_unknown",
    ),
    _by_guards(
        guard="outcome unknown: its invoices are on hold",
        edits=(Edit(_ITEMS, "d.state IN ('sending', 'unknown'))", "d.state IN ('nothing'))"),),
        only="found_to_be_unknown",
    ),
    _by_guards(
        guard="SFTP: neither name there is unknown",
        edits=(
            Edit(
                "worker/gateways/sftp.py",
                "        if there is None:\n            raise",
                "        if there is None:\n            return True\n            raise",
            ),
        ),
        only="found_to_be_unknown",
    ),
    _by_fencing(
        guard="SFTP: the final name with the right size was delivered",
        edits=(
            Edit(
                "worker/gateways/sftp.py",
                "        if there == size:\n            return False\n",
                "        if there == size:\n            return True\n",
            ),
        ),
        only="anywhere and sftp",
    ),
    _by_guards(
        guard="pickup: who gives a copy up takes it away first",
        edits=(
            Edit(
                "worker/gateways/pickup.py",
                "            _staged(copy).rename(_withdrawn(copy))\n",
                "            _staged(copy).stat()\n",
            ),
        ),
        only="was_withdrawn",
    ),
    _by_guards(
        guard="re-queue: only a job that stands as the plan showed it",
        edits=(
            Edit(
                "models/repairs/requeue.py",
                "    if present.stamp != change.stamp:",
                "    if not change.stamp:",
            ),
            Edit(
                "models/repairs/requeue.py",
                "WHERE id = ? AND attempt = ? AND state IN ('failed', 'completed_with_errors')",
                "WHERE id = ? AND ? >= 0",
            ),
        ),
        only="queued_again",
    ),
    Mutation(
        guard="repairs: a batch of a plan is done once",
        edits=(
            Edit(
                "models/repairs/carrying.py",
                "SET done_at = ?, changes = '[]' WHERE",
                "SET at = ? WHERE",
            ),
        ),
        tests=(_REPAIRS,),
        only="repeat",
    ),
    Mutation(
        guard="take-over: a dead worker of this host is known at once",
        edits=(Edit(_LEASE, "_start_time(int(pid)) != started", "not started"),),
        tests=(_STOPPING,),
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
        tests=(_STOPPING,),
        only="three_times",
    ),
    Mutation(
        guard="poisoned job: a worker that was only silent did not die",
        edits=(Edit(_LEASE, " AND code = 'worker_lost'", ""),),
        tests=(_MACHINE,),
        only="put_off",
    ),
    Mutation(
        guard="stopping: what does not end in time is handed back",
        edits=(Edit("worker/service.py", "        hand_back()\n", ""),),
        tests=(_STOPPING,),
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
