"""Pickup folders and the credentials that open them.

A legal entity has one pickup folder, made when it is first needed; each credential of the entity opens it.
The password is shown once, when it is made, and kept as a slow hash only. `proof` names the very secret that
let someone in, so that a session ends when that secret is replaced, removed or revoked, and no other does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import ForeignKeyField, IntegerField, TextField

from models import audit, clock, names, passwords, public_keys, settings
from models.database import Table, transaction
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import UTCField
from models.people import Action, Actor, require, visible_entities
from models.public_keys import PublicKey

PROOF = 4
"""How many of a password's last characters prove that it was saved."""


class PickupFolder(Table):
    """The folder of one legal entity that facilities publish copies to."""

    entity = ForeignKeyField(LegalEntity, unique=True)
    name = TextField(unique=True)
    """Below the installation's folder of pickup folders."""
    created_at = UTCField(default=clock.now)
    entity_id: int

    class Meta:
        table_name = "pickup_folder"

    @property
    def path(self) -> Path:
        """Where it is on this machine."""
        return settings.current().pickup / str(self.name)


class Credential(Table):
    """A user name that opens a pickup folder with a password, with keys, or with either."""

    entity = ForeignKeyField(LegalEntity)
    folder = ForeignKeyField(PickupFolder)
    user_name = TextField(unique=True)
    """Never given twice, also not after revocation: logs must not speak of two under one name."""
    password_hash = TextField(null=True)
    password_number = IntegerField(default=0)
    """Counts its passwords; 0: none yet."""
    created_at = UTCField(default=clock.now)
    created_by = TextField()
    revoked_at = UTCField(null=True)
    last_used_at = UTCField(null=True)
    entity_id: int


