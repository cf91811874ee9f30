"""What every bridge must do, whatever its network: connect, carry text, come back, stop, and keep quiet."""

from __future__ import annotations

import asyncio
import logging

from ..api import BadSetting, Can, Changed, NotNow, Post, Posted, State
from .world import Seat, World, says

TEXTS = (
    "plain",
    "two\nlines",
    "  blanks inside   and\ttabs",
    "<b>&amp; \"quotes\" 'and' \\backslashes</b>",
    "Grüße, 你好, שלום, 👩‍👩‍👧‍👦 🇩🇪",
    "\u202eright to left\u202c",
    "https://example.org/?a=1&b=2#c",
    "/me looks",
    "> not a quote",
    "!help",
)


async def connects_and_says_who_it_is(world: World) -> None:
    async with Seat(world) as seat:
        assert seat.bridge.me.id
        await seat.saw(Changed, lambda event: event.health.state is State.CONNECTED)
    assert seat.bridge.health.state is State.STOPPED


async def finds_the_chat_by_its_name(world: World) -> None:
    async with Seat(world) as seat:
        chats = {chat.id: chat async for chat in seat.bridge.chats()}
        assert chats[world.chat].title


async def carries_texts_as_they_are(world: World) -> None:
    async with Seat(world) as seat:
        for number, text in enumerate(TEXTS):
            sent = await seat.bridge.send(world.chat, Post(key=f"text-{number}", text=text))
            assert sent.id
            there = await world.friend.saw(Posted, says(text), world.patience)
            assert not there.notice
            await world.friend.do(Post(key=f"back-{number}", text=f"{text} too"))
            here = await seat.saw(Posted, says(f"{text} too"))
            assert here.chat.id == world.chat
            assert here.id
            assert not here.own
            assert abs(here.sent_at - world.desk().now()) < 5 * 60_000


async def keeps_the_order(world: World) -> None:
    async with Seat(world) as seat:
        for number in range(20):
            await seat.bridge.send(world.chat, Post(key=f"order-{number}", text=f"out {number}"))
            await world.friend.do(Post(key=f"order-back-{number}", text=f"in {number}"))
        for number in range(20):
            await world.friend.saw(Posted, says(f"out {number}"), world.patience)
            await seat.saw(Posted, says(f"in {number}"))
        came = [event.text for event in seat.events if isinstance(event, Posted) and event.text.startswith("in ")]
        assert came == [f"in {number}" for number in range(20)]


async def knows_nothing_of_its_own_echo(world: World) -> None:
    """What this run sent does not come back as news."""
    async with Seat(world) as seat:
        await seat.bridge.send(world.chat, Post(key="echo", text="who is there?"))
        await world.friend.saw(Posted, says("who is there?"), world.patience)
        await world.friend.do(Post(key="answer", text="it is me"))
        await seat.saw(Posted, says("it is me"))
        assert not [event for event in seat.events if isinstance(event, Posted) and event.text == "who is there?"]


async def gives_a_place_to_go_on_from_at_once(world: World) -> None:
    """Whoever starts it for the first time and is stopped before anybody spoke misses nothing that is said then."""
    async with Seat(world) as seat:
        await seat.saw_cursor()
    await world.friend.do(Post(key="between", text="between two runs"))
    async with Seat(world, seat.cursor) as later:
        await later.saw(Posted, says("between two runs"))


async def finds_what_came_while_it_was_away(world: World) -> None:
    """From the cursor on: nothing is missing, nothing comes again."""
    async with Seat(world) as seat:
        await world.friend.do(Post(key="early", text="early"))
        await seat.saw(Posted, says("early"))
        await seat.saw_cursor()
    for number in range(3):
        await world.friend.do(Post(key=f"away-{number}", text=f"away {number}"))
    async with Seat(world, seat.cursor) as later:
        for number in range(3):
            await later.saw(Posted, says(f"away {number}"))
        await world.friend.do(Post(key="late", text="late"))
        await later.saw(Posted, says("late"))
        came = [event.text for event in later.events if isinstance(event, Posted)]
        assert came == ["away 0", "away 1", "away 2", "late"]


