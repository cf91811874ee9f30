"""What arrives, as small facts: somebody wrote, reacted, took back, read, typed, changed the timer or their name.

Facts: formats page of the Session network, sections 5.3 and 5.4. Messages are referred to by author and time, so
every event has both; what it refers to has its own `target_…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from ..model import Expiry, Noun
from ..session import content as contents
from ..session.config.hidden import Hidden
from ..session.content import CommunityInvitation, Content, DataMessage, Pointer, Preview, Profile, Quote
from ..session.envelope import Incoming
from ..session.group_updates import GroupUpdate
from ..session.receive import Received


class Event(Noun, frozen=True, kw_only=True):
    """Something that happened in a conversation. `mine`: we did it ourselves, on another device or before."""

    conversation: str
    sender: str
    sent_at: int
    mine: bool
    hash: str
    """The name of the message on the network."""
    kept_until: int | None = None
    """When the nodes will forget it; for what disappears after sending, the deadline."""

    def __repr__(self) -> str:
        """What it is, without what it says and who said it: this may end up in a log."""
        return f"<{type(self).__name__} of {self.sent_at}>"


class Wrote(Event, frozen=True, kw_only=True):
    """A message that people see."""

    body: str = ""
    quote: Quote | None = None
    files: tuple[Pointer, ...] = ()
    previews: tuple[Preview, ...] = ()
    invitation: CommunityInvitation | None = None
    expires: Expiry | None = None


class Reacted(Event, frozen=True, kw_only=True):
    """An emoji below a message, or no longer."""

    emoji: str
    target_author: str
    target_sent_at: int
    removed: bool


class TookBack(Event, frozen=True, kw_only=True):
    """The sender deletes one of their own messages. From our own device it does not say in which conversation."""

    target_sent_at: int


class WasRead(Event, frozen=True, kw_only=True):
    """The sender has read these messages of ours."""

    targets: tuple[int, ...]


class Typed(Event, frozen=True, kw_only=True):
    """The sender began to type, or stopped."""

    started: bool


class TimerSet(Event, frozen=True, kw_only=True):
    """Messages of this conversation disappear from now on as `expires` says, or do not."""

    expires: Expiry | None


class ProfileSeen(Event, frozen=True, kw_only=True):
    """Somebody has another name or picture than was known."""

    name: str | None
    avatar_url: str | None
    avatar_key: Hidden | None
    updated: int | None


class Approved(Event, frozen=True, kw_only=True):
    """The sender accepted our message request."""


class GroupChanged(Event, frozen=True, kw_only=True):
    """A change of a group, or an invitation to one; what needs the signature of an admin has it."""

    update: GroupUpdate


class Noticed(Event, frozen=True, kw_only=True):
    """Something of which we only say that it was: "call", "screenshot", "saved", or "unknown" for what is newer."""

    what: str


class Unreadable(Noun, frozen=True, kw_only=True):
    """A message that did not open, or that lies about itself. `code` says why, as in `BadMessage`."""

    place: str
    """The account or group in whose shelves it lay."""
    hash: str
    code: str
    reason: str


class _About(TypedDict):
    """What every event has."""

    conversation: str
    sender: str
    sent_at: int
    mine: bool
    hash: str
    kept_until: int | None


_EXTRACTIONS = {contents.SCREENSHOT: "screenshot", contents.MEDIA_SAVED: "saved"}


def events_of(incoming: Incoming, received: Received, own_id: str) -> Iterator[Event]:
    """What one opened message says. At least one event comes out of each."""
    content, data = incoming.content, incoming.content.data
    about = _About(
        conversation=incoming.conversation,
        sender=incoming.sender,
        sent_at=incoming.sent_at,
        mine=incoming.sender == own_id,
        hash=received.hash,
        kept_until=received.expires_at,
    )
    if data is not None:
        yield from _visible(data, content, received, about)
    if content.unsend is not None and content.unsend.sent_at is not None:
        yield TookBack(target_sent_at=content.unsend.sent_at, **about)
    elif content.receipt is not None:
        yield WasRead(targets=content.receipt.sent_at, **about)
    elif content.typing is not None:
        yield Typed(started=content.typing.action == contents.TYPING_STARTED, **about)
    elif content.request_response is not None and content.request_response.approved:
        yield Approved(**about)
    elif content.call is not None:
        yield Noticed(what="call", **about)
    elif content.extraction is not None:
        yield Noticed(what=_EXTRACTIONS.get(content.extraction.type or 0, "unknown"), **about)
    elif data is None:
        yield Noticed(what="unknown", **about)


def _visible(data: DataMessage, content: Content, received: Received, about: _About) -> Iterator[Event]:
    expires = _expiry(content, received)
    if data.group_update is not None:
        yield GroupChanged(update=data.group_update, **about)
    elif data.changes_timer:
        yield TimerSet(expires=expires, **about)
    elif data.reaction is not None:
        reaction = data.reaction
        if reaction.emoji and reaction.author and reaction.sent_at:
            yield Reacted(
                emoji=reaction.emoji,
                target_author=reaction.author,
                target_sent_at=reaction.sent_at,
                removed=reaction.removes,
                **about,
            )
        else:
            yield Noticed(what="unknown", **about)
    elif data.body or data.attachments or data.previews or data.invitation or data.quote:
        yield Wrote(
            body=data.body or "",
            quote=data.quote,
            files=data.attachments,
            previews=data.previews,
            invitation=data.invitation,
            expires=expires,
            **about,
        )
    else:
        yield Noticed(what="unknown", **about)


def profile_in(content: Content) -> tuple[Profile, bytes | None] | None:
    """Who the sender says to be, if the message says so, and the key of their picture."""
    if content.data is not None and content.data.profile is not None:
        return content.data.profile, content.data.profile_key
    if content.request_response is not None and content.request_response.profile is not None:
        return content.request_response.profile, content.request_response.profile_key
    return None


def _expiry(content: Content, received: Received) -> Expiry | None:
    seconds = content.expiry_seconds
    if not seconds:
        return None
    match content.expiry_type:
        case contents.AFTER_READ:
            return Expiry(type="after_read", seconds=seconds)
        case contents.AFTER_SEND:
            return Expiry(type="after_send", seconds=seconds, at=received.expires_at)
        case _:
            return Expiry(type="unknown", seconds=seconds)
