"""The keys by which customers know the server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ConfigurationError
from worker.servers.host_keys import fingerprint, host_keys


def test_host_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = host_keys(tmp_path)
    assert [key.get_name() for key in first] == ["ssh-ed25519", "ssh-rsa"]
    assert first[1].get_bits() == 3072
    assert [fingerprint(key) for key in host_keys(tmp_path)] == [fingerprint(key) for key in first]
    for path in tmp_path.iterdir():
        assert path.suffix == ".pub" or path.stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 4


def test_host_key_fingerprint_is_the_one_of_ssh_keygen(
    tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    for key, name in zip(host_keys(tmp_path), ("ed25519", "rsa"), strict=True):
        told = subprocess.run(
            [require_program("ssh-keygen"), "-lf", tmp_path / f"sftp_host_key_{name}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert fingerprint(key) in told.stdout


def test_lost_host_key_is_not_replaced(tmp_path: Path) -> None:
    host_keys(tmp_path)
    (tmp_path / "sftp_host_key_ed25519").unlink()
    with pytest.raises(ConfigurationError) as caught:
        host_keys(tmp_path)
    assert caught.value.code == "host_key_lost"
    (tmp_path / "sftp_host_key_ed25519.pub").unlink()
    host_keys(tmp_path)


def test_damaged_or_exposed_host_key_is_refused(tmp_path: Path) -> None:
    host_keys(tmp_path)
    (tmp_path / "sftp_host_key_rsa").chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        host_keys(tmp_path)
    (tmp_path / "sftp_host_key_rsa").chmod(0o600)
    (tmp_path / "sftp_host_key_rsa").write_text("nonsense")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        host_keys(tmp_path)
