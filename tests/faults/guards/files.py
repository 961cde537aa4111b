"""What leaves is whole, is what was claimed, and leaves once."""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_ITEMS = "models/jobs/items.py"
_SETTLING = "models/jobs/settling.py"
_PICKUP = "worker/gateways/pickup.py"
_SFTP = "worker/gateways/sftp.py"
_DELIVER = "worker/export/deliver.py"
_RENDER = "worker/export/render.py"

_by_fencing = partial(Mutation, tests=("tests/faults/test_fencing.py",))
_by_guards = partial(Mutation, tests=("tests/faults/test_guards.py",))
_by_documents = partial(Mutation, tests=("tests/worker/test_export_documents.py",))


MUTATIONS: tuple[Mutation, ...] = (
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
                _RENDER,
                "differences = ours.differences(read) + ours.differences(said)",
                "differences = ours.differences(said)",
            ),
        ),
        only="does_not_say",
    ),
    Mutation(
        guard="a cancel is heeded until `sending` is stored",
        edits=(
            Edit(
                _DELIVER,
                "            stopped = cancel.asked(claim.job_id)\n            if stopped",
                "            stopped = None\n            if stopped",
            ),
        ),
        tests=("tests/worker/test_cancel_running.py",),
        only="made_ready",
    ),
    _by_guards(
        guard="archived bytes are the recorded ones",
        edits=(Edit(_RENDER, "    if sha256 != file.sha256:\n", "    if not sha256:\n"),),
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
                _DELIVER,
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
                _PICKUP,
                "            _sync_published(copy)\n            return False\n",
                "            _sync_published(copy)\n            return True\n",
            ),
        ),
        only="died_before_it_said_so",
    ),
    _by_documents(
        guard="a document that was refused is not sent by a later attempt",
        edits=(Edit(_DELIVER, "_NOT_AGAIN = (DeliveryState.FAILED,", "_NOT_AGAIN = ("),),
        only="not_sent_by_a_later_attempt",
    ),
    _by_documents(
        guard="control numbers: one that may have left is not given again",
        edits=(Edit("models/control_numbers.py", "d.state NOT IN ('staged', 'failed')", "d.state = 'x'"),),
        only="may_have_left",
    ),
    _by_documents(
        guard="control numbers: one that did not leave is given again",
        edits=(Edit(_SETTLING, "    control_numbers.give_back(job_id)\n", ""),),
        only="is_the_next_ones or are_free_again",
    ),
    _by_guards(
        guard="outcome unknown: never sent again by itself",
        edits=(
            Edit(
                _DELIVER,
                "    if delivery.state == DeliveryState.UNKNOWN:",
                "    if not delivery.state:",
            ),
        ),
        only="found_to_be_unknown",
    ),
    _by_guards(
        guard="outcome unknown: its invoices are on hold",
        edits=(Edit(_SETTLING, "d.state IN ('sending', 'unknown'))", "d.state IN ('nothing'))"),),
        only="found_to_be_unknown",
    ),
    _by_guards(
        guard="SFTP: neither name there is unknown",
        edits=(
            Edit(
                _SFTP,
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
                _SFTP,
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
                _PICKUP,
                "            _staged(copy).rename(_withdrawn(copy))\n",
                "            _staged(copy).stat()\n",
            ),
        ),
        only="was_withdrawn",
    ),
)
