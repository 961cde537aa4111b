"""A customer who takes every file the moment it appears: reads and deletes it, fetches it, or moves it away.

A program of its own, with nothing of Waybill in it:  receiver.py INBOX OUT. Names that begin with a point
are left alone, as by most receivers. Every file ever seen stands in OUT afterwards, under a number of its
own, with its bytes as they were seen. Beside OUT, `ask` is removed once all has been taken that was there
when it was made, and `stop` ends the program after that.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

_SECONDS = 0.002
_MOVED = "done"


def take_all(inbox: Path, out: Path) -> None:
    """Take what is there now, each file in another way than the one before."""
    for path in sorted(inbox.rglob("*")):
        if path.parent.name != _MOVED and not path.name.startswith(".") and path.is_file():
            _take(path, inbox, out)


def _take(path: Path, inbox: Path, out: Path) -> None:
    number = len(list(out.iterdir()))
    kept = out / f"{number:05}-{'~'.join(path.relative_to(inbox).parts)}"
    if number % 3 == 0:
        _copy(path, kept)
        path.unlink()
    elif number % 3 == 1:
        path.rename(kept)
    else:
        moved = path.parent / _MOVED / f"{number}-{path.name}"
        moved.parent.mkdir(exist_ok=True)
        path.rename(moved)
        _copy(moved, kept)


def _copy(path: Path, kept: Path) -> None:
    """Whoever looks meanwhile sees all of it, or nothing."""
    part = kept.parent.parent / "part"
    shutil.copyfile(path, part)
    part.rename(kept)


def main(inbox: Path, out: Path) -> None:
    """Take files until told to stop; what had appeared by then is taken too."""
    ask, stop = out.parent / "ask", out.parent / "stop"
    stopped = False
    while not stopped:
        stopped, asked = stop.exists(), ask.exists()
        take_all(inbox, out)
        if asked:
            ask.unlink()
        time.sleep(_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
