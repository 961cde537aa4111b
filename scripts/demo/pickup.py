"""A customer's side of the pickup: the stock OpenSSH `sftp`, logged in with a password."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stage import Failed

_SECONDS = 30
_ASKPASS = '#!/bin/sh\nprintf "%s\\n" "$PICKUP_PASSWORD"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """What a customer is told."""

    user: str
    password: str
    host: str
    port: int
    command: str

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Pickup:
        """From the answer of `waybill credential generate --json`."""
        return cls(
            user=made["user_name"],
            password=made["password"],
            host=made["host"],
            port=made["port"],
            command=made["command"],
        )


def fetch(pickup: Pickup, names: Sequence[str], folder: Path) -> dict[str, str]:
    """Get the files into a new folder; returns each one's SHA-256. Raises `Failed` with what sftp said."""
    folder.mkdir()
    askpass = folder.parent / "askpass"
    askpass.write_text(_ASKPASS, encoding="utf-8")
    askpass.chmod(0o700)
    # A batch would ask for no password; one that is typed comes from a program instead of the terminal.
    options = ("BatchMode=no", "PreferredAuthentications=password", "NumberOfPasswordPrompts=1")
    strangers = ("StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={folder.parent / 'known_hosts'}")
    try:
        done = subprocess.run(
            [
                "sftp",
                *["-F/dev/null", *(f"-o{option}" for option in (*options, *strangers))],
                *[f"-P{pickup.port}", "-b-", f"{pickup.user}@{pickup.host}"],
            ],
            input="".join(f'get "{name}"\n' for name in names),
            env={
                **os.environ,
                "SSH_ASKPASS": str(askpass),
                "SSH_ASKPASS_REQUIRE": "force",
                "PICKUP_PASSWORD": pickup.password,
            },
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{pickup.command}\nno answer for {_SECONDS} s") from error
    if done.returncode != 0:
        raise Failed(f"{pickup.command}\n{done.stderr.strip()}")
    return {name: _sha256(folder / Path(name).name) for name in names}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
