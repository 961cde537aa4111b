"""Every act that changes something: refused without a role that permits it, and written into the audit.

`CASES` names each act of the models once; `test_cases_name_every_act` reads the sources, so that an act
without a case is a failure.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from pathlib import Path

import pytest

from models import audit
from models.audit import AuditEntry
from models.database import transaction
from models.errors import PermissionDenied
from models.people import PERMITTED, Actor, Role
from tests.conftest import ROOT
from tests.models.acts import CASES
from tests.models.acts.world import Case, World, make_world
from tests.records import dump

cases = pytest.mark.parametrize("case", CASES, ids=[f"{case.name}: {case.action}" for case in CASES])


@pytest.fixture
def world(home: Path, tmp_path: Path) -> World:  # noqa: ARG001 - the installation it stands in
    return make_world(tmp_path)


class _TakeBack(Exception):
    """Ends an act that shall leave nothing."""


@cases
def test_act_without_a_permitting_role_is_refused_and_changes_nothing(case: Case, world: World) -> None:
    unfit = [role for role in Role if role not in PERMITTED[case.action]]
    actors = [world.actor(role, entity_id=None) for role in [None, *unfit]]
    actors += [world.actor(role, entity_id=world.other.id) for role in PERMITTED[case.action]]
    if case.everywhere:
        actors += [world.actor(role, entity_id=world.entity.id) for role in PERMITTED[case.action]]
    before = dump()
    for actor in actors:
        with pytest.raises(PermissionDenied, match="may not") as refused:
            case.act(actor, world)
        assert "ask an Administrator for the role" in refused.value.remedy
    assert dump() == before


@cases
def test_act_by_each_permitting_role_is_audited(case: Case, world: World) -> None:
    for role in sorted(PERMITTED[case.action]):
        actor = world.actor(role, entity_id=None if case.everywhere else world.entity.id)
        written = _done_and_taken_back(case, actor, world)
        assert {(entry.actor, entry.os_account) for entry in written} == {(actor.name, "someone")}
        assert all(entry.action and entry.subject for entry in written)


def _done_and_taken_back(case: Case, actor: Actor, world: World) -> list[AuditEntry]:
    """What the act wrote into the audit; it is undone, so that another role can do it too."""
    last = AuditEntry.select().count()
    with suppress(_TakeBack), transaction():
        case.act(actor, world)
        written = audit.entries(limit=AuditEntry.select().count() - last)
        raise _TakeBack
    return written


def test_cases_name_every_act() -> None:
    guarded = {name for path in (ROOT / "models").rglob("*.py") for name in _guarded(path)}
    # Not acts: these only read.
    reading = {"people.audited_entities", "secrets.stored", "repairs.requeue._refusal"}
    reading |= {f"repairs.{repair}._look" for repair in ("cancel", "resolve", "repeat")}
    reading |= {"repairs.revert.plan", "repairs.mark.plan"}
    reading |= {"repairs.reverse.check_reversible", "control_numbers.listed"}
    reading |= {"manual.asking.asked_before", "manual.finding.find", "manual.finding.standings"}
    reading |= {"tokens._require_for"}  # what the acts on tokens begin with
    reading |= {"repairs.carrying._permit", "repairs.re_export._permit"}  # what the repairs begin with
    assert guarded - reading == {case.name for case in CASES}


def _guarded(path: Path) -> list[str]:
    """The functions of a module (or its classes) that call `require`, or what begins with it."""
    module = ".".join(path.relative_to(ROOT / "models").with_suffix("").parts)
    return [
        f"{module}.{node.name}"
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and any(
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in ("require", "_require_for", "carry_out")
            for part in ast.walk(node)
        )
    ]
