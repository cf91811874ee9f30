"""What was said before a portal was there: as it was said, by whom and when, and no news to anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridges.api import Can, Chat, MarkRead, Person, Posted, Receipt
from bridges.relay.model import Mode, Options, Place, Rule
from tests.relay.pair import MAYA, ME, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, settled, until

BEGAN = 1_600_000_000_000
WHEN = "[2020-09-13 12:26] "
PUPPETS = EVERYTHING | {Can.OWNER}


class Past:
    """Maya and the owner have written in turns on the old network; the last they said was to disappear."""

    def __init__(self, folder: Path, can: frozenset[Can], *, count: int = 10) -> None:
        self.old, self.new = Town("old"), Town("new", can=can)
        self.chat = self.old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
        options = Options(history=count, receipts=True)
        rule = Rule(source="old", target="new", mode=Mode.CHATS, options=options)
        self.world = World(folder, [self.old, self.new], rules=[rule], owners={"new": {ME.id}}, history=self._history)

    async def _history(self, _where: Place, count: int) -> AsyncIterator[Posted]:
        said = [
            Posted(chat=self.chat, sender=MAYA, id="h1", sent_at=BEGAN, text="tea?"),
            Posted(chat=self.chat, sender=Person(id="05me"), id="h2", sent_at=BEGAN + 1, text="yes", own=True),
            Posted(chat=self.chat, sender=MAYA, id="h3", sent_at=BEGAN + 2, text="now?"),
            Posted(chat=self.chat, sender=MAYA, id="h4", sent_at=BEGAN + 3, text="burn this", expires=60),
        ]
        for one in said[-count:]:
            yield one

    async def begin(self, count: int) -> None:
        self.old.says("maya", "hello again", MAYA)
        await until(lambda: len(self.new.posts()) == count)
        await settled()


@pytest.mark.parametrize(
    ("can", "shown"),
    [
        (PUPPETS, ["tea?", "yes", "now?", "hello again"]),
        (EVERYTHING, ["tea?", "You: yes", "now?", "hello again"]),
        (EVERYTHING - {Can.TRUE_TIMES}, [f"{WHEN}tea?", f"{WHEN}You: yes", f"{WHEN}now?", "hello again"]),
    ],
)
def test_both_sides_of_a_history_have_the_time_at_which_they_were_said(
    tmp_path: Path, can: frozenset[Can], shown: list[str]
) -> None:
    async def body() -> None:
        here = Past(tmp_path, can)
        async with here.world.running():
            await here.begin(4)
        posts = here.new.posts()
        assert [post.text for post in posts] == shown, "what was to disappear does not come back"
        times = [BEGAN, BEGAN + 1, BEGAN + 2, None] if Can.TRUE_TIMES in can else [None] * 4
        assert [post.sent_at for post in posts] == times
        assert [post.as_owner for post in posts] == [False, Can.OWNER in can, False, False]

    run(body)


def test_a_history_is_read_already_and_reading_it_tells_nobody(tmp_path: Path) -> None:
    async def body() -> None:
        here = Past(tmp_path, PUPPETS)
        async with here.world.running():
            await here.begin(4)
            copies = [here.new.keys[post.key].ids[0] for post in here.new.posts()]
            (read,) = here.new.actions(MarkRead)
            assert isinstance(read, MarkRead)
            assert (read.message.id, read.as_owner) == (copies[2], True), "up to the last of it, and no further"
            portal = here.new.chats["portal 05maya"]
            here.new.happens(Receipt(chat=portal, sender=ME, messages=tuple(copies[:3]), read=True))
            await settled()
            assert here.old.acts == []
            here.new.happens(Receipt(chat=portal, sender=ME, messages=(copies[3],), read=True))
            await until(lambda: len(here.old.actions(MarkRead)) == 1)

    run(body)


def test_a_history_is_as_long_as_was_asked_for_and_comes_into_a_new_chat_only(tmp_path: Path) -> None:
    async def body() -> None:
        here = Past(tmp_path, EVERYTHING, count=2)
        async with here.world.running():
            await here.begin(2)
            assert here.new.texts() == ["now?", "hello again"]
            here.new.gone.add("portal 05maya")
            here.old.says("maya", "and again", MAYA)
            await until(lambda: here.new.texts("portal 05maya'") == ["and again"])
            await settled()
        assert len(here.new.posts()) == 3, "what was said before is in the chat before"

    run(body)
