"""`waybill secret`: passwords that Waybill presents to others, stored encrypted and never shown."""

from __future__ import annotations

import sys

import click

from models import entities, facilities, facility_settings, secrets
from models.errors import InvalidInput
from tui.cli.console import Session, Verbs, ask_hidden, in_session, yes_option


@click.group("secret", cls=Verbs)
def command() -> None:
    """Secrets, such as the mail password: encrypted under this installation's key, never shown again."""


@command.command("list")
@in_session
def list_secrets(session: Session) -> None:
    """Which secrets are set, when and by whom; never their values."""
    items = [
        {"name": secret.name, "changed_at": secret.changed_at, "changed_by": secret.changed_by}
        for secret in secrets.stored(session.actor)
    ]
    session.table(
        items,
        ["name", "changed_at", "changed_by"],
        empty="No secret is set. What can be: waybill secret known",
    )


@command.command("set")
@click.argument("name")
@click.option("--from-stdin", is_flag=True, help="Read the value from standard input; else it is asked for.")
@in_session
def set_secret(session: Session, name: str, from_stdin: bool) -> None:
    """Store a secret, or replace it. Its value is no argument: a history would keep it."""
    secrets.set_secret(session.actor, name, _value(name, from_stdin))
    session.answer({"name": name}, f"stored the secret {name}")


@command.command("delete")
@click.argument("name")
@yes_option
@in_session
def delete_secret(session: Session, name: str, yes: bool) -> None:
    """Forget a secret."""
    session.confirm(f"Forget the secret {name}? What uses it fails until it is set again.", yes=yes)
    secrets.delete(session.actor, name)
    session.answer({"name": name}, f"deleted the secret {name}")


@command.command("known")
@in_session
def list_known(session: Session) -> None:
    """The secrets that something uses."""
    known = secrets.KNOWN | _of_facilities(session)
    items = [{"name": name, "help": text} for name, text in known.items()]
    session.listing(items, lambda: (f"{name}\n    {text}" for name, text in known.items()), empty="")


def _of_facilities(session: Session) -> dict[str, str]:
    """What the gateways of facilities log in with, as these are set up now."""
    found = {}
    for entity in entities.visible(session.actor):
        for facility in facilities.of_entity(entity):
            settings = facility_settings.effective_settings(facility)
            for gateway in sorted({settings["ach_gateway"], settings["other_gateway"]}):
                for setting, name in facility_settings.plugin_secrets(facility, gateway).items():
                    found[name] = f"{gateway}.{setting} of the facility {facility.name} of {entity.name}"
    return found


def _value(name: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"there is no terminal to ask for {name}",
            remedy="add --from-stdin to read it from standard input",
        )
    return ask_hidden(name)
