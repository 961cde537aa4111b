"""One credential: what it opens, the command that fetches with it, its keys, and what was done with it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import credential_list, credentials
from models.credential_list import Detail
from models.credentials import CredentialKey
from models.people import Action
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.screens.credential_acts import REGENERATE, REVOKE, regenerate, revoke
from tui.screens.credential_forms import KeyForm
from tui.screens.history import HISTORY, acts
from tui.widgets.table import Column

ADD_KEY = Command(
    name="add_key",
    key="a",
    title="Add key",
    help="let the owner of a public key log in",
    cli="waybill credential key add",
    action=Action.MANAGE_CREDENTIALS,
)
REMOVE_KEY = Command(
    name="remove_key",
    key="D",
    title="Remove key",
    help="let the key under the cursor log in no more",
    cli="waybill credential key remove",
    action=Action.MANAGE_CREDENTIALS,
)
_KEYS = Section(
    "keys",
    "keys",
    (
        Column("kind", "KIND", 13),
        Column("fingerprint", "FINGERPRINT", 0),
        Column("comment", "COMMENT", 20, at=100),
        Column("added", "ADDED UTC", 13),
    ),
    "It has no public key.\n\nAdd one: a",
)


class Shown(NamedTuple):
    """A credential and where it is used."""

    detail: Detail
    fetch: str
    host_keys: list[str]


class CredentialScreen(DetailScreen[Shown]):
    """One credential in full, but never its password."""

    SECTIONS = (_KEYS, HISTORY)
    LABEL_WIDTH = 10
    ACTS: ClassVar[Sequence[Command]] = (ADD_KEY, REMOVE_KEY, REGENERATE, REVOKE)

    def __init__(self, which: str, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its name."""
        return f"credential {wording.one_line(self.which)}"

    def reader(self) -> Callable[[], Shown]:
        """The credential, and the server's address and keys."""
        actor, name, home = self.waybill.actor, self.which, self.waybill.settings.home

        def read() -> Shown:
            from worker import tasks  # Huey, which no picture need wait for

            found, where = credential_list.detail(actor, name), tasks.pickup_server(home)
            fetch = where.fetch_command(str(found.credential.user_name))
            return Shown(found, "\n".join(filter(None, (fetch, where.note))), where.host_keys)

        return read

    def key_of(self, row: object) -> str:
        """Its name."""
        return str(getattr(row, "user_name"))  # noqa: B009 - a row of the list's own kind

    def summary(self, data: Shown) -> Iterable[tuple[str, Text]]:
        """What it opens and how, since when, and what is to be pasted."""
        one, detail = data.detail.credential, data.detail
        self.ENTITY_ID = one.entity_id
        yield "User", Text(str(one.user_name), "bold")
        yield "Opens", Text(f"pickup folder {detail.folder} of {wording.one_line(detail.entity)}")
        if one.revoked_at is not None:
            yield "By", Text(f"- nothing: revoked {wording.both_times(one.revoked_at)}")
        else:
            yield "By", Text(detail.opens)
        made = f"{wording.both_times(one.created_at)} by {wording.one_line(str(one.created_by))}"
        yield "Made", Text(f"{made}, {wording.age(one.created_at)} ago")
        yield "Last used", Text(wording.both_times(one.last_used_at) if one.last_used_at else "never")
        if one.revoked_at is None:
            yield "Fetch", Text(data.fetch)
            yield from (("Host key", Text(key)) for key in data.host_keys)

    def entries(self, section: str, data: Shown) -> Sequence[Entry]:
        """Its keys, or its history."""
        return [_key(key) for key in data.detail.keys] if section == "keys" else acts(data.detail.acts)

    def why_not(self, name: str) -> str:
        """A revoked one stays as it is; a key is removed where it is seen."""
        if self.data is None:
            return "it is being read"
        if self.data.detail.credential.revoked_at is not None:
            return "it is revoked, for good"
        if name == REMOVE_KEY.name and (self.section.key != "keys" or self.table.current is None):
            return "put the cursor on one of its keys"
        return ""

    def do_add_key(self) -> None:
        """Ask for the key."""
        self.app.push_screen(KeyForm(self.which))

    def do_regenerate(self) -> None:
        """Plan for this one."""
        regenerate(self.waybill, self.which)

    def do_revoke(self) -> None:
        """Plan for this one."""
        revoke(self.waybill, self.which)

    def do_remove_key(self) -> None:
        """Plan for the key under the cursor."""
        if (row := self.table.current) is None:
            return
        actor, name, fingerprint = self.waybill.actor, self.which, str(row.key)

        def make() -> Plan:
            credential = credentials.find(actor, name)

            def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
                credentials.remove_key(actor, credential, fingerprint, reason=reason)
                yield Progress(1, 1)
                return Outcome([f"{name} lost the key {fingerprint}."], value=True)

            return Plan(
                head=f"the key {fingerprint} of {name} opens nothing any more",
                number=1,
                carry_out=carry_out,
                button="Remove key",
                effect="who is logged in with it is disconnected; other keys and the password stay",
            )

        twin = f"waybill credential key remove {name} {fingerprint}"
        self.app.push_screen(PlanScreen(f"Remove a key of {name}", make, twin))


def _key(key: CredentialKey) -> Entry:
    kind, comment = str(key.public_key).partition(" ")[0], wording.one_line(str(key.comment))
    added = f"added {wording.both_times(key.added_at)} by {wording.one_line(str(key.added_by))}"
    cells = {
        "kind": kind,
        "fingerprint": str(key.fingerprint),
        "comment": comment,
        "added": wording.short_time(key.added_at),
    }
    head = " ".join(filter(None, (kind, str(key.fingerprint), comment)))
    return Entry(str(key.fingerprint), cells, f"{head}\n{added}\n{key.public_key}")
