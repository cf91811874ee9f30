"""One contact on an old network, the owner on a new one, and the portal between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bridges.api import (
    Chat,
    Person,
)  # fmt: skip
from bridges.relay.model import Link, Mode, Options, Rule
from tests.patience import PATIENCE
from tests.relay.town import Town
from tests.relay.world import World, place

ME = Person(id="robin@new", name="Robin")
MAYA = Person(id="05maya", name="Maya")
T = TypeVar("T")


def run(body: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * PATIENCE):
            await body()

    asyncio.run(limited())


class Pair:
    """Maya on the old network, the owner on the new one, and the portal between them."""

    def __init__(
        self, folder: Path, *, options: Options | None = None, rule: Mode | None = None, control: str = "control",
        **new: object,
    ) -> None:  # fmt: skip
        self.old = Town("old", tells_own=True)
        self.new = Town("new", **new)  # type: ignore[arg-type]  # whatever a test says of it
        self.old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
        self.new.chat("portal"), self.new.chat("control")
        options = options or Options(most=0, most_alike=0)
        ends = (place(self.old, "maya"), place(self.new, "portal"))
        self.link = Link(name="maya", ends=ends, title="Maya", private=True, person=MAYA.id, options=options)
        rules = [Rule(source="old", target="new", mode=rule, options=options, chat="portal")] if rule else []
        self.world = World(
            folder, [self.old, self.new], links=[] if rule else [self.link], rules=rules,
            owners={"new": {ME.id}}, control=[place(self.new, control)],
        )  # fmt: skip

    def maya(self, text: str, **more: object) -> str:
        return self.old.says("maya", text, MAYA, **more)

    def owner(self, text: str, chat: str = "portal", **more: object) -> str:
        return self.new.says(chat, text, ME, **more)

    def notices(self) -> list[str]:
        return self.new.texts("control")
