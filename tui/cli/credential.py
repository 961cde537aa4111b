"""`waybill credential`: what opens the pickup folders over SFTP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models import credential_list, credentials, names
from models.credentials import Credential, CredentialKey
from models.errors import Conflict, InvalidInput
from tui.cli.console import Session, Verbs, entity_option, in_session, reason_option, yes_option

if TYPE_CHECKING:
    from worker.servers.service import Listening

_LONGEST_KEY = 20_000
_TRIES = 3  # to prove that a password was saved

key_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group("credential", cls=Verbs)
def command() -> None:
    """Pickup credentials: user names with a password or keys that open a legal entity's folder over SFTP."""


@command.command("list")
@entity_option
@in_session
def list_credentials(session: Session, entity_name: str | None) -> None:
    """The credentials of your legal entities, revoked ones last."""
    entity = session.entity(entity_name) if entity_name else None
    session.table(
        [_as_item(credential) for credential in credentials.visible(session.actor, entity)],
        ["user_name", "entity", "state", "has_password", "keys", "last_used_at"],
        empty="No credential yet. Make one: waybill credential generate",
    )


@command.command("show")
@click.argument("user_name")
@in_session
def show(session: Session, user_name: str) -> None:
    """One credential: its keys, and the command that fetches with it. Its password is shown to nobody."""
    from worker.servers.service import expected

    found = credential_list.detail(session.actor, user_name)
    keys = [_as_key_item(one) for one in found.keys]
    item = _as_item(found.credential) | {"opens": found.opens, "public_keys": keys}
    if found.credential.revoked_at is None:
        item |= _way_in(expected(session.settings), found.credential)
    if not session.as_json:
        item["public_keys"] = [f"{one['kind']} {one['fingerprint']} {one['comment']}".strip() for one in keys]
    session.show(item)


@command.command("generate")
@entity_option
@click.option("--user", "user_name", help="Its user name; else one made of the legal entity's.")
@click.option(
    "--key", "key_files", type=key_file, multiple=True, help="A public key file (.pub) that may log in."
)
@click.option("--no-password", is_flag=True, help="Keys only.")
@in_session
def generate(
    session: Session,
    entity_name: str | None,
    user_name: str | None,
    key_files: tuple[Path, ...],
    no_password: bool,
) -> None:
    """Make a credential. Its password is shown this once and can never be shown again.

    At a terminal its last 4 characters are asked for, to prove that it was saved; else it is taken back.
    """
    credential, password = credentials.generate(
        session.actor,
        session.entity(entity_name),
        user_name=user_name,
        with_password=not no_password,
        key_lines=[_read_key(path) for path in key_files],
    )
    _hand_out(session, credential, password)


@command.command("rotate")
@click.argument("user_name")
@reason_option
@yes_option
@in_session
def rotate(session: Session, user_name: str, reason: str, yes: bool) -> None:
    """Replace the password; the new one is shown this once.

    The old one stops working at once and its sessions are ended: whatever logs in with it fails until it has
    the new one. Keys go on working.
    """
    credential = credentials.find(session.actor, user_name)
    used = _as_item(credential)["last_used_at"]
    session.confirm(
        f"The password of {credential.user_name} (last used: {used or 'never'}) stops working at once; "
        "whatever uses it fails until it has the new one. Replace it?",
        yes=yes,
    )
    _hand_out(session, credential, credentials.rotate(session.actor, credential, reason=reason))


@command.command("revoke")
@click.argument("user_name")
@reason_option
@yes_option
@in_session
def revoke(session: Session, user_name: str, reason: str, yes: bool) -> None:
    """Let a credential open nothing any more, for good. The folder and its files stay."""
    credential = credentials.find(session.actor, user_name)
    count = len(credentials.keys(credential))
    session.confirm(
        f"{credential.user_name} can log in no more, neither by password nor by its {count} keys, "
        "and is disconnected. This is final. Revoke it?",
        yes=yes,
    )
    credentials.revoke(session.actor, credential, reason=reason)
    session.answer(_as_item(credential), f"revoked the credential {credential.user_name}")


@command.group("key", cls=Verbs)
def key() -> None:
    """The public keys that may log in."""


