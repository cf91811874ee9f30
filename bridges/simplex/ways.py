"""The two ways to SimpleX, and which of them the settings mean."""

from __future__ import annotations

from pathlib import Path

from ..api import BadSetting
from .about import LIBRARY
from .core import Core


async def open_core(settings: dict[str, str]) -> Core:
    """The way to SimpleX that the settings name. Raises `BadSetting`, `Shut` and `Lost`."""
    if settings.get("transport") == LIBRARY:
        from .library import LibraryCore

        return await LibraryCore.open(settings.get("database", ""), settings.get("database_key", ""))
    from .websocket import WebSocketCore

    return await WebSocketCore.open(settings.get("host") or "127.0.0.1", int(settings.get("port") or 5225))


def checked(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """The settings, with everything in them that a number or a chat has to be. Raises `BadSetting`."""
    port, owner = settings.get("port") or "5225", settings.get("owner", "")
    if not (port.isdecimal() and 0 < int(port) < 65_536):
        raise BadSetting("The port of SimpleX is a number.")
    if owner and not (owner.startswith("@") and owner[1:].isdecimal()):
        raise BadSetting("The owner is a chat like @1.", "`decamp bridge chats simplex` shows them.")
    return settings | {"database": settings.get("database") or str(folder / "simplex")}
