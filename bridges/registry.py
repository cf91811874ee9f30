"""Which bridges there are: ours and those of others, found by entry points, loaded when they are needed.

One that cannot be loaded is listed with the reason, and takes no other down.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from migrate.errors import DecampError

from .about import About, Addition
from .api import Bridge

GROUP = "decamp.bridges"


class NoBridge(DecampError):
    """There is no such bridge."""

    exit_code = 2
    hint = "`decamp bridge list` shows those that there are."


@dataclass(frozen=True, slots=True)
class Listed:
    """One bridge that is installed, or the reason why it cannot be used."""

    name: str
    bridge: type[Bridge] | None
    trouble: str | None = None

    @property
    def is_ready(self) -> bool:
        return self.bridge is not None and self.trouble is None


def every() -> list[Listed]:
    """All bridges, by name. Of two with one name the first counts, and the other is shown as the trouble it is."""
    found: dict[str, Listed] = {}
    twice: list[Listed] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda one: (one.name, not one.value.startswith("bridges."))):
        if entry.name in found:
            twice.append(Listed(entry.name, None, f"Another bridge has this name already; {entry.value} is left out."))
        else:
            found[entry.name] = _listed(entry)
    return [*found.values(), *twice]


def load(name: str) -> type[Bridge]:
    """The bridge with this name. Raises `NoBridge` where there is none, or none that can be used."""
    listed = next((one for one in every() if one.name == name), None)
    if listed is None:
        raise NoBridge(f"There is no bridge called {name}.")
    if listed.bridge is None or listed.trouble is not None:
        raise NoBridge(f"The bridge {name} cannot be used. {listed.trouble}", _way_out(listed))
    return listed.bridge


def lacking(about: About) -> list[tuple[str, str]]:
    """What a bridge would do better with libraries that are not installed, and how to get them."""
    return [
        (
            f"{about.name} goes without {addition.gives}.",
            f"Install what that needs: pipx install '{_whole(about, addition)}'.",
        )
        for addition in about.additions
        if any(importlib.util.find_spec(library) is None for library in addition.libraries)
    ]


def _whole(about: About, addition: Addition) -> str:
    return f"decamp[{','.join(one for one in (about.extra, addition.extra) if one)}]"


def _listed(entry: EntryPoint) -> Listed:
    try:
        bridge = entry.load()
    except Exception as error:  # noqa: BLE001  outermost: other people's code, which must not take ours down
        return Listed(entry.name, None, f"It does not load: {type(error).__name__}: {error}")
    if not (isinstance(bridge, type) and issubclass(bridge, Bridge)):
        return Listed(entry.name, None, f"{entry.value} is no bridge.")
    if bridge.about.name != entry.name:
        return Listed(entry.name, None, f"It calls itself {bridge.about.name}.")
    missing = [library for library in bridge.about.libraries if importlib.util.find_spec(library) is None]
    return Listed(entry.name, bridge, f"{' and '.join(missing)} is not installed." if missing else None)


def _way_out(listed: Listed) -> str:
    extra = listed.bridge.about.extra if listed.bridge else None
    if extra is None:
        return "Install it again, or ask whoever made it."
    return f"Install what it needs: pipx install 'decamp[{extra}]'."
