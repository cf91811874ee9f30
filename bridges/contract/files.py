"""Files: whole, with the words beside them, and told from voice."""

from __future__ import annotations

import hashlib
import io
import tempfile
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

from ..api import Bridge, Can, File, Post, Posted, Upload
from .abilities import needs
from .world import Seat, World, says

PHRASE = "Grüße 👋"


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
    carries_files,
    carries_a_file_with_words,
    tells_voice_from_other_files,
)
