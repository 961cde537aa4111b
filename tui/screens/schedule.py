"""One schedule: what it says, what comes next, how its last runs ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import Any, ClassVar

from rich.text import Text

from models import clock, schedules
from models.audit import Actor
from models.jobs import JobState
from models.schedules import Run, history
from models.schedules.history import PastRun
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Section
from tui.schedule_preview import run_marks, runs_words, sent_words
from tui.screens.job import JobScreen
from tui.screens.schedule_acts import ON_ONE, ScheduleActs, Subject
from tui.widgets.cells import state_style
from tui.widgets.table import Cell, Cells, Column

_COMING = 10
_CRUMB = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDetail:
    """A schedule with nothing left to ask the database for."""

    subject: Subject
    told: dict[str, Any]
    entity: str
    state: str
    words: str
    zone: str | None
    next_run: str
    runs: Sequence[PastRun]
    coming: Sequence[Run]
    open_jobs: Sequence[tuple[int, JobState]]


class ScheduleScreen(ScheduleActs, DetailScreen[ScheduleDetail]):
    """One schedule in full."""

    SECTIONS = (
        Section(
            "coming",
            "next runs",
            (
                Column("at", "UTC", 22),
                Column("local", "LOCAL TIME", 20),
                Column("notes", "UNUSUAL", 0),
            ),
            "Nothing more comes. Give it other times: e",
        ),
        Section(
            "runs",
            "last runs",
            (
                Column("job", "JOB", 9),
                Column("state", "OUTCOME", 15),
                Column("due", "DUE UTC", 13),
                Column("sent", "SENT", 10, right=True),
                Column("unsent", "NOT SENT", 11, right=True),
                Column("took", "TOOK", 0),
            ),
            "It has not run yet. What comes next is on the part before: ←",
        ),
    )
    ACTS: ClassVar[Sequence[Command]] = ON_ONE
    LABEL_WIDTH = 9

    def subject(self) -> Subject | None:
        """The one that is shown."""
        return self.data.subject if self.data is not None else None

    def deleted(self) -> None:
        """Nothing is left to show."""
        self.waybill.back()

    def crumb(self) -> str:
        """Its name, once that is known."""
        name = wording.one_line(self.data.subject.name if self.data else str(self.which))
        return f"schedule {shorten(name, _CRUMB, placeholder='…')}"

    def reader(self) -> Callable[[], ScheduleDetail]:
        """The schedule, by its id or, from a link, its name."""
        return partial(_read, self.waybill.actor, str(self.which))

    def summary(self, data: ScheduleDetail) -> Iterable[tuple[str, Text]]:
        """How it stands, when it runs, what it writes, how it went."""
        told = data.told
        head = Text(f"{wording.one_line(data.subject.name)}  ", "bold")
        head.append(f"{data.state}, {'enabled' if told['enabled'] else 'disabled'}", "bold")
        yield "Schedule", head
        yield "When", Text(data.words)
        yield "Next", Text(wording.one_line(data.next_run))
        yield "Files", Text(wording.one_line(_files(told)))
        whose = f"{told['facility']}, {data.entity}, on behalf of {told['on_behalf_of']}"
        yield "For", Text(wording.one_line(whose))
        marks = f"{run_marks(data.runs)}  " if data.runs else ""
        yield "Went", Text(f"{marks}{runs_words(data.runs)}")
        yield "Sent", Text(sent_words(data.runs))
        if data.open_jobs:
            jobs = ", ".join(f"{job_id} {state.replace('_', ' ')}" for job_id, state in data.open_jobs)
            yield "Open", Text(f"job {jobs}")

    def entries(self, section: str, data: ScheduleDetail) -> Sequence[Entry]:
        """Coming runs, or past ones with the newest first."""
        if section == "coming":
            return [_coming(run, data.zone) for run in data.coming]
        return [_past(run) for run in reversed(data.runs)]

    def open(self, entry: Entry) -> None:
        """A past run's job; a coming run in words."""
        if self.section.key == "runs":
            self.app.push_screen(JobScreen(int(str(entry.key))))
        else:
            super().open(entry)


def _read(actor: Actor, which: str) -> ScheduleDetail:
    schedule = schedules.seen(actor, which)
    one = schedules.look(schedule)
    return ScheduleDetail(
        subject=Subject(schedule.id, schedule.name, schedule.entity_id),
        told=schedules.as_dict(schedule),
        entity=schedule.entity.name,
        state=one.state,
        words=schedule.recurrence.describe(),
        zone=schedule.zone,
        next_run=_next(one),
        runs=history.last_runs([schedule.id])[schedule.id],
        coming=history.planned(schedule.recurrence, _COMING, after=clock.now()),
        open_jobs=history.open_jobs(schedule.id),
    )


def _next(one: schedules.Listed) -> str:
    if one.held_up_by:
        return f"enabled, but held up: {one.held_up_by}"
    if not one.schedule.enabled:
        return "disabled, so it does not run; the times below are what it says"
    return wording.both_times(one.next_run) if one.next_run else "nothing more comes"


def _files(told: dict[str, Any]) -> str:
    """`other invoices csv, mapping ERP; ACH invoices not exported`."""
    parts = []
    for route, title in (("other", "other invoices"), ("ach", "ACH invoices")):
        key, mapping = told[f"{route}_format"], told[f"{route}_mapping"]
        parts.append(f"{title} {key or 'not exported'}" + (f", mapping {mapping}" if mapping else ""))
    return "; ".join(parts)


def _coming(run: Run, zone: str | None) -> Entry:
    notes = "; ".join(run.notes)
    own = None if run.at.astimezone().utcoffset() else zone
    cells: Cells = {
        "at": f"{run.at:%Y-%m-%d %H:%M} UTC",
        "local": wording.local_time(run.at, own),
        "notes": notes,
    }
    return Entry(run.at, cells, "\n".join(filter(None, [wording.both_times(run.at), notes])))


def _past(run: PastRun) -> Entry:
    took = wording.duration(run.started_at, run.finished_at)
    cells: Cells = {
        "job": str(run.job_id),
        "state": Cell(wording.state_text(run.state), state_style(run.state)),
        "due": wording.short_time(run.due_at),
        "took": took,
        "sent": f"{run.succeeded:,}",
        "unsent": f"{run.unsent:,}" if run.unsent else "-",
    }
    head = f"Job {run.job_id}: {wording.state_text(run.state)[2:]}, due {wording.both_times(run.due_at)}"
    sent = f"{wording.counted(run.succeeded, 'invoice')} sent, {run.unsent:,} not; took {took}"
    return Entry(run.job_id, cells, f"{head}\n{sent}\nenter opens the job")
