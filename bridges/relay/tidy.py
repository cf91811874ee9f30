"""Makes of whatever a network yields something that can be kept: whole characters, times that there are, short names.

What it changes could not be shown anywhere as it was. Pure, and quick where there is nothing to do. What a bridge says
beside its events goes through `whole` or `checked`: it quotes servers, and is other people's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from ..actions import Sent
from ..events import AnyEvent, Chat, Edited, Event, Person, Posted, Reacted, Timer
from .words import LATEST

LONGEST = 100 * 366 * 86_400  # seconds after which something may disappear
NAME = 500  # characters
EMOJI = 64  # characters; what is longer is a text
EMOJIS = 100  # reactions of one person on one message
TEXT = 100_000  # characters; whoever writes more wants a lane to be busy for hours
FILES = 100  # of one message
FILE_NAME = 255  # characters
_encode = msgspec.json.Encoder().encode
_answer = msgspec.json.Decoder(Sent)
E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=msgspec.Struct)


def tidy(event: AnyEvent) -> AnyEvent:
    """The same event, with nothing in it that breaks whoever keeps or shows it."""
    event = _named(whole(event))
    match event:
        case Posted():
            return _posted(event)
        case Edited():
            event = event if 0 <= event.sent_at <= LATEST else replace(event, sent_at=_time(event.sent_at))
            return event if len(event.text) <= TEXT else replace(event, text=_cut(event.text))
        case Timer():
            return replace(event, seconds=min(max(event.seconds, 0), LONGEST))
        case Reacted():
            emojis = tuple(emoji for emoji in event.emojis if 0 < len(emoji) <= EMOJI)[:EMOJIS]
            return event if emojis == event.emojis else replace(event, emojis=emojis)
        case _:
            return event


def whole(said: S) -> S:
    """The same with a sign for each half of a character, which UTF-8 does not have."""
    try:
        _encode(said)
    except UnicodeEncodeError:
        return msgspec.convert(_mended(msgspec.to_builtins(said)), type(said))
    return said


def checked(sent: Sent) -> Sent:
    """What a bridge says that it did, if it says that. Raises `ValidationError` for anything else."""
    sent = _answer.decode(_encode(whole(sent)))
    return sent if sent.sent_at is None else replace(sent, sent_at=_time(sent.sent_at))


def _posted(event: Posted) -> Posted:
    if not 0 <= event.sent_at <= LATEST:
        event = replace(event, sent_at=_time(event.sent_at))
    if event.expires is not None and not 0 < event.expires <= LONGEST:
        event = replace(event, expires=min(event.expires, LONGEST) if event.expires > 0 else None)
    if len(event.text) > TEXT:
        event = replace(event, text=_cut(event.text))
    if len(event.files) > FILES:
        left_out = f"(files left out: {len(event.files) - FILES})"
        event = replace(event, files=event.files[:FILES], text="\n".join(filter(None, (event.text, left_out))))
    if any(len(file.name) > FILE_NAME for file in event.files):  # the end says what it is
        event = replace(event, files=tuple(replace(file, name=file.name[-FILE_NAME:]) for file in event.files))
    if any(file.size is not None and not 0 <= file.size <= LATEST for file in event.files):
        event = replace(event, files=tuple(replace(file, size=None) for file in event.files))
    if event.reply_to is not None and event.reply_to.sent_at is not None:
        event = replace(event, reply_to=replace(event.reply_to, sent_at=_time(event.reply_to.sent_at)))
    return event


def _named(event: E) -> E:
    """Nobody reads a name of a page."""
    chat = getattr(event, "chat", None)
    if isinstance(chat, Chat) and len(chat.title) > NAME:
        event = replace(event, chat=replace(chat, title=chat.title[:NAME]))
    for field in ("sender", "person"):
        person = getattr(event, field, None)
        if isinstance(person, Person) and len(person.name) > NAME:
            event = replace(event, **{field: replace(person, name=person.name[:NAME])})
    return event


def _cut(text: str) -> str:
    """The beginning of a text, which says how much of it is missing."""
    return f"{text[:TEXT]}…\n(characters left out: {len(text) - TEXT})"


def _time(sent_at: int) -> int:
    return min(max(sent_at, 0), LATEST)


def _mended(value: object) -> object:
    """The same with a sign for each half of a character."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {key: _mended(one) for key, one in value.items()}
        case Sequence():
            return [_mended(one) for one in value]
        case _:
            return value
