"""Manual exports as the command line tells them: a plan, a preview, what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from models.errors import WaybillError
from models.fields import amount_text
from models.jobs import Route
from models.jobs.detail import ItemCursor, ItemDetail, JobDetail
from models.jobs.queries import Page
from models.manual import ManualPlan, Requested, Standing
from models.mappings import Mapping
from tui import job_text

_HEAD_LINES = 20
_HEAD_CHARACTERS = 110
_HEAD_BYTES = 8_192
_UNSENT_SHOWN = 20
_FILES_SHOWN = 10
_LABELS = {
    Standing.NOT_EXPORTED: "not exported",
    Standing.EXPORTED: "already exported",
    Standing.CHANGED: "exported, changed since",
    Standing.IN_PROGRESS: "in progress",
    Standing.ON_HOLD: "on hold",
    Standing.NOT_READY: "draft or void",
    Standing.ELSEWHERE: "not of this destination",
}
_ALWAYS = (Standing.NOT_EXPORTED, Standing.EXPORTED)


def counted(number: int) -> str:
    """`1 invoice`, `2 invoices`."""
    return f"{number:,} invoice{'' if number == 1 else 's'}"


def sentences(error: WaybillError) -> str:
    """What is wrong and what to do, a sentence each."""
    return f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}"


def as_plan(plan: ManualPlan, refused: WaybillError | None) -> dict[str, Any]:
    """The plan as JSON."""
    return {
        "request_id": plan.request_id,
        "facility": plan.facility.name,
        "destination": plan.facility.destination.label,
        "outputs": {
            str(route): {"format": output.format, "mapping": _mapping_name(output.mapping_id)}
            for route, output in plan.written.outputs.items()
        },
        "outputs_from": plan.written.source,
        "found": {standing.value: plan.count(standing) for standing in Standing},
        "amounts": [
            {
                "standing": group.standing,
                "route": group.route,
                "currency": group.currency,
                "invoices": group.invoices,
                "amount": group.amount,
            }
            for group in plan.found
            if group.currency
        ],
        "going": len(plan.going),
        "again": plan.again_count,
        "left_out": [one._asdict() for one in plan.left_out],
        "refused": refused and refused.as_dict(),
    }


def plan_lines(plan: ManualPlan, refused: WaybillError | None) -> Iterator[str]:
    """The plan for people: where the chosen stand, what goes, into which files, what does not and why."""
    for label, number, amounts in standings(plan):
        yield f"{label:<24}{number:>9,}{''.join(f'  {amount}' for amount in amounts)}"
    yield ""
    yield from going_lines(plan, refused)


def standings(plan: ManualPlan) -> Iterator[tuple[str, int, list[str]]]:
    """Where the chosen stand: in words, how many, and what they add up to by currency."""
    for standing, label in _LABELS.items():
        number = plan.count(standing)
        if number or standing in _ALWAYS:
            yield label, number, _amounts(plan, standing)


def going_lines(plan: ManualPlan, refused: WaybillError | None) -> Iterator[str]:
    """What goes, into which files, what does not and why."""
    again = f", {plan.again_count:,} of them again" if plan.again_count else ""
    yield f"going: {counted(len(plan.going))}{again}, with {plan.facility.name}"
    yield f"file types, {plan.written.source}:"
    for route, output in plan.written.outputs.items():
        mapping = _mapping_name(output.mapping_id)
        yield f"  {_route(route)}: {output.format}{f', mapping {mapping}' if mapping else ''}"
    if plan.again_count:
        yield "  Going again may book or pay them twice at whoever receives them."
    for one in plan.left_out:
        yield f"  not going: {one.number}: {one.reason}; {one.remedy}"
    if refused is not None:
        yield f"cannot be done: {sentences(refused)}"


def requested_line(requested: Requested) -> str:
    """What a request came to."""
    job = f"job {requested.job_id}"
    if requested.made:
        return f"made {job}; look at it: waybill job show {requested.job_id}"
    return f"nothing new: {job} was made by this request before; waybill job show {requested.job_id}"


def job_lines(job: JobDetail, rows: Page[ItemDetail, ItemCursor]) -> Iterator[str]:
    """The job at its end."""
    return iter(job_text.detail_lines(job, rows))


def as_preview(seen: Any, *, kept: bool) -> dict[str, Any]:
    """A `worker.preview.Preview` as JSON."""
    return {
        "files": [_as_written(file, kept=kept) for file in seen.files],
        "unsent": [_as_unsent(one) for one in seen.unsent],
        "stopped": seen.stopped
        and {"code": seen.stopped.code, "message": seen.stopped.reason, "remedy": seen.stopped.remedy},
    }


def _as_written(file: Any, *, kept: bool) -> dict[str, Any]:
    return {
        "route": file.route,
        "format": file.format,
        "name": file.name,
        "path": str(file.path) if kept else None,
        "items": file.totals.items,
        "records": file.totals.records,
        "totals": {code: amount_text(total, code) for code, total in file.totals.sums.items()},
        "control": dict(file.totals.control),
        "placeholders": file.placeholders,
        "head": list(_head(file.path)),
    }


def _as_unsent(one: Any) -> dict[str, Any]:
    return {
        "id": one.invoice_id,
        "number": one.number,
        "party": one.party,
        "route": one.route,
        "code": one.problem.code,
        "term": one.problem.term or None,
        "value": one.problem.value or None,
        "reason": one.problem.reason,
        "remedy": one.problem.remedy,
    }


def preview_lines(seen: Any, *, kept: bool) -> Iterator[str]:
    """A preview for people."""
    yield ""
    yield "Preview: nothing was exported, nothing is kept."
    if seen.stopped is not None:
        yield f"the export would fail: {seen.stopped.reason}; {seen.stopped.remedy}"
    for one in seen.unsent[:_UNSENT_SHOWN]:
        rule = f"{one.problem.code} {one.problem.term}: " if one.problem.term else ""
        yield f"  would fail: {one.number} ({one.party}): {rule}{one.problem.reason}; {one.problem.remedy}"
    if len(seen.unsent) > _UNSENT_SHOWN:
        yield f"  … and {len(seen.unsent) - _UNSENT_SHOWN:,} more; --json names them all"
    for file in seen.files[:_FILES_SHOWN]:
        sums = ", ".join(f"{amount_text(total, code)} {code}" for code, total in file.totals.sums.items())
        yield ""
        yield f"{_route(file.route)}: {file.name}: {counted(file.totals.items)}, {sums or 'empty'}"
        yield f"  {file.placeholders}"
        if kept:
            yield f"  written to {file.path}"
        else:
            yield from (f"  | {line}" for line in _head(file.path))
    if len(seen.files) > _FILES_SHOWN:
        yield f"… and {len(seen.files) - _FILES_SHOWN:,} more files; --json names them all"


def _head(path: Any) -> Iterator[str]:
    """The first lines of a file, cut where they are long; of one that is no text, nothing."""
    with path.open("rb") as file:
        data = file.read(_HEAD_BYTES)
    if b"\0" in data:
        return
    for line in data.decode("utf-8", errors="replace").splitlines()[:_HEAD_LINES]:
        yield line if len(line) <= _HEAD_CHARACTERS else f"{line[: _HEAD_CHARACTERS - 1]}…"


def _amounts(plan: ManualPlan, standing: Standing) -> list[str]:
    sums: Counter[str] = Counter()
    for group in plan.found:
        if group.standing is standing and group.currency:
            sums[group.currency] += group.total
    return [f"{amount_text(total, currency)} {currency}" for currency, total in sorted(sums.items())]


def _route(route: Route) -> str:
    return "ACH file" if route is Route.ACH else "other file"


def _mapping_name(mapping_id: int | None) -> str | None:
    return None if mapping_id is None else str(Mapping.get_by_id(mapping_id).name)
