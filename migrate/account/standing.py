"""What the account knows of itself, its contacts and groups at this moment, and what follows from it for a message.

Facts: formats page of the Session network, sections 5.4 and 6; of Session config messages, sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Expiry
from ..session import content as contents
from ..session.account import AccountSettings, GroupSettings, read_account, read_group
from ..session.config.contacts import ContactEntry
from ..session.config.groups_joined import GroupEntry
from ..session.config.namespaces import Namespace
from ..session.content import Profile
from ..session.keys import GROUP_PREFIX, AccountKeys
from ..session.receive import Received
from ..session.signers import Signer
from .cursors import MOST_STRANGERS, Cursors, Timer
from .errors import CannotSend
from .prepared import Kind, Prepared

WIRE_TYPES = {"after_read": contents.AFTER_READ, "after_send": contents.AFTER_SEND}
"""How a message says that it disappears after reading or after sending."""


class Standing:
    """The settings as they were read last, and what messages have said since then."""

    def __init__(self, keys: AccountKeys, cursors: Cursors) -> None:
        self.keys = keys
        self.groups: dict[str, GroupSettings] = {}
        self._cursors = cursors
        self._settings: AccountSettings | None = None
        self._stored: dict[str, dict[tuple[int, str], Received]] = {}
        self._profiles: dict[str, tuple[str | None, str | None]] = {}

    # -- reading -------------------------------------------------------------------------------------

    @property
    def settings(self) -> AccountSettings:
        """Profile, contacts, groups, communities. They have to be read once before anything is sent."""
        if self._settings is None:
            raise RuntimeError("an account refreshes before it does anything else")
        return self._settings

    def take(self, received: Iterable[Received], *, anew: bool = False) -> None:
        """Take in messages that hold settings of the account; with `anew` in the place of all that were known."""
        own = self._keep(self.keys.session_id, received, anew=anew)
        self._settings = read_account(self.keys, own.values())
        known, self.groups = self.groups, {}
        for entry in self.open_groups():
            if entry.id in known:  # we may be an admin now
                self.take_group(entry, ())

    def take_group(self, entry: GroupEntry, received: Iterable[Received], *, anew: bool = False) -> bool:
        """The same for a group. Whether there is a key now that was not there before."""
        before = self.groups.get(entry.id)
        stored = self._keep(entry.id, received, anew=anew)
        self.groups[entry.id] = read_group(entry, self.keys, stored.values())
        return before is not None and len(self.groups[entry.id].keys.keys) > len(before.keys.keys)

    def _keep(self, place: str, received: Iterable[Received], *, anew: bool) -> dict[tuple[int, str], Received]:
        if anew:
            self._stored.pop(place, None)
        stored = self._stored.setdefault(place, {})
        stored.update(((one.namespace, one.hash), one) for one in received)
        return stored

    def open_groups(self) -> Iterator[GroupEntry]:
        """The groups about which nodes will answer us."""
        return (entry for entry in self.settings.groups if entry.can_ask)

    # -- people --------------------------------------------------------------------------------------

    def contact(self, id: str) -> ContactEntry | None:
        """Somebody in the address book."""
        return self.settings.by_id.get(id)

    def is_blocked(self, id: str) -> bool:
        """Whether what they write is to be dropped: the network does not know of blocks."""
        return id in self.settings.blocked

    def owes_acceptance(self, id: str) -> bool:
        """Whether they wrote first and we have neither approved nor answered them: the answer begins with a yes."""
        contact = self.contact(id)
        if id == self.keys.session_id or id in self._cursors.accepted or (contact is not None and contact.approved):
            return False
        return id in self._cursors.wrote_first or (contact is not None and contact.approved_me)

    def heard_from(self, id: str, now: int) -> None:
        """Note that somebody wrote to us."""
        contact = self.contact(id)
        if id != self.keys.session_id and (contact is None or not contact.approved):
            self._cursors.wrote_first[id] = now

    def wrote_to(self, id: str, now: int) -> None:
        """Note that we wrote to somebody, from here or from another device: with that we have approved them."""
        if not is_group(id):
            self._cursors.accepted[id] = now

    def is_news(self, sender: str, profile: Profile) -> bool:
        """Whether somebody's name or picture is another one than we knew; from now on we know it."""
        shown, contact = (profile.name, profile.avatar_url), self.contact(sender)
        known = (contact.name, contact.picture.url if contact.picture else None) if contact is not None else None
        if self._profiles.get(sender, known) == shown:
            return False
        self._profiles[sender] = shown
        if len(self._profiles) > MOST_STRANGERS:
            del self._profiles[next(iter(self._profiles))]  # who is heard again is told again
        return True

    # -- what a message of ours has to carry ---------------------------------------------------------

    def profile(self) -> tuple[Profile, bytes | None]:
        """Our name and picture, as they ride on every message that people see."""
        own = self.settings.profile
        url, key = (own.picture.url, bytes(own.picture.key)) if own.picture else (None, None)
        return Profile(name=own.name, avatar_url=url, updated=own.profile_updated), key

    def timer(self, conversation: str) -> tuple[int, int] | None:
        """How messages of a conversation disappear, as it is written on each of them."""
        expires = self.expires(conversation)
        if expires is None or not expires.seconds:
            return None
        return WIRE_TYPES.get(expires.type, 0), expires.seconds

    def expires(self, conversation: str) -> Expiry | None:
        """How messages of a conversation disappear: as settings say, or as a later message says."""
        said = self._cursors.timers.get(conversation)
        if said is not None and said.since > self._settings_since(conversation):
            return said.expires
        if is_group(conversation):
            group = self.groups.get(conversation)
            return _after_send(group.info.expires_after if group is not None else None)
        if conversation == self.keys.session_id:
            return _after_send(self.settings.profile.note_expires_after)
        contact = self.contact(conversation)
        return contact.expires if contact is not None else None

    def timer_was_set(self, conversation: str, expires: Expiry | None, sent_at: int) -> None:
        """Note what a message said about a timer. In groups only the settings count, which admins sign."""
        known = self._cursors.timers.get(conversation)
        if not is_group(conversation) and (known is None or known.since < sent_at):
            self._cursors.timers[conversation] = Timer(expires=expires, since=sent_at)

    def was_posted(self, prepared: Prepared, now: int) -> None:
        """Note what a message of ours has changed. It does not come back as something new."""
        self._cursors.is_new(prepared.own_hash, now=now)
        if prepared.kind not in (Kind.RECEIPT, Kind.TYPING, Kind.UNSEND):
            self.wrote_to(prepared.conversation, now)
        if prepared.kind is Kind.TIMER:
            self.timer_was_set(prepared.conversation, prepared.expires, prepared.sent_at)

    def _settings_since(self, conversation: str) -> int:
        """When the settings were stored that would say something about the timer of a conversation."""
        own = self.keys.session_id
        namespace = Namespace.PROFILE if conversation == own else Namespace.CONTACTS
        times = [one.stored_at or 0 for one in self._stored.get(own, {}).values() if one.namespace == namespace]
        return max(times, default=0)

    # -- groups --------------------------------------------------------------------------------------

    def signer(self, group: str) -> Signer:
        """Who asks and posts in a group for us: a member, or an admin. Raises `CannotSend`."""
        known = self.groups.get(group)
        if known is None or known.signer is None:
            raise CannotSend("This account is not in that group, or no longer.")
        return known.signer

    def admin_keys(self, group: str) -> AccountKeys | None:
        """The keys of the group itself, if we are one of its admins."""
        entry = next((entry for entry in self.open_groups() if entry.id == group), None)
        return AccountKeys(bytes(entry.admin_seed)) if entry is not None and entry.admin_seed is not None else None

    def group_keys(self, group: str) -> tuple[bytes, ...]:
        """Every key of a group that we have, the newest first."""
        known = self.groups.get(group)
        return known.message_keys if known is not None else ()

    def newest_key(self, group: str) -> bytes:
        """The key for what is posted in a group now. Raises `CannotSend`."""
        keys = self.group_keys(group)
        if not keys:
            raise CannotSend("This account has no key of that group.", "An admin of the group has to send one.")
        return keys[0]


def is_group(conversation: str) -> bool:
    """Whether an id is that of a group of today."""
    return conversation.startswith(GROUP_PREFIX)


def _after_send(seconds: int | None) -> Expiry | None:
    return Expiry(type="after_send", seconds=seconds) if seconds else None
