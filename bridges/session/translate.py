"""From what arrived on the Session network to what every bridge yields. No network and no file in here.

A message is called `TIME:AUTHOR`, as the apps refer to it themselves (formats page of the Session network, section
5.4). What the network says of itself (calls, changes of groups) is called by its hash: nobody refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from migrate.account import events as account
from migrate.account.standing import is_group
from migrate.session.content import CommunityInvitation, Quote
from migrate.session.group_updates import (
    ADDED,
    AVATAR,
    DISAPPEARING,
    NAME,
    REMOVED,
    DeleteMemberContent,
    GroupUpdate,
    InfoChange,
    MemberChange,
)

from ..api import (
    AnyEvent,
    Chat,
    Deleted,
    Joined,
    Left,
    Person,
    Posted,
    Reacted,
    Receipt,
    Reference,
    Renamed,
    Timer,
    Typing,
)  # fmt: skip
from .pointers import file_of
from .record import Heard

_NOTICES = {
    "call": "(a call)",
    "screenshot": "(took a picture of this conversation)",
    "saved": "(saved a file of this conversation)",
}
_UNKNOWN = "(a message of a kind that decamp does not know)"


class Names(Protocol):
    """Who is called what."""

    @property
    def me(self) -> str: ...
    def person(self, id: str) -> Person: ...
    def chat(self, id: str) -> Chat: ...
    def called(self, id: str) -> str: ...


class Past(Protocol):
    """What came before."""

    def heard_as(self, chat: str, hash: str) -> Heard | None: ...
    def heard_of(self, chat: str, author: str) -> list[Heard]: ...
    def chat_of(self, author: str, sent_at: int) -> str | None: ...


def message_id(author: str, sent_at: int) -> str:
    """What a message is called for ever."""
    return f"{sent_at}:{author}"


def address_of(reference: Reference) -> tuple[str, int] | None:
    """Author and time of the message that is meant, if it is one of Session."""
    said, _, author = reference.id.partition(":")
    if not (said.isascii() and said.isdigit() and author):
        return None
    return author, int(said)


def events(event: account.Event, names: Names, past: Past, key: str | None = None) -> Iterator[AnyEvent]:
    """What a thing that happened means. `key` is the one that an earlier run sent it with."""
    chat, sender = names.chat(event.conversation), names.person(event.sender)
    match event:
        case account.Wrote():
            yield _posted(event, chat, sender, key)
        case account.Reacted():
            yield Reacted(
                chat=chat,
                sender=sender,
                message=message_id(event.target_author, event.target_sent_at),
                emojis=(event.emoji,),
                change=Reacted.Change.REMOVED if event.removed else Reacted.Change.ADDED,
                id=message_id(event.sender, event.sent_at),
                own=event.mine,
            )
        case account.TookBack():
            # A copy from our own device does not say in which conversation it was.
            found = past.chat_of(event.sender, event.target_sent_at) if event.mine else None
            message = message_id(event.sender, event.target_sent_at)
            yield Deleted(chat=names.chat(found) if found else chat, sender=sender, message=message, own=event.mine)
        case account.WasRead():
            read = tuple(message_id(names.me, sent_at) for sent_at in event.targets)
            yield Receipt(chat=chat, sender=sender, messages=read, read=True, own=event.mine)
        case account.Typed() if not event.mine:
            yield Typing(chat=chat, sender=sender, typing=event.started)
        case account.TimerSet() if not is_group(event.conversation):  # there only what admins sign counts
            seconds = (event.expires.seconds if event.expires else None) or 0
            after_read = bool(event.expires and event.expires.type == "after_read")
            yield Timer(chat=chat, sender=sender, seconds=seconds, after_read=after_read)
        case account.ProfileSeen():
            yield Renamed(person=sender, chat=None if is_group(chat.id) else chat)
        case account.Approved() if not event.mine:
            yield _notice(event, chat, sender, "(accepted your message request)")
        case account.GroupChanged():
            yield from _group_changed(event, event.update, names, past)
        case account.Noticed():
            yield _notice(event, chat, sender, _NOTICES.get(event.what, _UNKNOWN))


def _posted(event: account.Wrote, chat: Chat, sender: Person, key: str | None) -> Posted:
    invitation = event.invitation
    return Posted(
        chat=chat,
        sender=sender,
        id=message_id(event.sender, event.sent_at),
        sent_at=event.sent_at,
        text=invited(invitation, event.body) if invitation else event.body,
        files=tuple(file_of(pointer) for pointer in event.files),
        reply_to=_answered(event.quote),
        also=(event.hash,),
        own=event.mine,
        key=key,
        notice=invitation is not None,
        expires=event.expires.seconds if event.expires else None,
        expires_after_read=bool(event.expires and event.expires.type == "after_read"),
    )


def _answered(quote: Quote | None) -> Reference | None:
    if quote is None or quote.author is None or quote.sent_at is None:
        return None
    id = message_id(quote.author, quote.sent_at)
    return Reference(id=id, author=quote.author, sent_at=quote.sent_at)


def invited(invitation: CommunityInvitation, body: str) -> str:
    """What an invitation to a community says, in words."""
    said = (body, f"(invites you to the community {invitation.name or ''})", invitation.url or "")
    return "\n".join(line for line in said if line)


def _notice(event: account.Event, chat: Chat, sender: Person, text: str) -> Posted:
    return Posted(
        chat=chat, sender=sender, id=event.hash, sent_at=event.sent_at, text=text, own=event.mine, notice=True
    )


def _group_changed(event: account.Event, update: GroupUpdate, names: Names, past: Past) -> Iterator[AnyEvent]:
    """A change of a group. That whoever made it may do so was looked at when it was opened."""
    chat, sender = names.chat(event.conversation), names.person(event.sender)
    if update.invite is not None:
        yield _notice(event, chat, sender, f"(invites you to the group {update.invite.name or ''})")
    if update.promote is not None:
        yield _notice(event, chat, sender, f"(makes you an admin of the group {update.promote.name or ''})")
    if not is_group(chat.id):
        return  # everything else is said in the group itself
    if update.info_change is not None:
        yield from _info_changed(event, update.info_change, chat, sender)
    if update.member_change is not None:
        yield from _members_changed(event, update.member_change, chat, names)
    if update.invite_response is not None and update.invite_response.approved:
        yield Joined(chat=chat, person=sender)
    if update.member_left_notification is not None:  # `member_left` says the same, to the admins
        yield Left(chat=chat, person=sender)
    if update.delete_content is not None:
        yield from _deleted(event, update.delete_content, chat, names, past)


def _info_changed(event: account.Event, change: InfoChange, chat: Chat, sender: Person) -> Iterator[AnyEvent]:
    match change.type:
        case kind if kind == NAME and change.name:
            yield Renamed(chat=Chat(id=chat.id, title=change.name, kind=chat.kind))
        case kind if kind == DISAPPEARING:
            yield Timer(chat=chat, sender=sender, seconds=change.expiry_seconds or 0)
        case kind if kind == AVATAR:
            yield _notice(event, chat, sender, "(changed the picture of the group)")
        case _:
            yield _notice(event, chat, sender, "(changed the group)")


def _members_changed(event: account.Event, change: MemberChange, chat: Chat, names: Names) -> Iterator[AnyEvent]:
    for member in change.members:
        if change.type == ADDED:
            yield Joined(chat=chat, person=names.person(member))
        elif change.type == REMOVED:
            yield Left(chat=chat, person=names.person(member))
    if change.type not in {ADDED, REMOVED}:
        raised = ", ".join(names.called(member) for member in change.members)
        yield _notice(event, chat, names.person(event.sender), f"(made admin of the group: {raised})")


def _deleted(
    event: account.Event, deletion: DeleteMemberContent, chat: Chat, names: Names, past: Past
) -> Iterator[AnyEvent]:
    """Without the signature of an admin it counts only for what the sender wrote: section 5.3."""
    found = [past.heard_as(chat.id, hash) for hash in deletion.hashes]
    for member in deletion.members:
        found += past.heard_of(chat.id, member)
    gone = {(one.author, one.sent_at): None for one in found if one is not None}
    for author, sent_at in gone:
        if deletion.signature or author == event.sender:
            message = message_id(author, sent_at)
            yield Deleted(chat=chat, sender=names.person(event.sender), message=message, own=event.mine)
