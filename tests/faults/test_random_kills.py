"""Kills at random instants, over gateways and one, two and four workers: nothing lost, nothing doubled.

A hundred on each engine; the queue is deleted in between.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import random_kills
from tests.faults.conftest import Templates


@pytest.mark.timeout(400)
@pytest.mark.parametrize("gateway", ["pickup", "sftp"])
@pytest.mark.parametrize(("workers", "kills"), [(1, 16), (2, 17), (4, 17)])
def test_workers_killed_at_random_instants_lose_and_double_nothing(
    templates: Templates, tmp_path: Path, gateway: str, workers: int, kills: int
) -> None:
    run = random_kills.run(templates(gateway), tmp_path / "home", kills=kills, workers=workers, seed=workers)
    assert run.verdict.good, run
