"""Secrets that Waybill must present to others: encrypted under the installation's key, never shown again.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the secret's name is the associated data, so
that a ciphertext moved to another row does not open. The key comes from a systemd credential, an
environment variable or the key file, in this order; it never stands in the database or a settings file.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from peewee import TextField

from models import audit, clock, names
from models.database import Table, execute, transaction
from models.errors import ConfigurationError, InvalidInput, NotFound
from models.fields import UTCField
from models.people import Action, Actor, require
from models.settings import Settings, current

KNOWN = {
    "mail.password": "the password of the mail account that failure notices are sent from",
    "web.proxy": "what the reverse proxy shows to be believed who comes",
}
"""What Waybill uses; a facility's own secrets are named `facility.ID.GATEWAY_SETTING`."""

_ENTITY = "SELECT entity_id FROM facility WHERE id = ?"
_NONCE_BYTES = 12
_LARGEST = 64 * 1024


class Secret(Table):
    """One encrypted value: nonce and ciphertext in base64."""

    name = TextField(unique=True)
    value = TextField()
    changed_at = UTCField(default=clock.now)
    changed_by = TextField()


def create_key(settings: Settings) -> bool:
    """Write a new key file, 0600, unless there is one; says whether it was made."""
    try:
        handle = os.open(settings.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return True


def set_secret(actor: Actor, name: str, value: str) -> None:
    """Store or replace a secret; what it was is not kept. A facility's takes a role for its entity alone."""
    entity_id = _entity_of(name)
    require(actor, Action.MANAGE_SECRETS, entity_id)
    _check_name(name)
    if not value or len(value.encode()) > _LARGEST:
        raise InvalidInput(
            f"the value of {name} is empty or longer than {_LARGEST} bytes",
            remedy="give its value, or delete the secret: waybill secret delete NAME",
        )
    with transaction():
        known = Secret.get_or_none(Secret.name == name) or Secret(name=name)
        known.value, known.changed_at, known.changed_by = _encrypt(name, value), clock.now(), actor.name
        known.save()
        audit.record(actor, "set", "secret", subject_id=known.id, name=name, entity_id=entity_id)


def delete(actor: Actor, name: str) -> None:
    """Forget a secret."""
    entity_id = _entity_of(name)
    require(actor, Action.MANAGE_SECRETS, entity_id)
    with transaction():
        if not Secret.delete().where(Secret.name == name).execute():
            raise NotFound(f"there is no secret {names.shown(name)}", remedy="see: waybill secret list")
        audit.record(actor, "delete", "secret", name=name, entity_id=entity_id)


def stored(actor: Actor) -> list[Secret]:
    """The stored secrets, by name; their values stay encrypted."""
    require(actor, Action.MANAGE_SECRETS)
    return list(Secret.select().order_by(Secret.name))


def _entity_of(name: str) -> int | None:
    """The legal entity of a facility's secret; None: it is the whole installation's."""
    match = re.match(r"facility\.([0-9]{1,18})\.", name)
    row = execute(_ENTITY, (int(match[1]),)).fetchone() if match else None
    return None if row is None else int(row[0])


def reveal(name: str) -> str | None:
    """The value, for presenting it to its server; None when it was never set. Never log or show it."""
    row = Secret.get_or_none(Secret.name == name)
    return None if row is None else _decrypt(name, row.value)


def is_set(name: str) -> bool:
    """Whether there is such a secret."""
    return bool(Secret.select().where(Secret.name == name).exists())


def _check_name(name: str) -> None:
    if name not in KNOWN and not re.fullmatch(r"facility\.[^.\s]{1,100}\.\w{1,50}", name):
        raise InvalidInput(
            f"nothing uses a secret named {names.shown(name)}",
            remedy=f"known are: {', '.join(sorted(KNOWN))}",
        )


def _encrypt(name: str, value: str) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(_key()).encrypt(nonce, value.encode(), name.encode())).decode()


def _decrypt(name: str, stored_value: str) -> str:
    raw = base64.b64decode(stored_value)
    try:
        return AESGCM(_key()).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode()).decode()
    except InvalidTag as error:
        raise ConfigurationError(
            f"the secret {name} cannot be opened with this key",
            remedy=f"restore the key it was stored under, or set it again: waybill secret set {name}",
            code="wrong_key",
        ) from error


def _key(environment: Mapping[str, str] = os.environ) -> bytes:
    settings = current()
    text = _key_text(settings, environment)
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(
            "the key that secrets are encrypted under is damaged",
            remedy=f"restore {settings.key_file} from its backup",
            code="wrong_key",
        )
    return key


def _key_text(settings: Settings, environment: Mapping[str, str]) -> str:
    if directory := environment.get("CREDENTIALS_DIRECTORY"):
        credential = settings.home.__class__(directory) / "waybill.key"
        if credential.exists():
            return credential.read_text().strip()
    if key := environment.get("WAYBILL_KEY"):
        return key.strip()
    try:
        return settings.key_file.read_text().strip()
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"there is no key file {settings.key_file}",
            remedy="restore it from its backup; without it, stored secrets must be set anew",
            code="no_key",
        ) from error
