"""What a facility is set to: its own settings, and as `KEY.NAME` those of the formats and gateways it uses.

All are declared as data, by the facility itself below and by each plug-in's class. Secrets never stand among
them: they are kept encrypted under names made of the facility's id, which stays when it is renamed.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models import secrets
from models.catalogue import Setting, SettingKind, discover, parse_settings
from models.errors import ConfigurationError, InvalidInput
from models.file_names import check_template

if TYPE_CHECKING:
    from models.facilities import Facility

SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="ach_file_name",
        title="Name of ACH files",
        default="ACHInvoiceBatch_{date}_{time}.{ext}",
        help="a template of {date} {time} {job} {facility} {ext}; / makes folders",
    ),
    Setting(
        name="other_file_name",
        title="Name of non-ACH files",
        default="InvoiceBatch_{date}_{time}.{ext}",
        help="a template of {date} {time} {job} {facility} {ext}; / makes folders",
    ),
    Setting(
        name="document_file_name",
        title="Name of files of one document each",
        default="{type}_{number}_{date}_{time}.{ext}",
        help="a template of {number} {party} {type} {date} {time} {job} {facility} {ext}; / makes folders",
    ),
    Setting(
        name="ach_gateway",
        title="Gateway of ACH files",
        kind=SettingKind.CHOICE,
        choices_of="waybill.gateways",
        default="pickup",
        help="the way ACH files leave by",
    ),
    Setting(
        name="other_gateway",
        title="Gateway of non-ACH files",
        kind=SettingKind.CHOICE,
        choices_of="waybill.gateways",
        default="pickup",
        help="the way non-ACH files leave by",
    ),
    Setting(
        name="when_items_fail",
        title="When invoices cannot go",
        kind=SettingKind.CHOICE,
        choices=("good_ones_go", "whole_batch_or_nothing"),
        default="good_ones_go",
        help="good_ones_go, or whole_batch_or_nothing",
    ),
    Setting(
        name="posting_date",
        title="Posting date",
        kind=SettingKind.CHOICE,
        choices=("run_date", "run_date_earliest"),
        default="run_date",
        help="run_date, or run_date_earliest: a later invoice date is kept",
    ),
    Setting(
        name="empty_file",
        title="Write a file when nothing is pending",
        kind=SettingKind.BOOLEAN,
        default=False,
        help="yes or no",
    ),
)
"""What every facility that writes files declares; formats and gateways add theirs as `FORMAT.NAME`."""

_PLUG_INS = {"waybill.formats": "write {key} files", "waybill.gateways": "send by {key}"}
"""What a setting's prefix may name, and what it is that the facility cannot do while settings lack."""


def check(settings: dict[str, object]) -> None:
    """Raise `InvalidInput` naming the setting that is wrong."""
    own = {key: value for key, value in settings.items() if "." not in key}
    for key, value in parse_settings(SETTINGS, own).items():
        if key.endswith("_file_name"):
            check_template(key, str(value))
    for key in settings.keys() - own.keys():
        _check_plugin_setting(key, settings[key])


def effective_settings(facility: Facility) -> dict[str, Any]:
    """Every facility setting with its value or default."""
    given = {key: value for key, value in facility.settings.items() if "." not in key}
    return parse_settings(SETTINGS, given)


