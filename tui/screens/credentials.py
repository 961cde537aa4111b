"""Credentials: what opens the pickup folders, how old it is, when it was last used; made and revoked here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import credential_list
from models.audit import Actor
from models.credential_list import Looked
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.screens.credential import CredentialScreen
from tui.screens.credential_acts import GENERATE, REGENERATE, REVOKE, regenerate, revoke
from tui.screens.credential_forms import GenerateForm
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cell, Cells, Column

_NOTHING = """\
No credential yet. Whoever fetches files over SFTP needs one.

Make one: n        or: waybill credential generate"""

WEB_TOKENS = Command(
    name="tokens",
    key="v",
    title="Web tokens",
    help="what lets people without a shell in over the web",
    cli="waybill token list",
)


class CredentialRow(NamedTuple):
    """One credential; its age is told when it is drawn, so that a row changes only when something did."""

    user_name: str
    entity_id: int
    entity: str
    folder: str
    opens: str
    keys: int
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


class CredentialsScreen(ListScreen[CredentialRow]):
    """Credentials by their user names."""

    NAME = "Credentials"
    TABS = (
        Tab("live", "live", _NOTHING),
        Tab("revoked", "revoked", "None was revoked."),
    )
    COLUMNS = (
        Column("user", "USER", 18),
        Column("entity", "LEGAL ENTITY", 0),
        Column("folder", "FOLDER", 20, at=100),
        Column("opens", "OPENS BY", 21),
        Column("age", "AGE", 9, right=True),
        Column("used", "LAST USED", 13),
    )
    ACTS: ClassVar[Sequence[Command]] = (GENERATE, REGENERATE, REVOKE, WEB_TOKENS)

    def source(self, wanted: Wanted) -> Source[CredentialRow]:
        """The credentials of the legal entities one sees: some dozens, read whole."""
        actor, revoked = self.waybill.actor, wanted.tab == "revoked"

        def read() -> Sequence[CredentialRow]:
            return [row for row in _read(actor) if (row.revoked_at is not None) == revoked]

        return Bounded(read, lambda row: row.user_name)

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:  # noqa: ARG002 - has no filter
        """Both lists at once."""
        actor = self.waybill.actor

        def count() -> Mapping[str, int | None]:
            found = Counter(row.revoked_at is None for row in _read(actor))
            return {"live": found[True], "revoked": found[False]}

        return count

    def cells(self, row: CredentialRow) -> Cells:
        """What stands in the columns."""
        revoked = f"- revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else ""
        return {
            "user": row.user_name,
            "entity": row.entity,
            "folder": row.folder,
            "opens": Cell(revoked, "dim") if revoked else row.opens,
            "age": wording.age(row.created_at),
            "used": wording.short_time(row.last_used_at) if row.last_used_at else "never",
        }

    def preview(self, row: CredentialRow) -> Text:
        """What it opens, who made it, and when it was last used."""
        what = f"{row.user_name}  opens the pickup folder {row.folder} of {row.entity} by {row.opens}"
        text = Text(wording.one_line(what), "bold")
        used = wording.both_times(row.last_used_at) if row.last_used_at else "never"
        made = f"\nMade {wording.both_times(row.created_at)} by {row.created_by}\nLast used {used}"
        return text.append(made, "not bold")

    def open(self, row: CredentialRow) -> None:
        """The credential in full."""
        self.app.push_screen(CredentialScreen(row.user_name, self.neighbour))

    def why_not(self, name: str) -> str:
        """What keeps the row from being given another password, or revoked."""
        if name not in (REGENERATE.name, REVOKE.name):
            return ""
        row = self.current
        if row is None:
            return "there is no credential here; make one: n"
        return f"{row.user_name} is revoked, for good; make another one: n" if row.revoked_at else ""

    def do_generate(self) -> None:
        """Ask for whom."""
        self.app.push_screen(GenerateForm())

    def do_regenerate(self) -> None:
        """Plan for the row under the cursor."""
        if self.current is not None:
            regenerate(self.waybill, self.current.user_name)

    def do_revoke(self) -> None:
        """Plan for the row under the cursor."""
        if self.current is not None:
            revoke(self.waybill, self.current.user_name)

    def do_tokens(self) -> None:
        """Go to the tokens."""
        self.waybill.open("token")


def _read(actor: Actor) -> list[CredentialRow]:
    return [_row(each) for each in credential_list.listed(actor)]


def _row(item: Looked) -> CredentialRow:
    one = item.credential
    return CredentialRow(
        user_name=str(one.user_name),
        entity_id=one.entity_id,
        entity=item.entity,
        folder=item.folder,
        opens=item.opens,
        keys=item.keys,
        created_at=one.created_at,
        created_by=str(one.created_by),
        last_used_at=item.last_used_at,
        revoked_at=one.revoked_at,
    )


AREA = Area(
    noun="credential",
    digit="8",
    title="Credentials",
    short="Cred",
    help="what opens the pickup folders over SFTP",
    cli="waybill credential list",
    screen=CredentialsScreen,
    detail=CredentialScreen,
)
