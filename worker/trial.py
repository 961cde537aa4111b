"""Trying a facility's gateways while a person looks on, and approving the host key that one shows."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from models import breakers, facilities, facility_settings
from models.errors import HostKeyRefused, InvalidInput, WaybillError
from models.facilities import Facility
from models.people import Action, Actor, require
from models.problems import Problem
from worker import gateways
from worker.faults import of_error, of_os_error
from worker.gateways.sftp import Sftp

_ROUTES = ("ach_gateway", "other_gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How one step went."""

    gateway: str
    name: str
    what: str = ""
    """What was seen, when it went well."""
    problem: Problem | None = None
    host_key: str = ""
    """The fingerprint that the server shows, where that is what has not been approved."""


def run(actor: Actor, facility: Facility) -> list[StepResult]:
    """Try every gateway that the facility uses, each up to its first step that fails.

    One that works is no longer left alone: its breaker is closed.
    """
    return list(run_by_step(actor, facility))


def run_by_step(actor: Actor, facility: Facility) -> Generator[StepResult, None, None]:
    """As `run`, each step's result as soon as there is one."""
    require(actor, Action.MANAGE_FACILITIES, facility.entity_id)
    settings = facility_settings.effective_settings(facility)
    for key in dict.fromkeys(settings[route] for route in _ROUTES):
        works = True
        for result in _try(facility, key):
            works = result.problem is None
            yield result
        if works:
            breakers.succeeded(facility.id, key)


def trust_host_key(actor: Actor, facility: Facility, fingerprint: str) -> str:
    """Add a host key to the approved ones, if the server proves to own it now; returns type and fingerprint.

    Raises `InvalidInput` when it shows another one, and whatever keeps it from being asked.
    """
    from worker.sftp_client import SftpSession

    require(actor, Action.MANAGE_FACILITIES, facility.entity_id)
    if not re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", fingerprint):
        raise InvalidInput(
            f"{fingerprint!r} is no fingerprint of a host key",
            remedy="give it as ssh-keygen -l shows it: SHA256: and 43 characters",
        )
    gateway = gateways.make(Sftp.key, facility)
    if not isinstance(gateway, Sftp):
        raise TypeError("another package took the key of this gateway")
    with SftpSession(gateway.endpoint(with_secret=False)) as session:
        session.resolve()
        session.connect()
        shown = session.host_key()
    if shown.fingerprint != fingerprint:
        raise InvalidInput(
            f"the server shows the host key {shown.fingerprint} ({shown.type}), not {fingerprint}",
            remedy="ask its operator which is right; somebody may be listening in between",
            code="host_key_differs",
        )
    entry = f"{shown.type} {fingerprint}"
    approved = [part.strip() for part in str(gateway.values["host_keys"]).split(",") if part.strip()]
    if not shown.is_among(tuple(approved)):
        facilities.edit(actor, facility, {"sftp.host_keys": ", ".join([*approved, entry])})
    return entry


def _try(facility: Facility, key: str) -> Iterator[StepResult]:
    missing = facility_settings.missing_settings(facility, key)
    if missing is not None:
        yield StepResult(gateway=key, name="settings", problem=of_error(missing))
        return
    with gateways.make(key, facility) as gateway:
        for step in gateway.steps():
            result = _outcome(key, step)
            yield result
            if result.problem is not None:
                return


def _outcome(key: str, step: gateways.Step) -> StepResult:
    try:
        return StepResult(gateway=key, name=step.name, what=step.run())
    except HostKeyRefused as error:
        return StepResult(gateway=key, name=step.name, problem=of_error(error), host_key=error.fingerprint)
    except WaybillError as error:
        return StepResult(gateway=key, name=step.name, problem=of_error(error))
    except OSError as error:
        return StepResult(gateway=key, name=step.name, problem=of_os_error(error, str(error.filename)))
