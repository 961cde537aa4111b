"""Deliver: each file is handed to its gateway once; `sending` is stored before the first byte moves.

Safe to repeat: a delivery found in `sending` is taken back from its gateway before it is begun anew, which
says when it had gone already; one whose fate nobody can tell is `unknown` and never begun again. None
is given up before its copy is out of reach of whoever might still send it. That the last file went is written
down by settle, with the job's end: a worker that dies before that leaves it in `sending`, to be asked about.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from models import deliveries, files
from models.database import transaction
from models.deliveries import Delivery, DeliveryState
from models.errors import ConfigurationError, DeliveryError, Fenced, WaybillError
from models.faults import fault_point
from models.files import BatchFile
from models.jobs import Claim, Job, Route, items, settling
from models.problems import Problem
from models.repairs import cancel
from worker import breaker, gateways
from worker.export import plan as plans
from worker.export.plan import Plan
from worker.export.render import archived
from worker.faults import EVERYWHERE, of_error, of_os_error
from worker.gateways import Copy, Gateway, OutcomeUnknown

log = logging.getLogger(__name__)

_DONE = (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)
_NOT_AGAIN = (DeliveryState.FAILED, DeliveryState.UNKNOWN)
"""What became of a document's own file before its job ended: no later attempt changes it."""
_GIVEN_UP = Problem(code="given_up", reason="the job ended before it was handed over", remedy="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the job came to, before it is settled."""

    problem: Problem | None = None
    """The first that befell a file, or what ended the job before any."""
    arrived: Delivery | None = None
    """Handed over just now, as the last one: written down together with the job's end."""


def deliver(claim: Claim, job: Job, plan: Plan, rendered: Iterable[BatchFile]) -> Ending:
    """Hand every file over; the first problem is returned, and the other files go all the same.

    A file of one document that is refused is the problem of that document alone. Raises what may pass, once
    no file is left in between.
    """
    problems, arrived = list[Problem](), None
    for route, of_route in groupby(rendered, key=lambda file: file.route):
        with _way(claim, job, plan, route) as way:
            for file in of_route:
                if arrived is not None:  # the last one's is for settle
                    _delivered(claim, arrived)
                came_to = _deliver_one(claim, file, way)
                arrived = came_to if isinstance(came_to, Delivery) else None
                if isinstance(came_to, Problem):
                    if came_to.code == settling.CANCELLED:
                        return Ending(problem=came_to)
                    problems.append(came_to)
    # What is unknown is said of its own invoices; the others need the reason why they did not go.
    problems.sort(key=lambda problem: problem.code == OutcomeUnknown.code)
    return Ending(problem=problems[0] if problems else None, arrived=arrived)


class _Way(NamedTuple):
    """How the files of a route leave."""

    gateway: Gateway
    alone: bool
    """Each has one document, which says itself what befell it."""
    suspects: frozenset[int]
    """Files of which an earlier attempt may have staged a copy and said nothing of it."""


@contextmanager
def _way(claim: Claim, job: Job, plan: Plan, route: Route) -> Iterator[_Way]:
    """One gateway that stays open for all files of a route; then documents that were refused are failed."""
    suspects = frozenset(file.id for file in files.never_begun(job.id)) if claim.attempt > 1 else frozenset()
    alone = plan.routes[route].one_each
    try:
        with _gateway(job, plan, route) as gateway, breaker.watching(job.facility_id, gateway.key):
            yield _Way(gateway, alone, suspects)
    finally:
        if alone:
            items.fail_refused(claim, route)


def find_out(claim: Claim, ending: Ending) -> None:
    """What became of files that were on their way when the job ended otherwise; for the last step, settle.

    None of them is sent any more after this. What cannot be found out stays `sending`, and settle puts its
    invoices on hold: they may have arrived.
    """
    for file, delivery in deliveries.under_way(claim.job_id, but=ending.arrived.id if ending.arrived else 0):
        _find_out_one(claim, file, delivery)
    for file in files.never_begun(claim.job_id) if claim.attempt > 1 else ():
        try:
            with _frozen_gateway(claim, file.route) as gateway:
                _discard_until(claim.attempt, gateway, file)
        except (OSError, WaybillError) as error:
            log.warning("file.left_over job=%s file=%s: %s", claim.job_id, file.id, error)


def _find_out_one(claim: Claim, file: BatchFile, delivery: Delivery) -> None:
    try:
        with _frozen_gateway(claim, file.route) as gateway:
            _give_up(claim, _copy(file, delivery), delivery, gateway, _GIVEN_UP)
    except OutcomeUnknown as error:
        _unknown(claim, delivery, error)
    except Fenced:
        raise
    except (OSError, WaybillError) as error:
        log.warning("file.unknown job=%s file=%s: %s", claim.job_id, file.id, error)


def _frozen_gateway(claim: Claim, route: Route) -> Gateway:
    job: Job = Job.get_by_id(claim.job_id)  # as it is recorded: with the plan it froze when it collected
    return _gateway(job, plans.of_job(job), route)


def _gateway(job: Job, plan: Plan, route: Route) -> Gateway:
    chosen = plan.routes[route]
    return gateways.make(chosen.gateway, job.facility, chosen.gateway_settings)


def _copy(file: BatchFile, delivery: Delivery) -> Copy:
    return _copy_of(file, delivery.attempt, delivery.target)


def _copy_of(file: BatchFile, attempt: int, target: str) -> Copy:
    return Copy(handle=f"{file.id}-{attempt}", name=file.name, target=target, master=archived(file))


def _deliver_one(claim: Claim, file: BatchFile, way: _Way) -> Delivery | Problem | None:
    """The delivery, handed over and not recorded so yet; what befell it; or neither: it was done before."""
    delivery = deliveries.begin(claim, file, way.gateway.key, way.gateway.target(file.name))
    if delivery.state in _DONE or (way.alone and delivery.state in _NOT_AGAIN):
        return None
    if delivery.state == DeliveryState.UNKNOWN:  # found out by an attempt that died before it settled
        return Problem(code=delivery.code, reason=delivery.reason, remedy=_RESOLVE.format(id=delivery.id))
    try:
        came_to = _hand_over(claim, file, delivery, way)
    except OutcomeUnknown as error:
        came_to = _unknown(claim, delivery, error)
    return None if way.alone and delivery.state in _NOT_AGAIN else came_to


def _hand_over(claim: Claim, file: BatchFile, delivery: Delivery, way: _Way) -> Delivery | Problem | None:
    gateway = way.gateway
    if not _taken_back(claim, file, delivery, gateway):
        return None
    copy = _copy(file, delivery)
    try:
        if file.id in way.suspects or not deliveries.is_new(delivery):
            _discard_until(claim.attempt, gateway, file)
        if (stopped := _stage(claim, copy, delivery, gateway)) is not None:
            return stopped
        gateway.send(copy)
        fault_point("delivery.handed_over")
    except OutcomeUnknown:
        raise
    except (OSError, ConfigurationError, DeliveryError) as error:
        return _refused(claim, copy, delivery, way, error)
    return delivery


def _refused(
    claim: Claim,
    copy: Copy,
    delivery: Delivery,
    way: _Way,
    error: OSError | ConfigurationError | DeliveryError,
) -> Problem | None:
    """What befell a file, given up; None when it did go. Raises what may pass, or befalls all documents."""
    gateway, retryable = way.gateway, getattr(error, "retryable", False)
    if isinstance(error, OSError):
        why = of_os_error(error, f"{gateway.title} {delivery.target}")
    else:
        why = of_error(error)
    state = DeliveryState.STAGED if retryable else DeliveryState.FAILED
    if not _give_up(claim, copy, delivery, gateway, why, state):
        return None
    if retryable:
        raise error
    if way.alone and (isinstance(error, ConfigurationError) or why.code in EVERYWHERE):
        raise ConfigurationError(why.reason, remedy=why.remedy, code=why.code) from error
    return why


def _taken_back(claim: Claim, file: BatchFile, delivery: Delivery, gateway: Gateway) -> bool:
    """Whether nothing of it is on its way any more; False when an earlier attempt had handed it over."""
    if delivery.state != DeliveryState.SENDING:
        return True
    if not gateway.withdraw(_copy(file, delivery)):
        _delivered(claim, delivery)
        return False
    fault_point("delivery.withdrawn")
    with transaction(shared=True):
        delivery.attempt = claim.attempt
        deliveries.record(claim, delivery, DeliveryState.STAGED)
        fault_point("delivery.taking_back")
    fault_point("delivery.taken_back")
    return True


def _stage(claim: Claim, copy: Copy, delivery: Delivery, gateway: Gateway) -> Problem | None:
    """Make the copy ready and store `sending`; or what keeps it back, when a person has asked for the end."""
    gateway.stage(copy)
    fault_point("delivery.staged")
    try:
        with transaction(shared=True):  # whoever asks is heeded before this, and told "too late" after it
            stopped = cancel.asked(claim.job_id)
            if stopped is None:
                deliveries.record(claim, delivery, DeliveryState.SENDING)
            fault_point("delivery.storing_sending")
    except Fenced:
        _discard(gateway, copy)
        raise
    if stopped is not None:
        _discard(gateway, copy)
        return stopped
    fault_point("delivery.sending")
    return None


def _give_up(
    claim: Claim,
    copy: Copy,
    delivery: Delivery,
    gateway: Gateway,
    why: Problem,
    state: DeliveryState = DeliveryState.FAILED,
) -> bool:
    """Let nobody send it any more; False when it turns out that it did go, by us or an earlier attempt."""
    if delivery.state == DeliveryState.SENDING and not gateway.withdraw(copy):
        log.warning("file.went_after_all job=%s file=%s: %s", claim.job_id, delivery.file_id, why.reason)
        _delivered(claim, delivery)
        return False
    fault_point("delivery.given_up")
    with transaction(shared=True):
        deliveries.record(claim, delivery, state, code=why.code, reason=why.reason, remedy=why.remedy)
        fault_point("delivery.failing")
    fault_point("delivery.failed")
    _discard(gateway, copy)
    return True


def _discard_until(attempt: int, gateway: Gateway, file: BatchFile) -> None:
    """Take away what attempts that died have left; theirs may have been staged before it was said so."""
    for earlier in range(1, attempt):
        _discard(gateway, _copy_of(file, earlier, gateway.target(file.name)))


def _discard(gateway: Gateway, copy: Copy) -> None:
    """Take a copy away that nobody will send; when that fails it only lies about."""
    try:
        gateway.discard(copy)
    except (OSError, ConfigurationError, DeliveryError) as error:
        log.warning("file.left_over copy=%s target=%s: %s", copy.handle, copy.target, error)


_RESOLVE = "ask the receiver, then say what is true: waybill delivery resolve {id}"


def _unknown(claim: Claim, delivery: Delivery, error: OutcomeUnknown) -> Problem:
    with transaction(shared=True):
        deliveries.record(
            claim, delivery, DeliveryState.UNKNOWN, code=OutcomeUnknown.code, reason=error.message
        )
    log.warning("file.outcome_unknown job=%s file=%s: %s", claim.job_id, delivery.file_id, error.message)
    return Problem(code=error.code, reason=error.message, remedy=_RESOLVE.format(id=delivery.id))


def _delivered(claim: Claim, delivery: Delivery) -> None:
    with transaction(shared=True, lasting=False):  # asked about again after a power cut, as the last one is
        deliveries.record(claim, delivery, DeliveryState.DELIVERED)
        fault_point("delivery.recording")
    fault_point("delivery.recorded")
    log.info("file.delivered job=%s file=%s target=%s", claim.job_id, delivery.file_id, delivery.target)
