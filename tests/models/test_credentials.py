"""Credentials: who may make them, what is kept of a password, and which login each secret opens."""

from __future__ import annotations

import base64
import os
import struct
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from models import audit, clock, credential_list, credentials, entities, passwords, people, public_keys
from models.audit import WAYBILL, Actor, AuditEntry
from models.credentials import Credential, PickupFolder
from models.database import database, is_postgresql
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from models.people import Role
from tests.records import dump

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def acme() -> LegalEntity:
    return entities.create(WAYBILL, "Acme Corp")


def user_with(role: Role, entity: LegalEntity | None) -> Actor:
    user = people.create(WAYBILL, f"{role}@example.com")
    people.grant(WAYBILL, user, role, entity.id if entity else None)
    return Actor(user_id=user.id, name=user.email)


def key_line(comment: str = "robot") -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return f"{public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


def everything_stored(home: Path) -> bytes:
    if is_postgresql():
        return "\n".join(dump()).encode()
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (home / "waybill.db").read_bytes()


# Making, changing, ending


def test_generate_makes_folder_and_opens_it(acme: LegalEntity, home: Path) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    assert password is not None
    login = credentials.check_password("acme-corp", password)
    assert login is not None
    assert login.folder == home / "pickup" / "folders" / "acme-corp"
    assert login.folder.is_dir()
    assert (login.credential_id, login.user_name) == (credential.id, "acme-corp")


def test_generate_twice_gives_one_folder_and_two_names(acme: LegalEntity) -> None:
    names = [credentials.generate(WAYBILL, acme)[0].user_name for _ in range(2)]
    assert names == ["acme-corp", "acme-corp-2"]
    assert PickupFolder.select().count() == 1


def test_generate_two_entities_give_two_folders(acme: LegalEntity) -> None:
    other = entities.create(WAYBILL, "Ácme  corp!")
    folders = {credentials.generate(WAYBILL, entity)[0].folder.path for entity in (acme, other)}
    assert len(folders) == 2


def test_password_is_kept_as_slow_hash_only(acme: LegalEntity, home: Path) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    assert password is not None
    changed = credentials.rotate(WAYBILL, credential, reason="leaked")
    stored = everything_stored(home)
    assert password.encode() not in stored
    assert changed.encode() not in stored
    assert str(credential.password_hash).startswith("scrypt$16384$8$1$")


def test_every_act_is_audited_with_its_reason(acme: LegalEntity) -> None:
    credential, _ = credentials.generate(WAYBILL, acme)
    key = credentials.add_key(WAYBILL, credential, key_line())
    credentials.rotate(WAYBILL, credential, reason="left the company")
    credentials.remove_key(WAYBILL, credential, key.fingerprint, reason="old machine")
    credentials.revoke(WAYBILL, credential, reason="contract ended")
    rows = [row for row in audit.entries() if row.subject == "credential"]
    assert [(row.action, row.reason) for row in reversed(rows)] == [
        ("generate", ""),
        ("add key", ""),
        ("rotate", "left the company"),
        ("remove key", "old machine"),
        ("revoke", "contract ended"),
    ]
    assert {row.entity_id for row in rows} == {acme.id}


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in (Role.ADMINISTRATOR, Role.ACCOUNTING_REVIEW)]
)
def test_acts_without_the_role_are_refused(acme: LegalEntity, role: Role) -> None:
    actor = user_with(role, acme)
    credential, _ = credentials.generate(WAYBILL, acme)
    before = AuditEntry.select().count()
    with pytest.raises(PermissionDenied):
        credentials.generate(actor, acme)
    with pytest.raises(PermissionDenied):
        credentials.rotate(actor, credential, reason="x")
    with pytest.raises(PermissionDenied):
        credentials.revoke(actor, credential, reason="x")
    with pytest.raises(PermissionDenied):
        credentials.add_key(actor, credential, key_line())
    with pytest.raises(PermissionDenied):
        credentials.remove_key(actor, credential, "SHA256:x", reason="x")
    assert AuditEntry.select().count() == before


