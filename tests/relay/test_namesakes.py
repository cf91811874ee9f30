"""People and groups that are called the same: nothing meant for one gets to the other, and one can tell them apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.api import Chat, ChatKind, Person, Renamed
from bridges.relay.model import Mode, Place, Rule
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import Town
from tests.relay.world import World, settled, until

NOOR = Person(id="05noor5678901234", name="Noor")
OTHER = Person(id="05another1234567", name="Maya")


class Families:
    """Two groups called Family, on a network that finds the chat for a group by its title."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.old, self.new = Town("old"), Town("new")
        for id in ("03one", "03two"):
            self.old.chats[id] = Chat(id=id, title="Family", kind=ChatKind.GROUP)
        rule = Rule(source="old", target="new", mode=Mode.CHATS, groups=True)
        self.world = World(folder, [self.old, self.new], rules=[rule], owners={"new": {ME.id}})


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_said_to_one_of_two_groups_of_one_name_never_gets_to_the_other(tmp_path: Path, at_once: bool) -> None:
    async def body() -> None:
        here = Families(tmp_path)
        async with here.world.running():
            here.old.says("03one", "from the first", MAYA)
            if not at_once:
                await until(lambda: len(here.new.posts()) == 1)
            here.old.says("03two", "from the second", NOOR)
            await until(lambda: len(here.new.posts()) == 2)
            first, second = (
                next(chat for chat, post in here.new.acts if name in f"{post}") for name in ("first", "second")
            )
            assert first != second
            here.new.says(first, "to the first", ME)
            here.new.says(second, "to the second", ME)
            await until(lambda: len(here.old.posts()) == 2)
            assert (here.old.texts("03one"), here.old.texts("03two")) == (["to the first"], ["to the second"])
            await until(lambda: {first, second} <= here.new.dressed.keys())
            await settled()
            titles = {here.new.dressed[chat][0] for chat in (first, second)}
            assert titles == {"Family (03one) (Old)", "Family (03two) (Old)"}

    run(body)


def test_groups_of_one_name_get_the_chats_again_that_they_had_before_the_disk_was_lost(tmp_path: Path) -> None:
    async def body() -> None:
        before, after = Families(tmp_path / "before"), Families(tmp_path / "after")
        after.old.chats, after.new.chats = before.old.chats, before.new.chats
        before.new.asks_whose = after.new.asks_whose = True
        async with before.world.running():
            for group, who in (("03one", MAYA), ("03two", NOOR)):
                before.old.says(group, f"to {group}", who)
            await until(lambda: len(before.new.posts()) == 2)
        async with after.world.running():
            for group, who in (("03two", NOOR), ("03one", MAYA)):
                after.old.says(group, f"to {group}", who)
            await until(lambda: len(after.new.posts()) == 2)
        chats = [
            {chat: post.text[-5:] for chat, post in one.new.acts if post in one.new.posts()} for one in (before, after)
        ]
        assert chats[0] == chats[1]
        assert len(chats[0]) == 2

    run(body)


def test_a_group_that_is_called_as_the_relay_itself_does_not_get_the_management_chat(tmp_path: Path) -> None:
    async def body() -> None:
        here = Families(tmp_path)
        here.new.chats["portal Family (Old)"] = Chat(id="portal Family (Old)", title="")
        here.world._control = [Place(bridge="new", chat="portal Family (Old)")]
        async with here.world.running():
            here.old.says("03one", "from the first", MAYA)
            await until(lambda: here.new.texts("portal Family (03one) (Old)") == ["Maya: from the first"])

    run(body)


def test_a_group_that_gets_the_name_that_another_had_gets_a_chat_of_its_own(tmp_path: Path) -> None:
    async def body() -> None:
        here = Families(tmp_path)
        here.old.chats["03two"] = Chat(id="03two", title="Work", kind=ChatKind.GROUP)
        async with here.world.running():
            here.old.says("03one", "from the first", MAYA)
            await until(lambda: len(here.new.posts()) == 1)
            renamed = Chat(id="03one", title="Relatives", kind=ChatKind.GROUP)
            here.old.happens(Renamed(chat=renamed))
            await until(lambda: "Relatives (Old)" in {title for title, _ in here.new.dressed.values()})
        async with here.world.running():
            here.old.chats["03one"] = renamed
            here.old.chats["03two"] = Chat(id="03two", title="Family", kind=ChatKind.GROUP)
            here.old.says("03two", "from the second", NOOR)
            await until(lambda: len(here.new.posts()) == 2)
        assert len({chat for chat, _ in here.new.acts}) == 2

    run(body)


def test_two_chats_of_contacts_with_one_name_can_be_told_apart_as_long_as_there_are_two(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.old.chats["other"] = Chat(id="other", title="Maya", person=OTHER.id)

        def titles() -> list[str]:
            return [pair.new.dressed.get(f"portal {one.id}", ("", None))[0] for one in (MAYA, OTHER)]

        async with pair.world.running():
            pair.maya("hi")
            await until(lambda: titles() == ["Maya (Old)", ""])
            pair.old.says("other", "hi", OTHER)
            await until(lambda: titles() == ["Maya (05maya) (Old)", "Maya (05an…4567) (Old)"])
            pair.old.happens(Renamed(chat=Chat(id="other", title="Maya Lind", person=OTHER.id)))
            await until(lambda: titles() == ["Maya (Old)", "Maya Lind (Old)"])

    run(body)


def test_two_members_of_a_group_with_one_name_are_told_apart_also_after_a_restart(tmp_path: Path) -> None:
    async def body() -> None:
        here = Families(tmp_path)
        shown, said = "portal Family (Old)", list[str]()

        async def says(who: Person, text: str) -> None:
            said.append(text)
            here.old.says("03one", text, who)
            await until(lambda: len(here.new.texts(shown)) == len(said))

        async with here.world.running():
            await says(MAYA, "it is me")
            await says(NOOR, "hello")
            await says(replace(OTHER, name="MAYA"), "no, me")
            await says(MAYA, "who is that?")
        async with here.world.running():
            await says(MAYA, "still me")
            await says(replace(OTHER, name="Eve"), "I go by another name now")
            await says(MAYA, "good")
        assert here.new.texts(shown) == [
            "Maya: it is me", "Noor: hello", "MAYA (05an…4567): no, me", "Maya (05maya): who is that?",
            "Maya (05maya): still me", "Eve: I go by another name now", "Maya: good",
        ]  # fmt: skip

    run(body)
