"""`init`: a private home, the same however often it runs and however many run it at once."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import installation, secrets, settings
from models.audit import AuditEntry
from models.database import connection, database
from models.errors import ConfigurationError, InvalidInput
from models.people import WAYBILL, User
from tests.conftest import ROOT
from tests.records import dump

INIT = """
import json, sys
from pathlib import Path
from models import installation
made = installation.create(Path(sys.argv[1]))
print(json.dumps([made.home, made.settings_file, made.key, made.migrations, made.administrator]))
"""

pytestmark = pytest.mark.bare


@pytest.fixture
def place(tmp_path: Path, records: None) -> Path:  # noqa: ARG001 - where it will keep them
    return tmp_path / "new" / "home"


def snapshot(home: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time and bytes; the write-ahead log comes and goes with connections."""
    return {
        str(path.relative_to(home)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_create_makes_everything_private(place: Path) -> None:
    made = installation.create(place, email="Root@Example.com")
    assert (made.home, made.settings_file, made.key, made.administrator) == (
        True,
        True,
        True,
        "root@example.com",
    )
    assert made.migrations == ["0001_initial"]
    assert place.stat().st_mode & 0o777 == 0o700
    for private in ("waybill.key", "waybill.toml"):
        assert (place / private).stat().st_mode & 0o777 == 0o600
    with connection():
        assert [entry.action for entry in AuditEntry.select()] == ["create"]


def test_create_again_changes_nothing(place: Path) -> None:
    installation.create(place)
    with connection():
        secrets.set_secret(WAYBILL, "mail.password", "given")
        records = dump()
    (place / "waybill.toml").write_text('[mail]\nhost = "mail.example.com"\n')
    database.close()
    files = snapshot(place)
    made = installation.create(place, email="other@example.com")
    assert not made.anything
    assert snapshot(place) == files
    with connection():
        assert dump() == records


def test_create_by_many_at_once_makes_each_thing_once(place: Path) -> None:
    def init(_: int) -> list[object]:
        done = subprocess.run(
            [sys.executable, "-c", INIT, str(place)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        result: list[object] = json.loads(done.stdout)
        return result

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(init, range(4)))
    for thing in zip(*made, strict=True):
        assert sum(map(bool, thing)) == 1 or thing == tuple(row[0] for row in made), thing
    installation.open_home(place)
    with connection():
        assert User.select().count() == 1
        secrets.set_secret(WAYBILL, "mail.password", "given")
        assert secrets.reveal("mail.password") == "given"


def test_create_bad_address_makes_nothing(place: Path) -> None:
    with pytest.raises(InvalidInput, match="not an e-mail address"):
        installation.create(place, email="nobody")
    assert not place.exists()


def test_create_where_a_file_stands_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    with pytest.raises(ConfigurationError, match="is not a folder"):
        installation.create(tmp_path / "home")
    assert (tmp_path / "home").read_text() == "mine"


def test_create_in_a_folder_of_somebody_else_is_refused_and_leaves_it_open(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    (theirs / "hosts").touch()
    with pytest.raises(ConfigurationError, match="is not empty and holds no installation") as refused:
        installation.create(theirs)
    assert "--home" in refused.value.remedy
    assert [path.name for path in theirs.iterdir()] == ["hosts"]
    assert theirs.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("there", ["lost+found", "waybill.toml", "waybill.key"])
def test_create_goes_on_with_what_may_stand_in_a_home(place: Path, there: str) -> None:
    place.mkdir(parents=True)
    if there == "lost+found":
        (place / there).mkdir()
    elif there == "waybill.toml":
        (place / there).write_text("[sftp]\nport = 2200\n")
    else:
        (place / there).write_bytes(base64.b64encode(bytes(32)))
    assert installation.create(place).home is False
    assert settings.current().sftp.port == (2200 if there == "waybill.toml" else 2222)


def test_create_makes_an_open_home_private(place: Path) -> None:
    place.mkdir(parents=True)
    place.chmod(0o755)
    assert not installation.create(place).home
    assert place.stat().st_mode & 0o777 == 0o700


def test_open_home_that_is_none_says_what_to_do(place: Path) -> None:
    with pytest.raises(ConfigurationError) as missing:
        installation.open_home(place)
    assert missing.value.code == "no_installation"
    assert "waybill init" in missing.value.remedy
    assert not place.exists()


def test_open_home_of_another_version_is_refused(place: Path) -> None:
    installation.create(place)
    with connection():
        database.execute_sql(
            "INSERT INTO schema_migration (name, applied) VALUES ('0099_later', '2030-01-01')"
        )
    with pytest.raises(ConfigurationError, match="0099_later") as newer:
        installation.open_home(place)
    assert newer.value.code == "new_schema"
    with connection():
        database.execute_sql("DELETE FROM schema_migration")
    with pytest.raises(ConfigurationError, match="0001_initial") as older:
        installation.open_home(place)
    assert older.value.code == "old_schema"


@pytest.mark.sqlite
@pytest.mark.parametrize(("journal", "synchronous"), [("wal", 2)])
def test_open_home_database_survives_a_power_cut(place: Path, journal: str, synchronous: int) -> None:
    installation.create(place)
    installation.open_home(place)
    with connection():
        found = [
            database.execute_sql(f"PRAGMA {key}").fetchone()[0] for key in ("journal_mode", "synchronous")
        ]
    assert found == [journal, synchronous]
    assert os.environ.get("WAYBILL_DATABASE_URL") is None
    assert settings.current().home == place
