"""Runs the stand-in network with a large account on it, in a program of its own, so that its work is not ours.

`python -m tests.bench.standin FOLDER MESSAGES` writes a home and the words into FOLDER, says what is there as JSON,
and when its standard input ends, how often it was asked.
"""

import json
import os
import sys
import time
from pathlib import Path
from random import Random

from migrate.demo.online import Size, populate
from migrate.session.keys import AccountKeys, Seed
from migrate.session.mnemonic import encode
from migrate.settings import Settings
from migrate.standin.network import StandIn

NODES = 9
CONTACTS, GROUPS, COMMUNITIES = 300, 20, 8
LOST_EVERY = 50  # two requests of a hundred


def main(folder: Path, messages: int) -> None:
    seed, home = Seed(Random(1).randbytes(16)), Settings(folder / "home")
    with StandIn(lambda: time.time_ns() // 1_000_000, os.urandom, nodes=NODES) as network:
        size = Size(CONTACTS, GROUPS, COMMUNITIES, messages)
        told = populate(network, AccountKeys.from_seed(seed), size, Random(3), time.time_ns() // 1_000_000)
        network.faults.drop_every = LOST_EVERY
        home.create()
        (folder / "words.txt").write_text(encode(seed), "utf-8")
        (home.home / "standin.json").write_bytes(network.way_in())
        home.set("network", "standin", str((home.home / "standin.json").resolve()))
        say({"messages": len(told.messages), "files": len(told.files)})
        sys.stdin.read()
        asked = [seen.where for seen in network.requests if not seen.depth]
        say({"requests": len(asked)})


def say(found: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
