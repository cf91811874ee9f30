"""What all addresses have in common. Each network's module says how its own differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ...errors import WrongWords
from ...model import Network

LONGEST = 4096


class RefusedHandle(WrongWords):
    """There is no address in this that decamp would put on a card."""

    hint = (
        "Copy the address from the app, whole; examples: xmpp:alice@example.org, @alice:example.org, "
        "mailto:alice@example.org, or the link that SimpleX or Delta Chat shows."
    )


class Address(ABC):
    """An address that was understood. Its text is the one canonical form, in ASCII: it reads the same everywhere."""

    __slots__ = ()
    network: ClassVar[Network]

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def describe(self) -> str:
        """Who or what it is, and on which server."""

    def link(self) -> str | None:
        """What a page may link to."""
        return str(self)

    def qr(self) -> str:
        """What the network's own app understands when it scans a code."""
        return str(self)

    def only_for_one(self) -> str | None:
        """Why it must not be shown to more than one person; None if it may."""
        return None

    def unknown(self) -> tuple[str, ...]:
        """The names of what is kept in it without being understood."""
        return ()
