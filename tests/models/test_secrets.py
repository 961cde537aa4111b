"""Secrets: never readable in the home, bound to their row and key, and never in the audit."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from models import secrets
from models.audit import Actor, AuditEntry
from models.database import database, is_postgresql
from models.errors import ConfigurationError, InvalidInput, NotFound, PermissionDenied
from models.people import WAYBILL, Role
from models.secrets import Secret
from models.settings import current
from tests.models.ended_jobs import make_site
from tests.records import dump

VALUE = "correct horse battery staple æ"


@pytest.fixture(autouse=True)
def _no_key_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("WAYBILL_KEY", raising=False)


def files_of(home: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return found | {"records": "\n".join(dump()).encode()}


def test_set_secret_is_read_back_and_stands_in_no_file(home: Path) -> None:
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    assert secrets.reveal("mail.password") == VALUE
    if not is_postgresql():
        database.execute_sql("PRAGMA wal_checkpoint(FULL)")
    found = files_of(home)
    assert "waybill.db" in found or is_postgresql()
    for written in (VALUE.encode(), VALUE.encode("utf-16-le"), base64.b64encode(VALUE.encode())[:20]):
        assert [name for name, content in found.items() if written in content] == []


def test_set_secret_audit_tells_who_and_not_what(home: Path) -> None:
    assert home.exists()
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    secrets.set_secret(WAYBILL, "mail.password", "another")
    secrets.delete(WAYBILL, "mail.password")
    entries = list(AuditEntry.select().where(AuditEntry.subject == "secret").order_by(AuditEntry.id))
    assert [entry.action for entry in entries] == ["set", "set", "delete"]
    assert {(entry.before, entry.after) for entry in entries} == {(None, None)}


@pytest.mark.usefixtures("home")
def test_set_secret_same_value_twice_looks_different() -> None:
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    first = Secret.get().value
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    assert Secret.get().value != first
    assert Secret.select().count() == 1


@pytest.mark.usefixtures("home")
def test_reveal_ciphertext_moved_to_another_row_does_not_open() -> None:
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    Secret.update(name="facility.bank.password").execute()
    with pytest.raises(ConfigurationError, match="cannot be opened") as refused:
        secrets.reveal("facility.bank.password")
    assert refused.value.code == "wrong_key"
    assert VALUE not in refused.value.message + refused.value.remedy


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("position", [0, 12, -1])
def test_reveal_ciphertext_changed_does_not_open(position: int) -> None:
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    raw = bytearray(base64.b64decode(Secret.get().value))
    raw[position] ^= 1
    Secret.update(value=base64.b64encode(raw).decode()).execute()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        secrets.reveal("mail.password")


def test_reveal_with_another_key_says_what_to_restore(home: Path) -> None:
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    key = home / "waybill.key"
    kept = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    with pytest.raises(ConfigurationError, match="there is no key file") as missing:
        secrets.reveal("mail.password")
    assert missing.value.code == "no_key"
    key.write_text("not a key\n")
    with pytest.raises(ConfigurationError, match="damaged"):
        secrets.reveal("mail.password")
    key.unlink()
    assert secrets.create_key(current())
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        secrets.reveal("mail.password")
    key.write_bytes(kept)
    assert secrets.reveal("mail.password") == VALUE


def test_key_comes_from_credential_then_environment_then_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = home / "waybill.key"
    secrets.set_secret(WAYBILL, "mail.password", VALUE)
    text = key.read_text()
    key.write_text(base64.b64encode(bytes(32)).decode())
    monkeypatch.setenv("WAYBILL_KEY", text)
    assert secrets.reveal("mail.password") == VALUE
    monkeypatch.setenv("WAYBILL_KEY", base64.b64encode(bytes(32)).decode())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "waybill.key").write_text(text)
    assert secrets.reveal("mail.password") == VALUE


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["nosuch", "mail.password ", "facility.x", "\x1b[0m", "x" * 10_000])
def test_set_secret_nothing_uses_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="nothing uses a secret") as refused:
        secrets.set_secret(WAYBILL, name, VALUE)
    assert VALUE not in refused.value.message + refused.value.remedy
    assert len(refused.value.message) < 150


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("value", ["", "x" * 70_000])
def test_set_secret_empty_or_endless_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="empty or longer"):
        secrets.set_secret(WAYBILL, "mail.password", value)
    assert secrets.reveal("mail.password") is None


@pytest.mark.usefixtures("home")
def test_delete_secret_that_is_not_set_is_refused() -> None:
    with pytest.raises(NotFound, match=r"no secret mail\.password"):
        secrets.delete(WAYBILL, "mail.password")


def test_secret_of_a_facility_takes_a_role_for_its_entity_alone(home: Path) -> None:
    del home
    site, other = make_site("Acme"), make_site("Other")
    user = site.add_user("setup@example.com", Role.INTEGRATION_SETUP)
    actor = Actor(user_id=user.id, name=user.email)
    own = f"facility.{site.facility.id}.sftp_password"
    secrets.set_secret(actor, own, VALUE)
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().entity_id == site.entity.id
    secrets.delete(actor, own)
    for name in (f"facility.{other.facility.id}.sftp_password", "facility.99.sftp_password", "mail.password"):
        with pytest.raises(PermissionDenied):
            secrets.set_secret(actor, name, VALUE)
        with pytest.raises(PermissionDenied):
            secrets.delete(actor, name)
