"""The envelope of Peppol's and NemHandel's networks: a StandardBusinessDocument with its header (SBDH)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from models.invoice_document import Document, Identifier, Party
from models.problems import Problem
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.schemes import as_iso
from worker.formats.einvoice.ubl.parts import NAMESPACES, root_of
from worker.formats.einvoice.xml import DECLARATION, leaf, wrapped

_NAMESPACE: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
_AUTHORITY: Final = ' Authority="iso6523-actorid-upis"'
_SENDING: Final = uuid.UUID("7bd1a4f6-3b64-5c0e-9f0e-4f7f2d3a9b51")
"""The name space of instance identifiers: the same sending of the same document has the same one."""


class Sending(NamedTuple):
    """What the envelope says beside the document."""

    sender: str  # seller, buyer
    specification: str
    process: str
    created: datetime
    name: str  # of what is sent once: it makes the instance identifier


def check(document: Document, sender: str, told: Iterable[Problem]) -> list[Problem]:
    """What the envelope needs: participants of the network on both sides, and the sender's country.

    Of what is missing and was told already nothing more is said.
    """
    found = Findings()
    known = {one.term for one in told}
    for side, term in (("seller", "BT-34"), ("buyer", "BT-49")):
        endpoint = as_iso(document.get(side, {}).get("endpoint", {}))  # type: ignore[attr-defined]
        scheme = endpoint.get("scheme", "")
        if not endpoint and term in known:
            continue
        if scheme not in codes.load("peppol_addresses"):
            what = f"the electronic address {shown(endpoint.get('value', ''))} of the {side}"
            reason = (
                f"{what} has the scheme {scheme or '(none)'}, under which nobody takes part in the network"
            )
            found.add("SBDH", term, reason, f"give an address of the EAS list {AT_SOURCE}", scheme)
    if "BT-40" not in known and "country" not in document.get(sender, {}).get("address", {}):  # type: ignore[attr-defined]
        found.missing("SBDH", "BT-40", f"the country of the {sender}, who sends")
    return found


def enveloped(xml: str, document: Document, sending: Sending) -> str:
    """The document in its envelope."""
    header = wrapped("StandardBusinessDocumentHeader", _header(document, sending))
    body = xml.removeprefix(DECLARATION)
    return (
        f'{DECLARATION}<StandardBusinessDocument xmlns="{_NAMESPACE}">\n'
        f"{header}\n{body}</StandardBusinessDocument>\n"
    )


def _header(document: Document, sending: Sending) -> str:
    sender: Party = document[sending.sender]  # type: ignore[literal-required]
    receiver = document["buyer" if sending.sender == "seller" else "seller"]
    root = root_of(document.get("document_type", "invoice"))
    kind = f"{NAMESPACES[root]}::{root}##{sending.specification}::2.1"
    identification = (
        leaf("Standard", NAMESPACES[root])
        + leaf("TypeVersion", "2.1")
        + leaf("InstanceIdentifier", str(uuid.uuid5(_SENDING, sending.name)))
        + leaf("Type", root)
        + leaf("CreationDateAndTime", f"{sending.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    )
    scopes = (
        _scope("DOCUMENTID", kind, "busdox-docid-qns")
        + _scope("PROCESSID", sending.process, "cenbii-procid-ubl")
        + _scope("COUNTRY_C1", sender["address"]["country"])
    )
    return (
        leaf("HeaderVersion", "1.0")
        + wrapped("Sender", _participant(sender["endpoint"]))
        + wrapped("Receiver", _participant(receiver["endpoint"]))
        + wrapped("DocumentIdentification", identification)
        + wrapped("BusinessScope", scopes)
    )


def _participant(endpoint: Identifier) -> str:
    found = as_iso(endpoint)
    return leaf("Identifier", f"{found['scheme']}:{found['value'].lower()}", _AUTHORITY)


def _scope(kind: str, instance: str, identifier: str = "") -> str:
    inner = leaf("Type", kind) + leaf("InstanceIdentifier", instance)
    return wrapped("Scope", inner + (leaf("Identifier", identifier) if identifier else ""))
