"""A customer who takes every file the moment it appears: reads and deletes it, fetches it, or moves it away.

A program of its own, with nothing of Waybill in it:  receiver.py PICKUP OUT. It ends when OUT/stop is there.
Every file ever seen stands in OUT afterwards, under a number of its own, with its bytes as they were seen.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

_SECONDS = 0.002
_MOVED = "done"


def take_all(pickup: Path, out: Path) -> None:
    """Take what is there now, each file in another way than the one before."""
    for path in sorted(pickup.rglob("*")):
        if path.parent.name != _MOVED and path.is_file():
            _take(path, pickup, out)


def _take(path: Path, pickup: Path, out: Path) -> None:
    number = len(list(out.iterdir()))
    kept = out / f"{number:05}-{'~'.join(path.relative_to(pickup).parts)}"
    if number % 3 == 0:
        shutil.copyfile(path, kept)
        path.unlink()
    elif number % 3 == 1:
        path.rename(kept)
    else:
        moved = path.parent / _MOVED / f"{number}-{path.name}"
        moved.parent.mkdir(exist_ok=True)
        path.rename(moved)
        shutil.copyfile(moved, kept)


def main(pickup: Path, out: Path) -> None:
    """Take files until told to stop; what had appeared by then is taken too."""
    while not (out.parent / "stop").exists():
        take_all(pickup, out)
        time.sleep(_SECONDS)
    take_all(pickup, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
