"""One token, the form that makes one, and the plan that revokes one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text

from models import clock, history, people, tokens
from models.catalogue import Setting, SettingKind
from models.history import Act
from models.people import Action
from models.tokens import Token
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour
from tui.kit.form import Form, FormScreen, Values
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.kit.secret import SecretScreen
from tui.screens.history import HISTORY, acts

if TYPE_CHECKING:
    from tui.app import WaybillApp

CREATE = Command(
    name="create",
    key="n",
    title="New",
    help="make a token; its text is shown once",
    cli="waybill token create",
)
REVOKE = Command(
    name="revoke",
    key="X",
    title="Revoke",
    help="let it open nothing any more; its sessions end within seconds",
    cli="waybill token revoke",
)
_DAYS = 30


class Made(NamedTuple):
    """A token that was just made, on its way to the one screen that shows its text."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        """Without the secret, wherever a mistake might print it."""
        return f"Made({self.token.id})"


class TokenForm(FormScreen[Made]):
    """For whom, what for, and for how long."""

    NAME = "new token"

    @property
    def draft(self) -> str:
        """One at a time."""
        return "token/new"

    def reader(self) -> Callable[[], Form]:
        """Oneself, or any active user for who manages users."""
        actor = self.waybill.actor

        def read() -> Form:
            users = people.visible(actor) if people.allowed(actor, Action.MANAGE_USERS) else []
            emails = tuple(user.email for user in users if user.active) or (actor.name,)
            return Form(settings=_settings(emails), values={"user": actor.name, "days": _DAYS})

        return read

    def beside(self, values: Values) -> Text:
        """Who comes in, and until when."""
        until = clock.now() + timedelta(days=int(values["days"]))
        return Text(f"Whoever has it is {values['user']}, until {wording.both_times(until)}.")

    def save(self, values: Values) -> Callable[[], Made]:
        """Make it; its text goes on to the screen that shows it once."""
        actor = self.waybill.actor

        def make() -> Made:
            user = people.find_visible(actor, values["user"])
            return Made(*tokens.create(actor, user, values["name"], days=values["days"]))

        return make

    def lands_on(self, result: Made) -> int:
        """Its number."""
        return int(result.token.id)

    def saved(self, result: Made) -> None:
        """Show its text when this form is gone."""
        self.app.call_later(show, self.waybill, result)


class Shown(NamedTuple):
    """A token and what was done with it."""

    token: Token
    acts: tuple[Act, ...] | None


class TokenScreen(DetailScreen[Shown]):
    """One token in full, but never its text."""

    SECTIONS = (HISTORY,)
    LABEL_WIDTH = 10
    ACTS: ClassVar[Sequence[Command]] = (REVOKE,)

    def __init__(self, which: int, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"token {self.which}"

    def reader(self) -> Callable[[], Shown]:
        """The token and its history."""
        actor, token_id = self.waybill.actor, self.which
        return lambda: Shown(tokens.find(actor, token_id), history.of(actor, "token", token_id, None))

    def summary(self, data: Shown) -> Iterable[tuple[str, Text]]:
        """Whom it lets in, how it stands, since and until when."""
        token = data.token
        yield "Token", Text(f"{token.id}  {wording.one_line(str(token.name))}", "bold")
        yield "Lets in", Text(wording.one_line(token.user.email))
        ended = f" {wording.both_times(token.revoked_at)}" if token.revoked_at else ""
        yield "State", Text(f"{token.state}{ended}")
        yield "Expires", Text(wording.both_times(token.expires_at))
        yield "Made", Text(f"{wording.both_times(token.created_at)} by {wording.one_line(token.created_by)}")
        yield "Last used", Text(wording.both_times(token.last_used_at) if token.last_used_at else "never")

    def entries(self, section: str, data: Shown) -> Sequence[Entry]:  # noqa: ARG002 - there is one
        """Its history."""
        return acts(data.acts)

    def why_not(self, name: str) -> str:  # noqa: ARG002 - there is one act
        """A revoked one stays revoked."""
        if self.data is None:
            return "it is being read"
        return "it is revoked already" if self.data.token.revoked_at else ""

    def do_revoke(self) -> None:
        """Plan for this one."""
        revoke(self.waybill, self.which)


def show(app: WaybillApp, made: Made) -> None:
    """Show its text once; given up it is revoked."""
    token = made.token
    screen = SecretScreen(
        f"Token {token.id} for {token.user.email}",
        made.secret,
        "Typed at the page that waybill web shows.",
        folder=app.settings.home,
        file_name=f"token-{token.id}.txt",
        revoke=partial(tokens.revoke, app.actor, token, reason="it was shown and not saved"),
    )

    def left(kept: bool | None) -> None:
        said = "is proved to be saved" if kept else "was not saved, so it is revoked"
        app.notify(f"Token {token.id} {said}.", severity="information" if kept else "warning", markup=False)

    app.push_screen(screen, left)


def revoke(app: WaybillApp, token_id: int) -> None:
    """Say who is shut out, then revoke."""

    def make() -> Plan:
        token = tokens.find(app.actor, token_id)
        used = f"last used {wording.both_times(token.last_used_at)}" if token.last_used_at else "never used"

        def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
            tokens.revoke(app.actor, token, reason=reason)
            yield Progress(1, 1)
            return Outcome([f"Token {token_id} is revoked."], value=True)

        return Plan(
            head=f"token {token_id} ({wording.one_line(str(token.name))}) lets nobody in any more",
            number=1,
            carry_out=carry_out,
            button="Revoke",
            warnings=[f"{token.user.email} comes in with it ({used}) and is out within seconds."],
            effect="final; other tokens of the same user stay",
        )

    app.push_screen(PlanScreen(f"Revoke token {token_id}", make, f"waybill token revoke {token_id}"))


def _settings(emails: tuple[str, ...]) -> list[Setting]:
    return [
        Setting(name="name", title="What for", help="such as: Ben's laptop", required=True, max_length=100),
        Setting(name="user", title="User", kind=SettingKind.CHOICE, choices=emails, required=True),
        Setting(
            name="days",
            title="Days",
            kind=SettingKind.INTEGER,
            default=_DAYS,
            least=1,
            most=tokens.LONGEST_DAYS,
            help="how long it lets in",
        ),
    ]
