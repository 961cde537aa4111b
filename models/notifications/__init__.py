"""Who must know what happened: which failures are news, the letters about them, and the outbox they wait in.

A letter is written in the transaction that ends its job and leaves later, from another thread: losing mail
never fails an export, and no letter is about something that was rolled back.
"""

from __future__ import annotations

from models.notifications.failures import TOLD, MailedFailure, facility_works, job_ended, recipients
from models.notifications.outbox import (
    MailKind,
    MailState,
    OutboxMail,
    counts,
    find,
    listed,
    paged,
    retry,
    waiting,
)

__all__ = [
    "TOLD",
    "MailKind",
    "MailState",
    "MailedFailure",
    "OutboxMail",
    "counts",
    "facility_works",
    "find",
    "job_ended",
    "listed",
    "paged",
    "recipients",
    "retry",
    "waiting",
]
