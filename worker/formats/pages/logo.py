"""The picture at the head of the first page: a PNG or JPEG file in the installation's home."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from models.problems import Problem

NAMES: Final = r"[A-Za-z0-9_][A-Za-z0-9_. -]*\.([Pp][Nn][Gg]|[Jj][Pp][Ee]?[Gg])"
_MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_PIXELS: Final = 16_000_000
_KEPT: Final = (900, 300)  # pixels: 360 to the inch at the size it is drawn
_SHOWN: Final = (180.0, 54.0)  # points


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture ready to be drawn: PNG without transparency, no larger than it is seen."""

    png: bytes
    width: float
    height: float
    """In points."""


def problem(folder: Path, name: str) -> Problem | None:
    """Why a file of the home cannot be the logo."""
    path = folder / name
    try:
        _load(path, *_stamp(path))
    except FileNotFoundError:
        return _problem("logo_missing", name, f"there is no file {path}", "put the picture there")
    except (ValueError, OSError) as error:
        most = f"at most {_MOST_BYTES // 1024 // 1024} MiB and {_MOST_PIXELS // 1_000_000} million pixels"
        return _problem("logo_unusable", name, f"{path}: {error}", f"give a PNG or JPEG picture of {most}")
    return None


def load(folder: Path, name: str) -> Logo:
    """The logo; for one without a problem."""
    path = folder / name
    return _load(path, *_stamp(path))


def _problem(code: str, name: str, reason: str, remedy: str) -> Problem:
    return Problem(
        code=code,
        reason=f"the logo cannot be drawn: {reason}",
        remedy=f"{remedy}, or empty the setting logo",
        term="logo",
        value=name,
    )


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    if about.st_size > _MOST_BYTES:
        raise ValueError(f"it has {about.st_size:,} bytes, which is too large")
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=8)
def _load(path: Path, _changed: int, _size: int) -> Logo:
    """Read once for as long as the file stays as it is: it stands on every document of a job."""
    from PIL import Image  # imported where used: other formats do without it

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as given:
            if given.width * given.height > _MOST_PIXELS:
                raise ValueError(f"it has {given.width} x {given.height} pixels, which is too large")
            over_white = Image.new("RGBA", given.size, "white")
            over_white.alpha_composite(given.convert("RGBA"))
    except (SyntaxError, Image.DecompressionBombError) as error:  # as Pillow says of broken files
        raise ValueError(str(error)) from error
    picture = over_white.convert("RGB")
    picture.thumbnail(_KEPT, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    picture.save(written, "PNG")
    scale = min(_SHOWN[0] / picture.width, _SHOWN[1] / picture.height)
    return Logo(png=written.getvalue(), width=picture.width * scale, height=picture.height * scale)
