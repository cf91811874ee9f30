"""Finds the folders in which Session Desktop keeps its data, on this machine or where somebody points.

Source of every place: formats page of Session Desktop, section 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DATABASE = "db.sqlite"
_FLATPAK = re.compile(r"network\.loki\.Session", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile of Session Desktop: its folder, and the database, which a copied profile may have elsewhere."""

    folder: Path
    database: Path

    @property
    def log(self) -> Path:
        """The write-ahead log; messages may be in it alone."""
        return self.database.with_name(self.database.name + "-wal")

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def attachments(self) -> Path:
        return self.folder / "attachments.noindex"


def locate(home: Path, environ: Mapping[str, str], platform: str) -> list[Profile]:
    """Every profile on this machine, the one of the packaged app first. `platform` is spelled as `sys.platform`."""
    found: dict[Path, Profile] = {}
    for place in _places(home, environ, platform):
        for folder in _named_like_session(place):
            profile = Profile(folder, folder / "sql" / DATABASE)
            if _is_file(profile.database) and _is_file(profile.config):
                found.setdefault(folder.resolve(), profile)
    return list(found.values())


def recognise(path: Path) -> Profile | None:
    """The profile that somebody means by `path`: its folder, one folder above or below it, or the database itself."""
    if _is_file(path):
        if path.name == DATABASE:
            folder = path.parent.parent if path.parent.name == "sql" else path.parent
            return Profile(folder, path)
        path = path.parent
    for folder in (path, path / "Session", path.parent):
        database = folder / "sql" / DATABASE
        if _is_file(database):
            return Profile(folder, database)
    database = path / DATABASE
    return Profile(path.parent if path.name == "sql" else path, database) if _is_file(database) else None


def _places(home: Path, environ: Mapping[str, str], platform: str) -> Iterator[Path]:
    """The folders that may hold a `Session` folder."""
    if platform == "win32":
        yield Path(environ["APPDATA"]) if environ.get("APPDATA") else home / "AppData" / "Roaming"
        return
    if platform == "darwin":
        yield home / "Library" / "Application Support"
        return
    named = environ.get("XDG_CONFIG_HOME", "")
    yield Path(named) if named.startswith("/") else home / ".config"
    for app in _folders(home / ".var" / "app"):
        if _FLATPAK.fullmatch(app.name):
            yield app / "config"
    for app in _folders(home / "snap"):
        if "session" in app.name.lower():
            # The other folders of a snap are what older versions of it left behind.
            yield app / "current" / ".config"
            yield app / "common" / ".config"


def _named_like_session(place: Path) -> Iterator[Path]:
    """`Session`, then what an app run from source uses: `Session-development` and the like."""
    yield place / "Session"
    yield from (folder for folder in _folders(place) if folder.name.startswith("Session-"))


def _folders(place: Path) -> list[Path]:
    try:
        return sorted(entry for entry in place.iterdir() if entry.is_dir())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
