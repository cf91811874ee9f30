"""What only some networks can do: each declared ability is shown both ways, each other one is refused by its name."""

from __future__ import annotations

import hashlib
import io
import tempfile
import wave
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path

from migrate.model import Handle, Network

from ..api import (
    Accept,
    AnyAction,
    Bridge,
    Can,
    CannotDo,
    Delete,
    Deleted,
    Edit,
    Edited,
    Event,
    File,
    Joined,
    MarkDelivered,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    SetTimer,
    SetTyping,
    Timer,
    Typing,
    Upload,
)  # fmt: skip
from .world import Seat, World, says

ODD_NAMES = ("👍", "🇩🇪", "x" * 10_000, "", "\u202eeci lA", "a/b@c", "..", "<b>", "Ünï\n\tx", "\x00\x07")
MAYA = Person(id="05" + "ab" * 32, name="Maya")
PHRASE = "Grüße 👋"

Body = Callable[[World], Awaitable[None]]


def needs(*cans: Can) -> Callable[[Body], Body]:
    """The check is for bridges that can do all of this."""

    def decorate(body: Body) -> Body:
        @wraps(body)
        async def checked(world: World) -> None:
            if set(cans) <= world.bridge.about.can:
                await body(world)

        return checked

    return decorate


async def _said(seat: Seat, text: str) -> tuple[Reference, Reference]:
    """Post a text, and return how the bridge and how the friend refer to it."""
    sent = await seat.bridge.send(seat.world.chat, Post(key=f"said {text}", text=text))
    there = await seat.world.friend.saw(Posted, says(text), seat.world.patience)
    assert sent.id is not None
    me = seat.bridge.me.id
    ours = Reference(id=sent.id, author=me, sent_at=sent.sent_at, text=text)
    return ours, _reference(there)


async def _heard(seat: Seat, text: str) -> tuple[Reference, Reference]:
    """Let the friend post a text, and return how the bridge and how the friend refer to it."""
    theirs = await seat.world.friend.do(Post(key=f"heard {text}", text=text))
    here = await seat.saw(Posted, says(text))
    return _reference(here), Reference(id=theirs, sent_at=here.sent_at, text=text)


def _reference(event: Posted) -> Reference:
    return Reference(id=event.id, author=event.sender.id, sent_at=event.sent_at, text=event.text)


def _means(reference: Reference | None, wanted: Reference, *also: str) -> bool:
    return reference is not None and reference.id in {wanted.id, *also}


@needs(Can.REPLIES)
async def carries_replies(world: World) -> None:
    async with Seat(world) as seat:
        heard, heard_there = await _heard(seat, "shall we?")
        await seat.bridge.send(world.chat, Post(key="reply", text="we shall", reply_to=heard))
        there = await world.friend.saw(Posted, says("we shall"), world.patience)
        assert _means(there.reply_to, heard_there)
        said, said_there = await _said(seat, "when?")
        await world.friend.do(Post(key="reply-back", text="now", reply_to=said_there))
        here = await seat.saw(Posted, says("now"))
        assert _means(here.reply_to, said)


@needs(Can.EDITS)
async def carries_edits(world: World) -> None:
    async with Seat(world) as seat:
        said, said_there = await _said(seat, "helo")
        await seat.bridge.send(world.chat, Edit(key="edit", message=said, text="hello"))
        there = await world.friend.saw(Edited, says("hello"), world.patience)
        assert there.message == said_there.id
        heard, heard_there = await _heard(seat, "wrld")
        await world.friend.do(Edit(key="edit-back", message=heard_there, text="world"))
        here = await seat.saw(Edited, says("world"))
        assert here.message == heard.id


@needs(Can.DELETES)
async def carries_deletions(world: World) -> None:
    async with Seat(world) as seat:
        said, said_there = await _said(seat, "forget this")
        await seat.bridge.send(world.chat, Delete(key="delete", message=said))
        await world.friend.saw(Deleted, lambda event: event.message == said_there.id, world.patience)
        heard, heard_there = await _heard(seat, "and this")
        await world.friend.do(Delete(key="delete-back", message=heard_there))
        await seat.saw(Deleted, lambda event: event.message == heard.id)


