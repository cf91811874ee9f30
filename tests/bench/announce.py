"""Measures an announcement over the Session network of this machine: part of `make bench`."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.announce.session_network import session_network
from tests.bench.measure import Row, row, run

CONTACTS = 300
DECAMP = (sys.executable, "-m", "migrate")
TABLE = "| {:<57} | {:>8} | {:>6} | {:>8} | {:>8} | {:>8} |"


def measured(work: Path) -> Iterator[Row]:
    """Tell 300 people without pauses, over onions and nodes that lose three requests of a hundred."""
    folder = work / "announce"
    shutil.rmtree(folder, ignore_errors=True)
    log, decamp = folder / "decamp.log", (*DECAMP, "--home", str(folder / "home"))
    print("\n" + TABLE.format("", "people", "user s", "wall s", "peak MiB", "requests"))
    print(TABLE.format("---", *["---:"] * 5))
    with session_network(folder, CONTACTS) as network:
        run([*decamp, "bridge", "setup", "session", "--answers", folder / "answers.toml"], log)
        run([*decamp, "handle", "add", "xmpp:robin@example.org"], log)
        run([*decamp, "announce", "plan", "--recovery", "--words-file", folder / "words.txt"], log)
        cost = run([*decamp, "announce", "send", "--yes", "--pace", "0"], log)
        saw = network.end()
    told = sum(saw["notices"].values())
    found = row("decamp announce send --pace 0, 3 % of requests lost", cost, told)
    cells = (f"{found['user']:.1f}", f"{found['wall']:.1f}", f"{found['peak']:.1f}", str(saw["requests"]))
    print(TABLE.format(found["name"] or "", f"{told:,}", *cells), flush=True)
    yield {**found, "requests": saw["requests"]}
