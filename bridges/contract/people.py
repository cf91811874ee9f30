"""Contacts: whoever they are and however they are called, they have a name, a chat, an invitation."""

from __future__ import annotations

from ..api import Can, Joined, Person, Post, Posted
from .abilities import MAYA, needs
from .world import Seat, World, says

ODD_NAMES = ("👍", "🇩🇪", "x" * 10_000, "", "\u202eeci lA", "a/b@c", "..", "<b>", "Ünï\n\tx", "\x00\x07")


@needs(Can.PERSONAS)
async def writes_in_the_name_of_others(world: World) -> None:
    async with Seat(world) as seat:
        await seat.bridge.send(world.chat, Post(key="persona", text="it is me", persona=MAYA))
        there = await world.friend.saw(Posted, says("it is me"), world.patience)
        assert "Maya" in there.sender.name


@needs(Can.MAKE_CHATS)
async def makes_a_chat_for_one_contact(world: World) -> None:
    """Under any name, the same one when asked again, and one can write in it."""
    async with Seat(world) as seat:
        for number, name in enumerate(ODD_NAMES):
            person = Person(id=f"05{number:064x}", name=name)
            chat = await seat.bridge.open_chat(name, person)
            assert (await seat.bridge.open_chat(name, person)).id == chat.id
            await seat.bridge.send(chat.id, Post(key=f"made-{number}", text=f"made {number}"))
            await world.friend.saw(Posted, says(f"made {number}"), world.patience)
            await seat.bridge.dress_chat(chat.id, f"{name} (Session)", None)


@needs(Can.MAKE_CHATS, Can.GROUPS)
async def makes_a_chat_for_each_of_two_groups_of_one_name(world: World) -> None:
    """Each gets its own again when it is asked for, whatever it is called by then."""
    async with Seat(world) as seat:
        made = [(await seat.bridge.open_chat("Family", whose=f"session {group}")).id for group in ("03one", "03two")]
        assert len(set(made)) == 2, "What is said to one of them would get to the other."
        again = [(await seat.bridge.open_chat("Kin", whose=f"session {group}")).id for group in ("03one", "03two")]
        assert again == made


async def understands_any_name(world: World) -> None:
    """Whatever the friend calls themselves, their messages come through."""
    async with Seat(world) as seat:
        for number, name in enumerate(ODD_NAMES):
            await world.friend.rename(name)
            await world.friend.do(Post(key=f"named-{number}", text=f"named {number}"))
            here = await seat.saw(Posted, says(f"named {number}"))
            assert here.sender.id


@needs(Can.INVITATIONS)
async def knows_who_came_by_which_invitation(world: World) -> None:
    async with Seat(world) as seat:
        first = await seat.bridge.invite(MAYA)
        second = await seat.bridge.invite(Person(id="05" + "cd" * 32, name="Noor"))
        assert first.id != second.id
        assert first.link != second.link
        await world.friend.use(second.link)
        await seat.saw(Joined, lambda event: event.invitation == second.id)
        await seat.bridge.withdraw(first.id)


CHECKS = (
    writes_in_the_name_of_others,
    makes_a_chat_for_one_contact,
    makes_a_chat_for_each_of_two_groups_of_one_name,
    understands_any_name,
    knows_who_came_by_which_invitation,
)
