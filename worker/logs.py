"""How the services log: one line an event, UTC, to stderr, for the journal to keep."""

from __future__ import annotations

import logging
import time


def to_stderr(service: str, level: int = logging.INFO) -> None:
    """Log Waybill's own events from INFO on, other libraries' from WARNING on."""
    formatter = logging.Formatter(f"%(asctime)s {service} %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for own in ("worker", "models"):
        logging.getLogger(own).setLevel(level)
