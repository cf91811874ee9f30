"""What only some networks can do: there are checks for those that declare it, and others refuse it by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from migrate.model import Handle, Network

from ..api import (
    Accept,
    AnyAction,
    Bridge,
    Can,
    CannotDo,
    Delete,
    Edit,
    MarkDelivered,
    MarkRead,
    Person,
    Post,
    React,
    Reference,
    SetTimer,
    SetTyping,
    Upload,
)  # fmt: skip
from .world import Seat, World

MAYA = Person(id="05" + "ab" * 32, name="Maya")

Body = Callable[[World], Awaitable[None]]


def needs(*cans: Can) -> Callable[[Body], Body]:
    """The check is for bridges that can do all of this."""

    def decorate(body: Body) -> Body:
        @wraps(body)
        async def checked(world: World) -> None:
            if set(cans) <= world.bridge.about.can:
                await body(world)

        return checked

    return decorate


async def refuses_by_name_what_it_cannot_do(world: World) -> None:
    async with Seat(world) as seat:
        for can, attempt in _attempts(seat.bridge, world.chat).items():
            if can in world.bridge.about.can:
                continue
            try:
                await attempt()
            except CannotDo as error:
                assert error.can is can or {can, error.can} == {Can.MOVED, Can.PROFILE}
                assert error.can.value in str(error)
            else:
                raise AssertionError(f"It does not say that it can do this, and does not refuse it: {can.value}")


def _attempts(bridge: Bridge, chat: str) -> dict[Can, Callable[[], Awaitable[object]]]:
    """Something that needs each ability and, as far as that can be, no other."""
    one = Reference(id="1", author="a", sent_at=1, text="x")
    file = Upload(path="/nonexistent", name="x", type="text/plain", size=1)
    posts: dict[Can, AnyAction] = {
        Can.FILES: Post(key="f", files=(file,)),
        Can.REPLIES: Post(key="r", text="x", reply_to=one),
        Can.EDITS: Edit(key="e", message=one, text="x"),
        Can.DELETES: Delete(key="d", message=one),
        Can.REACTIONS: React(key="re", message=one, emoji="👍"),
        Can.READ: MarkRead(key="m", message=one),
        Can.CONFIRMS: MarkDelivered(key="md", message=one),
        Can.TYPING: SetTyping(key="t", typing=True),
        Can.TIMERS: SetTimer(key="ti", seconds=60),
        Can.PERSONAS: Post(key="p", text="x", persona=MAYA),
        Can.OWNER: Post(key="o", text="x", as_owner=True),
        Can.TRUE_TIMES: Post(key="tt", text="x", sent_at=1),
        Can.REQUESTS: Accept(key="a"),
    }
    if Can.FILES in bridge.about.can:
        posts[Can.CAPTIONS] = Post(key="c", text="x", files=(file,))
        posts[Can.VOICE] = Post(key="v", files=(Upload(path="/x", name="x", type="audio/ogg", size=1, voice=True),))

    def sending(action: AnyAction) -> Callable[[], Awaitable[object]]:
        return lambda: bridge.send(chat, action)

    moved = Handle(network=Network.XMPP, address="xmpp:robin@example.org")
    return {can: sending(action) for can, action in posts.items()} | {
        Can.MAKE_CHATS: lambda: bridge.open_chat("x", MAYA),
        Can.GHOSTS: lambda: bridge.dress_person(MAYA, None),
        Can.INVITATIONS: lambda: bridge.invite(MAYA),
        Can.PROFILE: lambda: bridge.publish("x"),
        Can.MOVED: lambda: bridge.publish("x", [moved]),
    }


CHECKS = (refuses_by_name_what_it_cannot_do,)
