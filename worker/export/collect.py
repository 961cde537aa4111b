"""Collect: pending invoices become the job's items, their ledger rows the job's own, the plan is frozen.

Safe to repeat: one transaction does all of it and leaves the frozen plan behind; where that is, nothing is
collected again.
"""

from __future__ import annotations

from models.jobs import Claim, Job, collecting
from worker.export.plan import Plan


def collect(claim: Claim, job: Job, plan: Plan) -> None:
    """Take every eligible invoice of the routes the job writes."""
    if job.plan is None:
        collecting.collect(claim, plan.routes, plan.as_dict())
