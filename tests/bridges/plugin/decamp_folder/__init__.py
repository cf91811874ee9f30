"""A bridge that somebody else could have written: each chat is a folder, each message a file in it.

With a folder that two machines share, two people can write to each other. docs/plugins.md walks through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from bridges.api import (
    About,
    AnyAction,
    AnyEvent,
    BadSetting,
    Bridge,
    Can,
    Changed,
    Chat,
    ChatKind,
    Desk,
    Health,
    Limits,
    NotNow,
    Person,
    Post,
    Posted,
    Refused,
    Sent,
    Setting,
    State,
)  # fmt: skip
from bridges.feed import Feed
from migrate.model import Network


class Letter(msgspec.Struct):
    """What is in the file of one message."""

    name: str
    text: str
    sent_at: int


class FolderBridge(Bridge):
    """One person who reads and writes in a shared folder."""

    about = About(
        name="folder",
        title="Shared folder",
        network=Network.WEB,
        summary="Chats are folders, messages are files.",
        settings=(
            Setting(name="place", help="The shared folder.", example="/srv/shared"),
            Setting(name="name", help="What you are called there.", example="robin"),
            Setting(name="pause", help="Seconds between two looks.", example="1", default="1"),
        ),
        can=frozenset({Can.IDEMPOTENT}),
        limits=Limits(text_characters=100_000),
    )

    def __init__(self) -> None:
        self._feed: Feed | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return Person(id=self._name, name=self._name)

    async def start(self, desk: Desk) -> None:
        self._place, self._name = Path(desk.settings["place"]), desk.settings["name"]
        if "--" in self._name or "/" in self._name or not self._name:
            raise BadSetting("A name here has no -- and no / in it.")
        self._desk, self._feed = desk, Feed(desk.now)
        self._since = desk.cursor if desk.cursor is not None else max(map(_order, self._letters()), default="")
        self._met: set[str] = set()  # two people may write in the same moment, and the later name be seen first
        self._last = 0
        self._feed.change(State.CONNECTING)
        self._feed.add(Changed(health=self.health, cursor=self._since))
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self._looking.cancel()
            self._feed.change(State.STOPPED)
            self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None
        return self._feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        for folder in sorted(self._place.iterdir()):
            if folder.is_dir():
                yield _chat(folder)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        folder = self._place / chat
        if not isinstance(action, Post) or "/" in chat or not folder.is_dir():
            raise Refused(f"There is no folder {chat}.")
        sent = [path for path in folder.iterdir() if path.stem.endswith(f"--{action.key}")]
        self._last = now = max(self._desk.now(), self._last + 1)  # no two letters of ours at the same time
        file = sent[0] if sent else folder / f"{now:015}--{self._name}--{action.key}.json"
        if not sent:
            draft = file.with_suffix(".part")
            try:
                draft.write_bytes(msgspec.json.encode(Letter(self._name, action.text, now)))
                draft.rename(file)
            except OSError as error:
                raise NotNow(f"The folder takes no letter: {error.strerror}.") from error
        return Sent(ids=(file.stem,), sent_at=now)

    async def _look(self) -> None:
        """Look for new letters, again and again; a folder that is away may come back."""
        assert self._feed is not None
        while True:
            try:
                for letter in sorted(self._letters(), key=_order):
                    if _order(letter) > self._since and _order(letter) not in self._met:
                        self._met.add(_order(letter))
                        self._yield(letter)
                self._feed.change(State.CONNECTED)
            except OSError as error:
                said = f"The folder cannot be read: {error.strerror}."
                self._feed.change(State.INTERRUPTED, said, "Look whether the folder is there.")
            await asyncio.sleep(float(self._desk.settings["pause"]))

    def _yield(self, file: Path) -> None:
        assert self._feed is not None
        author = file.stem.split("--")[1]
        if author == self._name:
            return
        try:
            letter = msgspec.json.decode(file.read_bytes(), type=Letter)
        except msgspec.DecodeError:
            letter = Letter(author, "(a letter that nobody can read)", self._desk.now())
        self._feed.add(
            Posted(
                chat=_chat(file.parent), sender=Person(id=author, name=letter.name), id=file.stem,
                sent_at=letter.sent_at, text=letter.text, cursor=max(self._met),
            )
        )  # fmt: skip

    def _letters(self) -> Iterator[Path]:
        return self._place.glob("*/*--*--*.json")


def _order(file: Path) -> str:
    return file.stem


def _chat(folder: Path) -> Chat:
    return Chat(id=folder.name, title=folder.name, kind=ChatKind.GROUP)
