"""Names and pictures of contacts on the other side: what is shown when a picture or a network lets one wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import Can, NotNow, Person, Refused, Renamed
from bridges.relay.dressing import LARGEST
from bridges.relay.model import Mode, Rule
from tests.relay.pair import MAYA, ME, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, settled, until

GHOSTS = EVERYTHING | {Can.PERSONAS, Can.GHOSTS}


class Met:
    """A relay with ghosts, in which Maya has written once: what she is called is in `name`, her picture in `face`."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new = Town("old"), Town("new", can=GHOSTS)
        rules = [Rule(source="old", target="new", mode=Mode.GHOSTS)]
        self.world = World(folder, [self.old, self.new], rules=rules, owners={"new": {ME.id}})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.world.running():
            self.old.says("maya", "hi", Person(id=MAYA.id, name="Maya"))
            await until(lambda: self.name == "Maya (Old)")
            await settled()
            yield

    def is_called(self, name: str, picture: str | None = None) -> None:
        self.old.happens(Renamed(person=Person(id=MAYA.id, name=name, picture=picture)))

    @property
    def name(self) -> str:
        return self.new.dressed.get(MAYA.id, ("", None))[0]

    @property
    def face(self) -> bytes | None:
        path = self.new.dressed[MAYA.id][1]
        return path.read_bytes() if path else None


def test_a_name_does_not_wait_for_a_picture_that_is_gone(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        async with met.running():
            met.is_called("Maya C.", "gone")
            await until(lambda: met.name == "Maya C. (Old)")
            assert met.face is None
            met.old.files["gone"] = b"back"
        async with met.world.running():
            await until(lambda: met.face == b"back")

    run(body)


def test_a_picture_that_can_be_had_later_comes_later_by_itself(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        met.old.files["slow"], met.old.late = b"here", {"slow"}
        async with met.running():
            met.is_called("Maya D.", "slow")
            await until(lambda: met.name == "Maya D. (Old)")
            asked: list[str] = []

            async def noting(name: str, _picture: Path | None) -> None:
                asked.append(name)

            met.new.dressing = noting
            await met.world.clock.turn(10)
            assert asked == [], "her name is given once, whatever the picture does"
            met.old.late.clear()
            await met.world.clock.turn(20)
            assert met.face == b"here"
            assert sorted(asked) == ["Maya D. (Old)", "maya (Old)"]

    run(body)


def test_a_network_that_is_busy_is_asked_again_until_the_name_is_there(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        tries: list[str] = []

        async def busy(name: str, _picture: Path | None) -> None:
            tries.append(name)
            if len(tries) < 4:
                raise NotNow("Too many requests.", after=30)

        async with met.running():
            met.new.dressing = busy
            met.is_called("Maya E.")
            await until(lambda: len(tries) == 1)
            await met.world.clock.turn(25)
            assert len(tries) == 1, "it said how long"
            await met.world.clock.turn(100)
            assert met.name == "Maya E. (Old)"
            assert len(tries) == 4

    run(body)


def test_the_newest_name_stays_though_an_older_one_takes_its_time(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        slow = asyncio.Event()

        async def older(name: str, _picture: Path | None) -> None:
            if name == "Maya F. (Old)":
                await slow.wait()

        async with met.running():
            met.new.dressing = older
            met.is_called("Maya F.")
            await settled()
            met.is_called("Maya G.")
            await settled()
            slow.set()
            await until(lambda: met.name == "Maya G. (Old)")
            await settled()
            assert met.name == "Maya G. (Old)"

    run(body)


def test_a_new_name_does_not_wait_until_the_pause_for_an_older_one_is_over(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        met.old.late = {"never"}
        async with met.running():
            met.is_called("Maya H.", "never")
            await until(lambda: met.name == "Maya H. (Old)")
            await met.world.clock.turn(3600)
            met.is_called("Maya I.", "never")
            await until(lambda: met.name == "Maya I. (Old)")

    run(body)


def test_a_picture_that_a_network_refuses_costs_nobody_their_name(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        met.old.files["large"] = b"very large"
        refusals: list[str] = []

        async def small(name: str, picture: Path | None) -> None:
            if picture is not None:
                refusals.append(name)
                raise Refused("The picture is too large.")

        async with met.running():
            met.new.dressing = small
            met.is_called("Maya J.", "large")
            await until(lambda: met.name == "Maya J. (Old)")
            await settled()
            assert len(refusals) == 2
        async with met.world.running():
            await settled()
        assert len(refusals) == 2, "it is not offered again and again"

    run(body)


def test_a_picture_that_is_far_too_large_is_not_kept_and_costs_nobody_their_name(tmp_path: Path) -> None:
    async def body() -> None:
        met = Met(tmp_path)
        met.old.files["huge"] = bytes(LARGEST + 1)
        async with met.running():
            met.is_called("Maya K.", "huge")
            await until(lambda: met.name == "Maya K. (Old)")
            assert met.face is None
        assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]

    run(body)
