"""`waybill notification` as scripts meet it: a subprocess, its output and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models import clock
from models.database import connection, database
from models.notifications import outbox
from tests.conftest import clean_environment
from tests.models.ended_jobs import CANNOT_WRITE, make_site
from tests.peers.smtp import PostOffice

WAYBILL = "import sys; from tui.cli import main; main()"


@pytest.fixture
def home(home: Path) -> Path:
    """An installation whose one export failed."""
    make_site().run(error=CANNOT_WRITE, collect=False)
    database.close()
    return home


def waybill(home: Path, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
    environment = clean_environment()
    if port is not None:
        environment |= {
            "WAYBILL_MAIL_HOST": "localhost",
            "WAYBILL_MAIL_PORT": str(port),
            "WAYBILL_MAIL_TLS": "none",
            "WAYBILL_MAIL_SENDER": "waybill@example.com",
        }
    return subprocess.run(
        [sys.executable, "-c", WAYBILL, "--home", str(home), "notification", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_list_shows_waiting_mails(home: Path) -> None:
    done = waybill(home, "list", "--json")
    assert done.returncode == 0
    (item,) = answer(done)["items"]
    assert (item["state"], item["recipient"], item["entity"]) == ("waiting", "root@example.com", "Acme")
    assert waybill(home, "list", "--state", "sent").stderr.startswith("No mail.")


def test_show_prints_the_letter(home: Path) -> None:
    text = waybill(home, "show", "1").stdout
    assert "Subject: [Waybill] Acme, Bank files: export job 1 failed: " in text
    assert "       waybill job show 1\n" in text
    done = waybill(home, "show", "7", "--json")
    assert done.returncode == 1
    assert answer(done)["error"]["code"] == "not_found"


def test_retry_makes_the_waiting_mail_due(home: Path) -> None:
    with connection():
        letter = outbox.claim_next("one")
        assert letter is not None
        outbox.give_up(letter, "550 no such user")
        later = clock.now()
    assert answer(waybill(home, "retry", "--json")) == {"due_now": 0}
    assert answer(waybill(home, "retry", "1", "--json")) == {"due_now": 1}
    with connection():
        assert outbox.queued(due_only=False)[0].tries == 0
        assert clock.now() > later


def test_test_sends_a_mail_at_once_or_says_why_not(home: Path) -> None:
    with PostOffice() as office:
        done = waybill(home, "test", "anna@example.com", port=office.port)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("took the mail to anna@example.com: 250 taken\n")
        assert office.counted == {"anna@example.com": 1}
    done = waybill(home, "test", "anna@example.com")
    assert done.returncode == 1
    assert done.stderr.startswith("error: mail.host is empty, so no mail leaves. Set mail.host")
