"""What SimpleX answers and tells, as far as we read it. Anything unknown is passed over, as its makers ask for.

Field names and shapes: recipe for SimpleX, sections 4 and 5. Everything has a default, because each version leaves out
or adds something (section 7).
"""

from __future__ import annotations

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all objects. Keys that are not named are ignored."""


class Tagged(Wire, frozen=True, kw_only=True):
    """An object of which only the kind matters."""

    type: str = ""


class Profile(Wire, frozen=True, kw_only=True):
    """What people say of themselves, and what we noted about them."""

    display_name: str = ""
    image: str | None = None
    local_alias: str = ""


class Connection(Wire, frozen=True, kw_only=True):
    """`conn_id` is the number that the link had with which somebody came (recipe, section 6)."""

    conn_id: int = 0
    conn_status: Tagged = Tagged()


class Enabled(Wire, frozen=True, kw_only=True):
    """Whether something may be done in a chat, by either side."""

    for_user: bool = False
    for_contact: bool = False

    @property
    def for_both(self) -> bool:
        return self.for_user and self.for_contact


class Agreement(Wire, frozen=True, kw_only=True):
    """What came of the wishes of both sides for one thing."""

    enabled: Enabled = Enabled()


class Agreements(Wire, frozen=True, kw_only=True):
    """What came of all of them, as far as we look."""

    timed_messages: Agreement = Agreement()


class Contact(Wire, frozen=True, kw_only=True):
    """Somebody with whom there is a chat."""

    contact_id: int
    local_display_name: str = ""
    profile: Profile = Profile()
    active_conn: Connection | None = None
    contact_status: str = "active"
    user_preferences: dict[str, object] = {}
    merged_preferences: Agreements = Agreements()
    custom_data: dict[str, object] | None = None

    @property
    def lets_fade(self) -> bool:
        """Whether messages may disappear here."""
        return self.merged_preferences.timed_messages.enabled.for_both

    @property
    def is_here(self) -> bool:
        """Whether one can write to them."""
        status = self.active_conn.conn_status.type if self.active_conn else ""
        return self.contact_status == "active" and status in {"ready", "sndReady"}


class Member(Wire, frozen=True, kw_only=True):
    """Somebody in a group."""

    group_member_id: int = 0
    local_display_name: str = ""
    member_profile: Profile = Profile()
    member_contact_id: int | None = None
    member_status: str = ""
    member_role: str = ""

    @property
    def is_gone(self) -> bool:
        return self.member_status in {"rejected", "removed", "left", "deleted"}


class Rule(Wire, frozen=True, kw_only=True):
    """Whether something may be done in a group: `on` or `off`."""

    enable: str = ""


class Rules(Wire, frozen=True, kw_only=True):
    """What may be done in a group, as far as we look."""

    timed_messages: Rule = Rule()


class Group(Wire, frozen=True, kw_only=True):
    """A group. Its profile is kept whole, because it can only be changed as a whole."""

    group_id: int
    local_display_name: str = ""
    group_profile: dict[str, object] = {}
    full_group_preferences: Rules = Rules()
    membership: Member = Member()
    custom_data: dict[str, object] | None = None

    @property
    def lets_fade(self) -> bool:
        """Whether messages may disappear here."""
        return self.full_group_preferences.timed_messages.enable == "on"

    @property
    def title(self) -> str:
        return str(self.group_profile.get("displayName") or self.local_display_name)


class Pending(Wire, frozen=True, kw_only=True):
    """A link of ours that nobody has used yet."""

    pcc_conn_id: int
    local_alias: str = ""


class Request(Wire, frozen=True, kw_only=True):
    """A stranger who came by our address."""

    contact_request_id: int
    local_display_name: str = ""
    profile: Profile = Profile()


class Info(Wire, frozen=True, kw_only=True):
    """Which chat it is: one of these is there, according to `type`."""

    type: str = ""
    contact: Contact | None = None
    group_info: Group | None = None
    contact_request: Request | None = None


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


class Link(Wire, frozen=True, kw_only=True):
    """A link in its two forms; the short one is for people and pictures."""

    conn_full_link: str = ""
    conn_short_link: str | None = None

    @property
    def best(self) -> str:
        return self.conn_short_link or self.conn_full_link


class Address(Wire, frozen=True, kw_only=True):
    """The link that anybody may use."""

    conn_link_contact: Link = Link()


class User(Wire, frozen=True, kw_only=True):
    """The account."""

    user_id: int
    local_display_name: str = ""
    profile: Profile = Profile()


class Listed(Wire, frozen=True, kw_only=True):
    """A chat with some of its entries."""

    chat_info: Info = Info()
    chat_items: tuple[Item, ...] = ()


class Members(Wire, frozen=True, kw_only=True):
    """Who is in a group."""

    members: tuple[Member, ...] = ()


class Reason(Wire, frozen=True, kw_only=True):
    """Why something was refused."""

    type: str = ""
    message: str = ""
    valid_name: str = ""
    smp_err: Tagged | None = None


class Trouble(Wire, frozen=True, kw_only=True):
    """An error: of the program, of its store, or of the network."""

    type: str = ""
    error_type: Reason | None = None
    store_error: Reason | None = None
    agent_error: Reason | None = None


class Said(Wire, frozen=True, kw_only=True):
    """An answer or an event: which of the fields are there depends on `type`."""

    type: str = ""
    user: User | None = None
    contact: Contact | None = None
    to_contact: Contact | None = None
    from_contact: Contact | None = None
    contacts: tuple[Contact, ...] = ()
    contact_request: Request | None = None
    contact_link: Address | None = None
    conn_link_contact: Link | None = None
    conn_link_invitation: Link | None = None
    connection: Pending | None = None
    group_info: Group | None = None
    to_group: Group | None = None
    from_group: Group | None = None
    groups: tuple[Group, ...] = ()
    group: Members | None = None
    member: Member | None = None
    member_: Member | None = msgspec.field(default=None, name="member_")
    deleted_member: Member | None = None
    chat: Listed | None = None
    chats: tuple[Listed, ...] = ()
    chat_items: tuple[Entry, ...] = ()
    chat_item: Entry | None = None
    chat_item_: Entry | None = msgspec.field(default=None, name="chatItem_")
    chat_item_ids: tuple[int, ...] = msgspec.field(default=(), name="chatItemIDs")
    chat_item_deletions: tuple[Deletion, ...] = ()
    by_user: bool = False
    timed: bool = False
    added: bool = False
    reaction: Reacting | None = None
    chat_error: Trouble | None = None