def test_other_entities_credentials_are_not_seen(acme: LegalEntity) -> None:
    globex = entities.create(WAYBILL, "Globex")
    credentials.generate(WAYBILL, acme)
    credentials.generate(WAYBILL, globex)
    actor = user_with(Role.ACCOUNTING_REVIEW, acme)
    assert [one.user_name for one in credentials.visible(actor)] == ["acme-corp"]
    assert [one.user_name for one in credentials.visible(WAYBILL, globex)] == ["globex"]
    with pytest.raises(NotFound):
        credentials.find(actor, "globex")
    assert credentials.find(actor, " ACME-corp ").user_name == "acme-corp"
    with pytest.raises(PermissionDenied):
        credentials.generate(actor, globex)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_reason_that_says_nothing_is_refused(acme: LegalEntity, reason: str) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    assert password is not None
    with pytest.raises(InvalidInput):
        credentials.rotate(WAYBILL, credential, reason=reason)
    with pytest.raises(InvalidInput):
        credentials.revoke(WAYBILL, credential, reason=reason)
    assert credentials.check_password("acme-corp", password)


def test_user_name_of_own_choice_is_checked_and_unique(acme: LegalEntity) -> None:
    assert credentials.generate(WAYBILL, acme, user_name="Acme.ERP_1")[0].user_name == "acme.erp_1"
    with pytest.raises(Conflict):
        credentials.generate(WAYBILL, acme, user_name="acme.erp_1")
    for name in ("a b", "../x", "-x", "x" * 65, "ü", "a\nb"):
        with pytest.raises(InvalidInput):
            credentials.generate(WAYBILL, acme, user_name=name)


