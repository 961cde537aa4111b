"""Manual export: chosen invoices go now, because a person says so.

`find` says where the chosen ones stand, and freezes the list of those that would go; `request` makes one job
of exactly these. What was exported already goes again only when that is asked for, with a reason. A request
has an id from the moment its plan opens: sent twice, or by two at once, it makes one job.

`choice` says what can be chosen, `finding` where that stands, `listing` names each, `asking` makes the job.
"""

from __future__ import annotations

from models.manual.asking import (
    Requested,
    asked_before,
    checked_request_id,
    new_request_id,
    refusal,
    request,
    standing_against,
)
from models.manual.choice import AGAIN, LIMIT, Choice, Kind, Standing
from models.manual.finding import (
    Found,
    LeftOut,
    ManualPlan,
    Written,
    default_outputs,
    find,
    standings,
    stream,
)
from models.manual.listing import ChosenInvoice, paged

__all__ = [
    "AGAIN",
    "LIMIT",
    "Choice",
    "ChosenInvoice",
    "Found",
    "Kind",
    "LeftOut",
    "ManualPlan",
    "Requested",
    "Standing",
    "Written",
    "asked_before",
    "checked_request_id",
    "default_outputs",
    "find",
    "new_request_id",
    "paged",
    "refusal",
    "request",
    "standing_against",
    "standings",
    "stream",
]
