"""The last guard against loops: nobody writes hundreds of messages in a minute, and only machines repeat themselves.

It counts what comes now. What was written while the relay was away may be any number: a loop is always young.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from dataclasses import dataclass, field

from .model import Link, Place

MINUTE = 60.0
YOUNG = 600_000  # milliseconds; older messages are what waited for us, and are not counted
_SPEAKER = re.compile(r"\A(?:\([^()\n]{1,40}\) |[^:\n]{1,80}: )+")


@dataclass(slots=True)
class _Minute:
    """What came from one place for one link lately."""

    when: deque[tuple[float, bytes]] = field(default_factory=deque)
    alike: Counter[bytes] = field(default_factory=Counter)


class Brake:
    """Counts, and says when it is too much."""

    def __init__(self) -> None:
        self._minutes: dict[tuple[str, Place], _Minute] = {}

    def count(self, link: Link, source: Place, text: str, *, age: int, steady: float) -> str | None:
        """Note a message. Returns why the direction has to stop, or None.

        With that it counts from the beginning: nothing more comes until the owner says that it may go on.
        """
        options = link.options
        if age > YOUNG or not (options.most or options.most_alike):
            return None
        minute = self._minutes.setdefault((link.name, source), _Minute())
        while minute.when and minute.when[0][0] <= steady - MINUTE:
            self._drop(minute)
        digest = fingerprint(text)
        minute.when.append((steady, digest))
        minute.alike[digest] += 1
        why = None
        if options.most_alike and minute.alike[digest] > options.most_alike:
            why = f"more than {options.most_alike} messages alike in a minute"
        elif options.most and len(minute.when) > options.most:
            why = f"more than {options.most} messages in a minute"
        if why is not None:
            del self._minutes[link.name, source]
        return why

    @staticmethod
    def _drop(minute: _Minute) -> None:
        _, digest = minute.when.popleft()
        minute.alike[digest] -= 1
        if not minute.alike[digest]:
            del minute.alike[digest]


def fingerprint(text: str) -> bytes:
    """What two texts have in common that differ only in who passed them on."""
    return hashlib.blake2b(_SPEAKER.sub("", text).strip().encode("utf-8", "replace"), digest_size=16).digest()
