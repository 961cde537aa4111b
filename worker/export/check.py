"""Check before touching: settings complete, columns known, destination reachable.

Safe to repeat: it only looks, and all it writes down is whether the gateway could be reached.
"""

from __future__ import annotations

from models.errors import ConfigurationError
from models.facilities import FacilityState
from models.jobs import Job
from models.people import Role, roles_of
from worker import breaker, gateways
from worker.export import plan as plans
from worker.export.plan import Plan


def ready(job: Job) -> Plan:
    """The job's plan; raises what keeps it from running at all, before any invoice is touched."""
    job.facility.entity = job.entity  # the very same row, read once
    plan = settled(job)
    _check_gateways(job, plan)
    return plan


def _check_person(job: Job) -> None:
    person = job.on_behalf_of
    if not person.active:
        lost, back = "is inactive", f"make them active again (waybill user edit {person.email} --active)"
    elif Role.FINANCE not in roles_of(person.id, job.entity_id):
        lost, back = "no longer holds the role Finance", "give the role back"
    else:
        return
    raise ConfigurationError(
        f"{person.email}, on whose behalf this exports, {lost}",
        remedy=f"give the schedule another Finance user, or {back}, then re-queue the job",
        code="not_finance",
    )


def settled(job: Job) -> Plan:
    """The job's plan, its gateways not yet asked; raises what is not set up for it."""
    if job.facility.state != FacilityState.ACTIVE:
        raise ConfigurationError(
            f"the facility {job.facility.name} is not active",
            remedy=f"activate it, then re-queue the job: waybill facility activate {job.facility.name}",
            code="facility_not_active",
        )
    _check_person(job)
    plan = plans.of_job(job)
    for route, chosen in plan.routes.items():
        for problem in chosen.format.check_settings(chosen.settings, chosen.columns):
            raise ConfigurationError(
                f"{plan.facility} cannot write {chosen.format.key} files for {route}: {problem.reason}",
                remedy=problem.remedy,
                code=problem.code,
            )
    return plan


def _check_gateways(job: Job, plan: Plan) -> None:
    """Each one once; one that could not be reached so often that it is left alone is not tried."""
    chosen = {route.gateway: route.gateway_settings for route in plan.routes.values()}
    for key, settings in chosen.items():
        with gateways.make(key, job.facility, settings) as gateway, breaker.passing(job.facility_id, key):
            gateway.check()
