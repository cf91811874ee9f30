"""What messages say about other messages: reactions, deletions, receipts. They may come before what they are about.

Facts: formats page of the Session network, sections 5.3 and 5.4: all of them name a message by author and time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ...model import Loss, Reaction
from ...session.content import READ, Profile
from ...session.envelope import Incoming

Target = tuple[str, str, int]
"""Conversation, author and time of a message."""


@dataclass(slots=True)
class Notes:
    """Everything that was said about messages, whether they are here or not."""

    own_id: str
    profiles: dict[str, tuple[int, Profile, bytes | None]] = field(default_factory=dict)
    """What people say of themselves: the newest, with the key of their picture."""
    _reactions: dict[Target, dict[tuple[str, str], tuple[int, bool]]] = field(default_factory=dict)
    _unsent: set[tuple[str | None, str, int]] = field(default_factory=set)
    _deleted_hashes: dict[tuple[str, str], set[str | None]] = field(default_factory=dict)
    """By group and hash: who deleted it, None for an admin."""
    _deleted_members: dict[tuple[str, str], int] = field(default_factory=dict)
    _read_by: dict[tuple[str, int], None] = field(default_factory=dict)

    def take(self, incoming: Incoming) -> bool:
        """Note what a message says about others and about its sender. Whether that is all there is to it."""
        content = incoming.content
        self._take_profile(incoming)
        if content.receipt is not None:
            if content.receipt.type == READ and incoming.group is None:
                self._read_by.update(dict.fromkeys((incoming.sender, sent_at) for sent_at in content.receipt.sent_at))
            return True
        if content.unsend is not None:
            if content.unsend.sent_at is not None:
                self._unsent.add((incoming.group, incoming.sender, content.unsend.sent_at))
            return True
        if content.typing is not None:
            return True
        data = content.data
        if data is None:
            return False
        if data.reaction is not None:
            self._take_reaction(incoming)
            return True
        return data.group_update is not None and self._take_deletion(incoming)

    def _take_profile(self, incoming: Incoming) -> None:
        content = incoming.content
        said = content.data or content.request_response
        if said is None or said.profile is None or incoming.sender == self.own_id:
            return
        stamp = (said.profile.updated or 0) * 1000 or incoming.sent_at
        known = self.profiles.get(incoming.sender)
        if said.profile.name and (known is None or known[0] < stamp):
            self.profiles[incoming.sender] = (stamp, said.profile, said.profile_key)

    def _take_reaction(self, incoming: Incoming) -> None:
        reaction = incoming.content.data.reaction if incoming.content.data is not None else None
        if reaction is None or not (reaction.emoji or "").strip() or not reaction.author or reaction.sent_at is None:
            return
        events = self._reactions.setdefault((incoming.conversation, reaction.author, reaction.sent_at), {})
        key = (reaction.emoji or "", incoming.sender)
        if key not in events or events[key][0] < incoming.sent_at:
            events[key] = (incoming.sent_at, reaction.removes)

    def _take_deletion(self, incoming: Incoming) -> bool:
        """Deletions in a group: those of an admin, which are signed, count for all; others for the sender's own."""
        data, group = incoming.content.data, incoming.group
        deletion = data.group_update.delete_content if data is not None and data.group_update is not None else None
        if deletion is None or group is None:
            return False
        author = None if deletion.signature else incoming.sender
        for hash in deletion.hashes:
            self._deleted_hashes.setdefault((group, hash), set()).add(author)
        for member in deletion.members if deletion.signature else ():
            before = self._deleted_members.get((group, member), 0)
            self._deleted_members[group, member] = max(before, incoming.sent_at)
        return True

    # -- about one message ---------------------------------------------------------------------------

    def reactions(self, target: Target) -> tuple[Reaction, ...]:
        """Who reacted how, the first emoji first."""
        by: dict[str, list[str]] = {}
        events = self._reactions.get(target, {})
        for (emoji, sender), (_, removed) in sorted(events.items(), key=lambda event: (event[1][0], event[0])):
            if not removed:
                by.setdefault(emoji, []).append(sender)
        return tuple(Reaction(emoji=emoji, by=tuple(people), count=len(people)) for emoji, people in by.items())

    def is_deleted(self, target: Target, group: str | None, hash: str) -> bool:
        """Whether its author or an admin has taken a message back."""
        _, author, sent_at = target
        if (group, author, sent_at) in self._unsent:
            return True
        if group is None:
            return False
        if not self._deleted_hashes.get((group, hash), set()).isdisjoint({None, author}):
            return True
        return sent_at <= self._deleted_members.get((group, author), 0)

    def read_by(self, target: Target) -> tuple[str, ...]:
        """Who has read a message of ours, in a conversation of two."""
        conversation, author, sent_at = target
        return (conversation,) if author == self.own_id and (conversation, sent_at) in self._read_by else ()

    def unanswered(self, known: set[Target], unwanted: Collection[str]) -> Iterator[Loss]:
        """What was said about messages that the network has forgotten, but for those of people who are blocked."""
        here = {(author, sent_at) for _, author, sent_at in known}
        for group, author, sent_at in self._unsent:
            if (author, sent_at) not in here and author not in unwanted:
                yield Loss(
                    subject=f"{author} {sent_at}",
                    kind="deletion",
                    reason="The network no longer has the message that its author took back.",
                    conversation=group or author,
                    severity="gap",
                )
        for reader, sent_at in self._read_by:
            if (self.own_id, sent_at) not in here and reader not in unwanted:
                yield Loss(
                    subject=f"{reader} {sent_at}",
                    kind="receipt",
                    reason="The network no longer has the message that somebody had read.",
                    conversation=reader,
                    severity="gap",
                )
        for target, people in self._reactions.items():
            place, author, sent_at = target
            if target not in known and author not in unwanted and not all(gone for _, gone in people.values()):
                yield Loss(
                    subject=f"{author} {sent_at}",
                    kind="reaction",
                    reason="The network no longer has the message that somebody reacted to.",
                    conversation=place,
                    name=" ".join(sorted({emoji for emoji, _ in people})),
                    severity="gap",
                )