@needs(Can.REACTIONS)
async def carries_reactions(world: World) -> None:
    """Added and removed, in both directions. A removal may be a deletion of the reaction by its id."""
    emoji = min(world.bridge.about.limits.reactions or {"👍"})
    async with Seat(world) as seat:
        heard, heard_there = await _heard(seat, "cake?")
        sent = await seat.bridge.send(world.chat, React(key="react", message=heard, emoji=emoji, all=(emoji,)))
        there = await world.friend.saw(Reacted, lambda event: emoji in event.emojis, world.patience)
        assert there.message == heard_there.id
        removal = React(key="unreact", message=heard, emoji=emoji, add=False, sent_as=sent.id)
        await seat.bridge.send(world.chat, removal)
        await _removed(world.friend.saw, there, world.patience)
        said, said_there = await _said(seat, "tea?")
        theirs = await world.friend.do(React(key="r", message=said_there, emoji=emoji, all=(emoji,)))
        here = await seat.saw(Reacted, lambda event: emoji in event.emojis)
        assert here.message == said.id
        await world.friend.do(React(key="u", message=said_there, emoji=emoji, add=False, sent_as=theirs))
        await _removed(seat.saw, here, world.patience)


async def _removed(saw: Callable[..., Awaitable[object]], reaction: Reacted, patience: float) -> None:
    def is_removal(event: object) -> bool:
        match event:
            case Deleted(message=message):
                return message == reaction.id
            case Reacted(change=change, emojis=emojis, message=message):
                gone = change is Reacted.Change.REMOVED or (change is Reacted.Change.ALL and not emojis)
                return gone and message == reaction.message
            case _:
                return False

    await saw(Event, is_removal, patience)


@needs(Can.FILES)
async def carries_files(world: World) -> None:
    """Byte for byte, with the names that people give to files."""
    async with Seat(world) as seat:
        for number, (name, size) in enumerate((("note.txt", 12), ("Ünï code 👍.bin", 300_000), ("../../x", 5))):
            content = hashlib.shake_256(name.encode()).digest(size)
            with _OnDisk(content, name) as upload:
                await seat.bridge.send(world.chat, Post(key=f"file-{number}", files=(upload,)))
                there = await _file(world.friend.saw, upload.size, world.patience)
                assert await world.friend.bytes_of(there) == content
                await world.friend.do(Post(key=f"file-back-{number}", files=(upload,)))
            here = await _file(seat.saw, size, world.patience)
            assert await _bytes(seat.bridge, here) == content
            assert "/" not in here.name or here.name == name


@needs(Can.FILES, Can.CAPTIONS)
async def carries_a_file_with_words(world: World) -> None:
    async with Seat(world) as seat:
        with _OnDisk(b"a picture, nearly", "p.txt") as upload:
            await seat.bridge.send(world.chat, Post(key="caption", text=PHRASE, files=(upload,)))
            there = await world.friend.saw(
                Posted, lambda event: event.text == PHRASE and bool(event.files), world.patience
            )
            assert len(there.files) == 1
            await world.friend.do(Post(key="caption-back", text=f"{PHRASE}!", files=(upload,)))
        here = await seat.saw(Posted, says(f"{PHRASE}!"))
        assert await _bytes(seat.bridge, here.files[0]) == b"a picture, nearly"


@needs(Can.FILES, Can.VOICE)
async def tells_voice_from_other_files(world: World) -> None:
    async with Seat(world) as seat:
        with _OnDisk(_second_of_silence(), "voice.wav", "audio/wav", voice=True) as upload:
            await seat.bridge.send(world.chat, Post(key="voice", files=(upload,)))
            assert (await _file(world.friend.saw, upload.size, world.patience)).voice
            await world.friend.do(Post(key="voice-back", files=(upload,)))
        assert (await _file(seat.saw, upload.size, world.patience)).voice


@needs(Can.TYPING)
async def shows_who_types(world: World) -> None:
    async with Seat(world) as seat:
        await _said(seat, "wait")
        await seat.bridge.send(world.chat, SetTyping(key="typing", typing=True))
        await world.friend.saw(Typing, lambda event: event.typing, world.patience)
        for typing in (False, True, False, True):  # as programs do, again and again: no network keeps it for later
            await world.friend.do(SetTyping(key=f"typing-back {typing}", typing=typing))
            if typing and await seat.hears(Typing, lambda event: event.typing, 3):
                return
        raise AssertionError("Nobody tells that somebody types.")


