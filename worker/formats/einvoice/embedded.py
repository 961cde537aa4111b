"""Embedded files: that their text is base64, as the schemas ask."""

from __future__ import annotations

import base64
import binascii

from models.invoice_document import Document
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown


def check(document: Document, found: Findings) -> None:
    """Find attachments whose content cannot be decoded."""
    for attachment in document.get("attachments", ()):
        if "content" in attachment and canonical(attachment["content"]) is None:
            name = shown(attachment.get("filename", attachment.get("id", "")))
            reason = f"the content of the attachment {name} is not base64"
            found.add("XSD", "BT-125", reason, f"embed the file again {AT_SOURCE}")


def canonical(content: str) -> str | None:
    """The base64 text without blanks, as every decoder takes it; None where it is none."""
    try:
        return base64.b64encode(base64.b64decode("".join(content.split()), validate=True)).decode()
    except (binascii.Error, ValueError):
        return None
