"""Whom and what the owner means in the chat with the relay: names that several have, and words that are mistyped."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from bridges.api import Accept, Asked, Chat, Person
from bridges.relay import control
from bridges.relay.model import Mode
from tests.relay.pair import Pair, run
from tests.relay.world import settled, until


class Several:
    """A portal for each contact by a rule, and somebody who asks the relay: who they are, by their ids."""

    def __init__(self, folder: Path, **titles: str) -> None:
        self.pair = Pair(folder, rule=Mode.CHATS)
        self.pair.old.chats.clear()
        for id, title in titles.items():
            self.pair.old.chats[id] = Chat(id=id, title=title, person=id)

    async def write(self) -> None:
        for chat in self.pair.old.chats.values():
            self.pair.old.says(chat.id, "hi")
        await until(lambda: len(self.pair.new.posts()) == len(self.pair.old.chats))

    async def ask(self, text: str) -> str:
        count = len(self.pair.notices())
        self.pair.owner(text, "control")
        await until(lambda: len(self.pair.notices()) > count)
        return self.pair.notices()[-1].removeprefix("(").removesuffix(")")


def test_one_of_two_contacts_of_one_name_is_meant_by_the_line_that_the_relay_shows(tmp_path: Path) -> None:
    async def body() -> None:
        here = Several(tmp_path, a05maratwo5555555="Mara", a05maraone="mara", a05lind="Mara Lind")
        async with here.pair.world.running() as relay:
            await here.write()
            question, *lines = (await here.ask("pause MARA")).splitlines()
            assert (question, sorted(lines)) == ("Which of them?", ["Mara (a05m…5555)", "mara (a05maraone)"])
            assert set(lines) <= {line.partition(": ")[0] for line in (await here.ask("list")).splitlines()}
            said = await here.ask("pause Mara (a05m…5555)")
            assert said == "Mara (a05m…5555) stands still. What comes is kept; `resume Mara (a05m…5555)` lets it go on."
            assert [name for name, _ in relay.store.portals.stops] == ["old a05maratwo5555555"]
            assert "Mara (a05m…5555): stopped" in await here.ask("status")
            assert await here.ask("resume Mara (a05m…5555)") == "Mara (a05m…5555) goes on."
            assert (await here.ask('pause "mara lind"')).startswith("Mara Lind stands still"), (
                "a whole name comes first"
            )
            assert await here.ask("unlink mara (a05maraone) really") == (
                "mara (a05maraone) is relayed no more. `start mara (a05maraone)` begins again."
            )
            assert (await here.ask("pause mara")).startswith("Mara stands still"), "there is but one left"
            assert "is being made" in await here.ask("start mara (a05maraone)")

    run(body)


def test_a_mistyped_word_is_answered_in_a_line_and_what_is_done_elsewhere_with_where(tmp_path: Path) -> None:
    async def body() -> None:
        here = Several(tmp_path, maya="Maya")
        async with here.pair.world.running():
            assert await here.ask("pasue Maya") == (
                "There is no command pasue. Did you mean `pause`? `help` shows them all."
            )
            for word, where in {
                "mute Maya": "pause NAME", "login": "decamp bridge setup", "logout": "decamp relay remove",
                "add matrix": "decamp relay add", "doctor": "decamp relay doctor", "export": "decamp export",
                "set old-new receipts on": "`decamp relay set old-new receipts on` at a terminal",
                "start Nobody": "`contacts` shows who is",
            }.items():  # fmt: skip
                assert where in await here.ask(word)
                assert "There is no command" not in here.pair.notices()[-1]

    run(body)


def test_no_list_ends_without_a_word_of_what_it_leaves_out(tmp_path: Path) -> None:
    async def body() -> None:
        here = Several(tmp_path, **{f"a05{number:02}": "Mara" for number in range(control.MOST + 3)})
        async with here.pair.world.running():
            await here.write()
            for number in range(control.MOST + 3):
                eve = Person(id=f"e{number}", name="Eve")
                here.pair.old.happens(Asked(chat=Chat(id=eve.id, title="Eve"), person=eve))
            await settled()
            for text in ("pause mara", "start mara", "contacts", "list", "accept"):
                assert (await here.ask(text)).endswith("and 3 more"), text
            assert (await here.ask("pause old-new")).startswith("old-new stands still")
            assert "Mara" not in await here.ask("status"), "those that stand still with their rule are not listed"

    run(body)


def test_a_stranger_who_calls_themselves_by_a_number_is_not_let_in_for_another(tmp_path: Path) -> None:
    async def body() -> None:
        here = Several(tmp_path, maya="Maya")
        for id, name in (("eve", "2"), ("noor", "Noor"), ("other", "Noor"), ("paul", "Paul")):
            here.pair.old.chats[id] = Chat(id=id, title=name, person=id)
        async with here.pair.world.running():
            for id in ("eve", "noor", "other", "paul"):
                chat = here.pair.old.chats[id]
                here.pair.old.happens(Asked(chat=chat, person=Person(id=id, name=chat.title)))
            await until(lambda: len(here.pair.notices()) == 4)
            assert await here.ask("accept") == "Which of them?\n1: 2\n2: Noor\n3: Noor\n4: Paul"
            assert await here.ask("accept Noor") == "Which of them?\n2: Noor\n3: Noor"
            assert await here.ask("accept #2") == "Noor may write to you now."
            assert await here.ask("accept Paul") == "Paul may write to you now."
            assert "Nobody with that number waits." in await here.ask("accept 2"), "and nobody by what they are called"
            await until(lambda: len(here.pair.old.actions(Accept)) == 2)
            assert [chat for chat, act in here.pair.old.acts if isinstance(act, Accept)] == ["noor", "paul"]

    run(body)


def test_a_link_that_its_owner_named_is_called_so_and_found_by_the_name_of_its_chat_too(tmp_path: Path) -> None:
    async def body() -> None:
        here = Several(tmp_path, maya="Maya")
        named = replace(here.pair.link, name="my move")
        here.pair.world._links, here.pair.world._rules = [named], []
        async with here.pair.world.running():
            assert await here.ask("list") == "my move: old ↔ new"
            assert (await here.ask("pause maya")).startswith("my move stands still")
            assert await here.ask("resume my move") == "my move goes on."

    run(body)
