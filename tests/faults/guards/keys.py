"""Nothing happens twice: one job a destination and due time, one item an invoice, one letter a reader."""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_LEASE = "models/jobs/lease.py"
_COLLECTING = "models/jobs/collecting.py"
_SCHEMA = "models/migrations/0001_initial.py"
_REQUEUE = "models/repairs/requeue.py"
_OUTBOX = "models/notifications/outbox.py"
_REPAIRS = "tests/faults/test_repairs.py"

_by_guards = partial(Mutation, tests=("tests/faults/test_guards.py",))


MUTATIONS: tuple[Mutation, ...] = (
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
                _COLLECTING,
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
                _OUTBOX,
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
                _OUTBOX,
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
            Edit(_OUTBOX, "ON CONFLICT (event, recipient) DO NOTHING", ""),
        ),
        only="told_once",
    ),
    _by_guards(
        guard="re-queue: only a job that stands as the plan showed it",
        edits=(
            Edit(
                _REQUEUE,
                "    if present.stamp != change.stamp:",
                "    if not change.stamp:",
            ),
            Edit(
                _REQUEUE,
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
)
