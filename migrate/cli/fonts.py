"""Where this system keeps its fonts, for names on printed cards that no PDF has letters for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .run import Run

if TYPE_CHECKING:
    from ..cards.paper.lettering import Lettering


def lettering(run: Run) -> Lettering:
    """The fonts of this machine; none is opened before a name needs it."""
    from ..cards.paper.lettering import Lettering

    return Lettering(_folders(run))


def _folders(run: Run) -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        system, own = run.environ.get("WINDIR", r"C:\Windows"), run.environ.get("LOCALAPPDATA")
        return [Path(system) / "Fonts", *([Path(own) / "Microsoft" / "Windows" / "Fonts"] if own else [])]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    data = Path(run.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data / "fonts", home / ".fonts"]
