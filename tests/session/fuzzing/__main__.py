"""Damages so many inputs of each kind and counts what comes of it: `python -m tests.session.fuzzing SAMPLES COUNT`.

One line of JSON at the end. Whatever is raised that is no error of ours ends the program with its traceback, and the
input in hex.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from migrate.errors import DecampError
from migrate.session.errors import Unreadable
from tests.session.fuzzing.mutations import mutated
from tests.session.fuzzing.targets import Target, targets

MEMORY = 1 << 30  # bytes of address space beyond what is there at the start: an input that needs them fails


def main(samples: Path, count: int, only: set[str], seed: int) -> None:
    found = {name: one for name, one in targets(samples).items() if not only or name in only}
    whole = sum(one.share for one in found.values())
    for name, one in found.items():  # what is whole must be read, or damaging it shows nothing
        assert any(_outcome(one, data) == "read" for data in one.seeds), f"no seed of {name} can be read"
    before = _peak()
    _limit_memory()
    outcomes: Counter[str] = Counter()
    slowest = (0.0, "")
    for name, one in found.items():
        random = Random(f"{seed} {name}")
        for _ in range(-(-count * one.share // whole)):
            data = mutated(one.seeds, random)
            start = time.process_time()
            try:
                outcomes[_outcome(one, data)] += 1
            except BaseException:
                sys.stderr.write(f"{name}: {data[:2_000].hex()}\n")
                raise
            slowest = max(slowest, (time.process_time() - start, name))
    peak = (_peak() - before) / (1 << 20)
    result = {
        "inputs": outcomes.total(),
        "kinds": len(found),
        "slowest": round(slowest[0], 3),
        "slowest_of": slowest[1],
    }
    said = json.dumps({**result, "more_mib": round(peak), "outcomes": dict(outcomes.most_common())})
    sys.stdout.write(f"{said}\n")


def _outcome(target: Target, data: bytes) -> str:
    try:
        target.read(data)
    except Unreadable as error:
        return error.code
    except DecampError as error:
        return type(error).__name__
    return "read"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _limit_memory() -> None:
    if sys.platform == "linux":
        here = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (here + MEMORY, here + MEMORY))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), set(filter(None, sys.argv[3].split(","))), int(sys.argv[4]))
