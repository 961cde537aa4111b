"""Repeat: a job that delivers a file's very same bytes once more; nothing is collected and nothing rendered.

Safe to repeat: the file was recorded with its job, and its delivery is begun and found again like any other.
"""

from __future__ import annotations

from models import files
from models.jobs import Claim, Job, collecting
from worker.export import deliver
from worker.export.deliver import Ending
from worker.export.plan import Plan


def repeat(claim: Claim, job: Job, plan: Plan) -> Ending:
    """Hand the recorded file over, by the gateway that was frozen with the first attempt."""
    if job.plan is None:
        collecting.freeze(claim, plan.as_dict())
    return deliver.deliver(claim, job, plan, files.of_job(job.id))
