"""Attempts of a job that stop between two steps, the way a kill would: nothing of them runs any more."""

from __future__ import annotations

from collections.abc import Iterable

from models import deliveries, jobs
from models.database import transaction
from models.deliveries import DeliveryState
from models.files import BatchFile
from models.jobs import Claim, Job
from worker.export import check, collect, data, deliver, render
from worker.export.plan import Plan

DEAD = "elsewhere/0/1/1"


def dead_attempt(job: Job, steps: str) -> Claim:
    """An attempt that ran these first steps and then was no more."""
    claim = jobs.claim(job.id, DEAD)
    assert claim is not None
    job = Job.get_by_id(job.id)
    plan = check.ready(job)
    if steps in ("collect", "render", "stage", "send", "deliver"):
        collect.collect(claim, job, plan)
    if steps in ("render", "stage", "send", "deliver"):
        assert data.examine(claim, job, plan) is None
        rendered = render.render(claim, job, plan)
        if steps == "deliver":
            _deliver(claim, job, plan, rendered)
        elif steps != "render":
            _begin_sending(claim, job, plan, rendered, send=steps == "send")
    assert jobs.take_back(claim, "its worker is gone")
    return claim


def _deliver(claim: Claim, job: Job, plan: Plan, rendered: Iterable[BatchFile]) -> None:
    """All of it, and it was recorded: the attempt died before anything more."""
    arrived = deliver.deliver(claim, job, plan, rendered).arrived
    if arrived is not None:
        deliver._delivered(claim, arrived)


def _begin_sending(claim: Claim, job: Job, plan: Plan, rendered: Iterable[BatchFile], *, send: bool) -> None:
    for file in rendered:
        with deliver._gateway(job, plan, file.route) as gateway:
            delivery = deliveries.begin(claim, file, gateway.key, gateway.target(file.name))
            copy = deliver._copy(file, delivery)
            gateway.stage(copy)
            with transaction():
                deliveries.record(claim, delivery, DeliveryState.SENDING)
            if send:
                gateway.send(copy)
