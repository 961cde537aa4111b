"""The pickup server as its customers meet it: the stock OpenSSH client."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.worker.servers.sftp_kit import (
    PASSWORD,
    StockClient,
    Users,
    wait_until,
)
from worker.servers.sftp_wire import MAX_READ


def test_stock_client_password_fetches_sorts_and_deletes(stock: StockClient, folder: Path) -> None:
    content = bytes(range(256)) * 5000
    (folder / "InvoiceBatch.csv").write_bytes(content)
    (folder / "old.csv").write_bytes(b"")
    done = stock.run(
        "pwd",
        "ls -l",
        "get InvoiceBatch.csv fetched.csv",
        "mkdir done",
        "rename InvoiceBatch.csv done/InvoiceBatch.csv",
        "rm old.csv",
        "mkdir empty",
        "rmdir empty",
        "cd done",
        "ls -n",
    )
    assert done.returncode == 0, done.stderr
    assert (stock.home / "fetched.csv").read_bytes() == content
    assert "Remote working directory: /" in done.stdout
    assert " 1280000 " in done.stdout
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "done",
        "done/InvoiceBatch.csv",
    ]


@pytest.mark.parametrize(
    "size", [0, 1, 32_767, 32_768, 32_769, MAX_READ - 1, MAX_READ, MAX_READ + 1, 3_000_000]
)
def test_stock_client_download_is_exact(stock: StockClient, folder: Path, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    (folder / "f").write_bytes(content)
    done = stock.run("get f")
    assert done.returncode == 0, done.stderr
    assert (stock.home / "f").read_bytes() == content


CIPHERS = ["aes128-gcm@openssh.com", "aes256-ctr"]


@pytest.mark.parametrize("cipher", CIPHERS)
def test_stock_client_rekeying_download_is_exact(stock: StockClient, folder: Path, cipher: str) -> None:
    content = b"x" * 40_000_000
    (folder / "f").write_bytes(content)
    done = stock.run("get f", options=["RekeyLimit=10M", f"Ciphers={cipher}"])
    assert done.returncode == 0, done.stderr
    assert (stock.home / "f").read_bytes() == content


def test_stock_client_interrupted_download_resumes(stock: StockClient, folder: Path) -> None:
    content = bytes(range(256)) * 1000
    (folder / "f").write_bytes(content)
    (stock.home / "f").write_bytes(content[:1234])
    done = stock.run("reget f")
    assert done.returncode == 0, done.stderr
    assert (stock.home / "f").read_bytes() == content


def test_stock_client_whole_tree_is_fetched_with_private_modes(stock: StockClient, folder: Path) -> None:
    (folder / "2026" / "may").mkdir(parents=True)
    (folder / "2026" / "may" / "a.csv").write_bytes(b"a")
    (folder / "2026" / "may" / "a.csv").chmod(0o644)
    done = stock.run("get -R 2026")
    assert done.returncode == 0, done.stderr
    fetched = stock.home / "2026" / "may" / "a.csv"
    assert fetched.read_bytes() == b"a"
    assert fetched.stat().st_mode & 0o077 == 0


UPLOADS = [
    "put known_hosts",
    "put known_hosts f",
    "reput known_hosts f",
    "symlink f g",
    "ln f g",
    "ln -s /etc/passwd g",
]


@pytest.mark.parametrize("command", UPLOADS)
def test_stock_client_upload_is_refused(stock: StockClient, folder: Path, command: str) -> None:
    (folder / "f").write_bytes(b"f")
    done = stock.run(command)
    assert done.returncode == 1
    assert [path.name for path in folder.iterdir()] == ["f"]
    assert (folder / "f").read_bytes() == b"f"


def test_stock_client_rename_onto_existing_file_replaces_nothing(stock: StockClient, folder: Path) -> None:
    (folder / "a").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    done = stock.run("rename a b")
    assert done.returncode == 1
    assert (folder / "a").read_bytes() == b"a"
    assert (folder / "b").read_bytes() == b"b"


ESCAPES = [
    "get ../globex/secret.csv x",
    "get /../globex/secret.csv x",
    "get /etc/passwd x",
    "get link x",
    "get out/secret.csv x",
    "ls out",
    "cd out",
    "rename mine.csv ../globex/mine.csv",
    "mkdir ../globex/new",
    "mkdir out/new",
    "rm ../globex/secret.csv",
    "rmdir out",
]


@pytest.mark.parametrize("command", ESCAPES)
def test_stock_client_escape_fails(stock: StockClient, users: Users, folder: Path, command: str) -> None:
    other = users.folders["globex"]
    (other / "secret.csv").write_bytes(b"secret")
    (folder / "mine.csv").write_bytes(b"mine")
    (folder / "link").symlink_to("../globex/secret.csv")
    (folder / "out").symlink_to(other, target_is_directory=True)
    done = stock.run(command)
    assert done.returncode == 1, done.stdout
    assert [path.name for path in other.iterdir()] == ["secret.csv"]
    assert not (stock.home / "x").exists()
    assert "secret" not in stock.run("ls -la").stdout


def test_stock_client_two_users_of_one_folder_see_the_same(stock: StockClient, folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"a")
    assert stock.run("rename a.csv b.csv", user="acme").returncode == 0
    assert "b.csv" in stock.run("ls", user="acme-2").stdout
    assert "b.csv" not in stock.run("ls", user="globex").stdout


def test_stock_client_ten_thousand_files_are_all_listed(stock: StockClient, folder: Path) -> None:
    for number in range(10_000):
        (folder / f"InvoiceBatch-{number:05}.csv").touch()
    done = stock.run("ls -1")
    assert len([line for line in done.stdout.splitlines() if line.startswith("InvoiceBatch-")]) == 10_000


def test_stock_clients_many_at_once_each_get_their_file(stock: StockClient, folder: Path) -> None:
    for number in range(16):
        (folder / f"{number}.csv").write_bytes(b"%d" % number * 100_000)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda number: stock.run(f"get {number}.csv", f"rm {number}.csv"), range(16)))
    assert [one.returncode for one in done] == [0] * 16
    for number in range(16):
        assert (stock.home / f"{number}.csv").read_bytes() == b"%d" % number * 100_000
    assert list(folder.iterdir()) == []


def test_stock_client_key_logs_in(
    stock: StockClient,
    users: Users,
    tmp_path: Path,
    require_program: Callable[[str], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "worker")
    for kind in ("ed25519", "rsa", "ecdsa"):
        identity = tmp_path / kind
        subprocess.run(
            [require_program("ssh-keygen"), "-q", "-t", kind, "-N", "", "-f", identity], check=True
        )
        assert stock.run("ls", identity=identity, password=None).returncode == 255
        assert "sftp.key_unknown user='acme' address=127.0.0.1 key=SHA256:" in caplog.text
        caplog.clear()
        users.keys["acme"] = [" ".join(identity.with_suffix(".pub").read_text().split()[:2])]
        done = stock.run("ls", identity=identity, password=None, options=["PasswordAuthentication=no"])
        assert done.returncode == 0, done.stderr
        assert stock.run("ls", user="globex", identity=identity, password=None).returncode == 255


def test_stock_client_wrong_password_is_refused(stock: StockClient, caplog: pytest.LogCaptureFixture) -> None:
    for user, password in [("acme", "wrong"), ("nobody", PASSWORD), ("acme", ""), ("globex2", "")]:
        done = stock.run("ls", user=user, password=password)
        assert done.returncode == 255
        assert "Permission denied (publickey,password)" in done.stderr
    assert "sftp.login_failed user='nobody' address=127.0.0.1" in caplog.text
    assert PASSWORD not in caplog.text


def test_stock_client_legacy_algorithms_are_refused(stock: StockClient) -> None:
    for option in ("Ciphers=aes128-cbc", "MACs=hmac-sha1", "KexAlgorithms=diffie-hellman-group14-sha1"):
        extra = ["Ciphers=aes128-ctr"] if option.startswith("MACs") else []
        assert stock.run("ls", options=[option, *extra]).returncode == 255


def test_stock_client_both_host_keys_are_ours(stock: StockClient) -> None:
    for kind in ("ssh-ed25519", "rsa-sha2-512"):
        assert stock.run("ls", options=[f"HostKeyAlgorithms={kind}"]).returncode == 0


def test_download_is_logged_with_user_path_and_size(
    stock: StockClient, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "worker.servers")
    (folder / "a.csv").write_bytes(b"abc")
    stock.run("get a.csv", "rm a.csv")
    wait_until(lambda: "sftp.deleted" in caplog.text)
    assert "sftp.login user=acme address=127.0.0.1 method=password" in caplog.text
    assert "sftp.downloaded user=acme address=127.0.0.1 path='/a.csv' bytes=3" in caplog.text
