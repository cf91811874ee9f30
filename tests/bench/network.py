"""Measures a restore from the network, and what opening a message costs beside the bare seal: part of `make bench`."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from nacl import bindings as sodium

from migrate.session.content import Content, DataMessage
from migrate.session.envelope import Randomness, open_message, seal, unwrap
from migrate.session.keys import AccountKeys
from tests.bench.measure import Row, row, run

MESSAGES = 5_000
NOW = 1_795_356_000_000
SOME_LOST = (0, 6)  # files that the server no longer has are lost on purpose
DECAMP = (sys.executable, "-m", "migrate")
TABLE = "| {:<57} | {:>8} | {:>6} | {:>8} | {:>8} | {:>8} |"


def measured(work: Path) -> Iterator[Row]:
    """Print and yield the figures of the network."""
    print("\n" + TABLE.format("", "messages", "user s", "wall s", "peak MiB", "requests"))
    print(TABLE.format("---", *["---:"] * 5))
    for line in restored(work / "network"):
        cells = (f"{line['user']:.1f}", f"{line['wall']:.1f}", f"{line['peak']:.1f}", line["requests"])
        print(TABLE.format(line["name"] or "", f"{line['messages']:,}", *map(str, cells)), flush=True)
        yield line
    print()
    yield from opened()


def restored(work: Path) -> Iterator[Row]:
    """Restore a large account over onions, from nodes that lose two requests of a hundred."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.bench.standin", str(work), str(MESSAGES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as network:
        assert network.stdout is not None
        messages = int(json.loads(network.stdout.readline())["messages"])
        options = ("--words-file", work / "words.txt", "--to", work / "archive", "--quiet")
        export = (*DECAMP, "--home", work / "home", "export", "--recovery", *options)
        cost = run(export, work / "decamp.log", may_exit=SOME_LOST)
        said, _ = network.communicate()
    requests = int(json.loads(said)["requests"])
    found = row("decamp export --recovery, 2 % of requests lost", cost, messages)
    yield {**found, "requests": requests, "requests_per_1000": round(requests * 1_000 / messages)}


def opened() -> Iterator[Row]:
    """How many messages are opened in a second, beside nothing but libsodium's part of it in the same run."""
    sender, recipient = AccountKeys(b"a".ljust(32, b"\0")), AccountKeys(b"b".ljust(32, b"\0"))
    rng = Random(1).randbytes
    bodies = ["word " * (number % 40 + 1) for number in range(MESSAGES)]
    stored = [
        seal(Content(data=DataMessage(body=body), sent_at=NOW), sender, recipient.session_id, Randomness.drawn(rng))
        for body in bodies
    ]
    boxes = [unwrap(one).content or b"" for one in stored]

    def bare(box: bytes) -> None:
        inner = recipient.open_sealed(box)
        sodium.crypto_sign_open(inner[-64:] + inner[:-64] + recipient.x25519_public, inner[-96:-64])

    floor = _rate(bare, boxes)
    rate = _rate(lambda one: open_message(one, recipient), stored)
    for name, value in (("bare seals and signatures", floor), ("messages", rate)):
        print(f"{name} opened each second: {value:,.0f} ({value / floor:.2f} of the bare rate)")
        yield {"name": f"{name} opened each second", "messages": MESSAGES, "note": "", "rate": round(value)}


def _rate(open_one: Callable[[bytes], object], given: Sequence[bytes]) -> float:
    """The best of three, in processor time: others on the machine make it slower, nothing makes it faster."""
    best = 0.0
    for _ in range(3):
        start = time.process_time()
        for one in given:
            open_one(one)
        best = max(best, len(given) / (time.process_time() - start))
    return best
