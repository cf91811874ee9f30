"""The Session network in a program of its own, with an account that has many contacts, so that senders can be killed.

`python -m tests.announce.session_network FOLDER CONTACTS` writes a home and the words into FOLDER and says who the
contacts are; when its standard input ends, it says what lies on their shelves, and how often it was asked.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from migrate.demo.online import Size, populate
from migrate.session.keys import AccountKeys, Seed
from migrate.session.mnemonic import encode
from migrate.settings import Settings
from migrate.standin.network import StandIn

LOST_EVERY = 33  # three requests of a hundred
MESSAGES = 0  # the namespace in which people get what is for them


def main(folder: Path, contacts: int) -> None:
    words = encode(Seed(Random(1).randbytes(16)))
    home = Settings(folder / "home")
    with StandIn(lambda: time.time_ns() // 1_000_000, os.urandom) as network:
        keys = AccountKeys.from_seed(Seed(Random(1).randbytes(16)))
        told = populate(network, keys, Size(contacts), Random(3), time.time_ns() // 1_000_000)
        home.create()
        (folder / "words.txt").write_text(words, "utf-8")
        (folder / "words.txt").chmod(0o600)
        (folder / "answers.toml").write_text(f'words = "{words}"\nevery = "2"\n', "utf-8")
        (home.home / "standin.json").write_bytes(network.way_in())
        home.set("network", "standin", str((home.home / "standin.json").resolve()))
        before = len(network.requests)
        network.faults.drop_every = LOST_EVERY
        say({"contacts": sorted(told.contacts), "account": keys.session_id})
        sys.stdin.read()
        shelves = {id: lying.get(MESSAGES, []) for id, lying in network.stored().items() if id in told.contacts}
        asked = [seen.where for seen in network.requests[before:] if not seen.depth]
        say({"notices": {id: len(hashes) for id, hashes in shelves.items()}, "requests": len(asked)})


def say(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


class Network:
    """The program from outside: what it said when it began, and, after `end`, what it saw."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        assert child.stdout is not None
        self._child = child
        self.began = json.loads(child.stdout.readline())

    def end(self) -> Any:
        said, _ = self._child.communicate()
        return json.loads(said)


@contextmanager
def session_network(folder: Path, contacts: int) -> Iterator[Network]:
    """Run it until the block is left."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.announce.session_network", str(folder), str(contacts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield Network(child)
        finally:
            if child.poll() is None and child.stdin is not None and not child.stdin.closed:
                child.communicate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
