"""Runs a program and says what it cost: the time its processor worked, the time that passed, its largest memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MIB = 1 << 20
Row = dict[str, str | float | int | None]
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a program took. Times in seconds, memory in MiB."""

    user: float
    system: float
    wall: float
    peak: float


class FailedRun(Exception):
    """A program of the bench did not do what it was started for."""


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    may_exit: Sequence[int] = (0,),
) -> Cost:
    """Run a program to its end, with its output in `log`. Raises `FailedRun` when it exits otherwise than it may."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in may_exit:
        last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise FailedRun(f"{Path(command[0]).name} exited with {child.returncode}: {' '.join(last)}")
    return Cost(used.ru_utime, used.ru_stime, wall, used.ru_maxrss * PEAK_UNIT / MIB)


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    processor, memory = "", 0
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    except (OSError, ValueError):
        processor = os.uname().machine
    return {
        "system": f"{os.uname().sysname} {os.uname().release}",
        "processor": processor,
        "cores": os.cpu_count() or 0,
        "memory_mib": memory,
        "python": sys.version.split()[0],
    }


def row(name: str, cost: Cost | None, messages: int | None, note: str = "") -> Row:
    """One line of the table as it goes into the JSON file; `note` says why there are no figures."""
    figures = {key: round(value, 2) for key, value in asdict(cost).items()} if cost else {}
    return {"name": name, "messages": messages, "note": note, **figures}
