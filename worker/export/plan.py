"""What a job renders with: its facility's settings, formats and columns, frozen when it collects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from models import facility_settings, mappings
from models.columns import Layout, default_layout
from models.facilities import Facility
from models.file_names import DOCUMENT
from models.jobs import Job, Route
from models.jobs.records import Output, outputs_of
from models.mappings import Mapping
from worker import formats
from worker.formats import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """How one route's file is written."""

    format: Format
    settings: dict[str, Any]
    columns: Layout | None
    file_name: str
    """The facility's template."""
    mapping: dict[str, int] | None
    """Id and version of the saved mapping; None for a format's own columns."""
    gateway: str
    """The key of the gateway its file leaves by."""
    gateway_settings: dict[str, Any]
    """What of its settings is frozen; never a secret."""

    @property
    def one_each(self) -> bool:
        """Whether each of its items goes into a file of its own."""
        return self.format.is_one_each(self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one job's files are written."""

    facility: str
    whole_batch: bool
    """An invoice that cannot go keeps all others back."""
    empty_file: bool
    keep_later_dates: bool
    """An invoice dated after the run keeps its own date as posting date."""
    routes: dict[Route, RoutePlan]

    def as_dict(self) -> dict[str, Any]:
        """As it is kept with the job."""
        routes = {
            str(route): {
                "format": plan.format.key,
                "settings": plan.settings,
                "mapping": plan.mapping,
                "file_name": plan.file_name,
                "gateway": plan.gateway,
                "gateway_settings": plan.gateway_settings,
            }
            for route, plan in self.routes.items()
        }
        return {
            "facility": self.facility,
            "whole_batch": self.whole_batch,
            "empty_file": self.empty_file,
            "keep_later_dates": self.keep_later_dates,
            "routes": routes,
        }


def of_job(job: Job) -> Plan:
    """The frozen plan, or a new one from the facility as it is now.

    Raises `InvalidInput` or `ConfigurationError` naming the setting that is missing.
    """
    if job.plan is not None:
        return _thaw(job.plan)
    facility: Facility = job.facility
    settings = facility_settings.effective_settings(facility)
    return Plan(
        facility=facility.name,
        whole_batch=settings["when_items_fail"] == "whole_batch_or_nothing",
        empty_file=settings["empty_file"],
        keep_later_dates=settings["posting_date"] == "run_date_earliest",
        routes={
            route: _route(facility, route, output, settings) for route, output in outputs_of(job).items()
        },
    )


def _route(facility: Facility, route: Route, output: Output, settings: dict[str, Any]) -> RoutePlan:
    gateway = settings[f"{route}_gateway"]
    if (missing := facility_settings.missing_settings(facility, gateway)) is not None:
        raise missing
    return replace(
        written(facility, route, output, settings),
        gateway=gateway,
        gateway_settings=facility_settings.plugin_settings(facility, gateway),
    )


def written(facility: Facility, route: Route, output: Output, settings: dict[str, Any]) -> RoutePlan:
    """How a route's file would be written, whatever way it leaves by; `settings` are the facility's own.

    Raises `InvalidInput` naming the setting that is missing.
    """
    mapping = None
    if output.mapping_id is not None:
        saved = Mapping.get_by_id(output.mapping_id)
        mapping = {"id": saved.id, "version": saved.version}
    chosen = formats.load()[output.format]
    values = facility_settings.plugin_settings(facility, output.format)
    return RoutePlan(
        format=chosen,
        settings=values,
        columns=_columns(chosen, route, mapping),
        file_name=settings[DOCUMENT if chosen.is_one_each(values) else f"{route}_file_name"],
        mapping=mapping,
        gateway="",
        gateway_settings={},
    )


def _thaw(frozen: dict[str, Any]) -> Plan:
    routes = {}
    for name, plan in frozen["routes"].items():
        chosen = formats.load()[plan["format"]]
        columns = _columns(chosen, Route(name), plan["mapping"])
        routes[Route(name)] = RoutePlan(
            format=chosen,
            settings=plan["settings"],
            columns=columns,
            file_name=plan["file_name"],
            mapping=plan["mapping"],
            gateway=plan["gateway"],
            gateway_settings=plan["gateway_settings"],
        )
    return Plan(**{**frozen, "routes": routes})


def _columns(chosen: Format, route: Route, mapping: dict[str, int] | None) -> Layout | None:
    if not chosen.uses_columns:
        return None
    if mapping is None:
        return _own_columns(route)
    return mappings.layout_of(Mapping.get_by_id(mapping["id"]), mapping["version"])


@cache
def _own_columns(route: Route) -> Layout:
    return default_layout(route)