@needs(Can.READ)
async def tells_what_was_read(world: World) -> None:
    async with Seat(world) as seat:
        heard, heard_there = await _heard(seat, "read me")
        await seat.bridge.send(world.chat, MarkRead(key="read", message=heard))
        await world.friend.saw(Receipt, lambda event: event.read and heard_there.id in event.messages, world.patience)
        said, said_there = await _said(seat, "and you me")
        await world.friend.do(MarkRead(key="read-back", message=said_there))
        await seat.saw(Receipt, lambda event: event.read and said.id in event.messages)


@needs(Can.DELIVERY)
async def tells_what_arrived(world: World) -> None:
    async with Seat(world) as seat:
        said, _ = await _said(seat, "did it come?")
        await seat.saw(Receipt, lambda event: not event.read and said.id in event.messages)


@needs(Can.CONFIRMS)
async def tells_of_what_came_only_when_told_to(world: World) -> None:
    async with Seat(world) as seat:
        for text in ("one", "two"):
            await world.friend.do(Post(key=text, text=text))
            heard = await seat.saw(Posted, says(text))
        assert heard.confirm is not None
        await seat.bridge.send(world.chat, MarkDelivered(key="came", message=Reference(id=heard.confirm)))
        first = await world.friend.saw(Receipt, lambda event: not event.read, world.patience)
        assert first.messages == (heard.confirm,), "It says so by itself."


@needs(Can.TIMERS)
async def carries_timers(world: World) -> None:
    async with Seat(world) as seat:
        await _said(seat, "soon gone")
        await seat.bridge.send(world.chat, SetTimer(key="timer", seconds=3600))
        await world.friend.saw(Timer, lambda event: event.seconds == 3600, world.patience)
        await world.friend.do(SetTimer(key="timer-back", seconds=86400))
        await seat.saw(Timer, lambda event: event.seconds == 86400)


@needs(Can.PERSONAS)
async def writes_in_the_name_of_others(world: World) -> None:
    async with Seat(world) as seat:
        await seat.bridge.send(world.chat, Post(key="persona", text="it is me", persona=MAYA))
        there = await world.friend.saw(Posted, says("it is me"), world.patience)
        assert "Maya" in there.sender.name


@needs(Can.MAKE_CHATS)
async def makes_a_chat_for_one_contact(world: World) -> None:
    """Under any name, the same one when asked again, and one can write in it."""
    async with Seat(world) as seat:
        for number, name in enumerate(ODD_NAMES):
            person = Person(id=f"05{number:064x}", name=name)
            chat = await seat.bridge.open_chat(name, person)
            assert (await seat.bridge.open_chat(name, person)).id == chat.id
            await seat.bridge.send(chat.id, Post(key=f"made-{number}", text=f"made {number}"))
            await world.friend.saw(Posted, says(f"made {number}"), world.patience)
            await seat.bridge.dress_chat(chat.id, f"{name} (Session)", None)


async def understands_any_name(world: World) -> None:
    """Whatever the friend calls themselves, their messages come through."""
    async with Seat(world) as seat:
        for number, name in enumerate(ODD_NAMES):
            await world.friend.rename(name)
            await world.friend.do(Post(key=f"named-{number}", text=f"named {number}"))
            here = await seat.saw(Posted, says(f"named {number}"))
            assert here.sender.id


@needs(Can.INVITATIONS)
async def knows_who_came_by_which_invitation(world: World) -> None:
    async with Seat(world) as seat:
        first = await seat.bridge.invite(MAYA)
        second = await seat.bridge.invite(Person(id="05" + "cd" * 32, name="Noor"))
        assert first.id != second.id
        assert first.link != second.link
        await world.friend.use(second.link)
        await seat.saw(Joined, lambda event: event.invitation == second.id)
        await seat.bridge.withdraw(first.id)


