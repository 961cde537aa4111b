"""Export jobs: one run each, from due to settled, and the items they carry.

    pending → in_progress → completed | completed_with_errors | failed | cancelled

`attempt` grows with every claim and never shrinks: it is the fencing token. Every write of a worker names
the attempt it holds (`hold_job`) and is refused once another has taken the job over.
"""

from __future__ import annotations

from models.jobs.door import NewJob, insert, insert_all, posting_date
from models.jobs.lease import Claim, beat, claim, hand_back, hold_job, postpone, take_back
from models.jobs.records import (
    ENDED,
    ExportItem,
    ItemState,
    Job,
    JobAttempt,
    JobEvent,
    JobSelection,
    JobState,
    Output,
    Route,
    Trigger,
    note_event,
)

__all__ = [
    "ENDED",
    "Claim",
    "ExportItem",
    "ItemState",
    "Job",
    "JobAttempt",
    "JobEvent",
    "JobSelection",
    "JobState",
    "NewJob",
    "Output",
    "Route",
    "Trigger",
    "beat",
    "claim",
    "hand_back",
    "hold_job",
    "insert",
    "insert_all",
    "note_event",
    "posting_date",
    "postpone",
    "take_back",
]
