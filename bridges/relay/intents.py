"""What is to become visible at one place. An intent knows no network: `degrade.py` makes actions of it when its turn
has come, for only then is known under which ids earlier messages went out.
"""

from __future__ import annotations

from typing import TypeAlias

from migrate.model import Noun

from ..events import File
from .model import Author


class Intent(Noun, frozen=True, kw_only=True, tag_field="intent"):
    """Base of all intents."""


class Quoted(Noun, frozen=True, kw_only=True):
    """The message that is answered, in words, for where the network has no replies."""

    author: str = ""
    text: str = ""


class Say(Intent, frozen=True, kw_only=True, tag="say"):
    """Show a message. `reply` is the number that the store has for the one it answers. `past`: it is history.

    `confirm`: the id that is confirmed where it was written, once it is everywhere.
    """

    author: Author
    text: str = ""
    files: tuple[File, ...] = ()
    reply: int | None = None
    quoted: Quoted | None = None
    sent_at: int
    past: bool = False
    notice: bool = False
    expires: int | None = None
    expires_after_read: bool = False
    confirm: str | None = None


class Correct(Intent, frozen=True, kw_only=True, tag="correct"):
    """Show that a text was changed. `confirm`: as with `Say`, for the change."""

    author: Author
    text: str
    at: int
    confirm: str | None = None


class Recall(Intent, frozen=True, kw_only=True, tag="recall"):
    """Show that a message was taken back. `due`: it disappears because its time is over, and nobody took it back."""

    author: Author
    at: int
    due: bool = False


class Feel(Intent, frozen=True, kw_only=True, tag="feel"):
    """Show a reaction that came or went."""

    author: Author
    emoji: str
    add: bool


class Seen(Intent, frozen=True, kw_only=True, tag="seen"):
    """Show that somebody read up to a message."""

    author: Author


class Delivered(Intent, frozen=True, kw_only=True, tag="delivered"):
    """Show whoever wrote something, and asked, that it got where it was to go."""

    id: str


class Types(Intent, frozen=True, kw_only=True, tag="types"):
    """Show that somebody began or stopped to type."""

    author: Author
    typing: bool


class Fade(Intent, frozen=True, kw_only=True, tag="fade"):
    """Show that messages of a chat disappear from now on, or no longer do."""

    author: Author
    seconds: int
    after_read: bool = False


class Admit(Intent, frozen=True, kw_only=True, tag="admit"):
    """Let a stranger in."""


AnyIntent: TypeAlias = Say | Correct | Recall | Feel | Seen | Delivered | Types | Fade | Admit
