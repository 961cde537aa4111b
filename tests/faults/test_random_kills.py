"""Two hundred kills at random instants, over one, two and four workers: nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import random_kills
from tests.faults.installation import Home


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("workers", "kills"), [(1, 60), (2, 70), (4, 70)])
def test_workers_killed_at_random_instants_lose_and_double_nothing(
    sqlite_template: Home, tmp_path: Path, workers: int, kills: int
) -> None:
    run = random_kills.run(sqlite_template, tmp_path / "home", kills=kills, workers=workers, seed=workers)
    assert run.verdict.good, run
