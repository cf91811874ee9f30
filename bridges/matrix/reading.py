"""What happens on Matrix, in our words. Pure: a room as it is known, an event as it came, and what it says.

Whatever is in an event, somebody wrote it: nothing here fails, and what makes no sense says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from ..actions import RELAYED
from ..events import (
    AnyEvent,
    Deleted,
    Edited,
    File,
    Joined,
    Left,
    Person,
    Posted,
    Reacted,
    Receipt,
    Reference,
    Renamed,
    Typing,
)  # fmt: skip
from .loose import Object, a_number, a_text, an_object, into, objects
from .place import PRESENT, Place, as_person

OUR_MARK = "fi.mau.double_puppet_source"
BY_A_RELAY = "decamp.relay"
"""Where in a message a relay says which account it wrote with: programs copy all of a message that people pass on."""
"""In the content of what a bridge wrote as its owner (recipe for Matrix, section 3)."""
WITH_FILES = frozenset({"m.image", "m.file", "m.audio", "m.video"})
VOICE = "org.matrix.msc3245.voice"
UNREADABLE = "This message is encrypted, and its key has not come. It appears here when it does."
HOLE = "Messages from before this one are missing: the homeserver does not give them any more."
_NOT_CARRIED = {
    "m.call.invite": "(Called.)",
    "m.poll.start": "(Started a poll: open it in a Matrix app.)",
    "org.matrix.msc3381.poll.start": "(Started a poll: open it in a Matrix app.)",
    "m.beacon_info": "(Shares a live location: open it in a Matrix app.)",
}
_FALLBACK = re.compile(r"> (?:\* )?<@[^\n]*(?:\n>[^\n]*)*\n\n?")


def read(place: Place, event: Object) -> AnyEvent | None:
    """What an event of a room's timeline says, if it says anything to people."""
    if event.get("state_key") is not None:
        return _state(place, event)
    if not event.get("event_id") or not a_text(event, "sender"):
        return None
    match event.get("type"):
        case "m.room.message" | "m.sticker":
            return _message(place, event)
        case "m.reaction":
            return _reaction(place, event)
        case "m.room.redaction":
            return _redaction(place, event)
        case str() as kind if kind in _NOT_CARRIED:
            return _posted(place, event, _NOT_CARRIED[kind], notice=True)
        case _:
            return None


def _message(place: Place, event: Object) -> AnyEvent | None:
    content = an_object(event, "content")
    if not content:
        return None  # it was taken back before we saw it
    relation = an_object(content, "m.relates_to")
    if relation.get("rel_type") == "m.replace":
        new, changed = an_object(content, "m.new_content"), a_text(relation, "event_id")
        return _edited(place, event, changed, text_of(new)) if new and changed else None
    answered = a_text(relation, "m.in_reply_to", "event_id")
    text = text_of(content)
    return _posted(
        place,
        event,
        _FALLBACK.sub("", text, count=1) if answered and _FALLBACK.match(text) else text,
        files=_files(event),
        reply_to=Reference(id=answered) if answered else None,
        notice=content.get("msgtype") == "m.notice",
    )


def _posted(
    place: Place,
    event: Object,
    text: str,
    *,
    files: tuple[File, ...] = (),
    reply_to: Reference | None = None,
    notice: bool = False,
) -> Posted:
    sender = a_text(event, "sender")
    return Posted(
        chat=place.chat,
        sender=place.person(sender),
        id=a_text(event, "event_id"),
        sent_at=a_number(event, "origin_server_ts") or 0,
        text=text,
        files=files,
        reply_to=reply_to,
        own=sender == place.me,
        key=RELAYED if sender != place.me and a_text(event, "content", BY_A_RELAY) == sender else None,
        notice=notice,
    )


def _edited(place: Place, event: Object, changed: str, text: str) -> Edited:
    sender = a_text(event, "sender")
    return Edited(
        chat=place.chat,
        sender=place.person(sender),
        message=changed,
        text=text,
        sent_at=a_number(event, "origin_server_ts") or 0,
        id=a_text(event, "event_id"),
        own=sender == place.me,
    )


def _reaction(place: Place, event: Object) -> Reacted | None:
    relation = an_object(event, "content", "m.relates_to")
    emoji, message = a_text(relation, "key"), a_text(relation, "event_id")
    if not (emoji and message):
        return None
    sender = a_text(event, "sender")
    return Reacted(
        chat=place.chat,
        sender=place.person(sender),
        message=message,
        emojis=(emoji,),
        change=Reacted.Change.ADDED,
        id=a_text(event, "event_id"),
        own=sender == place.me,
    )


def _redaction(place: Place, event: Object) -> Deleted | None:
    """What it takes back stands in the content since room version 11, and beside it before."""
    gone = a_text(event, "content", "redacts") or a_text(event, "redacts")
    sender = a_text(event, "sender")
    return Deleted(chat=place.chat, sender=place.person(sender), message=gone, own=sender == place.me) if gone else None


def _state(place: Place, event: Object) -> AnyEvent | None:
    """Who came, left, or has another name. What was before stands in the event itself: ours may be newer."""
    before = an_object(event, "unsigned", "prev_content")
    old, content = place.chat, an_object(event, "content")
    match event.get("type"):
        case "m.room.member":
            return _member(place, event, before)
        case "m.room.name" | "m.room.avatar":
            place.take(event)
            news = any(content.get(name) != before.get(name) for name in ("name", "url"))
            return Renamed(chat=place.chat) if news and (before or place.chat != old) else None
        case str() as kind if kind in _NOT_CARRIED:
            return _posted(place, event, _NOT_CARRIED[kind], notice=True)
        case _:
            place.take(event)
            return None


