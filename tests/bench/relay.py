"""What a relay costs: messages a second, how much later they arrive, and what a thousand quiet portals need.

Everything is in one process, from one bridge without a network to another, through the whole engine and with the store
on disk; beside it the same with the smallest relay there can be, which keeps nothing. `python -m tests.bench --only
relay`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from types import MappingProxyType

from bridges.api import Desk, Person, Post, Posted
from bridges.memory import ROOMS, MemoryBridge, Room
from bridges.relay.clock import SystemClock
from bridges.relay.files import Spool
from bridges.relay.model import Link, Options, Place, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from tests.bench.measure import PEAK_UNIT, FailedRun, Row

MIB = 1 << 20
MESSAGES, AT_A_TIME = 10_000, 50
RUNS = 5
"""How often the throughput is measured, in turn with its baseline: it differs by a half from one second to the next."""
TABLE = "| {:<57} | {:>8} | {:>6} | {:>6} | {:>8} | {:>6} |"
COLUMNS = {
    "per_second": "per s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "mib": "peak MiB",
    "percent_of_a_core": "core %",
}
NO_BRAKE = Options(most=0, most_alike=0)
ALICE = Person(id="alice", name="Alice")


class Here(MemoryBridge):
    """In the first room."""

    about = MemoryBridge.about


class There(MemoryBridge):
    """In the second."""

    about = MemoryBridge.about


def desk(room: str, cursor: str | None) -> Desk:
    settings = MappingProxyType({"room": room, "name": "Relay"})
    clock = SystemClock()
    return Desk(settings=settings, folder=Path(), now=clock.now, random=Random(1), random_bytes=bytes, cursor=cursor)


@contextlib.asynccontextmanager
async def relay(folder: Path, quiet: int = 0) -> AsyncIterator[Relay]:
    """A relay between the rooms `here` and `there`, with so many more portals in which nothing happens."""
    sides = {"here": Side(name="here", about=Here.about), "there": Side(name="there", about=There.about)}
    store = SqliteStore(folder, sides)
    ends = (Place(bridge="here", chat="here"), Place(bridge="there", chat="there"))
    store.portals.add(Link(name="busy", ends=ends, options=NO_BRAKE))
    for number in range(quiet):
        ends = (Place(bridge="here", chat=f"quiet {number}"), Place(bridge="there", chat=f"portal {number}"))
        store.portals.add(Link(name=f"quiet {number}", ends=ends, title=f"Contact {number}", private=True))
    store.database.commit()
    seats = {"here": Seat(Here, lambda at: desk("here", at)), "there": Seat(There, lambda at: desk("there", at))}
    running = Relay(store, seats, Spool(folder / "spool"), SystemClock(), Random(1))
    task = asyncio.create_task(running.run())
    while running.connected("there") is None or running.connected("here") is None:  # noqa: ASYNC110  as close as it gets
        await asyncio.sleep(0.001)
    try:
        yield running
    finally:
        running.stop()
        await task
        store.close()


def say(number: int) -> None:
    room, now = ROOMS["here"], time.time_ns() // 1_000_000
    room.tell("alice", Posted(chat=room.chat, sender=ALICE, id=f"a{number}", sent_at=now, text=f"message {number}"))


async def arrived(count: int) -> None:
    while len(ROOMS["there"].told) < count:  # noqa: ASYNC110  as close as it gets
        await asyncio.sleep(0.001)


async def throughput(folder: Path) -> float:
    """Messages a second, when they come as fast as they can."""
    Room("here"), Room("there")
    async with relay(folder):
        start = time.perf_counter()
        for number in range(MESSAGES):
            say(number)
        await arrived(MESSAGES)
        took = time.perf_counter() - start
    texts = [event.text for _, event in ROOMS["there"].told if isinstance(event, Posted)]
    assert texts == [f"Alice: message {number}" for number in range(MESSAGES)], "each once, and in order"
    return MESSAGES / took


async def baseline() -> float:
    """The same with a relay that keeps nothing: an event in, a message out."""
    Room("here"), Room("there")
    here, there = Here(), There()
    await here.start(desk("here", None))
    await there.start(desk("there", None))

    async def pass_on() -> None:
        async for event in here.events():
            if isinstance(event, Posted):
                await there.send("there", Post(key=event.id, text=f"{event.sender.name}: {event.text}"))

    start = time.perf_counter()
    task = asyncio.create_task(pass_on())
    for number in range(MESSAGES):
        say(number)
    await arrived(MESSAGES)
    took = time.perf_counter() - start
    await here.stop()
    await there.stop()
    await task
    return MESSAGES / took


async def latency(folder: Path, seconds: float = 10.0) -> tuple[float, float]:
    """How many milliseconds later a message is there, at the middle and for 95 of 100, at 50 a second."""
    Room("here"), Room("there")
    there = ROOMS["there"]
    later: list[float] = []
    async with relay(folder):
        for number in range(int(seconds * AT_A_TIME)):
            start = time.perf_counter()
            say(number)
            while len(there.told) <= number:  # noqa: ASYNC110  as close as it gets
                await asyncio.sleep(0)
            later.append((time.perf_counter() - start) * 1000)
            await asyncio.sleep(max(1 / AT_A_TIME - (time.perf_counter() - start), 0))
    return statistics.median(later), statistics.quantiles(later, n=20)[-1]


async def idle(folder: Path, portals: int = 1000, seconds: float = 10.0) -> tuple[float, float]:
    """Memory in MiB and share of a core in percent, with so many portals in which nothing happens."""
    Room("here"), Room("there")
    async with relay(folder, portals):
        await asyncio.sleep(1)
        before = time.process_time()
        await asyncio.sleep(seconds)
        used = (time.process_time() - before) / seconds * 100
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT / MIB, used


def figures(work: Path) -> Iterator[Row]:
    """Each figure as a line. The idle relay goes first: memory is the largest there ever was in this process."""
    with tempfile.TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        memory, share = asyncio.run(idle(folder / "idle"))
        yield {"name": "1,000 quiet portals", "mib": round(memory, 1), "percent_of_a_core": round(share, 2)}
        middle, most = asyncio.run(latency(folder / "latency"))
        yield {"name": "50 messages a second", "p50_ms": round(middle, 2), "p95_ms": round(most, 2)}
        kept, passed_on = [], []
        for number in range(RUNS):
            kept.append(asyncio.run(throughput(folder / f"throughput {number}")))
            passed_on.append(asyncio.run(baseline()))
        yield {"name": "as many as it can, with the store on disk", "per_second": round(statistics.median(kept))}
        yield {"name": "a relay that keeps nothing", "per_second": round(statistics.median(passed_on))}


def measured(work: Path) -> Iterator[Row]:
    """The same from a process of its own, where nothing but the relay is in memory."""
    print("\n" + TABLE.format("", *COLUMNS.values()))
    print(TABLE.format("---", *["---:"] * len(COLUMNS)))
    command = [sys.executable, "-m", "tests.bench.relay", str(work)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        for line in child.stdout or ():
            found: Row = json.loads(line)
            cells = [f"{found[name]:,}" if name in found else "" for name in COLUMNS]
            print(TABLE.format(found["name"], *cells), flush=True)
            yield found
    if child.returncode != 0:
        raise FailedRun(f"The relay exited with {child.returncode}.")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir())
    place.mkdir(parents=True, exist_ok=True)
    for figure in figures(place):
        print(json.dumps(figure), flush=True)
