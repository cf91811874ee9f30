"""From what somebody wants to say to sealed bytes: profile, timer, copy for our own devices, signature of an admin.

Facts: formats page of the Session network, sections 5.1, 5.4 and 6. What the apps put on a message is put on ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ..model import Expiry
from ..session import content as contents
from ..session.content import Content, DataMessage, Pointer, Quote, Reaction, Receipt, Typing, Unsend
from ..session.envelope import Randomness, seal, x25519_of
from ..session.errors import TooLarge
from ..session.group_updates import DeleteMemberContent, GroupUpdate, deletion_text
from ..session.keys import AccountKeys
from ..session.outgoing import (
    BEFORE_REPLY,
    TO_ACCOUNT,
    Delivery,
    accepts_request,
    deliveries,
    group_delivery,
    timer_change,
    ttl_of,
)
from .cursors import Cursors
from .errors import CannotSend
from .prepared import Kind, Prepared
from .standing import WIRE_TYPES, Standing, is_group

LONGEST_TEXT = 2_000
"""Characters in one message, as the app allows them without Pro: formats page of the Session network, section 5.1."""


def check_length(body: str | None) -> None:
    """Raise `TooLarge` for a text that does not fit into one message."""
    if len(body or "") > LONGEST_TEXT:
        raise TooLarge(f"The text has {len(body or ''):,} characters, and Session takes {LONGEST_TEXT:,}.")


class Composer:
    """Makes messages of one account. Nothing is sent here."""

    def __init__(
        self, standing: Standing, cursors: Cursors, time: Callable[[], int], rng: Callable[[int], bytes]
    ) -> None:
        """`time` is the network's, `rng` gives as many random bytes as it is asked for."""
        self._standing, self._cursors, self._time, self._rng = standing, cursors, time, rng

    def visible(self, kind: Kind, to: str, data: DataMessage) -> Prepared:
        """A message that people see, with our profile and the timer of the conversation."""
        self.check(to, data.body)
        profile, key = self._standing.profile()
        after, seconds = self._standing.timer(to) or (None, None)
        content = Content(
            data=replace(data, profile=profile, profile_key=key),
            expiry_type=after,
            expiry_seconds=seconds,
        )
        return self._answered(kind, to, content)

    def check(self, to: str, body: str | None) -> None:
        """Raise what would be raised for a message there. Before files are uploaded for it, for instance."""
        check_length(body)
        if is_group(to):
            self._standing.signer(to)
            self._standing.newest_key(to)
        else:
            x25519_of(to)

    def text(self, to: str, body: str, quote: Quote | None) -> Prepared:
        """Some words, perhaps in answer to a message."""
        if not body.strip():
            raise CannotSend("There is no text to send.", "Write something.")
        return self.visible(Kind.TEXT, to, DataMessage(body=body, quote=quote))

    def files(self, to: str, pointers: Sequence[Pointer], body: str | None, quote: Quote | None) -> Prepared:
        """Files that lie on the server already, perhaps with words."""
        data = DataMessage(body=body or None, attachments=tuple(pointers), quote=quote)
        return self.visible(Kind.FILES, to, data)

    def reaction(self, to: str, author: str, sent_at: int, emoji: str, *, remove: bool) -> Prepared:
        """An emoji below a message, or no longer."""
        action = contents.REMOVE if remove else contents.REACT
        reaction = Reaction(sent_at=sent_at, author=author, emoji=emoji, action=action)
        return self.visible(Kind.REACTION, to, DataMessage(reaction=reaction))

    def timer(self, to: str, expires: Expiry | None) -> Prepared:
        """Another timer for a conversation with one person, from now on."""
        if is_group(to):
            raise CannotSend("The timer of a group is in its settings.", "An admin changes it in the app.")
        after = WIRE_TYPES.get(expires.type) if expires else None
        seconds = (expires.seconds if expires else None) or 0
        if expires is not None and (after is None or seconds <= 0):
            raise CannotSend("A timer counts from reading or from sending, and lasts at least a second.")
        prepared = self._answered(Kind.TIMER, to, timer_change(0, after=after or 0, seconds=seconds))
        return replace(prepared, expires=expires)

    def receipt(self, to: str, read: Sequence[int]) -> Prepared:
        """These messages of theirs were read."""
        if not read:
            raise CannotSend("A receipt is about at least one message.")
        return self._of_the_moment(Kind.RECEIPT, to, Content(receipt=Receipt(type=contents.READ, sent_at=tuple(read))))

    def typing(self, to: str, *, started: bool) -> Prepared:
        """We began to type, or stopped."""
        sent_at = self._stamp()
        action = contents.TYPING_STARTED if started else contents.TYPING_STOPPED
        content = Content(typing=Typing(sent_at=sent_at, action=action), sent_at=sent_at)
        return self._of_the_moment(Kind.TYPING, to, content)

    def acceptance(self, to: str) -> Prepared:
        """A yes to a message request, without a message."""
        self._only_one_person(to)
        return self._sealed(Kind.ACCEPTANCE, to, self._accepting(self._stamp() + BEFORE_REPLY))

    def unsend(self, to: str, sent_at: int, hashes: Sequence[str]) -> Prepared:
        """Take back one of our own messages.

        `hashes` are `Prepared.own_hash` of it: with one person the copy for our own devices, which is deleted; in a
        group the message itself, which members know by its hash only.
        """
        if is_group(to):
            return self._unsend_in_group(to, hashes)
        own = self._own.session_id
        content = Content(unsend=Unsend(sent_at=sent_at, author=own), sent_at=self._stamp())
        if to == own:
            return self._prepared(
                Kind.UNSEND, to, content, self._to_ourselves(content, copy=False), removes=tuple(hashes)
            )
        (message,) = deliveries(content, self._own, to, self._rng)
        copy = self._to_ourselves(content, copy=True)
        return self._prepared(Kind.UNSEND, to, content, message, copy=copy, removes=tuple(hashes))

    # -- the parts of all of them --------------------------------------------------------------------

    @property
    def _own(self) -> AccountKeys:
        return self._standing.keys

    def _stamp(self, gap: int = 0) -> int:
        return self._cursors.stamp(self._time(), gap)

    def _answered(self, kind: Kind, to: str, content: Content) -> Prepared:
        """Give a message its time, and put our yes in front of it if it is the first answer to a stranger."""
        if is_group(to) or not self._standing.owes_acceptance(to):
            return self._sealed(kind, to, replace(content, sent_at=self._stamp()))
        sent_at = self._stamp(BEFORE_REPLY)
        prepared = self._sealed(kind, to, replace(content, sent_at=sent_at))
        (acceptance,) = deliveries(self._accepting(sent_at), self._own, to, self._rng)
        return replace(prepared, acceptance=acceptance)

    def _accepting(self, reply_at: int) -> Content:
        profile, key = self._standing.profile()
        return accepts_request(reply_at, profile, key)

    def _of_the_moment(self, kind: Kind, to: str, content: Content) -> Prepared:
        self._only_one_person(to)
        stamped = content if content.sent_at else replace(content, sent_at=self._stamp())
        return self._sealed(kind, to, stamped)

    def _only_one_person(self, to: str) -> None:
        if is_group(to) or to == self._own.session_id:
            raise CannotSend("That is for conversations with one other person.", "In groups Session has no such thing.")

    def _sealed(self, kind: Kind, to: str, content: Content) -> Prepared:
        """The bytes for everybody who gets this. Raises `BadKey`, `TooLarge` and `CannotSend`."""
        if is_group(to):
            return self._prepared(kind, to, content, self._posted(to, content))
        message, *copies = deliveries(content, self._own, to, self._rng)
        return self._prepared(kind, to, content, message, copy=next(iter(copies), None))

    def _posted(self, group: str, content: Content) -> Delivery:
        self.check(group, None)
        return group_delivery(content, self._own, group, self._standing.newest_key(group), self._rng)

    def _unsend_in_group(self, group: str, hashes: Sequence[str]) -> Prepared:
        if not hashes:
            raise CannotSend(
                "A message in a group is taken back by its hash.", "Give the hash that it was posted with."
            )
        sent_at = self._stamp()
        deletion = DeleteMemberContent(hashes=tuple(hashes))
        admin = self._standing.admin_keys(group)
        if admin is not None:
            signature = admin.sign(deletion_text(deletion, sent_at).encode())
            deletion = replace(deletion, signature=signature)
        content = Content(data=DataMessage(group_update=GroupUpdate(delete_content=deletion)), sent_at=sent_at)
        removes = tuple(hashes) if admin is not None else ()  # members may not delete: section 6.1
        return self._prepared(Kind.UNSEND, group, content, self._posted(group, content), removes=removes)

    def _to_ourselves(self, content: Content, *, copy: bool) -> Delivery:
        """What our other devices get as it is, without saying for whom it was."""
        own = self._own.session_id
        return Delivery(
            account=own,
            namespace=TO_ACCOUNT,
            data=seal(content, self._own, own, Randomness.drawn(self._rng)),
            sent_at=content.sent_at or 0,
            ttl=ttl_of(content),
            copy=copy,
        )

    def _prepared(
        self,
        kind: Kind,
        to: str,
        content: Content,
        message: Delivery,
        *,
        copy: Delivery | None = None,
        removes: tuple[str, ...] = (),
    ) -> Prepared:
        return Prepared(
            kind=kind,
            conversation=to,
            sent_at=content.sent_at or 0,
            message=message,
            copy=copy,
            removes=removes,
        )
