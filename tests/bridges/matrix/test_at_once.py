"""What happens at the same moment: no older answer undoes what came meanwhile, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random
from typing import cast

import nio
import pytest

from bridges.api import NotNow, Person, Post
from bridges.feed import Feed
from bridges.matrix import ghosts as of_ghosts
from bridges.matrix import hearing as of_hearing
from bridges.matrix import keep as of_keep
from bridges.matrix.calls import Calls, Denied, Query
from bridges.matrix.contents import Tickets
from bridges.matrix.device import Device
from bridges.matrix.ghosts import Ghosts
from bridges.matrix.hearing import Hearing
from bridges.matrix.keep import Keep
from bridges.matrix.loose import Object
from bridges.matrix.media import Media
from bridges.matrix.portals import Portals
from bridges.matrix.rooms import Rooms
from bridges.matrix.sending import Pen, Voice
from bridges.matrix.trying import Trying, UnderWay

ROOM, ME, OWNER = "!kitchen:localhost", "@decamp_bot:localhost", "@robin:localhost"
Answer = Callable[[str, str, Mapping[str, object]], Awaitable[object]]


class Homeserver(Calls):
    """One that answers what the test says, when it says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def ask(
        self, method: str, where: str, body: Mapping[str, object] | None = None, query: Query | None = None,
        *, seconds: float = 0,
    ) -> Object:  # fmt: skip
        return cast("Object", await self._answer(method, where, body or {}))

    async def ask_list(self, method: str, where: str, query: Query | None = None) -> object:
        return await self._answer(method, where, {})


async def everybody_had_a_turn() -> None:
    """Whoever could go on has done so: no answer takes any time here, unless the test holds it."""
    for _ in range(50):
        await asyncio.sleep(0)


def named(name: str, sender: str) -> Object:
    return {"type": "m.room.name", "state_key": "", "room_id": ROOM, "sender": sender, "content": {"name": name}}


def portals_at(calls: Calls) -> Portals:
    media = cast("Media", None)
    return Portals(
        OWNER, calls, Ghosts(calls, media, "decamp_", "localhost"), Rooms(calls, media), cast("Pen", None),
        Trying(Feed(lambda: 0), Random(1)),
    )  # fmt: skip


@pytest.mark.parametrize("sender", [OWNER, ME])
def test_a_room_that_changes_while_it_is_looked_at_is_known_as_it_is_then(sender: str) -> None:
    """The homeserver has answered how the room was; before that is here, it brings what changed."""

    async def story() -> None:
        now, asked, go = "before", asyncio.Event(), asyncio.Event()

        async def answer(_method: str, _where: str, _body: Mapping[str, object]) -> object:
            told = [named(now, OWNER)]
            if not asked.is_set():
                asked.set()
                await go.wait()
            return told

        portals = portals_at(Homeserver(answer))
        looking = asyncio.create_task(portals.place(ROOM))  # somebody sends something there
        await asked.wait()
        now = "after"
        hearing = asyncio.create_task(portals.said(named(now, sender)))
        await everybody_had_a_turn()
        go.set()
        await asyncio.gather(looking, hearing)
        assert (await portals.place(ROOM)).name == "after"

    asyncio.run(story())


def test_the_newer_of_two_names_of_a_contact_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        shown, asked, go = "", asyncio.Event(), asyncio.Event()

        async def answer(method: str, where: str, body: Mapping[str, object]) -> object:
            nonlocal shown
            if method == "PUT" and "displayname" in where:
                if not asked.is_set():
                    asked.set()
                    await go.wait()
                shown = str(body["displayname"])
            return {}

        ghosts = Ghosts(Homeserver(answer), cast("Media", None), "decamp_", "localhost")
        first = asyncio.create_task(ghosts.voice(Person(id="05ab", name="Maya")))
        await asked.wait()
        second = asyncio.create_task(ghosts.dress(Person(id="05ab", name="Maya Lindgren"), None))
        await everybody_had_a_turn()
        go.set()
        await asyncio.gather(first, second)
        assert shown == "Maya Lindgren"
        monkeypatch.setattr(of_ghosts, "MOST_NAMED", 3)
        for number in range(9):  # a community may have any number of people
            await ghosts.voice(Person(id=f"05{number}", name="Noor"))
        assert len(ghosts._named) <= 4

    asyncio.run(story())


def test_in_a_room_one_message_goes_after_the_other(tmp_path: Path) -> None:
    """Whoever finds out what an earlier attempt has left there would take one that is on its way for such a thing."""

    async def story() -> None:
        keep, going, most = Keep(tmp_path, lambda: 0), 0, 0

        async def put(_room: str, _kind: str, _content: Object, ticket: str, _voice: Voice) -> str:
            nonlocal going, most
            going += 1
            most = max(most, going)
            await everybody_had_a_turn()
            going -= 1
            return f"${ticket}"

        pen = Pen(cast("Calls", None), cast("Media", None), keep, Tickets(b"s" * 32), public=True)
        posts = [Post(key=key, text="hello") for key in ("a", "b", "b", "b")]
        sent = await asyncio.gather(*(pen.act(ROOM, post, Voice(ME), put, sealed=False) for post in posts))
        assert most == 1
        assert len({one.id for one in sent}) == 2
        keep.close()

    asyncio.run(story())


