"""What is told beside messages: who types, what was read and has arrived, when messages disappear."""

from __future__ import annotations

from ..api import Can, MarkDelivered, MarkRead, Post, Posted, Receipt, Reference, SetTimer, SetTyping, Timer, Typing
from .abilities import needs
from .messages import hear, say
from .world import Seat, World, says


@needs(Can.TYPING)
async def shows_who_types(world: World) -> None:
    async with Seat(world) as seat:
        await say(seat, "wait")
        await seat.bridge.send(world.chat, SetTyping(key="typing", typing=True))
        await world.friend.saw(Typing, lambda event: event.typing, world.patience)
        for typing in (False, True, False, True):  # as programs do, again and again: no network keeps it for later
            await world.friend.do(SetTyping(key=f"typing-back {typing}", typing=typing))
            if typing and await seat.hears(Typing, lambda event: event.typing, 3):
                return
        raise AssertionError("Nobody tells that somebody types.")


@needs(Can.READ)
async def tells_what_was_read(world: World) -> None:
    async with Seat(world) as seat:
        heard, heard_there = await hear(seat, "read me")
        await seat.bridge.send(world.chat, MarkRead(key="read", message=heard))
        await world.friend.saw(Receipt, lambda event: event.read and heard_there.id in event.messages, world.patience)
        said, said_there = await say(seat, "and you me")
        await world.friend.do(MarkRead(key="read-back", message=said_there))
        await seat.saw(Receipt, lambda event: event.read and said.id in event.messages)


@needs(Can.DELIVERY)
async def tells_what_arrived(world: World) -> None:
    async with Seat(world) as seat:
        said, _ = await say(seat, "did it come?")
        await seat.saw(Receipt, lambda event: not event.read and said.id in event.messages)


@needs(Can.CONFIRMS)
async def tells_of_what_came_only_when_told_to(world: World) -> None:
    async with Seat(world) as seat:
        for text in ("one", "two"):
            await world.friend.do(Post(key=text, text=text))
            heard = await seat.saw(Posted, says(text))
        assert heard.confirm is not None
        await seat.bridge.send(world.chat, MarkDelivered(key="came", message=Reference(id=heard.confirm)))
        first = await world.friend.saw(Receipt, lambda event: not event.read, world.patience)
        assert first.messages == (heard.confirm,), "It says so by itself."


@needs(Can.TIMERS)
async def carries_timers(world: World) -> None:
    async with Seat(world) as seat:
        await say(seat, "soon gone")
        await seat.bridge.send(world.chat, SetTimer(key="timer", seconds=3600))
        await world.friend.saw(Timer, lambda event: event.seconds == 3600, world.patience)
        await world.friend.do(SetTimer(key="timer-back", seconds=86400))
        await seat.saw(Timer, lambda event: event.seconds == 86400)


CHECKS = (
    shows_who_types,
    tells_what_was_read,
    tells_what_arrived,
    tells_of_what_came_only_when_told_to,
    carries_timers,
)
