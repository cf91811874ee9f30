"""What a contact looks like and what they show or say: on SimpleX it is a picture, a photo, a voice note."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import cast

import pytest

from bridges.api import Can, CannotDo, Edit, Edited, NotNow, Person, Post, Posted, Reference, Refused, State, Upload
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.simplex import media
from tests.bridges.simplex.test_media import noise, opened, photo, wav
from tests.bridges.simplex.world import SimplexWorld, play
from tests.servers.simplex_objects import Json

MAYA = Person(id="05" + "ab" * 32, name="Maya")


def upload(folder: Path, data: bytes, type: str, *, voice: bool = False) -> Upload:
    path = folder / "upload"
    path.write_bytes(data)
    return Upload(path=str(path), name="IMG 1.jpg", type=type, size=len(data), voice=voice)


def said(world: SimplexWorld) -> Json:
    """What the newest message says, as the other side has it."""
    item = world.friend.account.items[max(world.friend.account.items)][1]
    return cast("Json", cast("Json", item["content"])["msgContent"])


def profile(world: SimplexWorld) -> Json:
    """That of the one group, as the owner has it."""
    [group] = world.friend.account.groups.values()
    return group.room.profile


def changes(world: SimplexWorld) -> int:
    return sum(one.startswith("/_group_profile") for one in world.account.log)


def test_the_picture_of_a_contact_is_that_of_their_group(tmp_path: Path, way: str) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await seat.bridge.open_chat("Maya", MAYA)
        world.friend.look()
        picture = tmp_path / "picture"
        picture.write_bytes(noise((600, 600)))
        await seat.bridge.dress_chat(chat.id, "Maya (Session)", picture)
        shown = profile(world)
        assert shown["displayName"] == "Maya (Session)"
        assert shown["groupPreferences"], "what else the group had is kept"
        assert shown["fullName"] == ""
        assert opened(str(shown["image"])).width > 64
        assert changes(world) == 1, "name and picture in one"
        await seat.bridge.dress_chat(chat.id, "Maya (Session)", picture)
        assert changes(world) == 1, "what is so already is not said again to everybody"
        await seat.bridge.dress_chat(chat.id, "Maya B.", None)
        assert profile(world) == shown | {"displayName": "Maya B."}, "without a picture the old one stays"
        picture.write_bytes(photo())
        await seat.bridge.dress_chat(chat.id, "Maya B.", picture)
        assert profile(world)["image"] != shown["image"]

    play(tmp_path, scene, way)


def test_a_group_that_is_made_with_a_picture_has_it_from_the_first_moment(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        picture = tmp_path / "picture"
        picture.write_bytes(photo("PNG"))
        await seat.bridge.open_chat("Maya", MAYA, picture)
        world.friend.look()
        assert opened(str(profile(world)["image"])).size == (256, 192)
        assert not changes(world)

    play(tmp_path, scene)


def test_what_is_no_picture_leaves_the_group_as_it_was_but_for_its_name(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await seat.bridge.open_chat("Maya", MAYA)
        world.friend.look()
        picture = tmp_path / "picture"
        picture.write_bytes(b"<svg/>")
        await seat.bridge.dress_chat(chat.id, "Maya B.", picture)
        assert profile(world)["displayName"] == "Maya B."
        assert "image" not in profile(world)
        for wrong in (world.chat, "#999", "#x", ""):
            with pytest.raises(Refused):
                await seat.bridge.dress_chat(wrong, "Maya", picture)

    play(tmp_path, scene)


def test_without_the_library_a_group_has_its_name_and_the_picture_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await seat.bridge.open_chat("Maya", MAYA)
        world.friend.look()
        picture = tmp_path / "picture"
        picture.write_bytes(photo())
        monkeypatch.setattr(media, "can_make_pictures", lambda: False)
        monkeypatch.setattr(media, "picture", lambda _path, _most: None)
        with pytest.raises(CannotDo) as told:
            await seat.bridge.dress_chat(chat.id, "Maya B.", picture)
        assert told.value.can is Can.CHAT_PICTURES
        assert profile(world)["displayName"] == "Maya B."

    play(tmp_path, scene)


def test_a_photo_is_shown_before_it_is_fetched_and_keeps_that_when_its_words_change(tmp_path: Path, way: str) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        file = upload(tmp_path, photo(), "image/jpeg")
        sent = await seat.bridge.send(world.chat, Post(key="1", text="lok", files=(file,)))
        there = await world.friend.saw(Posted, says("lok"))
        assert await world.friend.bytes_of(there.files[0]) == photo(), "the photo itself is not touched"
        before = said(world)
        assert before["type"] == "image"
        assert opened(str(before["image"])).size == (256, 192)
        await seat.bridge.send(world.chat, Post(key="2", text="another"))
        await seat.bridge.send(world.chat, Edit(key="3", message=Reference(id=sent.id or ""), text="look"))
        await world.friend.saw(Edited, says("look"))
        item = world.friend.account.items[int(there.id)][1]
        assert cast("Json", item["content"])["msgContent"] == before | {"text": "look"}

    play(tmp_path, scene, way)


def test_a_voice_note_says_how_long_it_is_and_is_one_on_both_sides(tmp_path: Path, way: str) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        file = upload(tmp_path, wav(4), "audio/wav", voice=True)
        await seat.bridge.send(world.chat, Post(key="1", files=(file,)))
        await world.friend.saw(Posted, lambda event: bool(event.files))
        assert said(world) == {"type": "voice", "text": "", "duration": 4}
        await world.friend.do(Post(key="", files=(file,)))
        assert (await seat.saw(Posted, lambda event: bool(event.files))).files[0].voice

    play(tmp_path, scene, way)


def test_a_photo_that_was_cut_off_while_it_was_sent_is_there_once(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        file = upload(tmp_path, photo(), "image/jpeg")
        world.program.swallow = 1
        post = Post(key="1", text="once", files=(file,))
        with pytest.raises(NotNow):
            await seat.bridge.send(world.chat, post)
        await seat.reaches(State.INTERRUPTED)
        await seat.reaches(State.CONNECTED)
        await seat.bridge.send(world.chat, post)
        await world.friend.saw(Posted, says("once"))
        assert sum(one.startswith("/_send") for one in world.account.log) == 1

    play(tmp_path, scene)


def test_an_answer_to_a_photo_of_ours_has_room_for_the_longest_text(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        largest = seat.bridge.limits.text_bytes or 0
        file = upload(tmp_path, noise((300, 300)), "image/png")
        caption = "x" * (largest - media.LEAST_PREVIEW)
        sent = await seat.bridge.send(world.chat, Post(key="1", text=caption, files=(file,)))
        assert said(world)["type"] == "image"
        answer = Post(key="2", text="y" * largest, reply_to=Reference(id=sent.id or ""))
        await seat.bridge.send(world.chat, answer)
        assert (await world.friend.saw(Posted, says("y" * largest))).reply_to is not None

    play(tmp_path, scene)


def test_an_answer_that_has_no_room_for_what_it_answers_says_so(tmp_path: Path) -> None:
    """Apps make larger previews than we do; whoever sends then quotes in words."""

    async def scene(world: SimplexWorld, seat: Seat) -> None:
        path = tmp_path / "theirs"
        path.write_bytes(photo())
        preview = base64.b64encode(photo(size=(64, 64)) + bytes(9_500)).decode()
        world.friend.send_photo(path, f"data:image/jpg;base64,{preview}")
        heard = await seat.saw(Posted, lambda event: bool(event.files))
        answer = Post(key="1", text="y" * 4_000, reply_to=Reference(id=heard.id))
        with pytest.raises(CannotDo) as told:
            await seat.bridge.send(world.chat, answer)
        assert told.value.can is Can.REPLIES
        await seat.bridge.send(world.chat, Post(key="1", text="y" * 4_000))
        await world.friend.saw(Posted, says("y" * 4_000))

    play(tmp_path, scene)


def test_where_voice_notes_are_forbidden_the_bridge_says_that_this_chat_has_none(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        world.network.forbidden.add("voice")
        with pytest.raises(CannotDo) as told:
            await seat.bridge.send(
                world.chat, Post(key="1", files=(upload(tmp_path, wav(1), "audio/wav", voice=True),))
            )
        assert told.value.can is Can.VOICE
        await seat.bridge.send(world.chat, Post(key="1", files=(upload(tmp_path, wav(1), "audio/wav"),)))
        await world.friend.saw(Posted, lambda event: bool(event.files))
        assert said(world)["type"] == "file"

    play(tmp_path, scene)
