"""A worker killed at every named point once, found in the code itself: nothing lost, nothing doubled.

Each run ends with the far side compared with the ledger. A point that no worker came past fails its test:
then `every_point.WAYS` has to say what must happen before one does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import every_point, points
from tests.faults.conftest import Templates
from tests.faults.installation import Home

POINTS = points.of_workers()


def test_points_have_names_of_their_own() -> None:
    assert len(points.names()) == len(set(points.names()))
    assert set(every_point.WAYS) <= set(POINTS)


@pytest.mark.parametrize(("point", "gateway"), every_point.ways_out(POINTS))
def test_worker_killed_at_a_point_loses_and_doubles_nothing(
    sqlite_templates: Templates, tmp_path: Path, point: str, gateway: str
) -> None:
    outcome = every_point.run(
        sqlite_templates(gateway), tmp_path / "home", point, lose_queue=POINTS.index(point) % 2 == 1
    )
    assert outcome.died, f"no worker came past {point}"
    assert outcome.verdict.good, outcome.verdict


@pytest.mark.parametrize("point", every_point.BEFORE_OUR_COMMIT)
def test_file_taken_before_our_commit_is_on_hold_until_a_person_says_that_it_arrived(
    sqlite_templates: Templates, tmp_path: Path, point: str
) -> None:
    outcome = every_point.run(sqlite_templates("sftp"), tmp_path / "home", point)
    assert outcome.unknown
    assert outcome.verdict.good, outcome.verdict


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("point", ["job.claimed", "items.collected", "file.recorded", "move.renamed"])
def test_workers_all_killed_at_a_point_lose_and_double_nothing(
    sqlite_template: Home, tmp_path: Path, point: str, workers: int
) -> None:
    outcome = every_point.run(sqlite_template, tmp_path / "home", point, workers=workers)
    assert outcome.died
    assert outcome.verdict.good, outcome.verdict
