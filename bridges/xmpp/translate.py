"""From messages of XMPP to our words, and back. Pure: bytes and sockets are elsewhere.

What a message is about is named by its `id` between two people, and in a room by the id that the room gave to it;
only corrections name the `id` in rooms too (recipe for XMPP, table of features).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from migrate.model import Noun

from ..actions import RELAYED
from ..api import (
    AnyAction,
    AnyEvent,
    Can,
    CannotDo,
    Chat,
    Delete,
    Deleted,
    Edit,
    Edited,
    File,
    MarkDelivered,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    SetTyping,
    Typing,
    Upload,
)
from . import elements as x
from .elements import element
from .letter import Enclosed, Letter, stamped

SEALED = "This message is encrypted, and this bridge cannot read it."
RETRACTED = "This message was taken back."


class Place(Noun, frozen=True, kw_only=True):
    """Where a message was found, and what its receiver knows about it."""

    chat: Chat
    sender: Person
    id: str
    sent_at: int
    own: bool = False
    key: str | None = None
    cursor: str | None = None
    live: bool = True
    """It came just now; what is over soon (typing) is told only then."""


def events(letter: Letter, place: Place) -> Iterator[AnyEvent]:
    """What a message means. One element decides: words in a retraction or a correction are for older programs."""
    chat, sender, own, cursor = place.chat, place.sender, place.own, place.cursor
    if letter.retracts:
        yield Deleted(chat=chat, sender=sender, message=letter.retracts, own=own, cursor=cursor)
    elif letter.reacts_to:
        yield Reacted(
            chat=chat, sender=sender, message=letter.reacts_to, emojis=letter.reactions, change=Reacted.Change.ALL,
            id=place.id, own=own, cursor=cursor,
        )  # fmt: skip
    elif letter.replaces and letter.body:
        yield Edited(
            chat=chat, sender=sender, message=letter.replaces, text=letter.body, sent_at=place.sent_at, id=place.id,
            own=own, cursor=cursor, confirm=_confirm(letter, place),
        )  # fmt: skip
    elif letter.body or letter.files or letter.sealed:
        yield _posted(letter, place)
    elif letter.received or letter.displayed:
        read = letter.displayed is not None
        messages = (letter.displayed or letter.received or "",)
        yield Receipt(chat=chat, sender=sender, messages=messages, read=read, up_to=read, own=own, cursor=cursor)
    elif letter.typing is not None and place.live and not own:
        yield Typing(chat=chat, sender=sender, typing=letter.typing, cursor=cursor)


def _posted(letter: Letter, place: Place) -> Posted:
    reply = None
    if letter.replies_to:
        reply = Reference(id=letter.replies_to, author=letter.reply_author)
    return Posted(
        chat=place.chat,
        sender=place.sender,
        id=place.id,
        sent_at=place.sent_at,
        text=letter.body or (SEALED if letter.sealed else ""),
        files=tuple(_file(one) for one in letter.files),
        reply_to=reply,
        also=(letter.id,) if letter.id and letter.id != place.id else (),
        own=place.own,
        key=place.key,
        notice=letter.sealed or letter.type == "headline",
        cursor=place.cursor,
        confirm=_confirm(letter, place),
    )


def _confirm(letter: Letter, place: Place) -> str | None:
    """The id that a receipt has to name, if one is wanted; in rooms nobody says that a message came (XEP-0184)."""
    asked = letter.wants_receipt and not place.own and letter.type != "groupchat"
    return letter.id or None if asked else None


def _file(one: Enclosed) -> File:
    return File(ref=one.url, name=one.name, type=one.type, size=one.size, voice=False)


def message_id(key: str, part: int = 0) -> str:
    """The id under which an action with this key is sent, each time the same. It tells nothing about the key, but
    whether a relay sent it.
    """
    by = RELAYED if key.startswith(RELAYED) else "d"
    return f"{by}{hashlib.sha256(f'{part}:{key}'.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


class Envelope(Noun, frozen=True, kw_only=True):
    """What the outside of a message needs: to whom it goes, from whom (None: our account), and of what type."""

    to: str
    from_: str | None = None
    room: bool = False
    nick: str | None = None

    def around(self, id: str, *inside: Element | None) -> Element:
        nick = element(x.NICK, "nick", self.nick) if self.nick else None
        kind = "groupchat" if self.room else "chat"
        origin = element(x.SID, "origin-id", id=id)
        return element(x.CLIENT, "message", *inside, origin, nick, to=self.to, from_=self.from_, type=kind, id=id)


def text(envelope: Envelope, action: Post) -> Element:
    """The words of a post."""
    body, reply = action.text, action.reply_to
    inside = [*_asking(envelope)]
    if reply is not None:
        quoted = "".join(f"> {line}\n" for line in (reply.text or "").splitlines())
        inside.append(element(x.REPLY, "reply", id=reply.id, to=reply.author))
        if quoted:
            span = element(x.FALLBACK, "body", start="0", end=str(len(quoted)))
            inside.append(element(x.FALLBACK, "fallback", span, for_=x.REPLY))
            body = quoted + body
    return envelope.around(message_id(action.key), element(x.CLIENT, "body", body), *inside, _when(action))


def file(envelope: Envelope, id: str, url: str, one: Upload, action: Post) -> Element:
    """A message that is a file. Its text is its address and nothing else, so that programs show what lies there."""
    about = element(
        x.FILE, "file", element(x.FILE, "name", one.name), element(x.FILE, "media-type", one.type),
        element(x.FILE, "size", str(one.size)),
    )  # fmt: skip
    sources = element(x.SHARING, "sources", element(x.URL_DATA, "url-data", target=url))
    return envelope.around(
        id, element(x.CLIENT, "body", url), element(x.OOB, "x", element(x.OOB, "url", url)),
        element(x.SHARING, "file-sharing", about, sources, disposition="inline"), *_asking(envelope), _when(action),
    )  # fmt: skip


def _when(action: Post) -> Element | None:
    """When it was really written."""
    return element(x.DELAY, "delay", stamp=stamped(action.sent_at)) if action.sent_at is not None else None


def _asking(envelope: Envelope) -> tuple[Element, ...]:
    """What lets the other side tell that a message came and was read; in rooms nobody says that it came."""
    markable = element(x.MARKERS, "markable")
    return (markable,) if envelope.room else (element(x.RECEIPTS, "request"), markable)


def other(envelope: Envelope, action: AnyAction) -> Element:
    """Every action but a post."""
    id = message_id(action.key)
    store = element(x.HINTS, "store")
    match action:
        case Edit():
            body = element(x.CLIENT, "body", action.text)
            return envelope.around(id, body, element(x.CORRECT, "replace", id=action.message.id), *_asking(envelope))
        case Delete():
            body, fallback = element(x.CLIENT, "body", RETRACTED), element(x.FALLBACK, "fallback", for_=x.RETRACT)
            return envelope.around(id, element(x.RETRACT, "retract", id=action.message.id), body, fallback, store)
        case React():
            each = (element(x.REACTIONS, "reaction", emoji) for emoji in _reactions(action))
            return envelope.around(id, element(x.REACTIONS, "reactions", *each, id=action.message.id), store)
        case MarkRead():
            return envelope.around(id, element(x.MARKERS, "displayed", id=action.message.id), store)
        case MarkDelivered():
            return envelope.around(id, element(x.RECEIPTS, "received", id=action.message.id), store)
        case SetTyping():
            state = element(x.CHAT_STATES, "composing" if action.typing else "active")
            return envelope.around(id, state, element(x.HINTS, "no-store"))
        case _:
            raise CannotDo(Can.TIMERS)


def _reactions(action: React) -> tuple[str, ...]:
    """All that we have there afterwards: each message of this kind says the whole set (XEP-0444)."""
    if action.add:
        return tuple(dict.fromkeys((*action.all, action.emoji)))
    return tuple(emoji for emoji in dict.fromkeys(action.all) if emoji != action.emoji)