class CredentialKey(Table):
    """A public key whose owner may log in."""

    credential = ForeignKeyField(Credential, backref="keys", on_delete="CASCADE")
    public_key = TextField()
    """`type base64`."""
    fingerprint = TextField()
    comment = TextField(default="")
    added_at = UTCField(default=clock.now)
    added_by = TextField()
    credential_id: int

    class Meta:
        table_name = "credential_key"
        indexes = ((("credential", "fingerprint"), True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Someone who may come in: by which credential, to which folder, and which secret proved it."""

    credential_id: int
    user_name: str
    folder: Path
    proof: str


def pickup_folder(entity: LegalEntity) -> PickupFolder:
    """The entity's pickup folder, made when there is none; raises `OSError` when it cannot be made."""
    with transaction():
        folder = PickupFolder.get_or_none(PickupFolder.entity == entity)
        if folder is None:
            folder = PickupFolder.create(entity=entity, name=entity.folder)
    path: Path = folder.path
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def generate(
    actor: Actor,
    entity: LegalEntity,
    *,
    user_name: str | None = None,
    with_password: bool = True,
    key_lines: Sequence[str] = (),
) -> tuple[Credential, str | None]:
    """Make a credential for the entity's folder; its password is told here and never again.

    Without a name it is called after the entity. `key_lines` are public keys (`type base64 comment`).
    """
    require(actor, Action.MANAGE_CREDENTIALS, entity.id)
    if not with_password and not key_lines:
        raise InvalidInput("a credential without password and keys opens nothing", remedy="give a public key")
    found_keys = [public_keys.parse(line) for line in key_lines]
    folder = pickup_folder(entity)
    password = passwords.generate() if with_password else None
    kept = passwords.hashed(password) if password else None
    with transaction():
        credential = Credential.create(
            entity=entity,
            folder=folder,
            user_name=_checked_name(user_name) if user_name else _free_name(entity.folder),
            password_hash=kept,
            password_number=1 if kept else 0,
            created_by=actor.name,
        )
        _record(actor, "generate", credential, after={"folder": folder.name, "password": with_password})
        for key in found_keys:
            _keep_key(actor, credential, key)
    return credential, password


def rotate(actor: Actor, credential: Credential, *, reason: str) -> str:
    """Replace the password and tell the new one, once. The old one and its sessions stop at once.

    Whatever logs in with the old password has to be given the new one; keys go on working.
    """
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    reason = _checked_reason(reason)
    _check_live(credential)
    password = passwords.generate()
    kept = passwords.hashed(password)
    with transaction():
        number = credential.password_number + 1
        credential.password_hash, credential.password_number = kept, number
        credential.save(only=["password_hash", "password_number"])
        _record(actor, "rotate", credential, after={"password_number": number}, reason=reason)
    return password


def prove_saved(actor: Actor, credential: Credential, password: str, typed: str) -> None:
    """Note that who was shown a password has kept it: they can type its last characters.

    Raises `InvalidInput` when they cannot; then show it again, or `discard` it.
    """
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    if typed.strip() != password[-PROOF:]:
        raise InvalidInput(
            f"those are not the last {PROOF} characters of the password",
            remedy="look where it was stored, and type them from there",
            code="not_saved",
        )
    with transaction():
        _record(actor, "save password", credential, after={"password_number": credential.password_number})


def discard(actor: Actor, credential: Credential) -> None:
    """Take away a password that was shown and not saved: nobody has it. Without keys all of it is revoked."""
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    if Credential.get_by_id(credential.id).password_number != credential.password_number:
        return  # somebody has replaced it since
    reason = "its password was shown and not saved"
    if not keys(credential):
        revoke(actor, credential, reason=reason)
        return
    _check_live(credential)
    with transaction():
        credential.password_hash = None
        credential.save(only=["password_hash"])
        _record(actor, "discard password", credential, reason=reason)


def revoke(actor: Actor, credential: Credential, *, reason: str) -> None:
    """Let it open nothing any more, for good; its sessions are ended within seconds."""
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    reason = _checked_reason(reason)
    _check_live(credential)
    with transaction():
        credential.revoked_at, credential.password_hash = clock.now(), None
        credential.save(only=["revoked_at", "password_hash"])
        _record(actor, "revoke", credential, reason=reason)


def add_key(actor: Actor, credential: Credential, line: str) -> CredentialKey:
    """Let the owner of this public key (`type base64 comment`) log in."""
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    _check_live(credential)
    key = public_keys.parse(line)
    with transaction():
        return _keep_key(actor, credential, key)


def remove_key(actor: Actor, credential: Credential, fingerprint: str, *, reason: str) -> None:
    """Let this key log in no more; its sessions are ended within seconds."""
    require(actor, Action.MANAGE_CREDENTIALS, credential.entity_id)
    reason = _checked_reason(reason)
    with transaction():
        found = [key for key in keys(credential) if key.fingerprint == fingerprint]
        if not found:
            raise NotFound(
                f"{credential.user_name} has no key {names.shown(fingerprint)}",
                remedy=f"see: waybill credential key list {credential.user_name}",
            )
        found[0].delete_instance()
        before = {"key": fingerprint, "comment": found[0].comment}
        _record(actor, "remove key", credential, before=before, reason=reason)


def visible(actor: Actor, entity: LegalEntity | None = None) -> list[Credential]:
    """The credentials of the legal entities the actor sees (or of one), revoked ones last."""
    query = Credential.select().order_by(Credential.revoked_at.is_null(False), Credential.user_name)
    ids = visible_entities(actor)
    if ids is not None:
        query = query.where(Credential.entity.in_(ids))
    return list(query if entity is None else query.where(Credential.entity == entity))


def find(actor: Actor, user_name: str) -> Credential:
    """The credential of that name; raises `NotFound`, also where the actor may not see it."""
    for credential in visible(actor):
        if credential.user_name == user_name.strip().lower():
            return credential
    raise NotFound(
        f"there is no credential {names.shown(user_name)} that you can see",
        remedy="see: waybill credential list",
    )


def keys(credential: Credential) -> list[CredentialKey]:
    """Its keys, in the order they were added."""
    query = CredentialKey.select().where(CredentialKey.credential == credential)
    return list(query.order_by(CredentialKey.id))


# What the server asks. It acts for nobody, so nothing here is permitted or audited.


def check_password(user_name: str, password: str) -> Login | None:
    """The login that this password opens; takes as long for a user who does not exist."""
    credential = _live(user_name)
    if (
        not passwords.matches(password, credential.password_hash if credential else None)
        or credential is None
    ):
        return None
    return _login(credential, f"password {credential.password_number}")


def check_key(user_name: str, public_key: str) -> Login | None:
    """The login that this public key (`type base64`) opens, once its owner has signed with it."""
    credential = _live(user_name)
    if credential is None:
        return None
    known = CredentialKey.credential == credential, CredentialKey.public_key == public_key
    key = CredentialKey.get_or_none(*known)
    return _login(credential, f"key {key.id}") if key else None


def record_logins(logins: Iterable[Login]) -> None:
    """Write down that these credentials have just been used."""
    ids = {login.credential_id for login in logins}
    with transaction():
        Credential.update(last_used_at=clock.now()).where(Credential.id.in_(ids)).execute()


def still_valid(logins: Sequence[Login]) -> Collection[Login]:
    """Those whose credential and proof still stand."""
    ids = {login.credential_id for login in logins}
    live = Credential.select().where(Credential.id.in_(ids), Credential.revoked_at.is_null())
    proofs = {(row.id, f"password {row.password_number}") for row in live}
    live_ids = {row.id for row in live}
    rows = CredentialKey.select(CredentialKey.id, CredentialKey.credential)
    for key in rows.where(CredentialKey.credential.in_(live_ids)):
        proofs.add((key.credential_id, f"key {key.id}"))
    return [login for login in logins if (login.credential_id, login.proof) in proofs]


def _live(user_name: str) -> Credential | None:
    found: Credential | None = Credential.get_or_none(
        Credential.user_name == user_name, Credential.revoked_at.is_null()
    )
    return found


def _login(credential: Credential, proof: str) -> Login:
    return Login(
        credential_id=credential.id,
        user_name=str(credential.user_name),
        folder=credential.folder.path,
        proof=proof,
    )


def _keep_key(actor: Actor, credential: Credential, key: PublicKey) -> CredentialKey:
    known = CredentialKey.credential == credential, CredentialKey.fingerprint == key.fingerprint
    if CredentialKey.select().where(*known).exists():
        raise Conflict(
            f"{credential.user_name} has the key {key.fingerprint} already", remedy="nothing is to be done"
        )
    added: CredentialKey = CredentialKey.create(
        credential=credential,
        public_key=key.text,
        fingerprint=key.fingerprint,
        comment=key.comment,
        added_by=actor.name,
    )
    _record(actor, "add key", credential, after={"key": key.fingerprint, "comment": key.comment})
    return added


def _check_live(credential: Credential) -> None:
    if credential.revoked_at is not None:
        raise Conflict(
            f"the credential {credential.user_name} is revoked",
            remedy="make another one: waybill credential generate",
        )


def _checked_name(user_name: str) -> str:
    name = user_name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise InvalidInput(
            f"{names.shown(user_name)} is no name for a credential",
            remedy="give up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
        )
    if Credential.select().where(Credential.user_name == name).exists():
        raise Conflict(
            f"there is, or was, a credential {name}",
            remedy="give another name, or rotate that one's password",
        )
    return name


def _free_name(stem: str) -> str:
    name, number = stem, 1
    while Credential.select().where(Credential.user_name == name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("the reason is empty", remedy="say why, for whoever reads the audit")
    return reason.strip()


def _record(
    actor: Actor,
    action: str,
    credential: Credential,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        actor,
        action,
        "credential",
        subject_id=credential.id,
        name=str(credential.user_name),
        entity_id=credential.entity_id,
        before=before,
        after=after,
        reason=reason,
    )
