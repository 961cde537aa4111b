"""The whole way of a credential: generated, handed out, used, replaced and revoked, by the real programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.worker.servers.sftp_kit import StockClient, connected, sftp_of, wait_until


@dataclass(frozen=True, kw_only=True)
class Waybill:
    """The `waybill` command on a home of its own."""

    home: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", "from tui.cli import main; main()", *arguments],
            cwd=ROOT,
            env={**os.environ, "WAYBILL_HOME": str(self.home), "WAYBILL_SFTP_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, expect: int = 0) -> str:
        process = self.start(*arguments)
        answer, talk = process.communicate(timeout=60)
        assert process.returncode == expect, talk
        return answer if expect == 0 else talk

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def waybill(tmp_path: Path) -> Waybill:
    """A home with one legal entity."""
    waybill = Waybill(home=tmp_path / "home")
    waybill.run("init")
    waybill.run("entity", "create", "Acme Corp")
    return waybill


@pytest.fixture
def server(waybill: Waybill) -> Iterator[subprocess.Popen[str]]:
    """`waybill sftp`, up to the moment at which it is about to say where it listens."""
    process = waybill.start("sftp")
    yield process
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def port(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    words = server.stdout.readline().split()
    assert words[:3] == ["listening", "on", "127.0.0.1"]
    return int(words[-1])


@pytest.fixture
def stock(waybill: Waybill, port: int, tmp_path: Path, require_program: Callable[[str], str]) -> StockClient:
    home = tmp_path / "customer"
    home.mkdir()
    public = [path.read_text() for path in sorted(waybill.home.glob("sftp_host_key_*.pub"))]
    (home / "known_hosts").write_text("".join(f"[127.0.0.1]:{port} {line}" for line in public))
    return StockClient(program=require_program("sftp"), port=port, home=home)


def test_generated_credential_fetches_with_the_stock_client(waybill: Waybill, stock: StockClient) -> None:
    made = waybill.json("credential", "generate")
    assert made["command"] == f"sftp -P {stock.port} acme-corp@127.0.0.1"
    (Path(made["folder"]) / "InvoiceBatch.csv").write_bytes(b"number\n1\n")
    done = stock.run(
        "get InvoiceBatch.csv", "rm InvoiceBatch.csv", user="acme-corp", password=made["password"]
    )
    assert done.returncode == 0, done.stderr
    assert (stock.home / "InvoiceBatch.csv").read_bytes() == b"number\n1\n"
    assert list(Path(made["folder"]).iterdir()) == []

    def last_used() -> str | None:
        (listed,) = waybill.json("credential", "list")["items"]
        assert made["password"] not in json.dumps(listed)
        used: str | None = listed["last_used_at"]
        return used

    wait_until(lambda: last_used() is not None)


def test_rotated_password_ends_the_session_and_the_new_one_works(
    waybill: Waybill, stock: StockClient, port: int
) -> None:
    old = waybill.json("credential", "generate", "--user", "erp")["password"]
    with connected(port, "erp", old) as transport, sftp_of(transport) as client:
        assert client.listdir() == []
        new = waybill.json("credential", "rotate", "erp", "--reason", "leaked", "--yes")["password"]
        wait_until(lambda: not transport.is_active())
    assert stock.run("ls", user="erp", password=old).returncode == 255
    assert stock.run("ls", user="erp", password=new).returncode == 0
    waybill.run("credential", "revoke", "erp", "--reason", "left", "--yes")
    assert stock.run("ls", user="erp", password=new).returncode == 255


def test_key_added_and_removed_opens_and_closes(
    waybill: Waybill, stock: StockClient, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    for name in ("first", "second"):
        keygen = [
            require_program("ssh-keygen"),
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            name,
            "-f",
            tmp_path / name,
        ]
        subprocess.run(keygen, check=True)
    made = waybill.json("credential", "generate", "--no-password", "--key", str(tmp_path / "first.pub"))
    assert made["password"] is None
    added = waybill.json("credential", "key", "add", "acme-corp", str(tmp_path / "second.pub"))
    for name in ("first", "second"):
        done = stock.run("ls", user="acme-corp", identity=tmp_path / name, password=None)
        assert done.returncode == 0, done.stderr
    waybill.run("credential", "key", "remove", "acme-corp", added["fingerprint"], "--reason", "lost", "--yes")
    left = waybill.json("credential", "key", "list", "acme-corp")["items"]
    assert [key["comment"] for key in left] == ["first"]
    assert stock.run("ls", user="acme-corp", identity=tmp_path / "second", password=None).returncode == 255


def test_server_says_where_it_listens_and_stops_on_a_signal(waybill: Waybill) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        server = waybill.start("sftp", "--json")
        assert server.stdout is not None
        wait_until((waybill.home / "sftp.address").exists)
        host, port = (waybill.home / "sftp.address").read_text().split()
        server.send_signal(number)
        answer, talk = server.communicate(timeout=20)
        assert server.returncode == 0, talk
        said = json.loads(answer)
        assert (said["host"], said["port"]) == (host, int(port))
        assert all(key.startswith("SHA256:") for key in said["host_keys"])
        assert not (waybill.home / "sftp.address").exists()


def test_commands_that_take_away_want_a_yes_and_a_reason(waybill: Waybill) -> None:
    waybill.run("credential", "generate")
    talk = waybill.run("credential", "rotate", "acme-corp", "--reason", "x", expect=1)
    assert talk.startswith("The password of acme-corp (last used: never) stops working at once")
    assert "error: this needs a yes." in talk
    waybill.run("credential", "revoke", "acme-corp", "--yes", expect=2)
    talk = waybill.run("credential", "revoke", "nobody", "--yes", "--reason", "x", expect=1)
    assert talk.startswith(
        "error: there is no credential nobody that you can see. See: waybill credential list"
    )


def test_lost_host_key_stops_the_server_with_a_remedy(waybill: Waybill) -> None:
    waybill.run("credential", "generate")
    (waybill.home / "sftp_host_key_rsa").unlink()
    talk = waybill.run("sftp", expect=1)
    assert "sftp_host_key_rsa is gone. Restore it from a backup" in talk
