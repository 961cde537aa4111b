"""One mapping: its columns, its versions and what changed between them, and who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.text import Text

from models import mapping_list
from models.columns import Column as MappingColumn
from models.mapping_list import Listed, Use, Version
from tui import wording
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.mapping_draft import DraftColumn, field_of, written_words
from tui.screens.mapping_acts import ACTS, MappingActs
from tui.screens.mapping_save import use_text
from tui.widgets.table import Column

_COLUMNS = (
    Column("place", "", 4, right=True),
    Column("header", "HEADER", 24),
    Column("shown", "SHOWS", 26),
    Column("how", "HOW", 0),
    Column("about", "WHAT IT IS", 50, at=118),
)
_VERSIONS = (
    Column("number", "VER", 4, right=True),
    Column("at", "AT UTC", 14),
    Column("by", "BY", 22),
    Column("changes", "WHAT CHANGED", 0),
)
_USES = (
    Column("schedule", "SCHEDULE", 22),
    Column("state", "STATE", 10),
    Column("on", "ON", 4),
    Column("route", "INVOICES", 9),
    Column("format", "FILE", 8),
    Column("facility", "FACILITY", 0),
)
_ROUTES = {"ach": "ACH", "other": "non-ACH"}


class MappingDetail(NamedTuple):
    """All there is to say about a mapping."""

    id: int
    row: Listed
    versions: Sequence[Version]


class MappingScreen(MappingActs, DetailScreen[MappingDetail]):
    """One mapping in full."""

    SECTIONS = (
        Section("columns", "columns", _COLUMNS, ""),
        Section("versions", "versions", _VERSIONS, ""),
        Section("uses", "used by", _USES, "No schedule writes with it.\n\nChoose it in one: 3, e"),
    )
    LABEL_WIDTH = 9
    ACTS = ACTS

    def __init__(self, which: int | str, neighbour: Neighbour | None = None) -> None:
        """`which`: its id, or its name as links have it."""
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its name."""
        return wording.one_line(f"mapping {self.data.row.name if self.data else self.which}")

    def reader(self) -> Callable[[], MappingDetail]:
        """The mapping and its versions."""
        actor, which = self.waybill.actor, self.which

        def read() -> MappingDetail:
            row = mapping_list.find(actor, which)
            return MappingDetail(row.id, row, mapping_list.versions(row.id))

        return read

    def summary(self, data: MappingDetail) -> Iterable[tuple[str, Text]]:
        """What it is, how it writes, who is concerned by a change."""
        row = data.row
        version = f"  version {row.version}  {wording.one_line(row.entity)}"
        yield "Mapping", Text(wording.one_line(row.name), "bold").append(version, "not bold")
        yield "Writes", Text(", ".join(written_words(row.layout.to_dict())))
        changed = f"{wording.both_times(row.changed_at)} by {row.changed_by}"
        yield "Changed", Text(wording.one_line(changed))
        users = sorted({use.schedule for use in row.uses})
        yield "Used by", Text(wording.one_line(", ".join(users)) or "nothing; a change concerns nobody")

    def entries(self, section: str, data: MappingDetail) -> Sequence[Entry]:
        """The rows of a part."""
        if section == "versions":
            return [_version(each) for each in data.versions]
        if section == "uses":
            return [_use(each) for each in data.row.uses]
        return [_column(place, each) for place, each in enumerate(data.row.layout.columns, 1)]

    def chosen(self) -> Listed | None:
        """This one."""
        return self.data.row if self.data is not None else None

    def gone(self) -> None:
        """Back to the list."""
        self.waybill.back()


_OTHERS = {True: "An expression.", False: "The same in every row."}


def _column(place: int, column: MappingColumn) -> Entry:
    data = {"kind": str(column.kind), "sign": str(column.sign), "required": column.required}
    shown = {"source": column.source, "value": column.value, "constant": column.constant}
    extra = {"once": column.once, "width": column.width}
    one = DraftColumn(place, {**data, **extra, **shown})
    about = field_of(column.source).about if column.source else _OTHERS[column.value is not None]
    header = column.header or "(none)"
    full = f"{header}: {one.shown}\n{about}\n{one.how}"
    cells = {"place": str(place), "header": header, "shown": one.shown, "how": one.how, "about": about}
    return Entry(place, cells, full.rstrip())


def _version(version: Version) -> Entry:
    changes = "; ".join(version.changes) or "nothing"
    columns = [f"  {place:>3} {each.header}" for place, each in enumerate(version.layout.columns, 1)]
    written = ", ".join(written_words(version.layout.to_dict()))
    lines = [f"Version {version.number}, {wording.both_times(version.at)}, by {version.by}", *version.changes]
    cells = {
        "number": str(version.number),
        "at": wording.short_time(version.at),
        "by": version.by,
        "changes": changes,
    }
    return Entry(version.number, cells, "\n".join([*lines, "", written, *columns]))


def _use(use: Use) -> Entry:
    cells = {
        "schedule": use.schedule,
        "state": str(use.state),
        "on": "[x]" if use.enabled else "[ ]",
        "route": _ROUTES[use.route],
        "format": use.format,
        "facility": use.facility,
    }
    return Entry((use.schedule_id, str(use.route)), cells, use_text(use))
