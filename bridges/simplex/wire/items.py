"""What stands in a chat: entries, what was written in them, their files, reactions to them."""

from __future__ import annotations

from .base import Tagged, Wire
from .people import Enabled, Info, Member, Rule


class Direction(Wire, frozen=True, kw_only=True):
    """Who wrote: `directSnd` and `groupSnd` is us."""

    type: str = ""
    group_member: Member | None = None

    @property
    def is_ours(self) -> bool:
        return self.type.endswith("Snd")


class Words(Wire, frozen=True, kw_only=True):
    """What was written, and what sort of message it is: text, file, image, voice …

    Photos and videos have a preview, videos and voice notes a duration in seconds.
    """

    type: str = ""
    text: str = ""
    image: str | None = None
    duration: int | None = None


class Content(Wire, frozen=True, kw_only=True):
    """`rcvMsgContent` and `sndMsgContent` were written by people; all others by the network.

    Of `rcvChatFeature` and `rcvGroupFeature`: what may be done now, and with what number, such as the seconds after
    which messages disappear.
    """

    type: str = ""
    msg_content: Words | None = None
    feature: str = ""
    enabled: Enabled = Enabled()
    group_feature: str = ""
    preference: Rule = Rule()
    param: int | None = None


class Status(Wire, frozen=True, kw_only=True):
    """How far a message of ours has come."""

    type: str = ""
    snd_progress: str = "complete"


class Timed(Wire, frozen=True, kw_only=True):
    """A message that disappears."""

    ttl: int = 0


class Meta(Wire, frozen=True, kw_only=True):
    """The number of a message here, and `item_shared_msg_id`, which both sides have."""

    item_id: int
    item_ts: str = ""
    item_text: str = ""
    item_status: Status = Status()
    item_shared_msg_id: str | None = None
    item_deleted: Tagged | None = None
    item_timed: Timed | None = None


class Quote(Wire, frozen=True, kw_only=True):
    """The message that one is an answer to. It may be unknown here: then it has no `item_id`."""

    item_id: int | None = None
    shared_msg_id: str | None = None
    content: Words = Words()
    sent_at: str = ""
    chat_dir: Direction | None = None


class Source(Wire, frozen=True, kw_only=True):
    """Where a file lies."""

    file_path: str = ""


class FileInfo(Wire, frozen=True, kw_only=True):
    """A file of a message."""

    file_id: int
    file_name: str = ""
    file_size: int = 0
    file_source: Source | None = None


class Item(Wire, frozen=True, kw_only=True):
    """One entry of a chat."""

    chat_dir: Direction = Direction()
    meta: Meta
    content: Content = Content()
    quoted_item: Quote | None = None
    file: FileInfo | None = None


class Entry(Wire, frozen=True, kw_only=True):
    """One entry, with the chat that it is in."""

    chat_info: Info
    chat_item: Item


class Deletion(Wire, frozen=True, kw_only=True):
    """An entry that was deleted."""

    deleted_chat_item: Entry


class Emoji(Wire, frozen=True, kw_only=True):
    """A reaction."""

    emoji: str = ""


class Reaction(Wire, frozen=True, kw_only=True):
    """Who reacted to what."""

    chat_dir: Direction = Direction()
    chat_item: Item
    reaction: Emoji = Emoji()


class Reacting(Wire, frozen=True, kw_only=True):
    """A reaction, with the chat that it is in."""

    chat_info: Info
    chat_reaction: Reaction


class Listed(Wire, frozen=True, kw_only=True):
    """A chat with some of its entries."""

    chat_info: Info = Info()
    chat_items: tuple[Item, ...] = ()
