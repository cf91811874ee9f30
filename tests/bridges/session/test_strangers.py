"""Somebody whom the owner does not know writes: asked about once, held back, and let in with everything."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bridges.api import Accept, Asked, Chat, Person, Post, Posted, React, Reference
from bridges.contract import Seat
from bridges.contract.world import says
from migrate.session.content import REACT, Content, DataMessage, Reaction
from migrate.session.envelope import open_message
from migrate.session.keys import AccountKeys
from tests.bridges.session.friend import HandFriend, Phone, this_moment
from tests.bridges.session.world import SessionWorld, direct


def stranger_of(world: SessionWorld) -> HandFriend:
    stranger = HandFriend(world.standin, AccountKeys(os.urandom(32)), world.me)
    stranger.name = "Sam"
    return stranger


async def settled(seat: Seat, world: SessionWorld, text: str) -> None:
    """Wait until everything that came so far was looked at."""
    await world.friend.do(Post(key=text, text=text))
    await seat.saw(Posted, says(text))


def texts(seat: Seat, stranger: HandFriend) -> list[str]:
    return [event.text for event in seat.events if isinstance(event, Posted) and event.sender.id == stranger.id]


def accepted(world: SessionWorld, stranger: HandFriend) -> int:
    """How often the stranger was told that they may write."""
    shelf = world.standin.within(lambda: list(world.standin.shelves.of(stranger.id, this_moment()).values()))
    return sum(open_message(one.data, stranger.keys).content.request_response is not None for one in shelf)


def test_a_stranger_is_asked_about_once_and_comes_through_when_let_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            stranger = stranger_of(world)
            first = await stranger.do(Post(key="1", text="Hello?"))
            asked = await seat.saw(Asked)
            assert (asked.chat, asked.text) == (Chat(id=stranger.id, title="Sam", person=stranger.id), "Hello?")
            assert asked.person == Person(id=stranger.id, name="Sam")
            reaction = Reaction(sent_at=int(first.partition(":")[0]), author=stranger.id, emoji="👋", action=REACT)
            stranger.store(Content(data=DataMessage(reaction=reaction)))
            await stranger.do(Post(key="2", text="Anybody?"))
            await settled(seat, world, "meanwhile")
            assert texts(seat, stranger) == []
            assert accepted(world, stranger) == 0
            assert stranger.id in {chat.id async for chat in seat.bridge.chats()}

            await seat.bridge.send(stranger.id, Accept(key="accept"))
            assert (await seat.saw(Posted, says("Hello?"))).id == first
            await seat.saw(Posted, says("Anybody?"))
            assert accepted(world, stranger) == 1
            await stranger.do(Post(key="3", text="Thank you"))
            await seat.saw(Posted, says("Thank you"))
            assert texts(seat, stranger) == ["Hello?", "Anybody?", "Thank you"]
            assert len([event for event in seat.events if isinstance(event, Asked)]) == 1

    asyncio.run(story())


def test_an_answer_lets_a_stranger_in_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            stranger = stranger_of(world)
            id = await stranger.do(Post(key="1", text="Is that you?"))
            await seat.saw(Asked)
            message = Reference(id=id, author=stranger.id)
            await seat.bridge.send(stranger.id, React(key="yes", message=message, emoji="👍"))
            await seat.saw(Posted, says("Is that you?"))
            assert accepted(world, stranger) == 1

    asyncio.run(story())


def test_who_waits_is_still_there_after_a_restart_and_when_the_network_has_forgotten(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            stranger = stranger_of(world)
            async with Seat(world) as seat:
                await stranger.do(Post(key="1", text="Waiting"))
                await seat.saw(Asked)
                await seat.saw_cursor()
            world.standin.within(lambda: world.standin.shelves.accounts.get(world.me, {}).clear())
            world.has_contacts(world.chat, n="Friend", a=1, A=1)
            async with Seat(world, seat.cursor) as later:
                assert not [event for event in later.events if isinstance(event, Asked | Posted)]
                await later.bridge.send(stranger.id, Accept(key="accept"))
                await later.saw(Posted, says("Waiting"))
                assert not [event for event in later.events if isinstance(event, Asked)]
                cursor = seat.cursor
            async with Seat(world, later.cursor) as last:
                await settled(last, world, "after all")
                assert texts(last, stranger) == []
            async with Seat(world, cursor) as again:  # whoever did not store what came is told again
                await again.saw(Posted, says("Waiting"))

    asyncio.run(story())


def test_who_did_not_store_that_somebody_asked_is_asked_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            stranger = stranger_of(world)
            async with Seat(world) as seat:
                await settled(seat, world, "before")
                before = seat.cursor
                await stranger.do(Post(key="1", text="Hello"))
                await seat.saw(Asked)
            async with Seat(world, before) as again:
                await again.saw(Asked)

    asyncio.run(story())


def test_a_yes_on_the_phone_and_a_message_from_there_let_in_as_well(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            one, other = stranger_of(world), stranger_of(world)
            await one.do(Post(key="1", text="from one"))
            await other.do(Post(key="1", text="from another"))
            for _ in range(2):
                await seat.saw(Asked)
            world.has_contacts(world.chat, one.id, n="Friend", a=1, A=1)
            await seat.saw(Posted, says("from one"))
            Phone(world.standin, world.keys).wrote(other.id, "hello other")
            own = await seat.saw(Posted, says("hello other"))
            assert (own.own, own.chat.id, own.sender.id) == (True, other.id, world.me)
            await seat.saw(Posted, says("from another"))

    asyncio.run(story())


def test_nothing_of_the_blocked_comes_through_even_if_it_waited(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            stranger = stranger_of(world)
            await stranger.do(Post(key="1", text="Buy this"))
            await seat.saw(Asked)
            world.has_contacts_of({world.chat: {"a": 1, "A": 1}, stranger.id: {"a": 1, "b": 1}})
            await stranger.do(Post(key="2", text="Buy that"))
            await settled(seat, world, "peace")
            assert texts(seat, stranger) == []
            assert stranger.id not in {chat.id async for chat in seat.bridge.chats()}

    asyncio.run(story())


def test_a_request_that_lay_there_before_the_first_start_is_asked_about(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            stranger = stranger_of(world)
            await stranger.do(Post(key="1", text="Since last week"))
            await world.friend.do(Post(key="1", text="old news"))
            async with Seat(world) as seat:
                assert (await seat.saw(Asked)).text == "Since last week"
                await settled(seat, world, "fresh")
                assert not [event for event in seat.events if isinstance(event, Posted) and event.text == "old news"]

    asyncio.run(story())
