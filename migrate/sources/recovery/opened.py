"""Opens what lies in the spool: settings and groups first, then every message once, so that rows can be made of them.

Only what messages say about each other is kept in memory; a message itself is opened again when it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from ...model import Loss
from ...session.account import AccountSettings, GroupSettings, read_account, read_group
from ...session.config.fields import Picture
from ...session.config.groups_joined import Standing
from ...session.config.namespaces import Namespace
from ...session.config.stored import Skipped
from ...session.envelope import Incoming, open_message
from ...session.errors import BadMessage
from ...session.group_messages import open_in_group
from ...session.keys import AccountKeys
from ...session.receive import Received
from ...session.storage import GROUP_MESSAGES
from ..base import Row
from .fetch import NAMES
from .notes import Notes, Target
from .people import People
from .spool import Spool
from .translate import is_passing, native_id_of, target_of

BATCH = 100  # few, because each may bring files that are fetched
# What an app refuses without a word: claims of somebody who may not make them.
_REFUSED = {
    "foreign_sync_copy", "foreign_unsend", "forged_update", "signature", "sync_target", "times_differ", "flags",
    "attachments",
}  # fmt: skip
_SETTINGS_GONE = (
    "The network no longer has {what}: it forgets settings 30 days after a device of the account was last online."
)


@dataclass(slots=True)
class Opened:
    """An account as far as the spool has it."""

    keys: AccountKeys
    spool: Spool
    removed_from: frozenset[str] = frozenset()
    settings: AccountSettings = field(default_factory=AccountSettings)
    groups: dict[str, GroupSettings] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    notes: Notes = field(init=False)
    people: People = field(init=False)
    pictures: dict[str, Picture] = field(init=False)
    _rows: dict[str, tuple[int, Target, str | None, str]] = field(default_factory=dict)
    _blocked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        own = self.keys.session_id
        self.notes = Notes(own)
        self.settings = read_account(self.keys, self.spool.settings(own))
        self.losses += _skipped(own, self.settings.skipped.items())
        for entry in self.settings.groups:
            group = read_group(entry, self.keys, self.spool.settings(entry.id))
            self.losses += _skipped(entry.id, group.skipped.items())
            if entry.standing is not Standing.IN or entry.id in self.removed_from:
                self.losses.append(_left_out(entry.id, entry.name))
            if group.found or group.signer is not None:
                self.groups[entry.id] = group
        for n, received in self.spool.messages():
            self._take(n, received)
        self.losses += self.notes.unanswered({target for _, target, _, _ in self._rows.values()}, self.settings.blocked)
        self.losses += [_of_blocked(id, count) for id, count in sorted(self._blocked.items())]
        self.people = self._people()
        self.pictures = self.people.pictures()

    def _take(self, n: int, received: Received) -> None:
        try:
            incoming = self.open(received)
        except BadMessage as error:
            self.losses.append(_unopened(received, error))
            return
        if incoming.group is None and incoming.sender in self.settings.blocked and not _promotes(incoming):
            self._blocked[incoming.sender] += 1
            return
        if self.notes.take(incoming) or is_passing(incoming.content):
            return
        self._rows.setdefault(native_id_of(incoming), (n, target_of(incoming), incoming.group, received.hash))

    def open(self, received: Received) -> Incoming:
        """A message as its sender wrote it. Raises `BadMessage`."""
        if received.namespace != GROUP_MESSAGES:
            return open_message(received.data, self.keys)
        group = self.groups.get(received.pubkey)
        keys = group.message_keys if group is not None else ()
        return open_in_group(received.data, received.pubkey, keys, self.keys)

    # -- rows ----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[list[Row]]:
        """Every message, with a digest that changes when something is said about it."""
        batch: list[Row] = []
        for native_id, (n, target, group, hash) in self._rows.items():
            told = (
                native_id, self.notes.is_deleted(target, group, hash), self.notes.reactions(target),
                self.notes.read_by(target),
            )  # fmt: skip
            digest = sha256(repr(told).encode("utf-8", "surrogatepass")).digest()
            batch.append(Row(native_id, int.from_bytes(digest[:8], "big") >> 1, (n,)))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _people(self) -> People:
        """Everybody that the settings or the messages name."""
        targets = [target for _, target, _, _ in self._rows.values()]
        return People(
            own_id=self.keys.session_id,
            settings=self.settings,
            groups=self.groups,
            removed_from=self.removed_from,
            notes=self.notes,
            spoken=frozenset(conversation for conversation, _, _ in targets),
            writers=frozenset(sender for _, sender, _ in targets),
        )

    # -- in words ------------------------------------------------------------------------------------

    def warnings(self) -> list[str]:
        """What the person should know about the whole, although nothing went wrong."""
        gone = [NAMES[one] for one in (Namespace.PROFILE, Namespace.CONTACTS, Namespace.GROUPS_JOINED)
                if one not in self.settings.found and one not in self.settings.skipped]  # fmt: skip
        said = []
        if len(gone) == 3 and not self._rows and not self.losses:
            said.append(
                "The network holds nothing for this account. It may be new, or no device of it was online for 30 "
                "days, or the words belong to another account: any 13 words of the list are some account."
            )
        elif gone:
            said.append(_SETTINGS_GONE.format(what=" and ".join(gone)))
        if self.settings.communities:
            said.append(
                "The messages of communities lie on servers of their own, and not on the network: the archive has the "
                f"addresses of {len(self.settings.communities)}."
            )
        return said


def _promotes(incoming: Incoming) -> bool:
    """Whether somebody makes us an admin: this counts even if we blocked them, section 5.2."""
    data = incoming.content.data
    return data is not None and data.group_update is not None and data.group_update.promote is not None


def _skipped(place: str, skipped: Collection[tuple[Namespace, tuple[Skipped, ...]]]) -> Iterator[Loss]:
    for namespace, messages in skipped:
        for one in messages:
            yield Loss(
                subject=one.hash,
                kind="settings",
                reason=f"A part of {NAMES[namespace]} could not be read: {one.reason}",
                conversation=place,
                name=NAMES[namespace],
            )


def _unopened(received: Received, error: BadMessage) -> Loss:
    in_group, is_gap = received.namespace == GROUP_MESSAGES, False
    if not received.is_itself:
        reason = "The nodes have only a damaged copy of this message."
    elif error.code in _REFUSED:
        reason, is_gap = f"It was left out, as Session does: {error}", True
    elif in_group and error.code == "decrypt":
        reason, is_gap = "It was written for others: before this account came into the group, or after it left.", True
    else:
        reason = str(error)
    return Loss(
        subject=received.hash,
        kind="message",
        reason=reason,
        conversation=received.pubkey if in_group else None,
        severity="gap" if is_gap else "lost",
    )


def _left_out(id: str, name: str | None) -> Loss:
    reason = "The account is no longer in this group, so that the network gives nothing of it."
    return Loss(subject=id, kind="group", reason=reason, conversation=id, name=name or "", severity="gap")


def _of_blocked(id: str, count: int) -> Loss:
    reason = f"{count} message{'' if count == 1 else 's'} of somebody who is blocked, left out as Session does."
    return Loss(subject=id, kind="blocked", reason=reason, conversation=id, severity="gap")
