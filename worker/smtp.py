"""One conversation with a mail server (RFC 5321), kept open for a batch of letters.

What the server says about one letter is returned; what keeps any letter from leaving is raised: a server
that cannot be reached, refuses the login, or is not who it claims to be. A letter whose last dot was sent
without an answer counts as not taken: repeating it is right (RFC 5321 §4.5.3.2.6), for its Message-ID stays.
"""

from __future__ import annotations

import base64
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from models.errors import ConfigurationError, DeliveryError
from models.settings import Mail

_MAX_WORDS = 400
_CLOSING = 421
_LOGIN_WANTED = frozenset({530, 534, 535, 538})
"""RFC 4954 §6: the server wants a login, or a better one, whatever command it says so to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for the server."""

    connect: float = 30.0
    command: float = 60.0
    data: float = 600.0
    """For the answer to the last dot: RFC 5321 §4.5.3.2.6 asks for ten minutes; less makes duplicates."""


class Verdict(StrEnum):
    """What became of one letter."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The server's answer to one letter, with its own words."""

    verdict: Verdict
    words: str


class MailServer:
    """The server of the settings; connects when the first letter comes. Close it, or use it with `with`."""

    def __init__(self, settings: Mail, password: str | None, timeouts: Timeouts) -> None:
        self._settings = settings
        self._password = password
        self._timeouts = timeouts
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        """Nothing to do yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take leave of the server."""
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except OSError:
                self._drop()  # it hung up first, which is its right
        self._smtp = None

    def send(self, sender: str, recipient: str, content: bytes) -> Answer:
        """Hand over one letter; raises `DeliveryError` when the server takes none at all now."""
        try:
            return self._send(sender, recipient, content)
        except (smtplib.SMTPNotSupportedError, UnicodeEncodeError):
            self._drop()
            return Answer(verdict=Verdict.REFUSED, words="the server cannot carry an address in this script")
        except OSError as error:  # smtplib's own exceptions are among them
            self._drop()
            raise self._unreachable(f"hung up or fell silent ({error})") from error

    def _send(self, sender: str, recipient: str, content: bytes) -> Answer:
        smtp = self._begin(sender, () if recipient.isascii() else ("SMTPUTF8",))
        code, words = smtp.rcpt(recipient)
        if code in (250, 251, 252):
            self._wait(self._timeouts.data)
            try:
                code, words = smtp.data(content)
            except smtplib.SMTPDataError as error:
                code, words = error.smtp_code, _as_bytes(error.smtp_error)
            self._wait(self._timeouts.command)
        return self._judge(code, words)

    def _judge(self, code: int, words: bytes) -> Answer:
        said = self._said(code, words)
        if code in _LOGIN_WANTED:
            self._drop()
            raise self._login_refused(said)
        if code < 300:
            return Answer(verdict=Verdict.TAKEN, words=said)
        if code == _CLOSING:
            self._drop()
        else:
            self._forget_letter()
        return Answer(verdict=Verdict.LATER if code < 500 else Verdict.REFUSED, words=said)

    def _forget_letter(self) -> None:
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except OSError:
            self._drop()  # it hung up; the next letter goes over a new connection

    def _begin(self, sender: str, options: tuple[str, ...]) -> smtplib.SMTP:
        """Begin a letter; a connection kept from the last one may be gone by now, then on a new one."""
        if self._smtp is not None:
            try:
                code, _ = self._smtp.mail(sender, options)
            except smtplib.SMTPServerDisconnected:
                code = _CLOSING
            if code == 250:
                return self._smtp
            self._drop()
        smtp = self._connect()
        code, words = smtp.mail(sender, options)
        if code == 250:
            return smtp
        self._drop()
        said = self._said(code, words)
        if code in _LOGIN_WANTED:
            raise self._login_refused(said)
        raise DeliveryError(
            f"the mail server {self._where} takes no mail from {sender}: {said}",
            remedy="set mail.sender to an address that the account may send from",
            code="mail_sender_refused",
            retryable=code < 500,
        )

    def _connect(self) -> smtplib.SMTP:
        try:
            smtp = self._smtp = self._dial()
            if self._settings.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            self._drop()
            if isinstance(error, ssl.SSLEOFError):
                raise self._unreachable(f"hung up during the TLS handshake ({error})") from error
            raise self._not_safe(error) from error
        except OSError as error:
            self._drop()
            raise self._unreachable(f"cannot be reached ({error})") from error
        self._wait(self._timeouts.command)
        if self._settings.user:
            self._log_in(smtp)
        return smtp

    def _dial(self) -> smtplib.SMTP:
        host, port, timeout = self._settings.host, self._settings.port, self._timeouts.connect
        if self._settings.tls == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=timeout)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """One try with one mechanism: each further one would count as another failed login."""
        smtp.user, smtp.password = self._settings.user, self._password or ""
        try:
            mechanism, answer = self._mechanism(smtp)
            smtp.auth(mechanism, answer)
        except smtplib.SMTPServerDisconnected as error:
            self._drop()
            raise self._unreachable(f"hung up during the login ({error})") from error
        except smtplib.SMTPAuthenticationError as error:
            self._drop()
            said = self._said(error.smtp_code, _as_bytes(error.smtp_error))
            # Not chained: the words of some servers hold what was sent to them.
            raise self._login_refused(said, retryable=error.smtp_code < 500) from None
        except UnicodeEncodeError:
            self._drop()
            raise self._login_refused("user or password is not plain ASCII") from None

    def _mechanism(self, smtp: smtplib.SMTP) -> tuple[str, Any]:
        """The best one that is offered: what hides the password comes first only where TLS does not."""
        known: dict[str, Any] = {"PLAIN": smtp.auth_plain, "LOGIN": smtp.auth_login}
        digest: dict[str, Any] = {"CRAM-MD5": smtp.auth_cram_md5}
        known = digest | known if self._settings.tls == "none" else known | digest
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        for mechanism, answer in known.items():
            if mechanism in offered:
                return mechanism, answer
        self._drop()
        raise self._login_refused(f"it offers no login known here ({' '.join(offered) or 'none'})")

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _wait(self, seconds: float) -> None:
        if self._smtp is not None and self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def _said(self, code: int, words: bytes) -> str:
        """The server's words on one line; some servers repeat what they were sent, so never the password."""
        text = f"{code} {words.decode('utf-8', 'replace')}"
        if self._password:
            plain = self._password.encode()
            user = self._settings.user.encode()
            both = base64.b64encode(b"\0%b\0%b" % (user, plain))  # first: its end may be the password's own
            for secret in (both, base64.b64encode(plain), plain):
                text = text.replace(secret.decode(), "***")
        shown = "".join(char if char.isprintable() else " " for char in text)
        return " ".join(shown.split())[:_MAX_WORDS]

    def _unreachable(self, what: str) -> DeliveryError:
        return DeliveryError(
            f"the mail server {self._where} {what}",
            remedy="see that it runs and that mail.host and mail.port are right; the mails wait",
            code="mail_server_unreachable",
            retryable=True,
        )

    def _login_refused(self, said: str, *, retryable: bool = False) -> DeliveryError:
        user = self._settings.user or "nobody, for mail.user is empty"
        return DeliveryError(
            f"the mail server {self._where} refuses the login of {user}: {said}",
            remedy="set mail.user and: waybill secret set mail.password, then: waybill notification retry",
            code="mail_login_refused",
            retryable=retryable,
        )

    def _not_safe(self, error: Exception) -> ConfigurationError:
        return ConfigurationError(
            f"no safe connection to the mail server {self._where}: {error}",
            remedy="let its certificate name mail.host and come from an authority trusted here; see mail.tls",
            code="mail_tls_failed",
        )


def _as_bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
