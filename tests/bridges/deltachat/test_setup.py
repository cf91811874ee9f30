"""Setting the bridge up ends with a login that works, and with an owner."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import pytest

from bridges.about import Setting
from bridges.api import BadSetting, Desk, State
from bridges.deltachat import setup
from bridges.deltachat.bridge import DeltaChatBridge
from tests.bridges.deltachat.friend import DeltaChatFriend
from tests.patience import PATIENCE
from tests.servers.mail import Mailbox, MailServer


class Answers:
    """A person at the terminal, whose phone opens the link when it is shown."""

    def __init__(
        self, friend: DeltaChatFriend | None, answers: Mapping[str, str | list[str]], *, choice: int = 0
    ) -> None:
        self.said: list[str] = []
        self._friend, self._choice, self._answers = friend, choice, answers

    async def ask(self, setting: Setting) -> str:
        answer = self._answers.get(setting.name, setting.default)
        if isinstance(answer, list):
            return answer.pop(0)
        assert answer is not None, setting.name
        return answer

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        return self._choice

    async def confirm(self, question: str) -> bool:
        self.said.append(question)
        return True

    def say(self, text: str) -> None:
        self.said.append(text)
        links = [line for line in text.splitlines() if line.startswith("https://i.delta.chat/#")]
        if links and self._friend:
            self._friend.ask("secure_join", links[0])


def servers(server: MailServer) -> dict[str, str]:
    return {
        "imap_server": "127.0.0.1", "imap_port": str(server.imap), "imap_security": "plain",
        "smtp_server": "127.0.0.1", "smtp_port": str(server.smtp), "smtp_security": "plain", "certificates": "any",
    }  # fmt: skip


async def runs(values: dict[str, str], folder: Path) -> str:
    """Start the bridge with what came out, and make a chat: it knows its owner then."""
    bridge = DeltaChatBridge()
    await bridge.start(Desk(
        settings=values, folder=folder, now=lambda: time.time_ns() // 1_000_000, random=Random(1), random_bytes=bytes,
    ))  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            async for _ in bridge.events():
                assert not bridge.health.state.is_final, bridge.health
                if bridge.health.state is State.CONNECTED:
                    break
        await bridge.open_chat("Noor (Session)")
        return bridge.me.id
    finally:
        await bridge.stop()


def test_a_mail_account_that_is_given_is_tried_and_its_owner_comes_by_the_link(
    server: MailServer, friend: DeltaChatFriend, tmp_path: Path
) -> None:
    box = server.account("given")
    passwords = ["wrong one", "wrong too", box.password]
    talk = Answers(friend, {"address": box.address, "password": passwords, **servers(server)})

    async def body() -> None:
        values = await setup.set_up(talk, tmp_path)
        link = await runs(values, tmp_path)
        assert any(link in said for said in talk.said), "the link that was shown is the one that is kept"
        assert any("Is that you?" in said for said in talk.said)
        assert not [said for said in talk.said if box.password in said or "wrong" in said]

    asyncio.run(body())


def test_an_account_is_made_by_itself_and_its_owner_is_known_by_a_file(
    server: MailServer, friend: DeltaChatFriend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that makes accounts needs a certificate of the world outside; a whole login takes the same way."""
    box = server.account("made")
    monkeypatch.setattr(setup, "account_link", lambda _: login_link(server, box))
    card = tmp_path / "robin.vcf"
    card.write_text(friend.ask("make_vcard", [1]), "utf-8")

    async def body() -> None:
        values = await setup.set_up(
            Answers(None, {"server": "example.org", "contact_file": str(card)}, choice=1), tmp_path
        )
        assert (values["address"], values["password"]) == box
        await runs(values, tmp_path)

    asyncio.run(body())
    [bridge] = friend.ask("import_vcard_contents", (tmp_path / "bridge.vcf").read_text("utf-8"))
    assert friend.ask("get_contact", bridge)["isKeyContact"], "with the file alone the friend could write, encrypted"


def login_link(server: MailServer, box: Mailbox) -> str:
    words = {
        "p": box.password, "v": 1, "ih": "127.0.0.1", "ip": server.imap, "is": "plain", "iu": box.address,
        "sh": "127.0.0.1", "sp": server.smtp, "ss": "plain", "su": box.address, "spw": box.password, "ic": 3,
    }  # fmt: skip
    return f"dclogin://{box.address}?{urlencode(words)}"


def test_a_server_that_is_not_there_is_said_and_nothing_comes_of_it(server: MailServer, tmp_path: Path) -> None:
    box = server.account("lost")
    talk = Answers(None, {"address": box.address, "password": box.password, **servers(server), "imap_port": "1"})
    with pytest.raises(BadSetting):
        asyncio.run(setup.set_up(talk, tmp_path))
    assert "cannot be reached" in talk.said[0]


def test_a_file_that_is_nobodys_contact_is_refused(server: MailServer, tmp_path: Path) -> None:
    box = server.account("nobody")
    card = tmp_path / "note.vcf"
    card.write_text("no contact at all", "utf-8")
    answers = {"address": box.address, "password": box.password, "contact_file": str(card)}
    with pytest.raises(BadSetting):
        asyncio.run(setup.set_up(Answers(None, {**answers, **servers(server)}), tmp_path))


@pytest.mark.parametrize("said", ["nine.testrun.org", " dcaccount:https://nine.testrun.org/new ", "DCACCOUNT:x.org"])
def test_a_server_may_be_named_or_given_by_its_invitation(said: str) -> None:
    assert setup.account_link(said).lower().startswith("dcaccount:")


@pytest.mark.parametrize("said", ["", "nine", "https://example.org/", "a b.org", "dclogin:x", "x.org/../y"])
def test_whatever_else_is_said_makes_no_account(said: str) -> None:
    with pytest.raises(BadSetting):
        setup.account_link(said)


@pytest.mark.parametrize(
    "wrong",
    [{"address": "robin"}, {"address": "a b@example.org"}, {"password": ""}, {"imap_port": "70000"},
     {"smtp_port": "x"}, {"owner": "robin"}, {"owner": "1"}],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused_at_once(wrong: dict[str, str], tmp_path: Path) -> None:
    settings = {"address": "robin@example.org", "password": "secret-4d2a"} | wrong
    desk = Desk(settings=settings, folder=tmp_path, now=lambda: 0, random=Random(1), random_bytes=bytes)
    with pytest.raises(BadSetting) as refused:
        asyncio.run(DeltaChatBridge().start(desk))
    assert "secret-4d2a" not in str(refused.value)
