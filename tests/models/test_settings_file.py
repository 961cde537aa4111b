"""Settings as people see and change them: where each comes from, and a file that keeps all else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import people, setting_words, settings, settings_file
from models.audit import WAYBILL, Actor, AuditEntry
from models.errors import ConfigurationError, Conflict, InvalidInput, PermissionDenied
from models.people import Role
from models.settings_file import Source, change, entries, find

TEXT = """# our mail
[mail]
host = "mail.example.com"  # the inner one
port = 25

[worker]
lease_seconds = 60
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / settings.SETTINGS_FILE
    path.write_text(TEXT)
    settings.use(settings.load(home))
    return path


def test_entries_say_where_each_value_comes_from(file: Path) -> None:
    found = {entry.key: entry for entry in entries(file.parent, {"WAYBILL_MAIL_PORT": "465"})}
    assert (found["mail.host"].value, found["mail.host"].source) == ("mail.example.com", Source.FILE)
    port = found["mail.port"]
    assert (port.value, port.default, port.source, port.variable) == (
        465, 587, Source.ENVIRONMENT, "WAYBILL_MAIL_PORT",
    )  # fmt: skip
    assert (found["sftp.port"].value, found["sftp.port"].source) == (2222, Source.DEFAULT)
    assert found["import.max_bytes"].variable == "WAYBILL_IMPORT_MAX_BYTES"


def test_every_setting_says_what_it_is_for(file: Path) -> None:
    every = entries(file.parent, {})
    assert {entry.key for entry in every} == set(setting_words.ABOUT)
    for entry in every:
        assert entry.about
        assert not entry.choices or entry.default in entry.choices


def test_change_touches_one_line_and_is_audited(file: Path) -> None:
    entry = change(WAYBILL, "mail.port", "465")
    assert (entry.value, entry.source) == (465, Source.FILE)
    assert file.read_text() == TEXT.replace("port = 25", "port = 465")
    assert settings.current().mail.port == 465
    row = AuditEntry.select().where(AuditEntry.subject == "settings").get()
    assert (row.subject_name, row.before, row.after) == ("mail.port", {"mail.port": 25}, {"mail.port": 465})
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("mail.sender", 'Waybill "north" <w@example.com>', 'sender = "Waybill \\"north\\" <w@example.com>"'),
        ("web.enabled", "yes", "enabled = true"),
        ("files.archive", "/srv/a\\b", 'archive = "/srv/a\\\\b"'),
        ("import.max_bytes", "1000", "max_bytes = 1000"),
    ],
)
def test_change_of_what_was_not_there_adds_it(file: Path, key: str, value: str, line: str) -> None:
    entry = change(WAYBILL, key, value)
    assert line in file.read_text().splitlines()
    assert set(TEXT.splitlines()) <= set(file.read_text().splitlines())
    assert (str(entry.value), entry.source) == ({"yes": "True"}.get(value, value), Source.FILE)


def test_change_to_nothing_takes_it_back_to_its_default(file: Path) -> None:
    entry = change(WAYBILL, "worker.lease_seconds", None)
    assert (entry.value, entry.source) == (30, Source.DEFAULT)
    assert "lease_seconds" not in file.read_text()
    assert change(WAYBILL, "sftp.port", None).source is Source.DEFAULT


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("mail.port", "many", InvalidInput),
        ("mail.port", "70000", ConfigurationError),
        ("mail.tls", "sometimes", ConfigurationError),
        ("web.enabled", "perhaps", InvalidInput),
        ("mail.sender", "a\nb", InvalidInput),
        ("mail.colour", "red", InvalidInput),
    ],
)
def test_change_to_what_cannot_be_leaves_the_file(
    file: Path, key: str, value: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        change(WAYBILL, key, value)
    assert file.read_text() == TEXT
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".settings-")] == []


def test_change_of_what_the_environment_says_is_refused(file: Path) -> None:  # noqa: ARG001 - in place
    with pytest.raises(Conflict) as caught:
        change(WAYBILL, "mail.port", "465", environment={"WAYBILL_MAIL_PORT": "25"})
    assert "WAYBILL_MAIL_PORT" in caught.value.message


def test_change_of_a_file_written_otherwise_is_left_to_a_person(file: Path) -> None:
    text = 'mail = { host = "a", port = 25 }\n'
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        change(WAYBILL, "mail.port", "465")
    assert (caught.value.code, file.read_text()) == ("settings_by_hand", text)


def test_change_needs_an_administrator_of_all(file: Path) -> None:
    user = people.create(WAYBILL, "anna@example.com")
    people.grant(WAYBILL, user, Role.SUPPORT, None)
    with pytest.raises(PermissionDenied):
        change(Actor(user_id=user.id, name=user.email), "mail.port", "465")
    assert find("mail.port").value == 25
    assert file.read_text() == TEXT
    assert settings_file.find("mail.port", file.parent).source is Source.FILE
