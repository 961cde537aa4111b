"""Tokens: what lets people without a shell in over the web; made and revoked here, each shown once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import clock, tokens
from models.audit import Actor
from models.tokens import Token
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.token import CREATE, REVOKE, TokenForm, TokenScreen, revoke
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column

_NOTHING = """\
No token yet. Whoever has no shell here comes in over the web with one (waybill web).

Make one: n        or: waybill token create NAME"""


class TokenRow(NamedTuple):
    """One token; its text is known to nobody here."""

    id: int
    name: str
    user: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`, as it is now."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > clock.now() else "expired"


class TokensScreen(ListScreen[TokenRow]):
    """One's own tokens, and everybody's for who manages users."""

    NAME = "Tokens"
    TABS = (
        Tab("active", "active", _NOTHING),
        Tab("expired", "expired", "None has expired."),
        Tab("revoked", "revoked", "None was revoked."),
    )
    COLUMNS = (
        Column("id", "TOKEN", 7),
        Column("name", "FOR", 0),
        Column("user", "USER", 26),
        Column("expires", "EXPIRES", 13),
        Column("used", "LAST USED", 13),
        Column("created", "MADE", 13, at=100),
    )
    ACTS: ClassVar[Sequence[Command]] = (CREATE, REVOKE)

    def source(self, wanted: Wanted) -> Source[TokenRow]:
        """The tokens of a state: some dozens, read whole."""
        actor, state = self.waybill.actor, wanted.tab
        return Bounded(lambda: [row for row in _read(actor) if row.state == state], lambda row: row.id)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - has no filter
        """All states at once."""
        actor = self.waybill.actor

        def count() -> Mapping[str, int | None]:
            found = Counter(row.state for row in _read(actor))
            return {tab.key: found[tab.key] for tab in self.TABS}

        return count

    def cells(self, row: TokenRow) -> Cells:
        """What stands in the columns."""
        return {
            "id": str(row.id),
            "name": row.name,
            "user": row.user,
            "expires": wording.short_time(row.expires_at),
            "used": wording.short_time(row.last_used_at) if row.last_used_at else "never",
            "created": wording.short_time(row.created_at),
        }

    def preview(self, row: TokenRow) -> Text:
        """Whom it lets in, until when, and who made it."""
        head = f"Token {row.id}, {row.name}: whoever has it is {row.user}"
        until = f"{row.state}, expires {wording.both_times(row.expires_at)}"
        made = f"made {wording.both_times(row.created_at)} by {row.created_by}"
        return Text(wording.one_line(head), "bold").append(f"\n{until}\n{made}", "not bold")

    def open(self, row: TokenRow) -> None:
        """The token in full."""
        self.app.push_screen(TokenScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:
        """What keeps the row from being revoked."""
        if name != REVOKE.name:
            return ""
        if self.current is None:
            return "there is no token here"
        return "it is revoked already" if self.current.revoked_at else ""

    def do_create(self) -> None:
        """Ask for whom."""
        self.app.push_screen(TokenForm())

    def do_revoke(self) -> None:
        """Plan for the row under the cursor."""
        if self.current is not None:
            revoke(self.waybill, self.current.id)


def _read(actor: Actor) -> list[TokenRow]:
    return [_row(each) for each in tokens.visible(actor)]


def _row(token: Token) -> TokenRow:
    return TokenRow(
        id=token.id,
        name=str(token.name),
        user=str(token.user.email),
        created_at=token.created_at,
        created_by=str(token.created_by),
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )


AREA = Area(
    noun="token",
    title="Tokens",
    page_of="credential",
    help="what lets people without a shell in over the web",
    cli="waybill token list",
    screen=TokensScreen,
    detail=lambda which: TokenScreen(int(which) if which.isdecimal() else 0),
)
