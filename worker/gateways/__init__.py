"""How bytes leave: one gateway a file in this folder, each saying how it is made safe to repeat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from models import facility_settings, secrets
from models.catalogue import Setting, discover
from models.entities import LegalEntity
from models.errors import ConfigurationError, DeliveryError
from models.facilities import Facility


class OutcomeUnknown(DeliveryError):
    """It may have arrived or not, and nobody can be asked: a person has to look."""

    code = "outcome_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One attempt's copy of one delivery.

    Its `handle` is that attempt's alone, so that one presumed dead that comes back touches nothing of the
    present one's.
    """

    handle: str
    name: str
    """The file's name, with `/` where it makes folders."""
    target: str
    """Where it goes, as `Gateway.target` said."""
    master: Path
    """The archived bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing a gateway is tried with: `run` says what it saw, or raises `WaybillError` or `OSError`."""

    name: str
    run: Callable[[], str]


class Gateway(ABC):
    """One way out, set up for one facility. A file's steps are called in this order.

        target, stage, (`sending` is stored) send, discard
        after a fault or a crash: withdraw, discard, and from the beginning

    It may keep a connection from one call to the next; `with` ends it.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    """Declared for a facility as `KEY.NAME`; its secrets among them."""

    def __init__(self, entity: LegalEntity, values: Mapping[str, Any], secret: Callable[[str], str]) -> None:
        self.entity = entity
        self.values = values
        self.secret = secret
        """A secret setting's value; asked for when it is used, never kept."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what is open."""
        return

    @abstractmethod
    def check(self) -> None:
        """Raise `ConfigurationError` or `DeliveryError` unless a file could be delivered now."""

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """What a person wants to see tried, each standing on those before; a file is sent and taken away."""

    @abstractmethod
    def target(self, name: str) -> str:
        """Where a file goes, in this gateway's words; kept with the delivery."""

    @abstractmethod
    def stage(self, copy: Copy) -> None:
        """Get ready, out of the receiver's reach; `sending` is stored after this and before `send`."""

    @abstractmethod
    def send(self, copy: Copy) -> None:
        """Hand over what this very object has staged; raises when it may not have been."""

    @abstractmethod
    def withdraw(self, copy: Copy) -> bool:
        """Make sure that nobody sends it any more; False when it had been handed over.

        Raises `OutcomeUnknown` when that cannot be known, and anything else when it cannot be known now.
        To be asked again gives the same answer until `discard`.
        """

    @abstractmethod
    def discard(self, copy: Copy) -> None:
        """Take away what is left of a copy that is recorded as failed, or that was never to be sent."""


def make(key: str, facility: Facility, frozen: Mapping[str, Any] | None = None) -> Gateway:
    """A facility's gateway with its settings as they are, or as a job froze them.

    Secrets, and settings declared as live, are always as they are now: a host key that is no longer
    trusted is not trusted by jobs under way either.
    """
    plugin: type[Gateway] | None = discover("waybill.gateways").get(key)
    if plugin is None:
        raise ConfigurationError(
            f"there is no gateway {key} any more", remedy="install it again", code="no_gateway"
        )
    values = facility_settings.plugin_settings(facility, key, frozen)
    return plugin(facility.entity, values, _secrets_of(facility, key))


def _secrets_of(facility: Facility, key: str) -> Callable[[str], str]:
    def reveal(setting: str) -> str:
        name = facility_settings.secret_name(facility, key, setting)
        value = secrets.reveal(name)
        if value is None:
            raise ConfigurationError(
                f"{facility.name} has no secret for {key}.{setting}",
                remedy=f"store it: waybill secret set {name}",
                code="missing_secret",
            )
        return value

    return reveal
