"""Setting the bridge up: the words, and the way to the network that every other command uses."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridges.api import BadSetting, Setting
from bridges.session.bridge import SessionBridge
from migrate.errors import WrongWords
from tests.bridges.session.world import SessionWorld, direct
from tests.peers.peer import ROOT, new_words, plain_environment


@dataclass
class Answers:
    """Somebody who answers."""

    answers: dict[str, str]
    choice: int = 0
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def ask(self, setting: Setting) -> str:
        self.asked.append(setting.name)
        return self.answers.get(setting.name, setting.default or "")

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        return self.choice

    async def confirm(self, question: str) -> bool:
        return True

    def say(self, text: str) -> None:
        self.said.append(text)


def set_up(answers: Answers, folder: Path) -> dict[str, str]:
    return asyncio.run(SessionBridge.set_up(answers, folder))


def test_one_answer_is_enough(tmp_path: Path) -> None:
    answers = Answers({"words": new_words()})
    values = set_up(answers, tmp_path)
    assert answers.asked == ["words"]
    assert set(values) == {setting.name for setting in SessionBridge.about.settings}
    assert not [line for line in answers.said if values["words"] in line]


def test_words_that_are_none_are_refused_before_anything_else_is_asked(tmp_path: Path) -> None:
    answers = Answers({"words": "abbey " * 12 + "abducts"})
    with pytest.raises(BadSetting, match="recovery password"):
        set_up(answers, tmp_path)
    assert answers.asked == ["words"]


def test_another_way_is_asked_for_and_a_password_of_a_proxy_is_not_written_down(tmp_path: Path) -> None:
    answers = Answers({"words": new_words(), "proxy": "socks5h://127.0.0.1:9050", "direct": "false"}, choice=1)
    assert set_up(answers, tmp_path)["proxy"] == "socks5h://127.0.0.1:9050"
    answers.answers["proxy"] = "socks5h://me:secret@127.0.0.1:9050"
    with pytest.raises((BadSetting, WrongWords)) as caught:
        set_up(answers, tmp_path)
    assert "secret@" not in str(caught.value)


def decamp(home: Path, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    env = plain_environment(DECAMP_HOME=str(home), PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    command = [sys.executable, "-m", "migrate", *words]
    return subprocess.run(
        command, cwd=ROOT, env=env, input=answers, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_newcomer_sets_it_up_checks_it_and_sees_their_chats(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            home = tmp_path / "home"
            home.mkdir()
            (home / "config.toml").write_text(f'[network]\nstandin = "{tmp_path / "stand-in.json"}"\n')
            for words, answers in (
                (("bridge", "setup", "session", "--answers", "-"), f'words = "{world.words}"\n'),
                (("bridge", "check", "session"), ""),
            ):
                done = await asyncio.to_thread(decamp, home, *words, answers=answers)
                assert done.returncode == 0, done.stderr
                assert world.me in done.stdout + done.stderr
                assert "the stand-in network on this machine, and nowhere else" in done.stderr
                assert world.words not in done.stdout + done.stderr
            await _chats(home, world)
            kept = [path for path in home.rglob("*") if path.is_file() and world.words.encode() in path.read_bytes()]
            assert [path.parent.name for path in kept] == ["secrets"]

    asyncio.run(story())


async def _chats(home: Path, world: SessionWorld) -> None:
    done = await asyncio.to_thread(decamp, home, "bridge", "chats", "session", "--json")
    assert done.returncode == 0, done.stderr
    assert {chat["id"] for chat in json.loads(done.stdout)["chats"]} == {world.me, world.chat}