@key.command("list")
@click.argument("user_name")
@in_session
def list_keys(session: Session, user_name: str) -> None:
    """The keys of a credential."""
    credential = credentials.find(session.actor, user_name)
    session.table(
        [_as_key_item(one) for one in credentials.keys(credential)],
        ["fingerprint", "kind", "comment", "added_at", "added_by"],
        empty=f"No key. Add one: waybill credential key add {credential.user_name} FILE.pub",
    )


@key.command("add")
@click.argument("user_name")
@click.argument("file", type=key_file)
@in_session
def add_key(session: Session, user_name: str, file: Path) -> None:
    """Add the public key in a file (.pub), or `-` for standard input."""
    credential = credentials.find(session.actor, user_name)
    added = credentials.add_key(session.actor, credential, _read_key(file))
    session.answer(_as_key_item(added), f"{credential.user_name} can log in with the key {added.fingerprint}")


@key.command("remove")
@click.argument("user_name")
@click.argument("fingerprint")
@reason_option
@yes_option
@in_session
def remove_key(session: Session, user_name: str, fingerprint: str, reason: str, yes: bool) -> None:
    """Remove a key by its fingerprint (SHA256:…)."""
    credential = credentials.find(session.actor, user_name)
    session.confirm(
        f"Whoever has the key {names.shown(fingerprint)} can log in as {credential.user_name} no more "
        "and is disconnected. Remove it?",
        yes=yes,
    )
    credentials.remove_key(session.actor, credential, fingerprint, reason=reason)
    session.answer(_as_item(credential), f"removed the key {fingerprint} of {credential.user_name}")


def _hand_out(session: Session, credential: Credential, password: str | None) -> None:
    from worker.servers.service import expected

    where = expected(session.settings)
    way_in = _way_in(where, credential)
    lines = [
        f"credential for {credential.entity.name}; tell it to nobody else",
        f"  user      {credential.user_name}",
        f"  password  {password}   shown this once: write it down"
        if password
        else "  password  none, keys only",
        f"  fetch     {way_in['command']}",
        *([f"            {where.note}"] if where.note else []),
        *(f"  host key  {key}" for key in where.host_keys),
    ]
    session.answer(_as_item(credential) | {"password": password} | way_in, "\n".join(lines))
    if password and not session.as_json and sys.stdin.isatty() and sys.stdout.isatty():
        _ask_for_proof(session, credential, password)


def _way_in(where: Listening, credential: Credential) -> dict[str, Any]:
    return {
        "host": where.host,
        "port": where.port,
        "command": where.fetch_command(str(credential.user_name)),
        "host_keys": list(where.fingerprints),
    }


def _ask_for_proof(session: Session, credential: Credential, password: str) -> None:
    """The last characters, typed from where the password was stored; without them it is taken back."""
    for _ in range(_TRIES):
        try:
            typed = click.prompt(f"Type its last {credentials.PROOF} characters, or ctrl-c to discard it")
            credentials.prove_saved(session.actor, credential, password, typed)
        except InvalidInput as error:
            click.echo(f"{error.message}: {error.remedy}", err=True)
        except click.Abort:
            break
        else:
            return
    credentials.discard(session.actor, credential)
    raise Conflict(
        f"the password of {credential.user_name} was not saved, so it opens nothing",
        remedy="make another one",
        code="not_saved",
    )


def _read_key(path: Path) -> str:
    with click.open_file(str(path), encoding="utf-8", errors="replace") as file:
        return str(file.read(_LONGEST_KEY))


def _as_item(credential: Credential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "user_name": credential.user_name,
        "entity": credential.entity.name,
        "folder": str(credential.folder.path),
        "state": "revoked" if credential.revoked_at else "active",
        "has_password": credential.password_hash is not None,
        "keys": len(credentials.keys(credential)),
        "created_at": credential.created_at,
        "created_by": credential.created_by,
        "revoked_at": credential.revoked_at,
        "last_used_at": credential.last_used_at,
    }


def _as_key_item(one: CredentialKey) -> dict[str, Any]:
    return {
        "fingerprint": one.fingerprint,
        "kind": one.public_key.partition(" ")[0],
        "comment": one.comment,
        "added_at": one.added_at,
        "added_by": one.added_by,
    }
