"""SFTP: a file put into a folder of somebody else's server, by name either whole or not at all.

Safe to repeat: an empty file under a temporary name of its own is made first, then `sending` is stored, then
the bytes go there, and one rename, which replaces nothing, gives them their name. So long as the temporary
name is there the file was not handed over; who gives it up renames it away, so that nobody else can hand it
over. Once it is gone, the final name with the right size means delivered, and nothing under either name
means that it is unknown: the receiver may have taken the file, or only the temporary one. The one exception
is a rename that the server confirmed to this very attempt: then a receiver that was quick has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from models.catalogue import Setting, SettingKind
from models.errors import DeliveryError
from models.faults import fault_point
from worker.gateways import Copy, Gateway, OutcomeUnknown, Step

if TYPE_CHECKING:
    from worker.sftp_client import Endpoint, RemoteFile, SftpSession

_FINGERPRINT = r"([a-z0-9@.-]+ )?SHA256:[A-Za-z0-9+/]{43}"
_TOO_LONG = 255  # bytes of a name (POSIX NAME_MAX)


class Sftp(Gateway):
    """A folder of an SFTP server."""

    key = "sftp"
    title = "SFTP server"
    settings = (
        Setting(
            name="host", title="Host", required=True, max_length=255, help="the server's name or address"
        ),
        Setting(name="port", title="Port", kind=SettingKind.INTEGER, default=22, least=1, most=65_535),
        Setting(
            name="user",
            title="User",
            required=True,
            live=True,
            max_length=255,
            help="whom to log in as there",
        ),
        Setting(
            name="folder",
            title="Folder",
            default=".",
            max_length=1000,
            help="the folder that files are put into; without a leading / it is below the user's own",
        ),
        Setting(
            name="auth",
            title="Log in with",
            kind=SettingKind.CHOICE,
            choices=("password", "key"),
            default="password",
            live=True,
            help="password or key",
        ),
        Setting(
            name="password",
            title="Password",
            kind=SettingKind.SECRET,
            required=True,
            when=("auth", "password"),
        ),
        Setting(
            name="private_key",
            title="Private key",
            kind=SettingKind.SECRET,
            required=True,
            when=("auth", "key"),
            help="in OpenSSH form, without a passphrase",
        ),
        Setting(
            name="host_keys",
            title="Approved host keys",
            default="",
            live=True,
            pattern=rf"{_FINGERPRINT}(, *{_FINGERPRINT})*",
            help="fingerprints as ssh-keygen -l shows them, with commas; "
            "waybill facility test --trust-host-key adds one",
        ),
        Setting(
            name="connect_seconds",
            title="Time limit to connect",
            kind=SettingKind.INTEGER,
            default=20,
            live=True,
            least=1,
            most=300,
            help="seconds for connecting, and again for logging in",
        ),
        Setting(
            name="idle_seconds",
            title="Time limit of silence",
            kind=SettingKind.INTEGER,
            default=60,
            live=True,
            least=1,
            most=3600,
            help="seconds without a byte moving, after which the connection counts as lost",
        ),
    )
    _session: SftpSession | None = None
    _staged: RemoteFile | None = None

    def close(self) -> None:
        """End the connection."""
        session, self._session, self._staged = self._session, None, None
        if session is not None:
            session.close()

    def check(self) -> None:
        """Log in and look at the folder. Nothing is written to try: the receiver would see it."""
        try:
            self._connected().check_folder(self._folder)
        finally:
            self.close()

    def target(self, name: str) -> str:
        """As `scp` would write it."""
        return f"{self.values['user']}@{self.values['host']}:{self._folder}/{name}"

    def stage(self, copy: Copy) -> None:
        """Make an empty file under the temporary name, once the final one is known to be free."""
        final = self._final(copy)
        session = self._connected()
        self._make_folders(session, copy)
        if session.size(final) is not None:
            raise self._name_taken(final)
        self._staged = session.create(self._temporary(copy))
        fault_point("sftp.created")

    def send(self, copy: Copy) -> None:
        """Write it, compare the size, give it its name, and look."""
        session, staged, final = self._session, self._staged, self._final(copy)
        if session is None or staged is None:
            raise RuntimeError("stage first")
        with copy.master.open("rb") as master:
            written = staged.write_from(master)
        fault_point("sftp.written")
        if written != (size := copy.master.stat().st_size):
            raise DeliveryError(
                f"{self.target(copy.name)} has {written} bytes there instead of {size}",
                remedy="ask its operator why files are cut short or changed, then re-queue the job",
                code="size_differs",
            )
        if session.size(final) is not None:
            raise self._name_taken(final)
        if not session.rename(self._temporary(copy), final):
            raise self._unknown(copy, "its temporary file was gone before it got its name")
        fault_point("sftp.renamed")
        self._look(session, copy, size)

    def withdraw(self, copy: Copy) -> bool:
        """Rename the temporary file to a name that nobody sends, and look who was first."""
        session, final = self._connected(), self._final(copy)
        withdrawn = self._withdrawn(copy)
        ours = session.rename(self._temporary(copy), withdrawn) or session.size(withdrawn) is not None
        fault_point("sftp.withdrawn")
        there, size = session.size(final), copy.master.stat().st_size
        if ours:  # under both names only where a server died between the two halves of a rename
            return there is None or not self._same_bytes(session, copy)
        if there == size:
            return False
        if there is None:
            raise self._unknown(copy, "the receiver has taken it, or its temporary file was taken away")
        raise self._unknown(copy, f"a file of that name is there, but with {there} bytes instead of {size}")

    def discard(self, copy: Copy) -> None:
        """Remove the temporary file, whatever it is called by now."""
        session = self._connected()
        session.remove(self._temporary(copy))
        session.remove(self._withdrawn(copy))
        fault_point("sftp.discarded")

    def steps(self) -> Iterator[Step]:
        """From the name of the host to a file that is written, renamed, read back and removed."""
        from worker.sftp_client import SftpSession

        session = self._session = SftpSession(self.endpoint())
        name = f".waybill-probe-{secrets.token_hex(4)}"
        old, new = f"{self._folder}/{name}.part", f"{self._folder}/{name}"
        yield Step(name="resolve", run=lambda: ", ".join(session.resolve()))
        yield Step(name="connect", run=session.connect)
        yield Step(name="host key", run=lambda: f"{session.check_host_key().fingerprint} is approved")
        yield Step(name="login", run=lambda: self._login(session))
        yield Step(name="folder", run=lambda: self._look_at_folder(session))
        yield Step(name="write probe", run=lambda: _write_probe(session, old))
        yield Step(name="rename", run=lambda: _rename_probe(session, old, new))
        yield Step(name="read back", run=lambda: _read_probe(session, new))
        yield Step(name="remove", run=lambda: _remove_probe(session, new))

    def endpoint(self, *, with_secret: bool = True) -> Endpoint:
        """Where and as whom, with the secret that opens it unless that is not needed."""
        from worker.sftp_client import Endpoint  # which loads paramiko

        by_key = self.values["auth"] == "key"
        keys = str(self.values["host_keys"])
        return Endpoint(
            host=self.values["host"],
            port=self.values["port"],
            user=self.values["user"],
            host_keys=tuple(part.strip() for part in keys.split(",") if part.strip()),
            connect_seconds=self.values["connect_seconds"],
            idle_seconds=self.values["idle_seconds"],
            password=None if by_key or not with_secret else self.secret("password"),
            private_key=self.secret("private_key") if by_key and with_secret else None,
        )

    # Within

    @property
    def _folder(self) -> str:
        return str(self.values["folder"]).rstrip("/") or "/"

    def _connected(self) -> SftpSession:
        from worker.sftp_client import SftpSession

        if self._session is None or not self._session.is_alive():
            self.close()
            self._session = SftpSession(self.endpoint()).open()
        return self._session

    def _final(self, copy: Copy) -> str:
        return str(PurePosixPath(self._folder, copy.name))

    def _temporary(self, copy: Copy) -> str:
        return self._beside(copy, f".{copy.handle}.part")

    def _withdrawn(self, copy: Copy) -> str:
        return self._beside(copy, f".{copy.handle}.withdrawn")

    def _beside(self, copy: Copy, ending: str) -> str:
        final = PurePosixPath(self._final(copy))
        name = final.name.encode()[: _TOO_LONG - len(ending) - 1].decode(errors="ignore")
        return str(final.with_name(f".{name}{ending}"))

    def _login(self, session: SftpSession) -> str:
        session.login()
        return f"as {self.values['user']}, by {self.values['auth']}"

    def _look_at_folder(self, session: SftpSession) -> str:
        session.check_folder(self._folder)
        return self._folder

    def _make_folders(self, session: SftpSession, copy: Copy) -> None:
        """Make the folders of a name, never the facility's own: that it is missing is a mistake."""
        for folder in reversed(PurePosixPath(copy.name).parents[:-1]):
            session.make_folder(str(PurePosixPath(self._folder, folder)))

    def _look(self, session: SftpSession, copy: Copy, size: int) -> None:
        """Compare what stands there with a rename that was confirmed; nothing any more: it was taken."""
        there = session.size(self._final(copy))
        if there == size:
            return
        if there is None and session.size(self._temporary(copy)) is None:
            return
        raise self._unknown(copy, f"the server confirmed its name, then showed {there} bytes, not {size}")

    def _same_bytes(self, session: SftpSession, copy: Copy) -> bool:
        with copy.master.open("rb") as master:
            for theirs in session.read(self._final(copy)):
                if master.read(len(theirs)) != theirs:
                    return False
            return not master.read(1)

    def _name_taken(self, final: str) -> DeliveryError:
        return DeliveryError(
            f"{self.values['host']} has a file {final} already, which is not replaced",
            remedy="move that away there, or change the facility's file names, then re-queue the job",
            code="name_taken",
        )

    def _unknown(self, copy: Copy, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"whether {self.target(copy.name)} arrived could not be found out: {why}",
            remedy="ask the receiver, then say what is true: waybill delivery resolve",
        )


_PROBE = b"Waybill was here\n"


def _write_probe(session: SftpSession, path: str) -> str:
    from io import BytesIO

    return f"{session.create(path).write_from(BytesIO(_PROBE))} bytes in {path}"


def _rename_probe(session: SftpSession, old: str, new: str) -> str:
    if not session.rename(old, new):
        raise DeliveryError(
            f"{old} was gone before it could be renamed",
            remedy="ask its operator to leave names that begin with a point alone",
            code="probe_taken",
        )
    return new


def _read_probe(session: SftpSession, path: str) -> str:
    if b"".join(session.read(path)) != _PROBE:
        raise DeliveryError(
            f"{path} reads back differently from what was written",
            remedy="ask its operator what changes files there",
            code="probe_differs",
        )
    return f"{len(_PROBE)} bytes, the same"


def _remove_probe(session: SftpSession, path: str) -> str:
    session.remove(path)
    return path
