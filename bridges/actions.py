"""What a bridge can be asked to do in a chat, and what came of it. `Bridge.send` takes these and nothing else."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from migrate.model import Noun

from .about import Can
from .events import Person, Reference

RELAYED = "decamp-"
"""What the key of every message from a relay begins with. A network that can shows it to others, so that no other relay
answers; in `Posted.key` then."""


class Upload(Noun, frozen=True, kw_only=True):
    """A file on this machine, to be sent under `name`. It is streamed from `path`, which stays as it is."""

    path: str
    name: str
    type: str
    size: int
    voice: bool = False


class Action(Noun, frozen=True, kw_only=True, tag_field="action"):
    """Base of all actions.

    `key` is made once and stored before anything is sent: whoever sends an action again sends it with the same key,
    and a network that can tell (`Can.IDEMPOTENT`) shows it once.
    """

    _can: ClassVar[Can | None] = None
    key: str

    @property
    def needs(self) -> frozenset[Can]:
        """What a network must be able to do for this action."""
        said = {
            Can.PERSONAS: getattr(self, "persona", None) is not None,
            Can.OWNER: getattr(self, "as_owner", False),
        }
        return frozenset(can for can, needed in said.items() if needed) | ({self._can} if self._can else set())


class Post(Action, frozen=True, kw_only=True, tag="post"):
    """Write something, send files, or both.

    `persona`: in whose name (`Can.PERSONAS`, `Can.GHOSTS`); `as_owner`: as the owner's own words (`Can.OWNER`).
    `sent_at`: when it was really written (`Can.TRUE_TIMES`). `notice`: a machine says it, and no machine answers it.
    `expires`: the seconds after which it disappears (`Can.TIMERS`).
    """

    text: str = ""
    files: tuple[Upload, ...] = ()
    reply_to: Reference | None = None
    persona: Person | None = None
    as_owner: bool = False
    sent_at: int | None = None
    notice: bool = False
    expires: int | None = None
    expires_after_read: bool = False

    @property
    def needs(self) -> frozenset[Can]:
        said = {
            Can.FILES: bool(self.files),
            Can.CAPTIONS: bool(self.files and self.text),
            Can.VOICE: any(file.voice for file in self.files),
            Can.REPLIES: self.reply_to is not None,
            Can.TRUE_TIMES: self.sent_at is not None,
            Can.TIMERS: self.expires is not None,
        }
        return super().needs | {can for can, needed in said.items() if needed}


class Edit(Action, frozen=True, kw_only=True, tag="edit"):
    """Change the text of a message of ours."""

    _can: ClassVar[Can | None] = Can.EDITS
    message: Reference
    text: str
    persona: Person | None = None
    as_owner: bool = False


class Delete(Action, frozen=True, kw_only=True, tag="delete"):
    """Take back a message of ours, at everybody."""

    _can: ClassVar[Can | None] = Can.DELETES
    message: Reference
    persona: Person | None = None
    as_owner: bool = False


class React(Action, frozen=True, kw_only=True, tag="react"):
    """Add or remove one reaction. `all` are those that we have on the message afterwards; `sent_as` is the id that
    came back when the one to be removed was added.
    """

    _can: ClassVar[Can | None] = Can.REACTIONS
    message: Reference
    emoji: str
    add: bool = True
    all: tuple[str, ...] = ()
    sent_as: str | None = None
    persona: Person | None = None
    as_owner: bool = False


class MarkRead(Action, frozen=True, kw_only=True, tag="mark_read"):
    """Tell the others that we have read up to a message."""

    _can: ClassVar[Can | None] = Can.READ
    message: Reference
    persona: Person | None = None
    as_owner: bool = False


class MarkDelivered(Action, frozen=True, kw_only=True, tag="mark_delivered"):
    """Tell whoever asked (`Posted.confirm`) that a message got where it was to go, and not only as far as us."""

    _can: ClassVar[Can | None] = Can.CONFIRMS
    message: Reference


class SetTyping(Action, frozen=True, kw_only=True, tag="set_typing"):
    """Tell the others that we began or stopped to type."""

    _can: ClassVar[Can | None] = Can.TYPING
    typing: bool
    persona: Person | None = None
    as_owner: bool = False


class SetTimer(Action, frozen=True, kw_only=True, tag="set_timer"):
    """From now on messages of this chat disappear after so many seconds; 0 is never."""

    _can: ClassVar[Can | None] = Can.TIMERS
    seconds: int
    after_read: bool = False


class Accept(Action, frozen=True, kw_only=True, tag="accept"):
    """Let a stranger in who asked to write to us."""

    _can: ClassVar[Can | None] = Can.REQUESTS


AnyAction: TypeAlias = Post | Edit | Delete | React | MarkRead | MarkDelivered | SetTyping | SetTimer | Accept


class Sent(Noun, frozen=True, kw_only=True):
    """An action that the network took. `ids` are those of all messages that it became: the text's, then each file's.

    A place is empty where the network gave no id. `also` are further ids of the same messages, in no order.
    `sent_at` is the time that the network shows for it.
    """

    ids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    sent_at: int | None = None

    @property
    def id(self) -> str | None:
        """What to refer to the whole of it by."""
        return next((id for id in self.ids if id), None)
