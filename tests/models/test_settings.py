"""The settings file: defaults, overrides by the environment, and no key that is silently ignored."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from models import settings
from models.errors import ConfigurationError


def write(home: Path, text: str) -> Path:
    (home / settings.SETTINGS_FILE).write_text(text)
    return home


def test_load_without_a_file_gives_defaults_below_the_home(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path, {})
    assert loaded.database_url == f"sqlite:///{tmp_path}/waybill.db"
    assert (loaded.mail.host, loaded.mail.port, loaded.sftp.port) == ("", 587, 2222)
    assert loaded.archive == tmp_path / "archive"
    assert loaded.pickup.parent == loaded.staging.parent == tmp_path / "pickup"


def test_load_environment_overrides_the_file(tmp_path: Path) -> None:
    home = write(tmp_path, '[mail]\nhost = "a.example"\nport = 25\n[import]\nmax_bytes = 10\n')
    environment = {"WAYBILL_MAIL_HOST": "b.example", "WAYBILL_SFTP_PORT": "0", "WAYBILL_HOME": "/elsewhere"}
    loaded = settings.load(home, environment)
    assert (loaded.mail.host, loaded.mail.port, loaded.sftp.port) == ("b.example", 25, 0)
    assert loaded.imports.max_bytes == 10
    assert (loaded.web.enabled, settings.load(home, {"WAYBILL_WEB_ENABLED": "true"}).web.enabled) == (
        False,
        True,
    )
    assert settings.load(home, {"WAYBILL_IMPORT_MAX_BYTES": "11"}).imports.max_bytes == 11


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[mial]\nhost = 'x'\n", r"\[mial\]"),
        ("[mail]\nhots = 'x'\n", r"mail\.hots"),
        ("home = '/'\n", r"\[home\]"),
        ("mail = 3\n", r"mail\.mail"),
        ("[mail]\nport = 'smtp'\n", r"mail\.port"),
        ("[mail]\nport = true\n", r"mail\.port"),
        ("[web]\nenabled = 1\n", r"web\.enabled"),
        ("[web]\nenabled = 'yes'\n", r"web\.enabled"),
        ("[web]\nport = 70000\n", r"web\.port is 70000"),
        ("[mail]\nport = 70000\n", r"mail\.port is 70000"),
        ("[sftp]\nport = -1\n", r"sftp\.port is -1"),
        ("[mail]\nhost = 3\n", r"mail\.host"),
        ("[mail]\ntls = 'maybe'\n", r"mail\.tls is 'maybe'"),
        ("[mail\n", "cannot be read"),
        ("[mail]\nhost = 'a'\nhost = 'b'\n", "cannot be read"),
    ],
)
def test_load_wrong_file_names_the_key_and_the_remedy(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as wrong:
        settings.load(write(tmp_path, text), {})
    assert wrong.value.remedy


def test_load_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / settings.SETTINGS_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        settings.load(tmp_path, {})


def test_load_wrong_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"sftp\.port"):
        settings.load(tmp_path, {"WAYBILL_SFTP_PORT": "ssh"})


def test_default_home_is_the_environments_or_the_users(tmp_path: Path) -> None:
    assert settings.default_home({"WAYBILL_HOME": str(tmp_path)}) == tmp_path
    assert settings.default_home({}) == Path.home() / ".waybill"


@pytest.mark.parametrize("key", ["database", "queue"])
def test_load_server_named_without_its_driver_is_refused_and_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    home = write(tmp_path, f'[{key}]\nurl = "postgresql://waybill@db.example.com/waybill"\n')
    assert settings.load(home, {})
    monkeypatch.setitem(sys.modules, "psycopg", None)  # what an import that fails leaves there
    with pytest.raises(ConfigurationError, match=rf"{key}\.url names a PostgreSQL server") as missing:
        settings.load(home, {})
    assert "psycopg[binary]" in missing.value.remedy


def test_load_url_of_another_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"queue\.url is mysql") as wrong:
        settings.load(write(tmp_path, '[queue]\nurl = "mysql://db.example.com/waybill"\n'), {})
    assert "postgresql://" in wrong.value.remedy
