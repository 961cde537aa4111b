"""Export schedules: instructions to export one facility's destination, time after time.

    pending (not begun) → active → completed (nothing more comes)

Enabled or not is a mark on top. `cursor` says up to when a schedule is handled, `next_due` what comes after;
both only ever move together. `records` holds the table, `rules` what must be true, `acts` what people do,
`listing` what they see, `firing` how time turns schedules into jobs.
"""

from __future__ import annotations

from models.schedules.acts import (
    create,
    delete,
    disable,
    disable_all,
    duplicate,
    edit,
    enable,
    free_name,
    skip_missed,
)
from models.schedules.firing import fire
from models.schedules.listing import (
    Listed,
    Outcome,
    Run,
    enabled_names,
    find,
    held_up,
    hindrance,
    listed,
    look,
    next_runs,
    of_person,
    seen,
    users_of_mapping,
)
from models.schedules.records import Instruction, Schedule, ScheduleState, as_dict

__all__ = [
    "Instruction",
    "Listed",
    "Outcome",
    "Run",
    "Schedule",
    "ScheduleState",
    "as_dict",
    "create",
    "delete",
    "disable",
    "disable_all",
    "duplicate",
    "edit",
    "enable",
    "enabled_names",
    "find",
    "fire",
    "free_name",
    "held_up",
    "hindrance",
    "listed",
    "look",
    "next_runs",
    "of_person",
    "seen",
    "skip_missed",
    "users_of_mapping",
]
