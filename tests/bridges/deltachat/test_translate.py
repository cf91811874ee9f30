"""What Delta Chat's program says, as events, and what is asked of it, as it wants to have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridges.api import (
    AnyEvent,
    Chat,
    ChatKind,
    Joined,
    Left,
    Person,
    Post,
    Posted,
    React,
    Reference,
    Refused,
    Renamed,
    State,
    Timer,
    Upload,
)
from bridges.deltachat import translate
from bridges.deltachat.hearing import Mark
from bridges.deltachat.login import trouble
from bridges.deltachat.native import Message, Room
from bridges.deltachat.record import Record, Told, digest
from bridges.deltachat.translate import Setting

CHAT = Chat(id="12", title="Kitchen", kind=ChatKind.GROUP)
ROBIN = Person(id="11", name="Robin")
ME = Person(id="https://i.delta.chat/#…", name="decamp")
NAMES = ("👍", "🇩🇪", "x" * 10_000, "", "\u202eeci lA", "a/b@c", "..", "<b>", "\x00\x07")


def message(**words: Any) -> Message:
    """A text as the program gives it, with what is told otherwise."""
    usual = {
        "id": 40, "chatId": 12, "fromId": 11, "text": "hello", "timestamp": 1_700_000_000, "viewType": "Text",
        "systemMessageType": "Unknown", "downloadState": "Done", "sender": {"id": 11, "displayName": "Robin"},
        "somethingNew": {"that": ["nobody", "knows"]},
    }  # fmt: skip
    return msgspec.convert(usual | words, Message)


def told(of: Message, **words: Any) -> AnyEvent | None:
    return translate.event(of, Setting(**{"chat": CHAT, "sender": ROBIN, "cursor": "40", **words}))


def posted(of: Message, **words: Any) -> Posted:
    event = told(of, **words)
    assert isinstance(event, Posted)
    return event


def info(kind: str, **words: Any) -> Message:
    return message(isInfo=True, systemMessageType=kind, **words)


def test_a_text_is_told_with_its_place_in_the_order() -> None:
    event = posted(message())
    assert (event.id, event.text, event.sent_at, event.cursor) == ("40", "hello", 1_700_000_000_000, "40")
    assert not event.own
    assert not event.notice


def test_what_a_machine_or_the_network_wrote_is_a_notice() -> None:
    assert posted(message(isBot=True)).notice
    assert posted(info("WebxdcInfoMessage", text="Robin has 3 points")).notice


def test_words_of_ours_from_an_earlier_run_have_their_key() -> None:
    event = posted(message(fromId=1), sender=ME, key="sent")
    assert (event.own, event.key) == (True, "sent")


def test_a_quote_is_told_by_number_or_by_its_words() -> None:
    known = posted(message(quote={"kind": "WithMessage", "text": "when?", "messageId": 38}))
    assert known.reply_to == Reference(id="38", text="when?")
    assert posted(message(quote={"kind": "JustText", "text": "when?"})).reply_to == Reference(id="", text="when?")


@pytest.mark.parametrize("name", [*NAMES, None])
def test_a_file_keeps_its_name_and_is_found_by_number(name: str | None) -> None:
    of = message(file="/blobs/x", fileName=name, fileMime=None, fileBytes=3, viewType="Voice")
    [file] = posted(of).files
    assert (file.ref, file.name, file.type, file.size, file.voice) == (
        "40", name or "file", "application/octet-stream", 3, True,
    )  # fmt: skip


def test_messages_of_the_network_are_what_they_mean() -> None:
    noor = Person(id="14", name="Noor")
    assert told(info("MemberAddedToGroup"), about=noor) == Joined(chat=CHAT, person=noor, cursor="40")
    assert told(info("MemberRemovedFromGroup"), about=noor) == Left(chat=CHAT, person=noor, cursor="40")
    assert told(info("GroupNameChanged")) == Renamed(chat=CHAT, cursor="40")
    timer = Timer(chat=CHAT, sender=ROBIN, seconds=60, after_read=True, cursor="40")
    assert told(info("EphemeralTimerChanged"), expires=60) == timer


@pytest.mark.parametrize("kind", ["ChatE2ee", "SecurejoinMessage", "MultiDeviceSync"])
def test_what_delta_chat_tells_only_itself_is_not_told(kind: str) -> None:
    assert told(info(kind)) is None


def test_what_we_did_to_a_chat_is_no_news() -> None:
    assert told(info("GroupNameChanged", fromId=1)) is None


def test_a_message_whose_file_will_never_come_is_not_waited_for() -> None:
    assert not message(downloadState="InProgress").is_whole
    assert message(downloadState="Failure").is_whole


@pytest.mark.parametrize("name", NAMES)
def test_a_persona_always_has_a_name(name: str) -> None:
    [part] = translate.parts(Post(key="k", text="x", persona=Person(id="05ab", name=name)))
    assert part["overrideSenderName"] == (name.strip() or "05ab")


def test_words_go_with_the_first_file_and_the_others_by_themselves() -> None:
    def upload(name: str, kind: str, *, voice: bool = False) -> Upload:
        return Upload(path=f"/tmp/{name}", name=name, type=kind, size=1, voice=voice)

    files = (upload("a.png", "image/png"), upload("b.ogg", "audio/ogg", voice=True), upload("c.gif", "image/gif"),
             upload("d.xdc", "application/zip"))  # fmt: skip
    parts = translate.parts(Post(key="k", text="look", files=files, reply_to=Reference(id="38")))
    assert [part["text"] for part in parts] == ["look", "", "", ""]
    assert [part["viewtype"] for part in parts] == ["Image", "Voice", "Gif", "File"]
    assert [part.get("quotedMessageId") for part in parts] == [38, None, None, None]


def test_there_is_one_reaction_for_each_person() -> None:
    about = Reference(id="38")
    assert translate.reaction(React(key="k", message=about, emoji="🎉", all=("👍", "🎉"))) == ["🎉"]
    assert translate.reaction(React(key="k", message=about, emoji="🎉", add=False, all=("👍",))) == ["👍"]
    assert translate.reaction(React(key="k", message=about, emoji="🎉", add=False)) == []


@pytest.mark.parametrize("id", ["", "x", "-1", "1.5", "١", "9" * 10, "1 OR 1", "../1"])
def test_a_number_that_is_none_is_refused(id: str) -> None:
    with pytest.raises(Refused):
        translate.number(id)


def test_a_direct_chat_says_who_is_there() -> None:
    room = Room(id=10, name="Robin", chat_type="Single", contact_ids=[11], can_send=True, self_in_group=True)
    assert translate.chat(room, room.contact_ids) == Chat(id="10", title="Robin", kind=ChatKind.DIRECT, person="11")


@pytest.mark.parametrize("cursor", ["120", "120-97-118"])
def test_a_cursor_is_read_as_it_was_written(cursor: str) -> None:
    assert str(Mark.read(cursor)) == cursor


def test_the_first_run_has_no_place_to_go_on_from() -> None:
    assert Mark.read(None).high < 0
    assert Mark.read("nonsense").high < 0


def test_only_a_server_that_says_no_is_final() -> None:
    login = "Delta Chat says: IMAP failed to login as a@b: no response: info: Some(“[%s] Go away.”)"
    assert trouble(login % "AUTHENTICATIONFAILED", "a@b").state is State.BAD_CREDENTIALS
    assert trouble(login % "UNAVAILABLE", "a@b").state is State.INTERRUPTED
    assert trouble("Delta Chat says: Could not find your mail server.", "a@b").state is State.INTERRUPTED
    expired = trouble("Delta Chat says: IMAP failed to connect: invalid peer certificate: Expired", "a@b")
    assert expired.state is State.INTERRUPTED
    assert "certificate" in expired.hint


def test_the_record_holds_no_words_and_is_for_its_owner_only(tmp_path: Path) -> None:
    record = Record(tmp_path, 1)
    record.tell(Told(id=40, chat=12, sender=11, digest=digest("marker-91aa")))
    record.begin("key", 0, 12, 40)
    record.close()
    assert not [path for path in tmp_path.iterdir() if b"marker-91aa" in path.read_bytes()]
    assert (tmp_path / "account-1.sqlite").stat().st_mode & 0o077 == 0
