"""What new portals begin with: the last messages of a chat, from the archive that `decamp export` made."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import WrongWords
from .relay_setup import SECTION
from .run import Run

if TYPE_CHECKING:
    from bridges.events import Posted
    from bridges.relay.model import Place
    from bridges.relay.new_portals import History

    from ..archive.read import Archive
    from ..model import Conversation, Message

SETTING = "archive"


class NoArchive(WrongWords):
    """Earlier messages come from an archive, and none was named."""

    hint = "Name the one that `decamp export` made: --archive session-archive"


def set_archive(run: Run, folder: Path) -> None:
    """Note the archive from which new portals are filled. Raises what is wrong with it."""
    from ..archive.read import Archive

    with Archive.at(folder):
        pass
    run.settings.set(SECTION, SETTING, str(folder.expanduser().resolve()))


def has_archive(run: Run) -> bool:
    """Whether new portals can begin with earlier messages."""
    return run.settings.text(SECTION, SETTING) is not None


def history(run: Run) -> History | None:
    """The last messages of a chat, oldest first; None if no archive was named."""
    named = run.settings.text(SECTION, SETTING)
    if named is None:
        return None

    async def last(place: Place, most: int) -> AsyncIterator[Posted]:
        for posted in _last(Path(named), place, most):
            yield posted

    return last


def _last(folder: Path, place: Place, most: int) -> list[Posted]:
    """Text only: the files of an archive have no address that the bridge of their network could fetch them by."""
    from ..archive.read import Archive
    from ..model import MessageKind

    with Archive.at(folder) as archive:
        found = next(((n, one) for n, one in archive.numbered_conversations() if one.id == place.chat), None)
        if found is None:
            return []
        number, conversation = found
        said = (
            message
            for _, message in archive.messages(number, conversation.id)
            if message.kind is MessageKind.TEXT and not message.deleted and not message.expires
        )
        names = _names(archive)
        return [_posted(names, conversation, message) for message in deque(said, maxlen=most)]


def _posted(names: dict[str, str], conversation: Conversation, message: Message) -> Posted:
    """A message of the archive as its bridge would tell it. Both make the same ids of the same messages."""
    from bridges.events import Chat, ChatKind, Person, Posted, Reference

    from ..model import ConversationKind, Direction

    kind = ChatKind.DIRECT if conversation.kind is ConversationKind.DIRECT else ChatKind.GROUP
    files = "".join(f"\n[{file.name or file.type or 'file'}]" for file in message.attachments)
    quote = message.quote
    return Posted(
        chat=Chat(id=conversation.id, title=conversation.title, kind=kind,
                  person=conversation.id if kind is ChatKind.DIRECT else None),
        sender=Person(id=message.sender, name=names.get(message.sender, "")),
        id=message.id, sent_at=message.sent_at, text=f"{message.body or ''}{files}".lstrip("\n"),
        reply_to=Reference(id=quote.message, author=quote.author, sent_at=quote.sent_at, text=quote.text)
        if quote and quote.message else None,
        own=message.direction is Direction.OUT,
    )  # fmt: skip


def _names(archive: Archive) -> dict[str, str]:
    """What people call themselves; the owner's own names for them are for nobody else to see."""
    return {contact.id: contact.name or "" for contact in archive.contacts()}
