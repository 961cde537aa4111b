"""The dashboard's words and pictures: counters with their scope, throughput, and outcomes per day."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from models.jobs.pace import Ended, Pace, Span
from models.recurrence import MONTHS
from tui import wording
from tui.screens.board import Plots
from tui.widgets.plot import bar, columns

COUNTERS_WIDTH = 35
_BAR = 26
_MARKS = (("+", "green"), ("!", "yellow"), ("x", "bold red"))


def counters(jobs: Pace) -> list[Text]:
    """Numbers by state and scope, a line each, the scopes above them."""
    title = Text(f"{'JOBS':<13}{'NOW':>6}{'1 H':>7}{'24 H':>8}", "bold underline")
    return [
        title,
        _counter("> active", jobs.active, None, None),
        _counter(". pending", jobs.pending, None, None),
        _counter("+ completed", None, jobs.hour.completed, jobs.day.completed),
        _counter("! with errors", None, jobs.hour.with_errors, jobs.day.with_errors),
        _counter("x failed", jobs.failed, jobs.hour.failed, jobs.day.failed),
    ]


def _counter(name: str, now: int | None, hour: int | None, day: int | None) -> Text:
    numbers = "".join(
        f"{'-' if number is None else f'{number:,}':>{width}}"
        for number, width in ((now, 6), (hour, 7), (day, 8))
    )
    return Text(f"{name:<13}{numbers}")


def beside(plots: Plots | None, room: int) -> list[Text]:
    """What stands beside the counters: throughput, and the days in one line."""
    if plots is None:
        return []
    minutes = [span.ended.all for span in plots.minutes][-room:]
    return [
        _title(f"ENDED PER MINUTE, LAST {len(minutes)}: {_most(minutes)}", room),
        *(Text(line, "cyan", no_wrap=True) for line in columns(minutes, 2)),
        _title(f"PER DAY, LAST {len(plots.days)}", room),
        _days_line("completed", [span.ended.completed for span in plots.days], "green"),
        _days_line("failed", [_bad(span.ended) for span in plots.days], "red"),
    ]


def waiting(jobs: Pace) -> str:
    """What waits, and since when by the clock, so that the line stands still."""
    if jobs.oldest_pending is None:
        return ""
    return f"{jobs.pending:,} pending since {wording.short_time(jobs.oldest_pending).strip()}"


def _bad(ended: Ended) -> int:
    return ended.with_errors + ended.failed


def _title(text: str, room: int) -> Text:
    return Text(text[:room], "bold underline", no_wrap=True)


def _most(numbers: list[int]) -> str:
    return f"most {max(numbers):,}" if any(numbers) else "none"


def _days_line(name: str, numbers: list[int], style: str) -> Text:
    text = Text(f"{name:<10}", no_wrap=True).append(columns(numbers)[0], style)
    return text.append(f" today {numbers[-1]:,}")


def side_by_side(left: list[Text], right: list[Text]) -> Text:
    """Two blocks as one text."""
    lines = []
    for place in range(max(len(left), len(right))):
        line = left[place].copy() if place < len(left) else Text()
        if place < len(right):
            line.append(" " * max(1, COUNTERS_WIDTH - line.cell_len), "not underline").append_text(
                right[place]
            )
        lines.append(line)
    return Text("\n", no_wrap=True).join(lines)


def throughput(plots: Plots, width: int, height: int) -> Text:
    """Ended jobs per minute as columns, each two cells wide where there is room."""
    numbers = [span.ended.all for span in plots.minutes]
    lines = columns(numbers, height)
    title = _title(f"ENDED PER MINUTE, LAST {len(numbers)}: {_most(numbers)}", width)
    return Text("\n", no_wrap=True).join([title, *(Text(line, "cyan") for line in lines)])


def outcomes(plots: Plots) -> Text:
    """A bar a day: completed, with errors, failed, in their marks and in numbers."""
    most = max((_counted(span.ended) for span in plots.days), default=0)
    title = Text("PER DAY           + completed  ! with errors  x failed", "bold underline", no_wrap=True)
    return Text("\n", no_wrap=True).join([title, *_days(plots.days, most)])


def _counted(ended: Ended) -> int:
    return ended.completed + ended.with_errors + ended.failed


def _days(spans: tuple[Span, ...], most: int) -> Iterator[Text]:
    for span in reversed(spans):
        numbers = (span.ended.completed, span.ended.with_errors, span.ended.failed)
        line = Text(f"{span.at.day:>2} {MONTHS[span.at.month - 1]}  ", no_wrap=True)
        drawn = 0
        for (mark, style), number in zip(_MARKS, numbers, strict=True):
            part = bar([(mark, number)], most, _BAR - drawn)
            line.append(part, style)
            drawn += len(part)
        line.append(" " * (_BAR - drawn + 1))
        told = "".join(f"{number:>7,}" for number in numbers) if any(numbers) else f"{'none':>7}"
        yield line.append(told)