def joined(user: str) -> Object:
    return {
        "type": "m.room.member", "state_key": user, "sender": user, "event_id": f"$join{user}",
        "origin_server_ts": 1, "content": {"membership": "join"},
    }  # fmt: skip


def synced(number: int, *state: Object) -> Object:
    room: Object = {
        "state": {"events": list(state)}, "timeline": {"events": [], "limited": False, "prev_batch": "p"},
        "ephemeral": {"events": []}, "account_data": {"events": []}, "unread_notifications": {},
        "summary": {"m.joined_member_count": number},
    }  # fmt: skip
    return {
        "next_batch": f"s{number}", "rooms": {"join": {ROOM: room}, "invite": {}, "leave": {}},
        "to_device": {"events": []}, "device_one_time_keys_count": {"signed_curve25519": 50},
        "device_lists": {"changed": [], "left": []}, "presence": {"events": []},
    }  # fmt: skip


def test_an_owner_who_comes_in_while_members_are_asked_for_can_read_what_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older answer does not name them, and whoever an answer does not name is thrown out."""

    async def story() -> None:
        asked, go = asyncio.Event(), asyncio.Event()

        async def members(_method: str, where: str, _body: Mapping[str, object]) -> object:
            if where.endswith("/members"):
                asked.set()
                await go.wait()
            return {"chunk": [joined(ME)]}

        calls = Homeserver(members)
        device = Device(calls, "http://127.0.0.1:1", "token", (ME, "DEVICE"), tmp_path, b"s" * 32)
        inside = device._nio
        encryption: Object = {
            "type": "m.room.encryption", "state_key": "", "sender": ME, "event_id": "$e", "origin_server_ts": 1,
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }  # fmt: skip
        await device.take(synced(1, joined(ME), encryption))

        async def send(*_: object, **_more: object) -> object:
            answer = nio.KeysQueryResponse({}, {})
            await inside.receive_response(answer)
            return answer

        monkeypatch.setattr(inside, "_send", send)
        sealing = asyncio.create_task(device.seal(ROOM, "m.room.message", {"body": "hello", "msgtype": "m.text"}))
        await asked.wait()
        taking = asyncio.create_task(device.take(synced(2, joined(OWNER))))
        await everybody_had_a_turn()
        go.set()
        kind, sealed = await sealing
        await taking
        assert kind == "m.room.encrypted"
        assert "hello" not in str(sealed)
        assert set(inside.rooms[ROOM].users) == {ME, OWNER}
        await device.close()
        with pytest.raises(NotNow):
            await device.seal(ROOM, "m.room.message", {})

    asyncio.run(story())


def hearing_at(answer: Answer) -> Hearing:
    nothing = cast("Keep", None)
    calls = Homeserver(answer)
    return Hearing(
        ME, OWNER, calls, cast("Device", None), nothing, Tickets(b"s" * 32), cast("Pen", None),
        Rooms(calls, cast("Media", None)), Trying(Feed(lambda: 0), Random(1)),
    )  # fmt: skip


def test_an_invitation_that_two_follow_at_once_is_followed() -> None:
    """One hears that it is not possible any more while the other waits to try again."""

    async def story() -> None:
        asked, go = asyncio.Event(), asyncio.Event()

        async def answer(_method: str, _where: str, _body: Mapping[str, object]) -> object:
            if not asked.is_set():
                asked.set()
                await go.wait()
            raise Denied(403, "M_FORBIDDEN")

        hearing = hearing_at(answer)
        hearing.invited[ROOM] = ""
        first = asyncio.create_task(hearing.accept(ROOM))
        await asked.wait()
        await hearing.accept(ROOM)
        assert ROOM not in hearing.invited
        await hearing.accept(ROOM)
        go.set()
        await first

    asyncio.run(story())


def test_anybody_may_invite_us_to_any_number_of_rooms(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def nothing(_method: str, _where: str, _body: Mapping[str, object]) -> object:
        return {}

    monkeypatch.setattr(of_hearing, "MOST_INVITED", 3)
    hearing = hearing_at(nothing)
    for number in range(9):
        hearing._invitation(f"!{number}", {})
    assert list(hearing.invited) == ["!6", "!7", "!8"]
    assert "ask again" in caplog.text


def test_what_is_to_be_sent_when_all_is_over_is_put_off() -> None:
    async def story() -> None:
        under_way = UnderWay()
        with under_way:
            await under_way.over(0)
            with pytest.raises(NotNow), under_way:
                pass
        calls = Calls("http://127.0.0.1:1")
        await calls.close()
        with pytest.raises(NotNow, match="stopping"):
            await calls.ask("GET", "/")

    asyncio.run(story())


def test_of_very_many_messages_that_nobody_can_open_the_newest_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_keep, "MOST_UNREADABLE", 3)
    keep = Keep(tmp_path, lambda: 0)
    for at in (5, 1, 9, 3, 7):
        keep.note_unreadable(f"${at}", ROOM, {"origin_server_ts": at})
    keep.note_unreadable("$0", "!garden:localhost", {})
    assert sorted(event for event, _, _ in keep.unreadable()) == ["$0", "$5", "$7", "$9"]
    keep.close()
