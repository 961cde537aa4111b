"""Every Huey task: thin, named, safe to run twice; and what screens may ask of the worker's code."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from huey import crontab
from peewee import DatabaseError

from models.database import kept_connection
from models.faults import fault_point
from models.jobs.lease import next_in_turn
from worker.queue import BROKEN, huey

if TYPE_CHECKING:
    from pathlib import Path

    from models.entities import LegalEntity
    from models.facilities import Facility
    from models.invoices import Direction
    from models.manual import ManualPlan
    from models.people import Actor
    from models.repairs.plan import Plan
    from models.settings import Mail
    from worker.importing import Report
    from worker.mapping_preview import LayoutPreview
    from worker.preview import Preview
    from worker.servers.service import Listening
    from worker.sources import Refusal
    from worker.trial import StepResult

log = logging.getLogger(__name__)


@huey.task(name="export_job")
def export_job(job_id: int) -> None:
    """Run one job, if it is there to be claimed, and wake the next one of its destination."""
    from worker import export
    from worker.export.turn import turn

    fault_point("bell.heard")
    try:
        with kept_connection(), turn():
            ended = export.run(job_id) is not None
            following = next_in_turn(job_id) if ended else None
    except DatabaseError as error:  # not even to say so was possible
        log.warning("job.database job=%s: %s; found again once its heartbeat stands still", job_id, error)
        return
    if following is not None:
        ring(following)


@huey.periodic_task(crontab(minute="*"), name="tick")
def tick() -> None:
    """The safety net under the ticker's own thread: the same look, once a minute."""
    from worker.ticker import Ticker

    with kept_connection():
        Ticker().tick()


def preview_mapping(
    actor: Actor, entity: LegalEntity, layout: Mapping[str, Any], **how: Any
) -> LayoutPreview:
    """A mapping's first rows by the real format, for screens; see `worker.mapping_preview.show`."""
    from worker import mapping_preview

    return mapping_preview.show(actor, entity, layout, **how)


def preview_export(actor: Actor, plan: ManualPlan, folder: Path) -> Preview:
    """The files a manual export would write, and what would fail, for screens; see `worker.preview`."""
    from worker import preview

    return preview.preview(actor, plan, folder)


def try_facility(actor: Actor, facility: Facility) -> Generator[StepResult, None, None]:
    """A facility's gateways tried, each step as it comes, for screens; see `worker.trial.run_by_step`."""
    from worker import trial

    return trial.run_by_step(actor, facility)


def trust_host_key(actor: Actor, facility: Facility, fingerprint: str) -> str:
    """Approve the host key that a facility's server shows, for screens; see `worker.trial.trust_host_key`."""
    from worker import trial

    return trial.trust_host_key(actor, facility, fingerprint)


def pickup_server(home: Path) -> Listening:
    """Where customers fetch files as it is set up now, for screens; see `worker.servers.service.expected`."""
    from models import settings  # read anew: a program that shows this may have begun long ago
    from worker.servers import service

    return service.expected(settings.load(home))


def importable(paths: Iterable[Path]) -> list[Path | Refusal]:
    """The files that an import would read, for screens; see `worker.sources.files`."""
    from worker import sources

    return [found for given in paths for found in sources.files(given)]


def import_invoices(
    actor: Actor,
    entity: LegalEntity,
    paths: Iterable[Path],
    direction: Direction | None,
    mapping: Path | None,
) -> Generator[int, None, Report]:
    """Take invoices in, batch by batch, for screens; see `worker.importing.run_by_batch`."""
    from worker import importing
    from worker.sources.mapping import ImportMapping

    loaded = None if mapping is None else ImportMapping.load(mapping)
    return importing.run_by_batch(actor, entity, paths, direction=direction, mapping=loaded)


def plan_reversal(actor: Actor, file_id: int) -> Plan:
    """What reversing an ACH file would take back, for screens; see `worker.ach.reversal.plan`."""
    from worker.ach import reversal

    return reversal.plan(actor, file_id)


def send_test_mail(actor: Actor, recipient: str, mail: Mail) -> str:
    """Send a test letter at once, for screens; the mail server's words. See `worker.notify.send_test`."""
    from worker import notify

    return notify.send_test(actor, recipient, mail=mail)


def ring(job_id: int) -> bool:
    """Wake a worker for a job that is committed; False when the bell is broken, which only delays it."""
    fault_point("bell.ringing")
    try:
        export_job(job_id)
    except BROKEN as error:
        log.warning("bell.broken job=%s: %s; the ticker will find the job", job_id, error)
        return False
    fault_point("bell.rung")
    return True
