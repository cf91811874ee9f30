"""Two networks made of folders, on which decamp has an account each, and people who write there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "tests" / "bridges" / "plugin" / "decamp_folder"
MARKER = "MARKER-of-a-text-that-nobody-else-may-see"
SHELF = """
import asyncio
import msgspec
from bridges.api import Can, Chat, ChatKind, Refused, Setting, SettingKind, State
from decamp_folder import FolderBridge

SECRET = Setting(name="password", help="Its password.", example="(unseen)", kind=SettingKind.SECRET, default="")

class ShelfBridge(FolderBridge):
    about = msgspec.structs.replace(
        FolderBridge.about, name="shelf", title="Shelf", settings=(*FolderBridge.about.settings, SECRET)
    )

    async def start(self, desk):
        await super().start(desk)
        lock, knocks = self._place / "lock", self._place / "knocks"
        if lock.exists():
            knocks.write_text((knocks.read_text() if knocks.exists() else "") + "knock\\n")
            if lock.read_text() != desk.settings["password"]:
                self._looking.cancel()
                self._feed.change(State.BAD_CREDENTIALS, "The password is wrong.", "Run: decamp bridge setup shelf")

class StubbornBridge(FolderBridge):
    about = msgspec.structs.replace(FolderBridge.about, name="stubborn", title="Stubborn")

    async def stop(self):
        await asyncio.Event().wait()

class HotelBridge(FolderBridge):
    about = msgspec.structs.replace(
        FolderBridge.about, name="hotel", title="Hotel", can=FolderBridge.about.can | {Can.MAKE_CHATS},
        settings=(*FolderBridge.about.settings, Setting(name="owner", help="You.", example="robin", default="")),
    )

    async def chats(self):
        async for chat in super().chats():
            if chat.id.startswith("with "):
                chat = msgspec.structs.replace(chat, kind=ChatKind.DIRECT, person=chat.id[5:])
            yield chat

    async def try_chats(self):
        if (self._place / "full").exists():
            raise Refused("The hotel is full.", "Come back later.")

    async def open_chat(self, title, person=None, picture=None, *, whose=None):
        (self._place / title).mkdir(exist_ok=True)
        return Chat(id=title, title=title, kind=ChatKind.GROUP)
"""
ENTRIES = """[decamp.bridges]
folder = decamp_folder:FolderBridge
shelf = decamp_shelf:ShelfBridge
stubborn = decamp_shelf:StubbornBridge
hotel = decamp_shelf:HotelBridge
broken = no_such_module:Bridge
"""


def plug_in(folder: Path) -> Path:
    """Where bridges of somebody else are installed: three that work, one that never stops, one that does not load.

    The shelf may have a lock, which is a file with the password, and counts who knocks.
    """
    shutil.copytree(PLUGIN, folder / "decamp_folder", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "decamp_shelf.py").write_text(SHELF)
    info = folder / "decamp_town-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: decamp-town\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    return folder


class Town:
    """The old network and the new one, with chats by name."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder, self.environ = folder, environ
        self.home = Path(environ["DECAMP_HOME"])
        for chat in ("old/kitchen", "old/club", "new/room", "new/attic", "inn"):
            (folder / chat).mkdir(parents=True)

    def set_up(self, *names: str) -> None:
        """Make accounts on these bridges, as `decamp bridge setup` leaves them."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        lines = []
        for name in names:
            place = self.folder / {"folder": "old", "hotel": "inn"}.get(name, "new")
            lines += [f"[bridge.{name}]", f"place = {json.dumps(str(place))}", 'name = "relay"', 'pause = "0.02"']
            lines += ['owner = "robin"', ""] if name == "hotel" else [""]
        config = self.home / "config.toml"
        config.write_text((config.read_text() if config.exists() else "") + "\n".join(lines))
        config.chmod(0o600)

    def says(self, chat: str, who: str, text: str) -> None:
        """Somebody writes a letter, as another program would."""
        now = time.time_ns() // 1_000_000
        file = self.folder / chat / f"{now:015}--{who}--{os.urandom(4).hex()}.part"
        file.write_text(json.dumps({"name": who.title(), "text": text, "sent_at": now}))
        file.rename(file.with_suffix(".json"))

    def texts(self, chat: str) -> list[str]:
        """Everything that the relay wrote there, in order."""
        letters = sorted((self.folder / chat).glob("*--relay--*.json"))
        return [json.loads(letter.read_text())["text"] for letter in letters]


class Running:
    """`decamp relay run` as a program of its own, with all that it says."""

    def __init__(self, town: Town, *words: str) -> None:
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "migrate", "relay", "run", *words], env=town.environ, cwd=town.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(iter(self.process.stderr.readline, ""))

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()

    @property
    def log(self) -> str:
        return "".join(self.said)

    def is_up(self) -> Running:
        until(lambda: self.log.count(": connected.") >= 2 or self.process.poll() is not None)
        assert self.process.poll() is None, self.log
        return self

    @property
    def page(self) -> str:
        """Where its page is."""
        until(lambda: "http://" in self.log)
        return next(line for line in self.said if "http://" in line).split()[-1].rstrip("/")

    def end(self, number: int) -> tuple[int, float]:
        """Its exit code after a signal, and how many seconds that took."""
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(15)
        self._reader.join(10)
        return code, time.monotonic() - started


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
