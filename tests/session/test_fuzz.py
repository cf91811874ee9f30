"""Whatever a stranger or an accident makes of the bytes: an error of ours or a result, quickly, in little memory.

Each run is a program of its own with a limit to its memory, and is stopped when it hangs. The ordinary run takes a
sample; the long one 200,000 inputs in all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.session.fuzzing.targets import targets
from tests.speed import slowness

ROOT = Path(__file__).resolve().parents[2]
PARTS = 8
SLOWEST = 2.0  # seconds of CPU for one input
MOST_MEMORY = 256  # MiB beyond what is there at the start: 64 are allowed for settings, in bytes and as values


def fuzzed(samples: Path, count: int, *, only: list[str] | None = None, seed: int, patience: float) -> dict[str, Any]:
    """What came of so many damaged inputs. Anything that is no error of ours fails, and shows the input."""
    command = [sys.executable, "-m", "tests.session.fuzzing", str(samples), str(count), ",".join(only or []), str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience, check=False)
    assert done.returncode == 0, done.stderr[-6_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    sys.stdout.write(done.stdout)  # shown by `pytest -s`
    assert found["inputs"] >= count
    assert found["slowest"] < SLOWEST * slowness(), found
    assert found["more_mib"] < MOST_MEMORY, found
    return found


def test_damaged_bytes_of_every_kind_are_refused_or_read(samples: Path) -> None:
    found = fuzzed(samples, 10_000, seed=1, patience=300)
    assert found["kinds"] == len(targets(samples))
    # Both kinds of outcome, or the damage is none or nothing else.
    assert found["outcomes"]["read"] > 1_000
    assert sum(found["outcomes"].values()) - found["outcomes"]["read"] > 1_000


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_two_hundred_thousand_damaged_inputs_are_refused_or_read(samples: Path, part: int) -> None:
    fuzzed(samples, 200_000 // PARTS, seed=100 + part, patience=1500)
