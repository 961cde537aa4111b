"""The files an export would write, after every check, to be read; nothing is exported and nothing is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from models.fields import amount_text
from models.jobs import Route
from models.manual import LeftOut, ManualPlan
from models.problems import Problem
from tui import wording
from tui.kit.detail import DetailScreen, Entry, Section
from tui.kit.reader import ReaderScreen
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Column

_BYTES, _LINES = 1_000_000, 5_000  # of a file; the command writes all of it to a folder
_WHOLE = "all of it: waybill export preview --out FOLDER"
_NO_FILE = "No such file would be written."
_WHY = (Column("number", "INVOICE", 16), Column("party", "PARTY", 20), Column("why", "WHY", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as it would be written."""

    name: str
    format: str
    items: int
    sums: str
    note: str
    """What in it will be another when it is exported."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What would happen; the files themselves are gone again."""

    facility: str
    files: Mapping[Route, File]
    failing: Sequence[Entry]
    left_out: Sequence[Entry]
    stopped: Problem | None


class PreviewScreen(DetailScreen[Seen]):
    """Reads the files of a plan that `find` makes in a thread; looks once."""

    LABEL_WIDTH = 9
    SECTIONS = (
        Section(
            Route.OTHER, "other file", (Column("line", "AS IT WOULD LEAVE", 0, indented=True),), _NO_FILE
        ),
        Section(Route.ACH, "ACH file", (Column("line", "AS IT WOULD LEAVE", 0, indented=True),), _NO_FILE),
        Section("failing", "would fail", _WHY, "Every invoice passes every check."),
        Section("left out", "not going", _WHY, "Everything that was chosen would go."),
    )

    def __init__(self, what: str, find: Callable[[], ManualPlan]) -> None:
        super().__init__(what)
        self._plan = find

    def crumb(self) -> str:
        """Of what."""
        return "preview"

    def load(self) -> None:
        """Look once: it takes a while, and what is read does not move away."""
        if self.data is None:
            super().load()

    def reader(self) -> Callable[[], Seen]:
        """Write the files to a folder of their own, read them, and take it away."""
        actor, find = self.waybill.actor, self._plan

        def read() -> Seen:
            from worker import tasks

            plan = find()
            with tempfile.TemporaryDirectory(prefix="waybill-preview-") as folder:
                return _seen(plan, tasks.preview_export(actor, plan, Path(folder)))

        return read

    def troubled(self) -> None:
        """It could not be looked at, and that was said."""
        super().troubled()
        if self.data is None and not self.waybill.trouble:
            self.waybill.back()

    def first_section(self, data: Seen) -> str:
        """A file, else why there is none."""
        return next(iter(data.files), "failing" if data.failing else "left out")

    def entries(self, section: str, data: Seen) -> Sequence[Entry] | Source[Entry]:
        """The lines of a file, or the invoices that are not in it."""
        if section == "failing":
            return data.failing
        if section == "left out":
            return data.left_out
        file = data.files.get(Route(section))
        lines = file.lines if file else ()
        rows = [Entry(place, {"line": line}, line) for place, line in enumerate(lines)]
        return Bounded(lambda: rows, lambda row: row.key)

    def summary(self, data: Seen) -> Iterable[tuple[str, Text]]:
        """What would happen, in which files, and that nothing did."""
        yield (
            "Preview",
            Text(f"{self.which} with {data.facility}: nothing is exported, nothing is kept", "bold"),
        )
        if data.stopped is not None:
            yield "Fails", Text(wording.one_line(data.stopped.reason), "bold")
            yield "To do", Text(wording.one_line(data.stopped.remedy))
        for route, file in data.files.items():
            name = "ACH file" if route is Route.ACH else "File"
            what = f"{file.name}: {file.format}, {wording.counted(file.items, 'invoice')}, {file.sums}"
            yield name, Text(wording.one_line(what))
            if file.note:
                yield "", Text(wording.one_line(file.note))
        if data.failing or data.left_out:
            yield "Without", Text(f"{len(data.failing):,} would fail, {len(data.left_out):,} do not go")

    def open(self, entry: Entry) -> None:
        """The whole file as text, or why an invoice is not in it."""
        file = (
            self.data.files.get(Route(self.section.key)) if self.data and _is_file(self.section.key) else None
        )
        if file is None:
            super().open(entry)
        else:
            self.app.push_screen(ReaderScreen(wording.one_line(file.name), "\n".join(file.lines)))


def _is_file(section: str) -> bool:
    return section in list(Route)


def _seen(plan: ManualPlan, shown: Any) -> Seen:
    """A `worker.preview.Preview` with its files read."""
    return Seen(
        facility=plan.facility.name,
        files={file.route: _file(file) for file in shown.files},
        failing=[
            _why(one.invoice_id, one.number, one.party, one.problem.reason, one.problem.remedy)
            for one in shown.unsent
        ],
        left_out=[_left_out(one) for one in plan.left_out],
        stopped=shown.stopped,
    )


def _file(file: Any) -> File:
    sums = ", ".join(f"{amount_text(total, code)} {code}" for code, total in file.totals.sums.items())
    return File(
        name=file.name,
        format=file.format,
        items=file.totals.items,
        sums=sums or "empty",
        note=file.placeholders,
        lines=_lines(file.path),
    )


def _lines(path: Path) -> tuple[str, ...]:
    """The lines of a file, as far as they are shown; one that is no text says so."""
    with path.open("rb") as opened:
        data = opened.read(_BYTES)
    if b"\0" in data:
        return (f"{path.stat().st_size:,} bytes, and no text; {_WHOLE}",)
    lines = data.decode("utf-8", errors="replace").removeprefix("\ufeff").splitlines()
    more = len(data) == _BYTES or len(lines) > _LINES
    return (*lines[:_LINES], f"… {_WHOLE}") if more else tuple(lines)


def _why(invoice_id: int, number: str, party: str, reason: str, remedy: str) -> Entry:
    full = "\n".join(map(wording.one_line, (f"{number}  {party}", reason, f"To do: {remedy}")))
    return Entry(invoice_id, {"number": number, "party": party, "why": reason}, full)


def _left_out(one: LeftOut) -> Entry:
    return _why(one.invoice_id, one.number, "", one.reason, one.remedy)
