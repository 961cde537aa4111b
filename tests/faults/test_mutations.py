"""Each guard that `scripts/faults --mutate` takes away is where the mutation says: none is passed over."""

from __future__ import annotations

import pytest

from tests.faults.guards import MUTATIONS
from tests.faults.mutations import Edit, Mutation, PatchError, patched
from tests.faults.points import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.guard)
def test_guard_to_be_taken_away_is_there_once_and_its_tests_are_there(mutation: Mutation) -> None:
    for name, text in patched(ROOT, mutation).items():
        assert text != (ROOT / name).read_text(encoding="utf-8")
    assert [name for name in mutation.tests if not (ROOT / name).is_file()] == []


def test_guard_that_is_not_there_any_more_is_refused() -> None:
    gone = Mutation(guard="gone", edits=(Edit("pyproject.toml", "no such text", ""),), tests=())
    with pytest.raises(PatchError, match="has 0 times: no such text"):
        patched(ROOT, gone)