def plugin_settings(facility: Facility, key: str, frozen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One format's or gateway's settings with their values or defaults, without its secrets.

    `frozen`: as a job froze them; of these, what is declared as live is taken as it is now all the same.
    Raises `InvalidInput` when one is missing.
    """
    declared = tuple(setting for setting in _declared(key) if setting.kind is not SettingKind.SECRET)
    given = _given_to(facility, key)
    if frozen is not None:
        live = {setting.name for setting in declared if setting.live}
        given = {name: value for name, value in given.items() if name in live}
        given |= {name: value for name, value in frozen.items() if name not in live}
    return parse_settings(declared, given)


def plugin_value(facility: Facility, key: str, name: str) -> str | int | bool | None:
    """One setting of a format or gateway, with its value or default, whatever else is missing."""
    declared = next(setting for setting in _declared(key) if setting.name == name)
    return declared.parse(_given_to(facility, key).get(name))


def plugin_secrets(facility: Facility, key: str) -> dict[str, str]:
    """By setting, the names of the secrets that a gateway needs with its present settings."""
    declared, values = _declared(key), _given_to(facility, key)
    values = {setting.name: values.get(setting.name, setting.default) for setting in declared}
    return {
        setting.name: secret_name(facility, key, setting.name)
        for setting in declared
        if setting.kind is SettingKind.SECRET and setting.applies(values)
    }


def secret_name(facility: Facility, key: str, setting: str) -> str:
    """What a facility's secret is stored under: by id, which stays when the facility is renamed."""
    return f"facility.{facility.id}.{key}_{setting}"


def missing_settings(facility: Facility, key: str) -> ConfigurationError | None:
    """What keeps the facility from writing this format or using this gateway, in one message, or None."""
    group, plugin = _plugins()[key]
    doing = _PLUG_INS[group].format(key=key)
    lacking = [f"{key}.{setting.name}" for setting in plugin.settings if _lacks(facility, key, setting)]
    command = f"waybill facility edit {shlex.quote(facility.name)} --set"
    if lacking:
        return ConfigurationError(
            f"{facility.name} cannot {doing}: not set are {', '.join(lacking)}",
            remedy=f"set them: {command} {'=… --set '.join(lacking)}=…; see: waybill facility settings",
            code="missing_setting",
        )
    unset = [name for name in plugin_secrets(facility, key).values() if not secrets.is_set(name)]
    if unset:
        return ConfigurationError(
            f"{facility.name} cannot {doing}: not stored is the secret {unset[0]}",
            remedy=f"waybill secret set {unset[0]}",
            code="missing_secret",
        )
    if not _is_format(group) or plugin.uses_columns:  # what columns it has is the job's, which looks itself
        return None
    for problem in plugin().check_settings(plugin_settings(facility, key), None):
        return ConfigurationError(
            f"{facility.name} cannot {doing}: {problem.reason}",
            remedy=f"{problem.remedy}: {command} {key}.…=…",
            code=problem.code,
        )
    return None


def _check_plugin_setting(key: str, value: object) -> None:
    prefix, _, name = key.partition(".")
    plugins = _plugins()
    if prefix not in plugins:
        known = ", ".join(sorted(plugins))
        raise InvalidInput(f"the setting {key} names no format or gateway", remedy=f"these are: {known}")
    declared = {setting.name: setting for setting in _declared(prefix)}
    if name not in declared:
        known = ", ".join(declared) or "none"
        raise InvalidInput(f"there is no setting {key}", remedy=f"settings of {prefix} are: {known}")
    if declared[name].kind is SettingKind.SECRET:
        raise InvalidInput(
            f"{key} is a secret, and no setting",
            remedy=f"store it encrypted: waybill secret set facility.ID.{prefix}_{name}; "
            "waybill facility show says the ID",
            code="secret_setting",
        )
    declared[name].parse(value)


def _plugins() -> dict[str, tuple[str, type[Any]]]:
    """Group and class of everything that a setting's prefix may name."""
    return {key: (group, plugin) for group in _PLUG_INS for key, plugin in discover(group).items()}


def _declared(key: str) -> tuple[Setting, ...]:
    declared: tuple[Setting, ...] = _plugins()[key][1].settings
    return declared


def _is_format(group: str) -> bool:
    return group == "waybill.formats"


def _given_to(facility: Facility, key: str) -> dict[str, Any]:
    prefix = f"{key}."
    given: dict[str, Any] = facility.settings
    return {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}


def _lacks(facility: Facility, key: str, setting: Setting) -> bool:
    given = _given_to(facility, key)
    values = {one.name: given.get(one.name, one.default) for one in _declared(key)}
    return (
        setting.kind is not SettingKind.SECRET
        and setting.required
        and setting.default is None
        and setting.applies(values)
        and given.get(setting.name) in (None, "")
    )
