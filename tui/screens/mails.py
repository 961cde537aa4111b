"""Mails about failed exports: which wait, why they wait, which were sent and to whom; a page of Admin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import entities, notifications, settings
from models.audit import Actor
from models.errors import InvalidInput
from models.notifications import MailState, OutboxMail
from models.paging import Seek
from models.people import Action
from models.settings import Mail
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import Tab, Wanted
from tui.kit.plan import Plan, PlanScreen
from tui.kit.reader import ReaderScreen
from tui.kit.rehearsed import rehearsed_plan
from tui.screens.admin import ADMIN, AdminPage
from tui.screens.mail import MailScreen
from tui.screens.mail_trial import TestMailForm
from tui.widgets.cells import cell
from tui.widgets.filter_line import FilterKey, FilterWords
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

RETRY = Command(
    name="retry",
    key="r",
    title="Retry",
    help="this mail now, also one that was given up; shows a plan first",
    cli="waybill notification retry",
    action=Action.REPAIR,
)
TEST = Command(
    name="test",
    key="t",
    title="Test mail",
    help="send one at once, and see what the mail server says",
    cli="waybill notification test",
    action=Action.MANAGE_SECRETS,
)
TOLD = Command(
    name="told",
    key="v",
    title="Who is told",
    help="the addresses of each legal entity, and why they are told",
    cli="waybill notification list",
)
_NO_SERVER = "mail.host is empty, so no mail leaves: set it on the page settings"
_MARKS = {"waiting": ".", "sending": ">", "sent": "+", "given_up": "x"}
_STYLES = {"given_up": "bold red", "sent": "green", "sending": "bold cyan"}


class MailRow(NamedTuple):
    """One mail to one address."""

    id: int
    state: str
    at: datetime
    entity_id: int
    entity: str
    recipient: str
    subject: str
    job_id: int | None
    tries: int
    not_before: datetime
    last_error: str


class Mails(Source[MailRow]):
    """Those the actor may see, the latest first."""

    def __init__(self, actor: Actor, state: MailState | None) -> None:
        self._actor = actor
        self._state = state

    def page(self, seek: Seek) -> Sequence[MailRow]:
        """The rows wanted."""
        return [_row(mail) for mail in notifications.paged(self._actor, seek, state=self._state)]

    def total(self) -> int:
        """How many there are."""
        counts = notifications.counts(self._actor)
        return sum(counts.values()) if self._state is None else counts[self._state]

    def key(self, row: MailRow) -> int:
        """Its number, which they are ordered by."""
        return row.id


def parse(text: str) -> MailState | None:
    """`state:given_up`; raises `InvalidInput`."""
    if not text:
        return None
    name, _, value = text.partition(":")
    if name == "state" and value in list(MailState):
        return MailState(value)
    raise InvalidInput(
        f"{text} says nothing about a mail",
        remedy=f"give state: and one of {', '.join(MailState)}",
        code="invalid_filter",
    )


class MailsScreen(AdminPage[MailRow]):
    """Mails, the latest first."""

    NAME = "Admin"
    PAGE = "notification"
    TABS = (
        Tab(
            "all",
            "mails",
            "No mail yet: an export that fails writes one.\n\nTry the mail server: t    Who is told: w",
        ),
    )
    COLUMNS = (
        Column("state", "STATE", 11),
        Column("at", "AT UTC", 14),
        Column("recipient", "TO", 24),
        Column("entity", "LEGAL ENTITY", 18, at=110),
        Column("subject", "ABOUT", 0),
    )
    FILTER = FilterWords(
        keys=[FilterKey(name="state", help="how far it has come", values=list(MailState))],
        parse=parse,
        example="state:given_up",
    )
    ACTS: ClassVar[Sequence[Command]] = (RETRY, TEST, TOLD)

    def source(self, wanted: Wanted) -> Source[MailRow]:
        """The mails of a state, or all."""
        return Mails(self.waybill.actor, wanted.filter)

    def cells(self, row: MailRow) -> Cells:
        """What stands in the columns."""
        return {
            "state": Cell(f"{_MARKS[row.state]} {row.state.replace('_', ' ')}", _STYLES.get(row.state, "")),
            "at": wording.short_time(row.at),
            "recipient": row.recipient,
            "entity": row.entity,
            "subject": _about(row),
        }

    def finder(self) -> Callable[[dict[str, int | None]], Mail]:
        """The mail server as the settings name it now: what the program began with may be of yesterday."""
        home = self.waybill.settings.home
        return lambda _counts: settings.load(home).mail

    @property
    def _mail(self) -> Mail:
        return self.facts if isinstance(self.facts, Mail) else self.waybill.settings.mail

    def preview(self, row: MailRow) -> Text:
        """What the server said, and when it is tried again."""
        text = cell(f"{row.recipient}: {row.subject}", self.size.width - 2, "bold")
        if row.state == MailState.SENT:
            return text.append(f"\nSent {wording.both_times(row.at)}", "not bold")
        text.append(f"\n{row.state.replace('_', ' ').capitalize()}: {self._awaits(row)}", "not bold")
        return text.append(f"\n{wording.one_line(row.last_error)}", "not bold")

    def _awaits(self, row: MailRow) -> str:
        """How often it was tried, and what it waits for."""
        if row.state == MailState.WAITING and not self._mail.host:
            return _NO_SERVER
        again = f", again at {wording.both_times(row.not_before)}" if row.state == MailState.WAITING else ""
        return f"tried {wording.counted(row.tries, 'time')}{again}"

    def open(self, row: MailRow) -> None:
        """The mail as it is sent."""
        self.app.push_screen(MailScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:
        """Only what has not left can be tried."""
        row = self.current
        if name == TEST.name and not self._mail.host:
            return _NO_SERVER
        if name != RETRY.name:
            return ""
        if row is None:
            return "there is no mail here"
        return f"it is {row.state} already" if row.state in (MailState.SENT, MailState.SENDING) else ""

    def do_retry(self) -> None:
        """Plan for the mail under the cursor."""
        if self.current is not None:
            self.app.push_screen(_retry_screen(self.waybill.actor, self.current), lambda _: self.load())

    def do_test(self) -> None:
        """Ask for an address."""
        self.app.push_screen(TestMailForm(self._mail))

    def do_told(self) -> None:
        """Say who is told, and why."""
        actor, support = self.waybill.actor, self._mail.support
        self.ask(
            lambda: "\n".join(_told(actor, support)),
            lambda text: self.app.push_screen(ReaderScreen("Who is told of a failed export", text)),
            group="told",
        )


AREA = Area(
    noun="notification",
    title="Mails",
    help="mails about failed exports: which wait and why, which were sent",
    cli="waybill notification list",
    screen=MailsScreen,
    page_of=ADMIN,
    detail=lambda which: MailScreen(int(which) if which.isdecimal() else 0),
)


def _about(row: MailRow) -> str:
    """Its subject without what every one begins with."""
    return row.subject.removeprefix("[Waybill] ").removeprefix(f"{row.entity}, ")


def _row(mail: OutboxMail) -> MailRow:
    return MailRow(
        id=mail.id,
        state=mail.state.value,
        at=mail.sent_at or mail.created_at,
        entity_id=mail.entity_id,
        entity=mail.entity.name,
        recipient=mail.recipient,
        subject=mail.subject,
        job_id=mail.job_id,
        tries=mail.tries,
        not_before=mail.not_before,
        last_error=mail.last_error,
    )


def _retry_screen(actor: Actor, row: MailRow) -> PlanScreen:
    def act(_reason: str) -> str:
        due = notifications.retry(actor, row.entity_id, row.id)
        return f"{wording.counted(due, 'mail')} due now; waybill worker sends it"

    def make() -> Plan:
        return rehearsed_plan(
            act,
            head=f"mail {row.id} to {row.recipient}",
            button="Retry it",
            going=[f"{row.state.replace('_', ' ')} -> waiting, due now"],
            warnings=[f"the server said: {row.last_error}"] if row.last_error else [],
        )

    return PlanScreen(f"Retry the mail to {row.recipient}", make, f"waybill notification retry {row.id}")


def _told(actor: Actor, support: str) -> Iterator[str]:
    yield "A mail goes to every active user with one of these roles, for the legal entity or for all:"
    yield "  Accounting review, Administrator, Support"
    yield "and to mail.support, a setting:"
    yield f"  {support or 'none is set: page settings, mail.support'}"
    for entity in entities.visible(actor):
        yield ""
        yield wording.one_line(entity.name)
        told = notifications.recipients(entity.id)
        yield from (f"  {address}" for address in told or ["nobody: give somebody such a role"])
    yield ""
    yield "The same failure of the same invoice is told once."
