"""The guards that keep each invoice from going twice or never, and how each is taken away.

`scripts/faults --mutate` takes them away in turn: one of the tests named must notice.
"""

from __future__ import annotations

from tests.faults.guards import claims, files, keys, repairs, workers
from tests.faults.mutations import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *claims.MUTATIONS,
    *keys.MUTATIONS,
    *files.MUTATIONS,
    *repairs.MUTATIONS,
    *workers.MUTATIONS,
)
