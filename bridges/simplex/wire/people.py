"""Who there is: the account, contacts, groups, those who ask to be let in, and the links by which they come."""

from __future__ import annotations

import msgspec

from .base import Tagged, Wire


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
    user_preferences: dict[str, object] = msgspec.field(default_factory=dict)
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
    group_profile: dict[str, object] = msgspec.field(default_factory=dict)
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
    created_at: str = ""


class Info(Wire, frozen=True, kw_only=True):
    """Which chat it is: one of these is there, according to `type`."""

    type: str = ""
    contact: Contact | None = None
    group_info: Group | None = None
    contact_request: Request | None = None


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


class Members(Wire, frozen=True, kw_only=True):
    """Who is in a group."""

    members: tuple[Member, ...] = ()
