"""Credentials as they are looked at: what each opens, how old it is, and what replacing it would break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models import clock, credentials
from models.credentials import Credential
from models.database import execute
from models.entities import LegalEntity
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
