"""The house keeps its promises: what an import brings with it, what the tree and the wheel hold.

Who may import whom is import-linter's (`pyproject.toml`), run by `scripts/test`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import DEBIAN_PACKAGES, ROOT

PACKAGES = ("models", "worker", "tui")
LOCKS = ("requirements.lock", "requirements-postgresql.lock", "requirements-test.lock")

# Put together here, so that this file does not hold what it forbids.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
)

IMPORT_ALL_OF_MODELS = """
import importlib, pkgutil, models
for module in pkgutil.walk_packages(models.__path__, "models."):
    importlib.import_module(module.name)
"""

# As on a machine where the extra `postgresql` is not installed; an empty home is on SQLite.
ALL_BUT_THE_SERVER = """
import importlib, os, pkgutil, sys, models, worker
os.environ["WAYBILL_HOME"] = "/nowhere"
sys.modules["psycopg"] = None
for package in (models, worker):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name != "worker.queue_server":
            importlib.import_module(module.name)
del sys.modules["psycopg"]
"""

ASK_FOR_HELP = """
from tui.cli import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0, end.code
"""


def loaded_after(program: str) -> set[str]:
    """Return the top-level names in `sys.modules` of a fresh Python that has run `program`."""
    marker = "loaded:"
    report = f"\nimport sys\nprint({marker!r}, *{{name.partition('.')[0] for name in sys.modules}})\n"
    done = subprocess.run(
        [sys.executable, "-c", program + report], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition(marker)[2].split())


def tracked_files() -> list[Path]:
    """Return every file git keeps, as a path from the project's root."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so there is no list of tracked files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_models_imported_whole_loads_no_screen_server_or_xml() -> None:
    loaded = loaded_after(IMPORT_ALL_OF_MODELS)
    assert "models" in loaded
    assert not loaded & {"textual", "paramiko", "lxml", "worker", "tui"}


def test_models_and_worker_without_the_driver_of_postgresql_load_and_do_not_ask_for_it() -> None:
    loaded = loaded_after(ALL_BUT_THE_SERVER)
    assert {"models", "worker", "peewee", "huey"} <= loaded
    assert "psycopg" not in loaded


def test_help_of_waybill_loads_no_screens_servers_or_worker() -> None:
    loaded = loaded_after(ASK_FOR_HELP)
    assert "tui" in loaded
    assert not loaded & {"textual", "fastapi", "aiohttp", "paramiko", "worker"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_read_names_no_place_and_hashes_every_pin(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|^-|\bfile:|@ ", text, re.MULTILINE)
    pins = re.split(r"\n(?=\S)", text.strip())
    unhashed = [pin for pin in pins if not pin.startswith("#") and "--hash=sha256:" not in pin]
    assert unhashed == []


def test_locks_compared_agree_on_every_version_of_the_runtime() -> None:
    runtime, postgresql, test = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS
    )
    assert runtime < postgresql < test


def test_tracked_files_searched_name_no_package_registry() -> None:
    found = [
        f"{path}: {registry}"
        for path in tracked_files()
        for registry in REGISTRIES
        if registry.encode() in (ROOT / path).read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize(("program", "package"), sorted(DEBIAN_PACKAGES.items()))
def test_ci_run_installs_the_package_of_each_outside_program(program: str, package: str) -> None:
    listed = re.search(r"^packages=\((.*)\)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert listed is not None
    assert package in listed[1].split(), f"{program} comes with {package}, which .ci/run does not install"


def test_wheel_built_holds_exactly_the_three_packages(tmp_path: Path) -> None:
    tracked = tracked_files()
    names = wheel_names(tracked, tmp_path)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    wanted = {
        path.as_posix()
        for path in tracked
        if path.parts[0] in PACKAGES
        and path.suffix in {".py", ".tcss", ".html", ".css", ".js", ".json", ".toml", ".ttf"}
    }
    assert wanted - names == set()


def wheel_names(tracked: Iterable[Path], tmp_path: Path) -> set[str]:
    """Build a wheel from a copy, since a build leaves its folders behind, and return the names in it."""
    copy = tmp_path / "copy"
    for path in tracked:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            tmp_path,
            copy,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("waybill-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())
