"""No job waits for a worker that is gone, and none takes all workers with it."""

from __future__ import annotations

from functools import partial

from tests.faults.mutations import Edit, Mutation

_LEASE = "models/jobs/lease.py"
_MACHINE = "tests/faults/test_machine.py"

_by_stopping = partial(Mutation, tests=("tests/faults/test_stopping.py",))


MUTATIONS: tuple[Mutation, ...] = (
    _by_stopping(
        guard="take-over: a dead worker of this host is known at once",
        edits=(Edit(_LEASE, "_start_time(int(pid)) != started", "not started"),),
        only="dead_worker or still_listed",
    ),
    _by_stopping(
        guard="poisoned job: three deaths in a row are enough",
        edits=(
            Edit(
                "worker/export/__init__.py",
                "(died := deaths(job.id)) >= _DEATHS:",
                "(died := deaths(job.id)) < 0:",
            ),
        ),
        only="three_times",
    ),
    _by_stopping(
        guard="poisoned job: one whose worker died runs without others beside it",
        edits=(
            Edit(
                "worker/export/__init__.py",
                "alone() if deaths(job_id) else beside_others()",
                "beside_others()",
            ),
        ),
        only="beside_one",
    ),
    Mutation(
        guard="poisoned job: a worker that was only silent did not die",
        edits=(Edit(_LEASE, " AND code = 'worker_lost'", ""),),
        tests=(_MACHINE,),
        only="put_off",
    ),
    _by_stopping(
        guard="stopping: what does not end in time is handed back",
        edits=(Edit("worker/service.py", "        hand_back()\n", ""),),
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
