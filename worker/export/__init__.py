"""One export job from claimed to settled, in the order of the product's own description.

    check → collect → data → render → deliver → settle

Each step is a file of this folder, but for the last, `models.jobs.settling`, and says what makes it safe to
repeat: an attempt that goes on after a crash walks the same way and finds done what is done.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from datetime import datetime, timedelta

from peewee import OperationalError

from models import clock, settings
from models.database import reconnect
from models.errors import Fenced, WaybillError
from models.jobs import Claim, Job, JobState, Trigger, claim, postpone, settling
from models.jobs.lease import deaths, owner_name
from models.problems import Problem
from models.repairs import cancel
from worker.breaker import BreakerOpen
from worker.export import check, collect, data, deliver, render, repeat, reverse
from worker.export.company import alone, beside_others
from worker.export.deliver import Ending
from worker.export.heartbeat import Heartbeat
from worker.faults import of_error, of_os_error, unforeseen

log = logging.getLogger(__name__)

_random = secrets.SystemRandom()
_DEATHS = 3
"""A job whose worker dies so often in a row is given up, so that it does not stop all the others."""


def run(job_id: int) -> JobState | None:
    """Run a job to its end; None when it could not be claimed, was postponed, or was taken over meanwhile."""
    with alone() if deaths(job_id) else beside_others():
        return _run(job_id)


def _run(job_id: int) -> JobState | None:
    held = claim(job_id, owner_name())
    if held is None:
        return None
    log.info("job.claimed job=%s attempt=%s", held.job_id, held.attempt)
    try:
        with Heartbeat(held):
            state = _export(held)
    except Fenced as error:
        log.warning("job.fenced job=%s attempt=%s: %s", held.job_id, held.attempt, error.message)
        return None
    log.info("job.ended job=%s attempt=%s state=%s", held.job_id, held.attempt, state)
    return state


def _export(held: Claim) -> JobState | None:
    ending, detail = Ending(), ""
    try:
        ending = _steps(held)
    except Fenced:
        raise
    except (WaybillError, OperationalError) as error:
        if _may_try_again(held, error):
            return None
        ending = Ending(problem=_problem_of(error))
    except OSError as error:
        ending = Ending(problem=of_os_error(error, str(error.filename or "a file of the job")))
    except Exception:  # whatever it is, the job must end and its invoices go back
        detail = traceback.format_exc()
        log.exception("job.crashed job=%s attempt=%s", held.job_id, held.attempt)
        ending = Ending(problem=unforeseen(detail.strip().rpartition("\n")[2]))
    if ending.problem is not None:
        render.sweep(held)
    deliver.find_out(held, ending)
    arrived = None if ending.arrived is None else ending.arrived.id
    return settling.settle(held, ending.problem, arrived=arrived, detail=detail)


def _steps(held: Claim) -> Ending:
    """The way of the job; a problem returned ends it as a whole, after what was delivered."""
    job: Job = Job.get_by_id(held.job_id)
    if (stopped := cancel.asked(job.id) or _given_up(job)) is not None:
        return Ending(problem=stopped)
    plan = check.ready(job)
    if job.trigger == Trigger.REPEAT:
        return repeat.repeat(held, job, plan)
    if job.trigger == Trigger.REVERSAL:
        return reverse.reverse(held, job, plan)
    collect.collect(held, job, plan)
    if (stopped := cancel.asked(job.id) or data.examine(held, job, plan)) is not None:
        return Ending(problem=stopped)
    files = render.render(held, job, plan)
    if (stopped := cancel.asked(job.id)) is not None:
        return Ending(problem=stopped)
    return deliver.deliver(held, job, plan, files)


def _given_up(job: Job) -> Problem | None:
    """Why the job is not tried again: it killed its workers, or was begun too often."""
    if job.attempt > _DEATHS and (died := deaths(job.id)) >= _DEATHS:
        return _poisoned(died)
    return _tries_spent(job) if job.tries > settings.current().worker.max_tries else None


def _may_try_again(held: Claim, error: Exception) -> bool:
    """Postpone the job when the fault may pass and there are tries left."""
    if not (isinstance(error, OperationalError) or getattr(error, "retryable", False)):
        return False
    reconnect(settings.current().worker.lease_seconds)  # after that, another worker takes the job
    tries = Job.get_by_id(held.job_id).tries
    untried = isinstance(error, BreakerOpen)
    if tries >= settings.current().worker.max_tries and not untried:
        return False
    problem = _problem_of(error)
    until = _after(error.until) if isinstance(error, BreakerOpen) else _next_try(tries)
    postpone(
        held, until, code=problem.code, reason=problem.reason, remedy=problem.remedy, counted=not untried
    )
    log.warning("job.postponed job=%s until=%s: %s", held.job_id, until.isoformat(), problem.reason)
    return True


def _next_try(tries: int) -> datetime:
    """Exponential backoff with full jitter, an hour at the most."""
    longest = min(3600.0, 15.0 * 2**tries)
    return clock.now() + timedelta(seconds=_random.uniform(1.0, longest))


def _after(instant: datetime) -> datetime:
    """Soon after, but not everybody at once."""
    return instant + timedelta(seconds=_random.uniform(0.0, 15.0))


def _problem_of(error: Exception) -> Problem:
    return of_error(error) if isinstance(error, WaybillError) else _database_problem(error)


def _database_problem(error: Exception) -> Problem:
    return Problem(
        code="database",
        reason=f"the database could not be used: {_first_cause(error)}",
        remedy="look at disk space and permissions of the home, then re-queue the job",
    )


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong first: on a full disk SQLite rolls back by itself, and undoing that again fails too."""
    while isinstance(error.__context__, OperationalError):
        error = error.__context__
    return error


def _poisoned(died: int) -> Problem:
    return Problem(
        code="kills_its_worker",
        reason=f"its worker died {died} times in a row while it ran this job",
        remedy="look for what ends the worker (memory, the service's log), then re-queue the job",
    )


def _tries_spent(job: Job) -> Problem:
    begun = job.tries - 1
    return Problem(
        code="tries_spent",
        reason=f"the job was begun {begun} {'time' if begun == 1 else 'times'} and never came to its end",
        remedy="look at the attempts: waybill job show; then re-queue the job",
    )
