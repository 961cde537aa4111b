"""Packages of others, built and installed for tests as people install them, without a network."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from models import catalogue
from worker import formats

_HERE = Path(__file__).parent
SLIPS = "acme_slips"


@cache
def slips() -> Path:
    """Where the slips are installed for this process, until it ends."""
    folder = TemporaryDirectory(prefix="waybill-slips-")
    atexit.register(folder.cleanup)
    return install(SLIPS, Path(folder.name))


def install(package: str, folder: Path) -> Path:
    """Build a package of this folder and install it; returns where, to be put on the path."""
    source, site = folder / "source", folder / "site"
    shutil.copytree(_HERE / package, source, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(site), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return site


def found_for_good(site: Path) -> None:
    """What is installed there can be found by this process from now on."""
    if str(site) not in sys.path:
        sys.path.append(str(site))
        _forget()


@contextmanager
def on_path(site: Path) -> Iterator[None]:
    """What is installed there can be found by this process while the block runs."""
    sys.path.insert(0, str(site))
    _forget()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        _forget()


def _forget() -> None:
    catalogue.discover.cache_clear()
    formats.load.cache_clear()
