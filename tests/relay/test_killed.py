"""A relay that is killed again and again loses nothing, and sends nothing twice where the network can tell."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bridges.relay.intents import Say
from bridges.relay.model import Side
from bridges.relay.sqlite import SqliteStore
from tests.patience import PATIENCE
from tests.relay.killed import RELAY, REPEATABLE, Line, about, append, lines

MESSAGES, KILLS = 200, 20
SAID = ("owner: back", "friend: there")
ROOT = Path(__file__).parents[2]


def test_killed_at_20_moments_with_two_targets_everything_is_there_once_and_in_order(tmp_path: Path) -> None:
    chance = random.Random(6)
    files = {name: tmp_path / f"{name}.jsonl" for name in REPEATABLE}
    for file in files.values():
        file.touch()
    said = 0
    store_of(tmp_path).close()
    for kill in range(KILLS):
        for _ in range(MESSAGES // KILLS):
            append(files["a"], Line("friend", f"there {said}"))
            append(files["b"], Line("owner", f"back {said}"))
            said += 1
        assert run(tmp_path, kill, chance.randint(1, 60), lambda: False) == -signal.SIGKILL
    unsure: list[str] = []

    def done() -> bool:
        unsure[:] = given_up(tmp_path)
        return all(left(name, file) <= set(unsure) for name, file in files.items())

    assert run(tmp_path, KILLS, 0, done) == 0
    for name, theirs in (("a", "owner: back"), ("b", "friend: there")):
        assert relayed(files[name]) == [f"{theirs} {number}" for number in range(MESSAGES)], name
    assert len(unsure) <= KILLS // 2
    for theirs in SAID:
        there = [text for text in relayed(files["c"]) if theirs in text]
        assert len(there) == len(set(there)), "what is there a second time says so, and nothing is there a third time"
        numbers = list(dict.fromkeys(int(text.split()[-1]) for text in there))
        assert numbers == sorted(numbers), "order is kept"
        assert len(there) <= len(numbers) + KILLS
    store = store_of(tmp_path)
    assert store.retry() == len(unsure), "what nobody can know waits for the owner to say so"
    store.database.commit()
    store.close()
    assert run(tmp_path, KILLS, 0, lambda: not left("c", files["c"]) and not given_up(tmp_path)) == 0


def store_of(folder: Path) -> SqliteStore:
    sides = {name: Side(name=name, about=about(name)) for name in REPEATABLE}
    return SqliteStore(folder, sides, lock=False)


def given_up(folder: Path) -> list[str]:
    """What the relay asks its owner about."""
    store = store_of(folder)
    rows = store.database.con.execute("SELECT intent FROM outbox WHERE state = 2").fetchall()
    store.close()
    return [msgspec.json.decode(intent, type=Say).text for (intent,) in rows]


def left(name: str, file: Path) -> set[str]:
    """What is not there yet."""
    here = {" ".join(text.split()[-2:]) for text in relayed(file)}
    wanted = {"a": ["back"], "b": ["there"], "c": ["back", "there"]}[name]
    return {f"{word} {number}" for word in wanted for number in range(MESSAGES)} - here


def relayed(file: Path) -> list[str]:
    return [line.text for line in lines(file) if line.author == RELAY]


def run(folder: Path, seed: int, moment: int, done: Callable[[], bool]) -> int:
    """Let it live until it is killed, or told to end in order when everything is done."""
    command = [sys.executable, "-m", "tests.relay.killed", str(folder), str(seed), str(moment)]
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    deadline = time.monotonic() + PATIENCE
    try:
        while child.poll() is None and not (ready.exists() and done()):
            assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
            time.sleep(0.02)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGTERM)
            asked = time.monotonic()
            child.wait(15)
            assert time.monotonic() - asked < 10, "it ends in order within 10 seconds"
        return child.returncode
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