def test_revoked_credential_is_final_and_keeps_its_name(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    key = credentials.add_key(WAYBILL, credential, key_line())
    assert password is not None
    credentials.revoke(WAYBILL, credential, reason="x")
    assert credentials.check_password("acme-corp", password) is None
    assert credentials.check_key("acme-corp", key.public_key) is None
    for act in (credentials.rotate, credentials.revoke):
        with pytest.raises(Conflict):
            act(WAYBILL, credential, reason="x")
    with pytest.raises(Conflict):
        credentials.add_key(WAYBILL, credential, key_line())
    assert credentials.generate(WAYBILL, acme)[0].user_name == "acme-corp-2"
    assert [one.user_name for one in credentials.visible(WAYBILL)] == ["acme-corp-2", "acme-corp"]


# Logging in


def test_rotated_password_ends_the_old_one_only(acme: LegalEntity) -> None:
    credential, old = credentials.generate(WAYBILL, acme)
    key = credentials.add_key(WAYBILL, credential, key_line())
    assert old is not None
    by_password = credentials.check_password("acme-corp", old)
    by_key = credentials.check_key("acme-corp", key.public_key)
    assert by_password is not None
    assert by_key is not None
    new = credentials.rotate(WAYBILL, credential, reason="x")
    assert credentials.check_password("acme-corp", old) is None
    renewed = credentials.check_password("acme-corp", new)
    assert renewed is not None
    assert credentials.still_valid([by_password, by_key, renewed]) == [by_key, renewed]


def test_removed_key_and_revoked_credential_are_no_longer_valid(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    _, other_password = credentials.generate(WAYBILL, acme)
    key = credentials.add_key(WAYBILL, credential, key_line())
    assert password is not None
    assert other_password is not None
    logins = [
        credentials.check_key("acme-corp", key.public_key),
        credentials.check_password("acme-corp", password),
        credentials.check_password("acme-corp-2", other_password),
    ]
    live = [login for login in logins if login]
    assert credentials.still_valid(live) == live
    credentials.remove_key(WAYBILL, credential, key.fingerprint, reason="x")
    assert credentials.still_valid(live) == live[1:]
    credentials.revoke(WAYBILL, credential, reason="x")
    assert credentials.still_valid(live) == live[2:]
    assert credentials.still_valid([]) == []


def test_key_opens_only_the_credential_it_was_added_to(acme: LegalEntity) -> None:
    credential, _ = credentials.generate(WAYBILL, acme, with_password=False, key_lines=[key_line()])
    credentials.generate(WAYBILL, acme)
    (key,) = credentials.keys(credential)
    assert credentials.check_key("acme-corp", key.public_key) is not None
    assert credentials.check_key("acme-corp-2", key.public_key) is None
    assert credentials.check_key("nobody", key.public_key) is None
    assert credentials.check_password("acme-corp", "") is None
    with pytest.raises(Conflict):
        credentials.add_key(WAYBILL, credential, key.public_key)
    with pytest.raises(NotFound):
        credentials.remove_key(WAYBILL, credential, "SHA256:other", reason="x")


def test_generate_with_neither_password_nor_key_is_refused(acme: LegalEntity) -> None:
    with pytest.raises(InvalidInput):
        credentials.generate(WAYBILL, acme, with_password=False)


def test_record_logins_notes_the_time(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    assert password is not None
    login = credentials.check_password("acme-corp", password)
    assert login is not None
    assert Credential.get_by_id(credential.id).last_used_at is None
    credentials.record_logins([login, login])
    assert Credential.get_by_id(credential.id).last_used_at is not None


def test_unknown_user_takes_as_long_as_a_wrong_password(acme: LegalEntity) -> None:
    credentials.generate(WAYBILL, acme)

    def fastest(user_name: str) -> float:
        taken = []
        for _ in range(5):
            began = time.process_time()
            assert credentials.check_password(user_name, "wrong") is None
            taken.append(time.process_time() - began)
        return min(taken)

    assert 0.5 < fastest("nobody") / fastest("acme-corp") < 2


# Passwords and keys by themselves


def test_generated_passwords_are_long_and_never_alike() -> None:
    made = {passwords.generate() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password.replace("-", "")) == 25 for password in made)


def test_password_matches_itself_only() -> None:
    kept = passwords.hashed("pässword")
    assert passwords.matches("pässword", kept)
    assert kept != passwords.hashed("pässword")
    for wrong in ("password", "pässword ", "", "x" * 2000, "\udcff"):
        assert not passwords.matches(wrong, kept)
    assert not passwords.matches("anything", None)


def public_text(bits: int) -> str:
    public = rsa.generate_private_key(public_exponent=65_537, key_size=bits).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_public_key_is_read_with_comment_and_fingerprint() -> None:
    key = public_keys.parse(
        "  ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAAIKHEGcWHSYkV5+DxCkyzM6HqG1ImF0TXx5cVBj2CUSKt robot@erp \n"
    )
    assert key.text == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEGcWHSYkV5+DxCkyzM6HqG1ImF0TXx5cVBj2CUSKt"
    assert key.comment == "robot@erp"
    assert key.fingerprint.startswith("SHA256:")
    assert public_keys.parse(public_text(2048)).comment == ""


def hardware_key() -> str:
    name = b"sk-ssh-ed25519@openssh.com"
    return f"{name.decode()} {base64.b64encode(struct.pack('>I', len(name)) + name).decode()}"


REFUSED = [
    ("", "unknown_key_kind"),
    ("ssh-ed25519", "damaged_key"),
    ("ssh-ed25519 AAAA", "damaged_key"),
    ("ssh-ed25519 !!!!", "damaged_key"),
    ("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIKHEGcWHSYkV5+DxCkyzM6HqG1ImF0TXx5cVBj2CUSKt", "damaged_key"),
    ("ssh-dss AAAA", "unknown_key_kind"),
    ('from="*" ssh-ed25519 AAAA', "unknown_key_kind"),
    (hardware_key(), "unknown_key_kind"),
]


@pytest.mark.parametrize(("line", "code"), REFUSED)
def test_public_key_that_is_none_is_refused(line: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        public_keys.parse(line)
    assert caught.value.code == code


def test_public_key_that_is_private_is_refused_and_not_repeated() -> None:
    pem = (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        .decode()
    )
    with pytest.raises(InvalidInput) as caught:
        public_keys.parse(pem)
    assert caught.value.code == "private_key"
    assert pem.splitlines()[1] not in str(caught.value.as_dict())


def test_public_key_of_another_file_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        public_keys.parse("9v3hS2g1PzZ0m0J8qkz3n5x7f1c2b4a6d8e0g2i4k6M=\n")
    assert "9v3h" not in str(refused.value.as_dict())


def test_public_key_that_is_short_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        public_keys.parse(public_text(1024))
    assert caught.value.code == "weak_key"


def test_public_key_comment_cannot_garble_a_screen() -> None:
    line = f"{key_line('')}x{os.linesep}\x1b[31mred\x07"
    assert public_keys.parse(line).comment == "x [31mred"


# What was shown once


def test_prove_saved_takes_the_last_characters_only(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    assert password is not None
    with pytest.raises(InvalidInput) as caught:
        credentials.prove_saved(WAYBILL, credential, password, password[:4])
    assert password[-4:] not in caught.value.message + caught.value.remedy
    credentials.prove_saved(WAYBILL, credential, password, f" {password[-4:]}\n")
    assert AuditEntry.select().where(AuditEntry.action == "save password").count() == 1
    assert credentials.check_password(credential.user_name, password) is not None
    assert password[-4:] not in "".join(str(entry.after) for entry in AuditEntry.select())


def test_discard_revokes_what_nobody_has(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    credentials.discard(WAYBILL, credential)
    assert credentials.check_password(credential.user_name, password or "") is None
    assert Credential.get_by_id(credential.id).revoked_at is not None


def test_discard_leaves_keys_and_newer_passwords(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme, key_lines=[key_line()])
    before = Credential.get_by_id(credential.id)
    newer = credentials.rotate(WAYBILL, credential, reason="lost")
    credentials.discard(WAYBILL, before)
    assert credentials.check_password(credential.user_name, newer) is not None
    credentials.discard(WAYBILL, Credential.get_by_id(credential.id))
    assert credentials.check_password(credential.user_name, newer) is None
    assert Credential.get_by_id(credential.id).revoked_at is None
    assert password != newer


def test_proof_and_discard_need_the_right(acme: LegalEntity) -> None:
    credential, password = credentials.generate(WAYBILL, acme)
    actor = user_with(Role.SUPPORT, acme)
    with pytest.raises(PermissionDenied):
        credentials.prove_saved(actor, credential, password or "", "")
    with pytest.raises(PermissionDenied):
        credentials.discard(actor, credential)


def test_listed_says_what_each_opens_and_what_replacing_it_breaks(acme: LegalEntity) -> None:
    both, _ = credentials.generate(WAYBILL, acme, user_name="both", key_lines=[key_line(), key_line("b")])
    keyed, _ = credentials.generate(
        WAYBILL, acme, user_name="keyed", with_password=False, key_lines=[key_line()]
    )
    gone, _ = credentials.generate(WAYBILL, acme, user_name="gone")
    credentials.revoke(WAYBILL, gone, reason="left")
    found = {one.credential.user_name: one for one in credential_list.listed(WAYBILL)}
    assert {name: one.opens for name, one in found.items()} == {
        "both": "password or 2 keys",
        "keyed": "1 key",
        "gone": "nothing",
    }
    assert (found["both"].entity, found["both"].last_used_at) == ("Acme Corp", None)
    assert "never used" in credential_list.rotation_breaks(both)
    assert "no password" in credential_list.rotation_breaks(keyed)
    Credential.update(last_used_at=clock.now()).where(Credential.id == both.id).execute()
    told = credential_list.rotation_breaks(Credential.get_by_id(both.id))
    assert "fails until it has the new one" in told
    assert told.endswith("its keys go on working.")
    assert credential_list.listed(user_with(Role.SUPPORT, entities.create(WAYBILL, "Other"))) == []
