"""Setting a facility up, step by step: what is there, what is missing, and what switching it would do.

    system → configuration → authentication → activate

Every step is kept as soon as it is done, in the draft itself, so leaving loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models import facilities, facility_settings, secrets
from models.catalogue import Setting, SettingKind, discover
from models.destinations import pending_count
from models.facilities import Facility, FacilityState
from models.facility_settings import SETTINGS

_GATEWAYS = ("ach_gateway", "other_gateway")


class Step(StrEnum):
    """The steps, in their order."""

    SYSTEM = "system"
    CONFIGURATION = "configuration"
    AUTHENTICATION = "authentication"
    ACTIVATE = "activate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One setting that a step asks for."""

    key: str
    """As `facilities.edit` takes it; of a secret the name that it is stored under."""
    setting: Setting
    value: str | int | bool | None
    """What was given, else the default; never a secret's."""
    given: bool
    """Whether somebody said so; for a secret, whether one is stored."""
    problem: str = ""
    """Why it cannot stay as it is; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One step: what it asks, and what still keeps it from being done."""

    step: Step
    asked: tuple[Asked, ...]
    missing: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One entry of the catalogue: a way out that a facility can be made for."""

    key: str
    title: str
    about: str
    configuration: tuple[str, ...]
    """What has to be configured, by title."""
    authentication: tuple[str, ...]
    """What it authenticates with; empty: nothing is asked."""


def catalogue() -> list[System]:
    """Every system there is, as it declares itself."""
    return [_system(key, plugin) for key, plugin in sorted(discover("waybill.gateways").items())]


def gateways_of(facility: Facility) -> dict[str, tuple[str, ...]]:
    """The gateways it uses, by key, each with the settings that name it: `ach_gateway`, `other_gateway`."""
    defaults = {setting.name: setting.default for setting in SETTINGS}
    used: dict[str, tuple[str, ...]] = {}
    for name in _GATEWAYS:
        key = str(facility.settings.get(name) or defaults[name])
        used[key] = (*used.get(key, ()), name)
    return used


def steps(facility: Facility) -> list[StepState]:
    """Every step as it stands now; the first that is not done is where to go on."""
    system = _own(facility, system=True)
    configuration = [*_plugin(facility, secret=False), *_own(facility, system=False)]
    found = [
        _state(Step.SYSTEM, system),
        _state(Step.CONFIGURATION, configuration),
        _state(Step.AUTHENTICATION, _plugin(facility, secret=True)),
    ]
    return [*found, _activation(facility, found)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivationPlan:
    """What deactivating a facility would switch, shown before it is done."""

    facility: str
    schedules_disabled: list[str]
    pending: int
    """Invoices that would go on waiting."""


def plan_deactivation(facility: Facility) -> DeactivationPlan:
    """What deactivating it now would switch; changes nothing. See `facilities.plan_activation`."""
    return DeactivationPlan(
        facility=facility.name,
        schedules_disabled=facilities.enabled_schedules(facility),
        pending=pending_count(facility.destination_id),
    )


def format_settings(facility: Facility, key: str) -> tuple[Asked, ...]:
    """What a file type asks of the facility that writes it."""
    declared: tuple[Setting, ...] = discover("waybill.formats")[key].settings
    return tuple(_asked(facility, f"{key}.{setting.name}", setting) for setting in declared)


def why_no_automation(facility: Facility) -> str:
    """Why schedules cannot be made for it; empty when they can."""
    if facility.state != FacilityState.ACTIVE:
        return f"{facility.name} is {facility.state}, and only an active facility exports by itself"
    return ""


def _own(facility: Facility, *, system: bool) -> list[Asked]:
    wanted = [setting for setting in SETTINGS if (setting.name in _GATEWAYS) is system]
    return [_asked(facility, setting.name, setting) for setting in wanted]


def _plugin(facility: Facility, *, secret: bool) -> list[Asked]:
    """What the gateways ask that the facility uses: their settings, or their secrets."""
    found: list[Asked] = []
    for key in gateways_of(facility):
        plugin = discover("waybill.gateways")[key]
        needed = facility_settings.plugin_secrets(facility, key)
        for setting in plugin.settings:
            if (setting.kind is SettingKind.SECRET) is not secret:
                continue
            if secret and setting.name in needed:
                found.append(_secret(needed[setting.name], setting))
            if not secret and setting.applies(_values(facility, key, plugin.settings)):
                found.append(_asked(facility, f"{key}.{setting.name}", setting))
    return found


def _values(facility: Facility, key: str, declared: tuple[Setting, ...]) -> dict[str, object]:
    return {one.name: facility.settings.get(f"{key}.{one.name}", one.default) for one in declared}


def _asked(facility: Facility, key: str, setting: Setting) -> Asked:
    given = facility.settings.get(key)
    lacks = setting.required and setting.default is None and given in (None, "")
    return Asked(
        key=key,
        setting=setting,
        value=setting.default if given is None else given,
        given=given is not None,
        problem=f"{setting.title} is not set" if lacks else "",
    )


def _secret(name: str, setting: Setting) -> Asked:
    stored = secrets.is_set(name)
    problem = "" if stored else f"{setting.title} is not stored"
    return Asked(key=name, setting=setting, value=None, given=stored, problem=problem)


def _state(step: Step, asked: list[Asked]) -> StepState:
    return StepState(
        step=step, asked=tuple(asked), missing=tuple(one.problem for one in asked if one.problem)
    )


def _activation(facility: Facility, before: list[StepState]) -> StepState:
    undone = [f"the step {one.step} is not done" for one in before if not one.done]
    if not undone and facility.state != FacilityState.ACTIVE:
        undone = ["it is not active"]
    return StepState(step=Step.ACTIVATE, asked=(), missing=tuple(undone))


def _system(key: str, plugin: type[Any]) -> System:
    settings: tuple[Setting, ...] = plugin.settings
    secret = [one for one in settings if one.kind is SettingKind.SECRET]
    needed = [one for one in settings if one not in secret and one.required and one.default is None]
    return System(
        key=key,
        title=plugin.title,
        about=(plugin.__doc__ or "").partition("\n")[0],
        configuration=tuple(one.title for one in needed),
        authentication=tuple(one.title for one in secret),
    )
