"""Everything Waybill refuses or fails with: one family, each with a code, what happened and what to do.

    WaybillError
    ├── InvalidInput         what was given cannot be right; nothing was changed
    ├── NotFound             no such thing, or none that this person may see
    ├── PermissionDenied     the person lacks the role for the act
    ├── Conflict             the thing's present state does not allow the act
    ├── ConfigurationError   the installation or a facility is not set up for what was asked
    ├── DeliveryError        the outside world did not take the bytes (may be worth another try)
    │   └── HostKeyRefused   a server proved to own a host key that nobody has approved
    └── Fenced               another worker has taken the job over; this one must stop touching it

Expected outcomes of one item among many (a document refused, an invoice that cannot go) are returned as
values, not raised.
"""

from __future__ import annotations


class WaybillError(Exception):
    """Something went wrong that a person can be told about.

    `message` names the thing and the value, `remedy` says what to do next; both are whole sentences
    without a final stop. `code` is stable and machine-readable; `retryable` says whether trying the
    very same again later can help.
    """

    code = "error"
    retryable = False

    def __init__(self, message: str, *, remedy: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code

    def as_dict(self) -> dict[str, str]:
        """The error as the command line's and the API's JSON shape."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class InvalidInput(WaybillError):
    """What was given cannot be right; nothing was changed."""

    code = "invalid_input"


class NotFound(WaybillError):
    """There is no such thing, or none that this person may see."""

    code = "not_found"


class PermissionDenied(WaybillError):
    """The person lacks the role for the act."""

    code = "permission_denied"


class Conflict(WaybillError):
    """The thing's present state does not allow the act."""

    code = "conflict"


class ConfigurationError(WaybillError):
    """The installation or a facility is not set up for what was asked."""

    code = "configuration"


class DeliveryError(WaybillError):
    """The outside world did not take the bytes."""

    code = "delivery_failed"

    def __init__(
        self, message: str, *, remedy: str, code: str | None = None, retryable: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.retryable = retryable


class HostKeyRefused(DeliveryError):
    """A server proved to own a host key that nobody has approved."""

    code = "host_key_unknown"

    def __init__(self, message: str, *, remedy: str, fingerprint: str, code: str | None = None) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.fingerprint = fingerprint
        """The one it shows, as `ssh-keygen -l` writes it."""


class Fenced(WaybillError):
    """Another worker has taken the job over; this one must stop touching it."""

    code = "fenced"

    def __init__(self, job_id: int, attempt: int) -> None:
        super().__init__(
            f"job {job_id} is no longer held by its attempt {attempt}",
            remedy="nothing to do: the worker that took the job over finishes it",
        )
