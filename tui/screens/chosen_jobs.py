"""Which jobs an act is for: those marked, the one under the cursor, or all that match, however many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from models.audit import Actor
from models.jobs import queries
from models.jobs.queries import Filter, Group, JobRow
from tui.kit.listing import Selection, Wanted
from tui.kit.plan import Plan


def filter_of(wanted: Wanted) -> Filter:
    """What a tab and its filter line name."""
    return Filter(group=Group(wanted.tab), terms=wanted.filter or ())


def find(
    actor: Actor, chosen: Selection[JobRow], *, within: Collection[Group], limit: int
) -> tuple[list[int], int]:
    """The ids as they are now, the newest first and at most so many, and how many more there are.

    Of all that match only those of the groups `within` are taken: nothing can be done with the others.
    """
    if not chosen.everything:
        return [int(str(key)) for key in chosen.keys], 0
    wanted = filter_of(chosen.wanted)
    found, more = list[int](), 0
    for group in _narrowed(wanted.group, within):
        each = replace(wanted, group=group)
        rows = queries.ids(actor, each, limit=limit + len(chosen.keys)).rows
        found += [job_id for job_id in rows if job_id not in chosen.keys]
        more += queries.counts(actor, each)[group]
    found = sorted(found, reverse=True)[:limit]
    return found, max(0, more - len(chosen.keys) - len(found))


_OF = {
    Group.ALL: frozenset(Group),
    Group.ENDED: frozenset({Group.COMPLETED, Group.FAILED}),
}


def _narrowed(group: Group, within: Collection[Group]) -> Sequence[Group]:
    """The parts of a group that something can be done with; itself when there are none, to say why not."""
    return [part for part in within if part in _OF.get(group, {group})] or [group]


def said(plan: Plan, chosen: int, found: int, more: int, *, others_are: str = "") -> Plan:
    """The plan, with what of the chosen jobs it does not even look at, and what those are."""
    others = chosen - found - more
    aside = [f"{others:,} more match, and {others_are}"] if others > 0 else []
    rest = [f"the newest {found:,} of {found + more:,}; the others by the same once more"] if more else []
    return replace(plan, left_out=[*plan.left_out, *aside], warnings=[*plan.warnings, *rest])
