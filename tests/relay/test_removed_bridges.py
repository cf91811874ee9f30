"""A bridge that takes no part any more: what it made stands in nobody's way, and nothing that waits for it is lost."""

from __future__ import annotations

from pathlib import Path

from bridges.api import Delete, Deleted, State
from bridges.relay.model import Mode, Options, Rule
from bridges.relay.status import snapshot
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import Town
from tests.relay.world import World, place, settled, until

OPTIONS = Options(most=0, most_alike=0)


def to(target: str) -> Rule:
    return Rule(source="old", target=target, mode=Mode.CHATS, options=OPTIONS)


def moved(pair: Pair, *towns: Town) -> World:
    """The same store, with the old network and these."""
    control = [place(town, "control") for town in towns]
    owners = {town.about.name: {ME.id} for town in towns}
    rules = [to(town.about.name) for town in towns]
    return World(pair.world.folder, [pair.old, *towns], rules=rules, owners=owners, control=control)


async def cut_off(pair: Pair) -> tuple[str, str]:
    """A chat is made on the new network, and something waits for it when that is gone."""
    async with pair.world.running():
        first = pair.maya("one")
        await until(lambda: pair.new.texts("portal 05maya") == ["one"])
        pair.new.seats[0].change(State.INTERRUPTED)
        waits = pair.maya("two")
        await settled()
    return first, waits


def test_a_contact_gets_a_chat_elsewhere_though_the_network_of_their_first_one_was_removed(tmp_path: Path) -> None:
    async def body() -> None:
        pair, third = Pair(tmp_path, rule=Mode.CHATS), Town("third")
        third.chat("control")
        await cut_off(pair)
        async with moved(pair, third).running():
            pair.maya("three")
            await until(third.texts)
            third.says("portal 05maya", "and back", ME)
            await until(lambda: pair.old.texts("maya") == ["and back"])
        assert third.texts() == ["three"], "and no word of a bridge that is not there"

    run(body)


def test_what_waited_for_a_removed_bridge_comes_in_order_when_it_is_added_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair, third = Pair(tmp_path, rule=Mode.CHATS), Town("third")
        third.chat("control")
        first, waits = await cut_off(pair)
        chat = pair.old.chats["maya"]
        async with moved(pair, third).running() as relay:
            pair.maya("three")
            await until(third.texts)
            pair.old.happens(Deleted(chat=chat, sender=MAYA, message=first))
            pair.old.happens(Deleted(chat=chat, sender=MAYA, message=waits))
            pair.maya("four")
            await until(lambda: third.texts() == ["three", "four"])
            snapshot(relay.store, relay.bridges)
        async with moved(pair, pair.new, third).running():
            await until(lambda: pair.new.texts("portal 05maya")[-1] == "four")
        assert pair.new.texts("portal 05maya") == ["one", "three", "four"], "what was taken back meanwhile never comes"
        assert len(pair.new.actions(Delete)) == 1, "and what was there is taken back"
        assert third.texts() == ["three", "four"]

    run(body)
