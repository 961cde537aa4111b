"""On which day an entry is to settle: never one that is past, and always a banking day.

An effective entry date is a wish; the operator settles on the first day it can. One that asks for today is a
same-day entry with its fee, if it comes before a cut-off and is within the limit (Nacha, Same Day ACH).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.banking_days import banking_day_after, banking_day_before, is_banking_day
from models.fields import amount_text
from worker.formats import Batch
from worker.formats.nacha.codes import SETTLEMENTS
from worker.formats.nacha.profile import Profile

EASTERN = ZoneInfo("America/New_York")


class Settlement(NamedTuple):
    """What an entry's batch header says of its date."""

    day: date
    descriptive: str  # 6


class Dates:
    """The dates of one file, by when it is made."""

    def __init__(self, profile: Profile, batch: Batch) -> None:
        self._profile = profile
        made = batch.created if batch.reservation is None else batch.reservation.at or batch.created
        self._now = made.astimezone(EASTERN)
        shown = profile.local(max(made, batch.created)).date()
        self.today = max(batch.posting_date, self._now.date(), shown)
        self.earliest = banking_day_after(self.today, profile.effective_days)
        self._latest = banking_day_after(self.earliest, profile.days_ahead)
        self._usual = Settlement(self.earliest, " " * 6)
        self._same_day = self._window()
        self._by_due: dict[str, Settlement] = {}
        self._late = self._too_large = 0

    def of(self, due: str | None, cents: int) -> Settlement:
        """When an entry settles whose earliest invoice is due on an ISO date, if it is due on any."""
        if due is None:
            return self._usual
        if self._profile.same_day and due <= self.today.isoformat():
            return self._urgent(cents)
        if not self._profile.by_due_date:
            return self._usual
        if due not in self._by_due:
            wanted = banking_day_before(date.fromisoformat(due))
            day = min(max(wanted, self.earliest), self._latest)
            self._by_due[due] = Settlement(day, " " * 6)
        return self._by_due[due]

    @property
    def usual(self) -> Settlement:
        """That of an entry nothing is known about but that it goes."""
        return self._usual

    def notes(self) -> tuple[str, ...]:
        """What did not settle on the day it was due, in sentences for people."""
        found = []
        if self._late:
            what = "today is no banking day" if not self._is_today else f"it is after {self._last_cut_off()}"
            found.append(f"{_urgent(self._late)} not same-day but effective {self.earliest}: {what}")
        if self._too_large:
            limit = amount_text(self._profile.same_day_limit, "USD")
            found.append(
                f"{_urgent(self._too_large)} not same-day but effective {self.earliest}: above {limit} USD"
            )
        return tuple(found)

    def _urgent(self, cents: int) -> Settlement:
        if self._same_day is None:
            self._late += 1
        elif cents > self._profile.same_day_limit:
            self._too_large += 1
        else:
            return self._same_day
        return self._usual

    @property
    def _is_today(self) -> bool:
        return self.today == self._now.date() and is_banking_day(self.today)

    def _window(self) -> Settlement | None:
        """The first window that is still open; None when none is."""
        if self._is_today:
            for settles, cut_off in zip(SETTLEMENTS, self._profile.cut_offs, strict=False):
                if cut_off is not None and self._now.time() <= cut_off:
                    mark = f"SD{settles:%H%M}" if self._profile.same_day_mark else " " * 6
                    return Settlement(self.today, mark)
        return None

    def _last_cut_off(self) -> str:
        last = max(each for each in self._profile.cut_offs if each is not None)
        return f"the last cut-off, {last:%H:%M} Eastern time"


def _urgent(count: int) -> str:
    return "1 urgent entry is" if count == 1 else f"{count} urgent entries are"
