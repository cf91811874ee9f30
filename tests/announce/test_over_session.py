"""An announcement over the Session network of this machine, by a sender that is killed again and again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.announce.session_network import Network, session_network


class Owner:
    """Somebody at the terminal, with an account on that network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DECAMP_")}
        self.environ = {**inherited, "DECAMP_HOME": str(folder / "home"),
                        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "migrate", *words]
        return subprocess.Popen(
            command,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *words: str) -> Any:
        with self.start(*words, "--json") as child:
            out, err = child.communicate(timeout=300)
        assert child.returncode == 0, (out[-2_000:], err[-2_000:])
        return json.loads(out)

    def plan(self) -> int:
        """Set up everything as a newcomer would, and plan."""
        self.run("bridge", "setup", "session", "--answers", str(self.folder / "answers.toml"))
        self.run("handle", "add", "xmpp:robin@example.org")
        planned = self.run("announce", "plan", "--recovery", "--words-file", str(self.folder / "words.txt"))
        return int(planned["people"])

    def is_killed_while_sending(self, kills: int, per_minute: int) -> None:
        rng, send = random.Random(5), ("announce", "send", "--yes", "--pace", str(per_minute), "--rest-after", "0")
        for _ in range(kills):
            with self.start(*send) as child:
                time.sleep(rng.uniform(0.3, 2.0))
                child.send_signal(signal.SIGKILL)
                child.communicate()
            assert child.returncode == -signal.SIGKILL, "it was through before it could be killed"


def told_once(network: Network, owner: Owner, people: int) -> Any:
    now = owner.run("announce", "status")
    assert (now["total"], now["told"], now["failed"]) == (people, people, 0)
    known = {one["id"] for one in now["people"]}
    saw = network.end()
    assert {id: count for id, count in saw["notices"].items() if id in known} == dict.fromkeys(known, 1)
    assert not set(saw["notices"]) - known, "somebody was told who was left out"
    return saw


def check(tmp_path: Path, contacts: int, kills: int, per_minute: int) -> None:
    with session_network(tmp_path, contacts) as network:
        owner = Owner(tmp_path)
        people = owner.plan()
        assert people >= contacts * 0.8
        began = time.monotonic()
        owner.is_killed_while_sending(kills, per_minute)
        owner.run("announce", "send", "--yes", "--pace", "0")
        seconds = time.monotonic() - began
        saw = told_once(network, owner, people)
    sys.stdout.write(f"{people} people, {kills} kills: {seconds:.1f} s, {saw['requests']} requests\n")


def test_each_contact_gets_one_notice_although_sending_is_killed(tmp_path: Path) -> None:
    check(tmp_path, contacts=30, kills=3, per_minute=120)


@pytest.mark.long
def test_300_contacts_get_one_notice_each_although_sending_is_killed_30_times(tmp_path: Path) -> None:
    check(tmp_path, contacts=300, kills=30, per_minute=300)