async def shows_a_repeated_send_once(world: World) -> None:
    """With the same key, in the same run and in the next one."""
    if Can.IDEMPOTENT not in world.bridge.about.can:
        return
    action = Post(key="said-once", text="once")
    async with Seat(world) as seat:
        first = await seat.bridge.send(world.chat, action)
        again = await seat.bridge.send(world.chat, action)
        assert again.id == first.id
    async with Seat(world, seat.cursor) as later:
        assert (await later.bridge.send(world.chat, action)).id == first.id
        await later.bridge.send(world.chat, Post(key="said-after", text="after"))
        await world.friend.saw(Posted, says("once"), world.patience)
        await world.friend.saw(Posted, says("after"), world.patience)
        try:
            await world.friend.saw(Posted, says("once"), 0.5)
        except TimeoutError:
            return
        raise AssertionError("What was sent twice with one key is there twice.")


async def stops_and_leaves_nothing_behind(world: World) -> None:
    before = asyncio.all_tasks()
    seat = Seat(world)
    async with seat:
        pass
    await seat.bridge.stop()
    for _ in range(20):  # what was cancelled needs a moment to end
        left = asyncio.all_tasks() - before
        if not left:
            return
        await asyncio.wait(left, timeout=0.1)
    raise AssertionError(f"After it stopped there still runs: {left}")


async def says_when_it_is_not_let_in(world: World) -> None:
    """With the wrong password it stops trying, and says in words what to do."""
    if not world.has_wrong:
        return
    try:
        async with Seat(world, wrong=True, until=State.BAD_CREDENTIALS) as seat:
            health = seat.bridge.health
    except BadSetting as error:
        said = f"{error} {error.hint}"
    else:
        assert health.said
        assert health.todo
        said = f"{health.said} {health.todo}"
    assert not [secret for secret in world.secrets if secret in said]


async def comes_back_when_the_network_does(world: World) -> None:
    if not world.has_network:
        return
    async with Seat(world) as seat:
        await world.break_network()
        await seat.reaches(State.INTERRUPTED, State.CONNECTING, seconds=3 * world.patience)
        assert seat.bridge.health.said
        try:
            await seat.bridge.send(world.chat, Post(key="into-the-void", text="anybody?"))
        except NotNow:
            pass  # a network that takes messages without a connection sends them later
        await world.mend_network()
        await seat.reaches(State.CONNECTED, seconds=6 * world.patience)
        await seat.bridge.send(world.chat, Post(key="mended", text="here again"))
        await world.friend.saw(Posted, says("here again"), 6 * world.patience)


async def keeps_quiet_in_the_logs(world: World) -> None:
    """No text, no password, no token, whatever the level of logging."""
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.getMessage()} {record.exc_info}")

    ear, root = Ear(logging.DEBUG), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, Post(key="whisper", text="marker-4f1c9e"))
            await world.friend.do(Post(key="whisper-back", text="marker-b07d22"))
            await seat.saw(Posted, says("marker-b07d22"))
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
    for word in (*world.secrets, "marker-4f1c9e", "marker-b07d22"):
        assert not [line for line in said if word in line], "A secret is in the log."


CHECKS = (
    connects_and_says_who_it_is,
    finds_the_chat_by_its_name,
    carries_texts_as_they_are,
    keeps_the_order,
    knows_nothing_of_its_own_echo,
    gives_a_place_to_go_on_from_at_once,
    finds_what_came_while_it_was_away,
    shows_a_repeated_send_once,
    stops_and_leaves_nothing_behind,
    says_when_it_is_not_let_in,
    comes_back_when_the_network_does,
    keeps_quiet_in_the_logs,
)
