"""Pickup: a copy of the file published in the legal entity's folder, for customers to fetch over SFTP.

Safe to repeat: the copy is staged on the same file system out of the customer's reach, and published by one
rename that never replaces anything. So a staged copy that is gone was delivered, whatever the customer has
done with the file since; one that is still there was not. To give a delivery up its copy is renamed too, so
that of all who would publish it or give it up only one can.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from models import settings
from models.entities import LegalEntity
from models.errors import ConfigurationError, DeliveryError
from models.faults import fault_point
from worker.durable import make_folder, move_without_replacing, remove, sync_folder, written_whole
from worker.faults import of_os_error
from worker.gateways import Copy, Gateway, Step

_TRIES = 3


class Pickup(Gateway):
    """The pickup folder of a legal entity."""

    key = "pickup"
    title = "Pickup folder (SFTP)"

    def check(self) -> None:
        """Folder and staging must be there, writable, and on one file system.

        Nothing is written to try: a customer would see it come and go.
        """
        setup = settings.current()
        # Only `waybill init` makes the folder in which copies are made ready: one that a worker made where a
        # file system is not mounted would say that all copies there had been sent.
        if not setup.staging.is_dir():
            raise _staging_missing()
        # Nor is the entity's made, only to look: the first file that is published makes it.
        folders = (setup.staging, _nearest(folder_of(self.entity)))
        for folder in folders:
            try:
                if not folder.is_dir():
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            except OSError as error:
                problem = of_os_error(error, f"the pickup folder {folder}")
                raise ConfigurationError(problem.reason, remedy=problem.remedy, code=problem.code) from error
        if len({folder.stat().st_dev for folder in folders}) > 1:
            raise ConfigurationError(
                f"{setup.staging} and {folder_of(self.entity)} are on different file systems",
                remedy="keep both under one files.pickup folder of one file system",
                code="two_file_systems",
            )

    def steps(self) -> Iterator[Step]:
        """Write and rename in the staging folder only: customers would see a file of ours come and go."""
        yield Step(name="staging folder", run=_look_at_staging)
        yield Step(name="pickup folder", run=self._look_at_folder)
        yield Step(name="write probe", run=_write_probe)

    def target(self, name: str) -> str:
        """The path within the folder of all pickup folders."""
        return f"{self.entity.folder}/{name}"

    def stage(self, copy: Copy) -> None:
        """Copy the master beside the pickup folders; what an earlier try left is replaced."""
        _mark().touch(mode=0o600)
        with written_whole(_staged(copy)) as out, copy.master.open("rb") as original:
            shutil.copyfileobj(original, out, 1 << 20)

    def send(self, copy: Copy) -> None:
        """Publish the staged copy under its final name with one rename."""
        path = settings.current().pickup / copy.target
        root = settings.current().pickup / Path(copy.target).parts[0]
        for tries in reversed(range(_TRIES)):
            _make_folders(root, path.parent)
            try:
                move_without_replacing(_staged(copy), path)
                break
            except FileNotFoundError:  # the customer may have removed a folder of the name at this moment
                if not tries or not _staged(copy).exists():
                    raise
        # One folder is enough: the old name coming back after a power cut would only lie about.

    def withdraw(self, copy: Copy) -> bool:
        """Rename the staged copy to a name that nobody publishes; gone, it was published."""
        try:
            _staged(copy).rename(_withdrawn(copy))
            fault_point("pickup.withdrawn")
        except FileNotFoundError:
            if _withdrawn(copy).exists():
                return True
            _check_same_staging()
            _sync_published(copy)
            return False
        except OSError:  # a file system that refuses this one refuses everybody's
            if not _staged(copy).exists():
                raise
        return True

    def discard(self, copy: Copy) -> None:
        """Remove the copy, whole or in part, staged or withdrawn."""
        remove(_staged(copy))
        remove(_withdrawn(copy))

    def _look_at_folder(self) -> str:
        self.check()
        return str(folder_of(self.entity))


def folder_of(entity: LegalEntity) -> Path:
    """The entity's pickup folder."""
    return settings.current().pickup / entity.folder


def _nearest(folder: Path) -> Path:
    """The folder, or the one that is there and in which it would be made."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _staged(copy: Copy) -> Path:
    return settings.current().staging / f"delivery-{copy.handle}"


def _withdrawn(copy: Copy) -> Path:
    return settings.current().staging / f"withdrawn-{copy.handle}"


def _sync_published(copy: Copy) -> None:
    # Whoever renamed it may have died before the disk knew.
    for folder in (settings.current().staging, (settings.current().pickup / copy.target).parent):
        if folder.is_dir():  # the customer may have moved its own
            sync_folder(folder)


def _look_at_staging() -> str:
    if not settings.current().staging.is_dir():
        raise _staging_missing()
    return str(settings.current().staging)


def _write_probe() -> str:
    probe = settings.current().staging / f"probe-{secrets.token_hex(4)}"
    renamed = probe.with_name(f"{probe.name}-renamed")
    try:
        with written_whole(probe) as out:
            out.write(b"Waybill was here\n")
        move_without_replacing(probe, renamed)
    finally:
        remove(probe)
        remove(renamed)
    return "written, renamed and removed in the staging folder"


def _mark() -> Path:
    """Stands where copies were ever staged: a folder without it says nothing about a copy that is gone."""
    return settings.current().staging / ".staging"


def _check_same_staging() -> None:
    if not _mark().exists():
        raise _staging_missing()


def _staging_missing() -> DeliveryError:
    return DeliveryError(
        f"{settings.current().staging}, in which files are made ready, is not there or not the same",
        remedy="mount the file system of the pickup folders (files.pickup); if it is a new one: waybill init",
        code="staging_missing",
        retryable=True,
    )


def _make_folders(root: Path, folder: Path) -> None:
    """Make the folders of a name, never through a link that somebody planted."""
    for part in (folder, *folder.parents):
        if part.is_symlink():
            raise ConfigurationError(
                f"{part} is a link, not a folder",
                remedy="remove the link, then re-queue the job",
                code="not_a_folder",
            )
        if part == root:
            break
    make_folder(folder)
