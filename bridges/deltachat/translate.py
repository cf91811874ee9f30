"""Between what Delta Chat's program says and our events and actions. Nothing here waits or keeps anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from migrate.model import Noun

from ..api import (
    AnyEvent,
    Chat,
    ChatKind,
    Edited,
    File,
    Joined,
    Left,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    Refused,
    Renamed,
    Timer,
    Upload,
)
from .native import Contact, Message, Place, Someone

PICTURE: Final = "picture:"
_KINDS: Final = {"Single": ChatKind.DIRECT, "Group": ChatKind.GROUP, "Mailinglist": ChatKind.COMMUNITY}
_SILENT: Final = {
    "AutocryptSetupMessage", "ChatE2ee", "ChatProtectionDisabled", "ChatProtectionEnabled", "IrohNodeAddr",
    "LocationOnly", "LocationStreamingEnabled", "MultiDeviceSync", "SecurejoinMessage", "SecurejoinWait",
    "SecurejoinWaitTimeout",
}  # fmt: skip
"""What Delta Chat tells itself: how a chat became encrypted, and what belongs to its maps."""
_SHOWN_AS: Final = {"image/gif": "Gif", "image": "Image", "video": "Video", "audio": "Audio"}
"""What people see in the chat; everything else is a file to open. A GIF that is told as a picture would stand still."""


class Setting(Noun, frozen=True, kw_only=True):
    """What a message does not say of itself."""

    chat: Chat
    sender: Person
    cursor: str
    key: str | None = None
    expires: int = 0
    about: Person | None = None
    """In a message of the network itself: whom it is about."""


def number(id: str) -> int:
    """A number of ours that comes back. Raises `Refused`."""
    if not (id.isascii() and id.isdigit() and len(id) < 10):
        raise Refused(f"Delta Chat has nothing with the number {id[:40]!r}.")
    return int(id)


def person(contact: Contact, name: str | None = None) -> Person:
    """Somebody, with the name that a message gives to its author, if it does."""
    picture = f"{PICTURE}{contact.id}" if contact.profile_image else None
    return Person(id=str(contact.id), name=name or contact.display_name, picture=picture)


def chat(place: Place, members: Sequence[int] = ()) -> Chat:
    """A chat; the other one in a direct chat is among `members`."""
    kind = ChatKind.SELF if place.is_self_talk else _KINDS.get(place.chat_type, ChatKind.GROUP)
    other = next((str(id) for id in members if id > Someone.LAST_SPECIAL), None) if kind is ChatKind.DIRECT else None
    return Chat(id=str(place.id), title=place.name, kind=kind, person=other)


def event(message: Message, at: Setting) -> AnyEvent | None:
    """What a message means; None for what Delta Chat tells only itself."""
    if not message.is_info:
        return _posted(message, at)
    if message.from_id == Someone.SELF or message.system_message_type in _SILENT:
        return None
    match message.system_message_type:
        case "GroupNameChanged" | "GroupImageChanged":
            return Renamed(chat=at.chat, cursor=at.cursor)
        case "MemberAddedToGroup" if at.about:
            return Joined(chat=at.chat, person=at.about, cursor=at.cursor)
        case "MemberRemovedFromGroup" if at.about:
            return Left(chat=at.chat, person=at.about, cursor=at.cursor)
        case "EphemeralTimerChanged":
            return Timer(chat=at.chat, sender=at.sender, seconds=at.expires, after_read=True, cursor=at.cursor)
        case _:
            return _posted(message, at)


def _posted(message: Message, at: Setting) -> Posted:
    return Posted(
        chat=at.chat,
        sender=at.sender,
        id=str(message.id),
        sent_at=message.timestamp * 1000,
        text=message.text,
        files=_files(message),
        reply_to=_reply(message),
        own=message.from_id == Someone.SELF,
        key=at.key,
        notice=message.is_bot or message.is_info,
        expires=at.expires or None,
        expires_after_read=at.expires > 0,
        cursor=at.cursor,
    )


def _files(message: Message) -> tuple[File, ...]:
    if message.file is None:
        return ()
    kind = message.file_mime or "application/octet-stream"
    name, voice = message.file_name or "file", message.view_type == "Voice"
    return (File(ref=str(message.id), name=name, type=kind, size=message.file_bytes, voice=voice),)


def _reply(message: Message) -> Reference | None:
    """What it answers to. Words that Delta Chat cannot find a message for have no number, and an empty id."""
    if message.quote is None:
        return None
    id = message.quote.message_id
    return Reference(id="" if id is None else str(id), text=message.quote.text)


def edited(message: Message, at: Setting, now: int) -> Edited:
    """The new words of a message. Delta Chat does not say when they were written."""
    return Edited(chat=at.chat, sender=at.sender, message=str(message.id), text=message.text, sent_at=now)


def reacted(message: Message, by: int, at: Setting) -> Reacted:
    """All that somebody has on a message now, which is one emoji at most."""
    emojis = message.reactions.reactions_by_contact.get(str(by), []) if message.reactions else []
    return Reacted(
        chat=at.chat, sender=at.sender, message=str(message.id), emojis=tuple(emojis), change=Reacted.Change.ALL
    )  # fmt: skip


def reaction(action: React) -> list[str]:
    """The one that we have on a message from now on: the newest, or none."""
    return [action.emoji] if action.add else list(action.all[-1:])


def parts(action: Post) -> list[dict[str, object]]:
    """The messages that a post becomes: the words go with the first file, each further file is one of its own."""
    said = {"overrideSenderName": _name(action.persona)} if action.persona else {}
    quoted: dict[str, object] = {}
    if action.reply_to is not None:
        id = action.reply_to.id
        quoted = {"quotedMessageId": number(id)} if id else {"quotedText": action.reply_to.text}
    first, *others = [_upload(file) for file in action.files] or [{}]
    return [{"text": action.text, **said, **quoted, **first}, *({"text": "", **said, **one} for one in others)]


def _name(persona: Person) -> str:
    """Delta Chat shows its own name where this is empty, so that it never is."""
    return persona.name.strip() or persona.id


def _upload(file: Upload) -> dict[str, object]:
    shown = "Voice" if file.voice else _SHOWN_AS.get(file.type) or _SHOWN_AS.get(file.type.partition("/")[0], "File")
    return {"file": file.path, "filename": file.name, "viewtype": shown}
