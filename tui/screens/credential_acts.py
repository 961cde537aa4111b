"""What is done to credentials: a new password, revoking; each with its plan, and the password shown once."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from models import credential_list, credentials
from models.credentials import Credential
from models.people import Action
from tui.kit.commands import Command
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.kit.secret import SecretScreen

if TYPE_CHECKING:
    from tui.app import WaybillApp

GENERATE = Command(
    name="generate",
    key="n",
    title="New",
    help="make a credential; its password is shown once",
    cli="waybill credential generate",
    action=Action.MANAGE_CREDENTIALS,
)
REGENERATE = Command(
    name="regenerate",
    key="R",
    title="Regenerate",
    help="replace the password, shown once; says first what breaks",
    cli="waybill credential rotate",
    action=Action.MANAGE_CREDENTIALS,
)
REVOKE = Command(
    name="revoke",
    key="X",
    title="Revoke",
    help="let it open nothing any more, for good",
    cli="waybill credential revoke",
    action=Action.MANAGE_CREDENTIALS,
)


class Password(NamedTuple):
    """A password that was just made, on its way to the one screen that shows it."""

    credential: Credential
    secret: str
    how: str

    def __repr__(self) -> str:
        """Without the secret, wherever a mistake might print it."""
        return f"Password({self.credential.user_name})"


def password(app: WaybillApp, credential: Credential, secret: str) -> Password:
    """The password with the command that it is used with and the server's keys; reads files."""
    from worker import tasks  # Huey, which no picture need wait for

    where = tasks.pickup_server(app.settings.home)
    note = [f"          {where.note}"] if where.note else []
    keys = [f"host key  {key}" for key in where.host_keys]
    how = [f"fetch     {where.fetch_command(str(credential.user_name))}", *note, *keys]
    return Password(credential, secret, "\n".join(how))


def show(app: WaybillApp, made: Password | None) -> None:
    """Show it once; given up it opens nothing."""
    if made is None:
        return
    one, end = made.credential, made.secret[-credentials.PROOF :]
    screen = SecretScreen(
        f"Password of {one.user_name}",
        made.secret,
        made.how,
        folder=app.settings.home,
        file_name=f"{one.user_name}.password",
        saved=partial(credentials.prove_saved, app.actor, one, end),
        revoke=partial(credentials.discard, app.actor, one),
    )

    def left(kept: bool | None) -> None:
        name = one.user_name
        said = (
            f"{name}: proved to be saved."
            if kept
            else f"{name}: the password was discarded; it opens nothing."
        )
        app.notify(said, severity="information" if kept else "warning", markup=False)

    app.push_screen(screen, left)


def regenerate(app: WaybillApp, user_name: str) -> None:
    """Say what breaks, then replace the password and show the new one."""

    def make() -> Plan:
        credential = credentials.find(app.actor, user_name)

        def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
            secret = credentials.rotate(app.actor, credential, reason=reason)
            yield Progress(1, 1)
            return Outcome([f"{user_name} has a new password."], value=password(app, credential, secret))

        return Plan(
            head=f"a new password for {user_name}",
            number=1,
            carry_out=carry_out,
            button="Regenerate",
            warnings=[credential_list.rotation_breaks(credential)],
            effect="the old password and its sessions stop at once; the new one is shown once",
        )

    twin = f"waybill credential rotate {user_name}"
    app.push_screen(PlanScreen(f"Regenerate the password of {user_name}", make, twin), partial(show, app))


def revoke(app: WaybillApp, user_name: str) -> None:
    """Say what stops, then revoke."""

    def make() -> Plan:
        credential = credentials.find(app.actor, user_name)

        def carry_out(reason: str) -> Generator[Progress, None, Outcome]:
            credentials.revoke(app.actor, credential, reason=reason)
            yield Progress(1, 1)
            return Outcome([f"{user_name} is revoked."], value=True)

        return Plan(
            head=f"{user_name} opens nothing any more",
            number=1,
            carry_out=carry_out,
            button="Revoke",
            warnings=[credential_list.revocation_breaks(credential)],
            effect="final: the name is never given again; the folder and its files stay",
        )

    app.push_screen(PlanScreen(f"Revoke {user_name}", make, f"waybill credential revoke {user_name}"))