def _member(place: Place, event: Object, before: Object) -> AnyEvent | None:
    id, content = a_text(event, "state_key"), an_object(event, "content")
    old, now, was = place.person(id), a_text(content, "membership"), a_text(before, "membership")
    place.take(event)
    if id == place.me:
        return None
    if now == "join":
        if was != "join":
            return Joined(chat=place.chat, person=place.person(id))
        news = any(content.get(name) != before.get(name) for name in ("displayname", "avatar_url"))
        return Renamed(person=place.person(id)) if news else None
    return Left(chat=place.chat, person=old) if was == "join" and now not in PRESENT else None


def receipts(place: Place, content: Object) -> Iterator[Receipt]:
    """Who has read up to where. A private receipt reaches nobody but ourselves."""
    for message, kinds in content.items():
        for kind in ("m.read", "m.read.private"):
            for reader in an_object(kinds, kind):
                yield Receipt(
                    chat=place.chat,
                    sender=place.person(reader),
                    messages=(message,),
                    read=True,
                    up_to=True,
                    own=reader == place.me,
                )


def typing(place: Place, content: Object, before: frozenset[str]) -> tuple[frozenset[str], list[Typing]]:
    """Who types now, and what is new about it: Matrix tells the whole list each time."""
    told = into(content, "user_ids")
    now = frozenset(id for id in told if isinstance(id, str)) if isinstance(told, list) else frozenset()
    changed = sorted((now ^ before) - {place.me})
    return now, [Typing(chat=place.chat, sender=place.person(id), typing=id in now) for id in changed]


def unreadable(place: Place, event: Object, notice: str = UNREADABLE) -> Posted:
    """A notice in the place of a message that has no key (yet), under an id of its own."""
    return _posted(place, {**event, "event_id": unreadable_id(a_text(event, "event_id"))}, notice, notice=True)


def hole(place: Place, since: str) -> Posted:
    """A notice in the place of messages that the homeserver does not give us any more."""
    return Posted(chat=place.chat, sender=Person(id=place.me), id=f"hole:{since}", sent_at=0, text=HOLE, notice=True)


def unreadable_id(event_id: str) -> str:
    """The id of the notice that stands in for a message."""
    return f"no-key-yet:{event_id}"


def invitation(me: str, room: str, events: Sequence[Object]) -> tuple[Place, str, bool]:
    """The room that an invitation is to, who invites, and whether they mean a chat of two."""
    place, inviter, direct = Place(room, me), "", False
    for event in events:
        place.take(event)
        if event.get("type") == "m.room.member" and event.get("state_key") == me:
            inviter, direct = a_text(event, "sender"), into(event, "content", "is_direct") is True
    if direct:
        place.direct_with = inviter
    place.people.setdefault(inviter, as_person(inviter, {}))
    return place, inviter, direct


def text_of(content: Object) -> str:
    """What a person reads. The plain body counts; formatted text only where a program sent no other."""
    body = a_text(content, "body") or _plain(a_text(content, "formatted_body"))
    kind = content.get("msgtype")
    if content.get("url") or content.get("file") or kind in WITH_FILES:
        named = a_text(content, "filename")
        return body if named and named != body else ""  # without a file name, the body is the file's name
    if kind == "m.location":
        return f"{body}\n{a_text(content, 'geo_uri')}".strip()
    return f"/me {body}" if kind == "m.emote" else body


def _files(event: Object) -> tuple[File, ...]:
    content = an_object(event, "content")
    sealed, plain = an_object(content, "file"), a_text(content, "url")
    if not (a_text(sealed, "url") or plain):
        return ()
    size = a_number(content, "info", "size")
    kept: Object = {"url": a_text(sealed, "url") or plain, "size": size}
    if sealed:
        kept |= {name: sealed.get(name) for name in ("v", "key", "iv", "hashes")}
    return (
        File(
            ref=json.dumps(kept, separators=(",", ":")),
            name=a_text(content, "filename") or a_text(content, "body") or "file",
            type=a_text(content, "info", "mimetype") or "application/octet-stream",
            size=size if size is not None and size >= 0 else None,
            voice=VOICE in content or "m.voice" in content,
        ),
    )


def _plain(markup: str) -> str:
    """The words of formatted text. Nothing of it is ever shown as markup."""
    if not markup:
        return ""
    words = _Words()
    words.feed(markup)
    words.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(words.found)).strip()


class _Words(HTMLParser):
    """Text and line breaks; what an answer repeats of the message before is left out."""

    _BREAKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
    _HIDDEN = frozenset({"mx-reply", "script", "style"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self._HIDDEN
        if tag in self._BREAKS and self.found:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self._HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def joined_here(me: str, events: Sequence[Object]) -> int | None:
    """The place in a timeline right after which all is said to us, if we came in there; what stands before it is not.

    That is our invitation, where it shows: whoever invites somebody writes at once, and is let in later.
    """
    invited = found = None
    for at, event in enumerate(events):
        if event.get("type") != "m.room.member" or event.get("state_key") != me:
            continue
        match into(event, "content", "membership"):
            case "invite":
                invited = at
            case "join" if into(event, "unsigned", "prev_content", "membership") != "join":
                found, invited = at if invited is None else invited, None
            case "leave" | "ban":
                invited = None
    return found


def directs(content: Object) -> dict[str, str]:
    """Rooms that the account marked as direct, and with whom: m.direct, turned round."""
    rooms: dict[str, str] = {}
    for person, listed in content.items():
        if isinstance(listed, list):
            rooms |= {room: person for room in listed if isinstance(room, str)}
    return rooms


def timeline(joined: Object) -> list[Object]:
    """What happened in a room, as a sync tells it."""
    return list(objects(joined, "timeline", "events"))
