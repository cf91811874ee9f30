"""What is done to a message that is there: it is answered, edited, deleted, reacted to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..api import Can, Delete, Deleted, Edit, Edited, Event, Post, Posted, React, Reacted, Reference
from .abilities import needs
from .world import Seat, World, says


async def say(seat: Seat, text: str) -> tuple[Reference, Reference]:
    """Post a text, and return how the bridge and how the friend refer to it."""
    sent = await seat.bridge.send(seat.world.chat, Post(key=f"said {text}", text=text))
    there = await seat.world.friend.saw(Posted, says(text), seat.world.patience)
    assert sent.id is not None
    me = seat.bridge.me.id
    ours = Reference(id=sent.id, author=me, sent_at=sent.sent_at, text=text)
    return ours, _reference(there)


async def hear(seat: Seat, text: str) -> tuple[Reference, Reference]:
    """Let the friend post a text, and return how the bridge and how the friend refer to it."""
    theirs = await seat.world.friend.do(Post(key=f"heard {text}", text=text))
    here = await seat.saw(Posted, says(text))
    return _reference(here), Reference(id=theirs, sent_at=here.sent_at, text=text)


def _reference(event: Posted) -> Reference:
    return Reference(id=event.id, author=event.sender.id, sent_at=event.sent_at, text=event.text)


def _means(reference: Reference | None, wanted: Reference) -> bool:
    return reference is not None and reference.id == wanted.id


@needs(Can.REPLIES)
async def carries_replies(world: World) -> None:
    async with Seat(world) as seat:
        heard, heard_there = await hear(seat, "shall we?")
        await seat.bridge.send(world.chat, Post(key="reply", text="we shall", reply_to=heard))
        there = await world.friend.saw(Posted, says("we shall"), world.patience)
        assert _means(there.reply_to, heard_there)
        said, said_there = await say(seat, "when?")
        await world.friend.do(Post(key="reply-back", text="now", reply_to=said_there))
        here = await seat.saw(Posted, says("now"))
        assert _means(here.reply_to, said)


@needs(Can.EDITS)
async def carries_edits(world: World) -> None:
    async with Seat(world) as seat:
        said, said_there = await say(seat, "helo")
        await seat.bridge.send(world.chat, Edit(key="edit", message=said, text="hello"))
        there = await world.friend.saw(Edited, says("hello"), world.patience)
        assert there.message == said_there.id
        heard, heard_there = await hear(seat, "wrld")
        await world.friend.do(Edit(key="edit-back", message=heard_there, text="world"))
        here = await seat.saw(Edited, says("world"))
        assert here.message == heard.id


@needs(Can.DELETES)
async def carries_deletions(world: World) -> None:
    async with Seat(world) as seat:
        said, said_there = await say(seat, "forget this")
        await seat.bridge.send(world.chat, Delete(key="delete", message=said))
        await world.friend.saw(Deleted, lambda event: event.message == said_there.id, world.patience)
        heard, heard_there = await hear(seat, "and this")
        await world.friend.do(Delete(key="delete-back", message=heard_there))
        await seat.saw(Deleted, lambda event: event.message == heard.id)


@needs(Can.REACTIONS)
async def carries_reactions(world: World) -> None:
    """Added and removed, in both directions. A removal may be a deletion of the reaction by its id."""
    emoji = min(world.bridge.about.limits.reactions or {"👍"})
    async with Seat(world) as seat:
        heard, heard_there = await hear(seat, "cake?")
        sent = await seat.bridge.send(world.chat, React(key="react", message=heard, emoji=emoji, all=(emoji,)))
        there = await world.friend.saw(Reacted, lambda event: emoji in event.emojis, world.patience)
        assert there.message == heard_there.id
        removal = React(key="unreact", message=heard, emoji=emoji, add=False, sent_as=sent.id)
        await seat.bridge.send(world.chat, removal)
        await _removed(world.friend.saw, there, world.patience)
        said, said_there = await say(seat, "tea?")
        theirs = await world.friend.do(React(key="r", message=said_there, emoji=emoji, all=(emoji,)))
        here = await seat.saw(Reacted, lambda event: emoji in event.emojis)
        assert here.message == said.id
        await world.friend.do(React(key="u", message=said_there, emoji=emoji, add=False, sent_as=theirs))
        await _removed(seat.saw, here, world.patience)


async def _removed(saw: Callable[..., Awaitable[object]], reaction: Reacted, patience: float) -> None:
    def is_removal(event: object) -> bool:
        match event:
            case Deleted(message=message):
                return message == reaction.id
            case Reacted(change=change, emojis=emojis, message=message):
                gone = change is Reacted.Change.REMOVED or (change is Reacted.Change.ALL and not emojis)
                return gone and message == reaction.message
            case _:
                return False

    await saw(Event, is_removal, patience)


CHECKS = (
    carries_replies,
    carries_edits,
    carries_deletions,
    carries_reactions,
)
