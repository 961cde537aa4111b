# ruff: noqa: ARG002, N802 - the hooks' names and arguments are aiosmtpd's
"""A real SMTP server (aiosmtpd) on loopback: TLS under a throw-away certificate, logins, and bad days."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "waybill", "correct horse"


class Mode(StrEnum):
    """How the server behaves."""

    WELL = "well"
    STALLS = "stalls"
    """Never answers RCPT."""
    CLOSES_AFTER = "closes after"
    """Takes a letter, says so, and hangs up."""
    CLOSES_BEFORE = "closes before"
    """Takes a letter and hangs up without saying so."""
    SILENT_AFTER = "silent after"
    """Takes a letter and never says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-signed certificate for localhost and 127.0.0.1."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One letter the server took."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class PostOffice(Controller):
    """A server on a free port of 127.0.0.1; `mode` and `replies` may be changed while it runs."""

    def __init__(
        self,
        *,
        tls: str = "none",
        certificate: Certificate | None = None,
        login: bool = False,
        mode: Mode = Mode.WELL,
        mechanisms: Sequence[str] = ("PLAIN", "LOGIN"),
        login_reply: str | None = None,
    ) -> None:
        context = None if certificate is None else _server_context(certificate)
        self.mode = mode
        self.replies: dict[str, str] = {}
        """What is said to a recipient; the first one that is asked for, for the address `*`."""
        self.received: list[Received] = []
        self.reached = threading.Event()
        """Set when a conversation has come to where the mode holds it up."""
        self.connections = 0
        self.logins: list[bytes] = []
        self._login_reply = login_reply
        super().__init__(
            self,
            hostname="127.0.0.1",
            port=0,
            ssl_context=context if tls == "tls" else None,
            tls_context=context if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            # aiosmtpd does not count implicit TLS as TLS.
            auth_require_tls=tls == "starttls",
            auth_required=login and tls == "starttls",
            authenticator=self._authenticate,
            auth_exclude_mechanism=[each for each in ("PLAIN", "LOGIN") if each not in mechanisms],
            ready_timeout=20,
        )

    def __enter__(self) -> Self:
        """Start serving; `port` says where."""
        self.start()
        self.connections = 0  # its own trial does not count
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, if it was not stopped to be down."""
        if self._thread is not None:
            self.stop()

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def factory(self) -> SMTP:
        """One conversation."""
        self.connections += 1
        made: SMTP = super().factory()  # type: ignore[no-untyped-call]
        return made

    @property
    def counted(self) -> Counter[str]:
        """How often each recipient's letter was taken."""
        return Counter(recipient for letter in self.received for recipient in letter.recipients)

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Answer as told, or never."""
        if self.mode == Mode.STALLS:
            self.reached.set()
            await asyncio.Event().wait()
        reply = self.replies.get(address) or self.replies.get("*")
        if reply is None:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the letter; then answer, hang up, or both."""
        assert isinstance(envelope.original_content, bytes)
        self.received.append(
            Received(
                sender=str(envelope.mail_from),
                recipients=[str(each) for each in envelope.rcpt_tos],
                raw=envelope.original_content,
            )
        )
        transport: Any = server.transport
        if self.mode == Mode.SILENT_AFTER:
            self.reached.set()
            await asyncio.Event().wait()
        elif self.mode == Mode.CLOSES_BEFORE:
            transport.abort()
        elif self.mode == Mode.CLOSES_AFTER:
            self.loop.call_soon(transport.close)
        return "250 taken"

    def _authenticate(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        data: Any,
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        right = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right or not self._login_reply, message=self._login_reply)


def make_certificate(folder: Path, *, name: str = "localhost") -> Certificate:
    """A certificate that nobody trusts who is not told to; for another name it fits no test."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(chain=folder / f"{name}.pem", key=folder / f"{name}.key")
    made.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


def _server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context
