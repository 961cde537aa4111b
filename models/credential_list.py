"""Credentials as they are looked at: what each opens, how old it is, and what replacing it would break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models import clock, credentials, history
from models.credentials import Credential, CredentialKey
from models.database import execute
from models.entities import LegalEntity
from models.history import Act
from models.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A credential in a list."""

    credential: Credential
    entity: str
    folder: str
    keys: int
    opens: str
    """`password`, `2 keys`, `password or 1 key`; of a revoked one `nothing`."""
    age: timedelta
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A credential in full; nothing of its password is here."""

    credential: Credential
    entity: str
    folder: str
    opens: str
    keys: tuple[CredentialKey, ...]
    acts: tuple[Act, ...] | None
    """What was done with it, the latest first; None: the actor may not see the audit."""


_LISTED = """
SELECT c.id, e.name, f.name, (SELECT COUNT(*) FROM credential_key k WHERE k.credential_id = c.id)
FROM credential c JOIN legal_entity e ON e.id = c.entity_id JOIN pickup_folder f ON f.id = c.folder_id
"""


def listed(actor: Actor, entity: LegalEntity | None = None) -> list[Looked]:
    """As `visible`, with what a list shows of each; two statements however many there are."""
    told = {row[0]: row[1:] for row in execute(_LISTED)}
    now = clock.now()
    return [
        Looked(
            credential=one,
            entity=told[one.id][0],
            folder=told[one.id][1],
            keys=told[one.id][2],
            opens=_opens(one, told[one.id][2]),
            age=now - one.created_at,
            last_used_at=one.last_used_at,
        )
        for one in credentials.visible(actor, entity)
    ]


def detail(actor: Actor, user_name: str) -> Detail:
    """One with its keys and its history; raises `NotFound`, also where the actor may not see it."""
    credential = credentials.find(actor, user_name)
    keys = credentials.keys(credential)
    return Detail(
        credential=credential,
        entity=credential.entity.name,
        folder=credential.folder.name,
        opens=_opens(credential, len(keys)),
        keys=tuple(keys),
        acts=history.of(actor, "credential", credential.id, credential.entity_id),
    )


def revocation_breaks(credential: Credential) -> str:
    """What stops working when it is revoked, in a sentence."""
    count = len(credentials.keys(credential))
    ways = _opens(credential, count)
    if credential.last_used_at is None:
        return f"Nobody has used it yet; nobody can log in by {ways} any more."
    on = f"{credential.last_used_at:%Y-%m-%d %H:%M} UTC"
    return f"Whoever logs in by {ways} (last on {on}) cannot any more, and is disconnected."


def rotation_breaks(credential: Credential) -> str:
    """What stops working when its password is replaced, in a sentence."""
    if credential.password_hash is None:
        return "It has no password yet, so nothing stops working."
    if credential.last_used_at is None:
        return "It was never used, so nothing is known that stops working."
    on = f"{credential.last_used_at:%Y-%m-%d %H:%M} UTC"
    kept = "; its keys go on working" if credentials.keys(credential) else ""
    return (
        f"Whatever logs in with it (last on {on}) fails until it has the new one, and is disconnected{kept}."
    )


def _opens(credential: Credential, key_count: int) -> str:
    if credential.revoked_at is not None:
        return "nothing"
    ways = ["password"] if credential.password_hash else []
    ways += [f"{key_count} key{'' if key_count == 1 else 's'}"] if key_count else []
    return " or ".join(ways) or "nothing"