async def refuses_by_name_what_it_cannot_do(world: World) -> None:
    async with Seat(world) as seat:
        for can, attempt in _attempts(seat.bridge, world.chat).items():
            if can in world.bridge.about.can:
                continue
            try:
                await attempt()
            except CannotDo as error:
                assert error.can is can or {can, error.can} == {Can.MOVED, Can.PROFILE}
                assert error.can.value in str(error)
            else:
                raise AssertionError(f"It does not say that it can do this, and does not refuse it: {can.value}")


def _attempts(bridge: Bridge, chat: str) -> dict[Can, Callable[[], Awaitable[object]]]:
    """Something that needs each ability and, as far as that can be, no other."""
    one = Reference(id="1", author="a", sent_at=1, text="x")
    file = Upload(path="/nonexistent", name="x", type="text/plain", size=1)
    posts: dict[Can, AnyAction] = {
        Can.FILES: Post(key="f", files=(file,)),
        Can.REPLIES: Post(key="r", text="x", reply_to=one),
        Can.EDITS: Edit(key="e", message=one, text="x"),
        Can.DELETES: Delete(key="d", message=one),
        Can.REACTIONS: React(key="re", message=one, emoji="👍"),
        Can.READ: MarkRead(key="m", message=one),
        Can.CONFIRMS: MarkDelivered(key="md", message=one),
        Can.TYPING: SetTyping(key="t", typing=True),
        Can.TIMERS: SetTimer(key="ti", seconds=60),
        Can.PERSONAS: Post(key="p", text="x", persona=MAYA),
        Can.OWNER: Post(key="o", text="x", as_owner=True),
        Can.TRUE_TIMES: Post(key="tt", text="x", sent_at=1),
        Can.REQUESTS: Accept(key="a"),
    }
    if Can.FILES in bridge.about.can:
        posts[Can.CAPTIONS] = Post(key="c", text="x", files=(file,))
        posts[Can.VOICE] = Post(key="v", files=(Upload(path="/x", name="x", type="audio/ogg", size=1, voice=True),))

    def sending(action: AnyAction) -> Callable[[], Awaitable[object]]:
        return lambda: bridge.send(chat, action)

    moved = Handle(network=Network.XMPP, address="xmpp:robin@example.org")
    return {can: sending(action) for can, action in posts.items()} | {
        Can.MAKE_CHATS: lambda: bridge.open_chat("x", MAYA),
        Can.GHOSTS: lambda: bridge.dress_person(MAYA, None),
        Can.INVITATIONS: lambda: bridge.invite(MAYA),
        Can.PROFILE: lambda: bridge.publish("x"),
        Can.MOVED: lambda: bridge.publish("x", [moved]),
    }


def _second_of_silence() -> bytes:
    """A recording that says itself how long it is, because some networks want to know."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setparams((1, 1, 8_000, 8_000, "NONE", ""))
        out.writeframes(bytes([128]) * 8_000)
    return made.getvalue()


class _OnDisk:
    """A file on this machine, while it is needed."""

    def __init__(self, content: bytes, name: str, type: str = "application/octet-stream", voice: bool = False) -> None:
        self._content, self._name, self._type, self._voice = content, name, type, voice

    def __enter__(self) -> Upload:
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "file"
        path.write_bytes(self._content)
        return Upload(path=str(path), name=self._name, type=self._type, size=len(self._content), voice=self._voice)

    def __exit__(self, *failure: object) -> None:
        self._folder.cleanup()


async def _file(saw: Callable[..., Awaitable[Posted]], size: int, patience: float) -> File:
    posted = await saw(Posted, lambda event: bool(event.files) and event.files[0].size in {size, None}, patience)
    return posted.files[0]


async def _bytes(bridge: Bridge, file: File) -> bytes:
    return b"".join([piece async for piece in bridge.fetch(file.ref)])


CHECKS = (
    carries_replies,
    carries_edits,
    carries_deletions,
    carries_reactions,
    carries_files,
    carries_a_file_with_words,
    tells_voice_from_other_files,
    shows_who_types,
    tells_what_was_read,
    tells_what_arrived,
    tells_of_what_came_only_when_told_to,
    carries_timers,
    writes_in_the_name_of_others,
    makes_a_chat_for_one_contact,
    understands_any_name,
    knows_who_came_by_which_invitation,
    refuses_by_name_what_it_cannot_do,
)
