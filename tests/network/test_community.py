"""A room of a community through onions and directly: read, posted to, and refused, against a strict server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from migrate.network.access import Access, Proxy
from migrate.network.community import BREATH, Community
from migrate.network.errors import BadAccess, CommunityRefused, NotThere, ProxyDown, TooMuch
from migrate.network.network import Network
from migrate.session.community.blinding import Blinded, Member
from migrate.session.community.links import CommunityLink
from migrate.session.community.messages import Sealed, opened, seal
from migrate.session.content import Content, DataMessage
from migrate.session.errors import BadAnswer, NoAnswer
from migrate.session.keys import AccountKeys
from migrate.standin.community import CommunityServer
from migrate.standin.network import StandIn
from tests.network.connected import KEYS, NODES, Pauses, online, way_to
from tests.standin.clients import NOW, start

Result = TypeVar("Result")
OTHER = AccountKeys(bytes(range(1, 33)))


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with start(nodes=NODES, communities=1) as network:
        network.communities[0].open_room("Lobby", "The lobby")
        yield network


@pytest.fixture
def server(standin: StandIn) -> CommunityServer:
    return standin.communities[0]


@pytest.fixture(params=["onions", "directly"])
def access(request: pytest.FixtureRequest, standin: StandIn) -> Access:
    return way_to(standin, direct=request.param == "directly")


def link_to(server: CommunityServer, room: str = "lobby") -> CommunityLink:
    return CommunityLink.parse(server.link(room))


def within(
    access: Access,
    server: CommunityServer,
    work: Callable[[Community], Awaitable[Result]],
    pauses: Pauses | None = None,
) -> Result:
    """Do something in the lobby."""

    async def visit(network: Network) -> Result:
        return await work(network.community(link_to(server), KEYS))

    return online(access, visit, pauses=pauses)


def written(text: str, member: Member, number: int = 0, files: tuple[int, ...] = ()) -> Sealed:
    return seal(Content(data=DataMessage(body=text), sent_at=NOW + number), member, files)


def somebody(server: CommunityServer, text: str) -> int:
    """Somebody else writes."""
    member = Blinded(OTHER, bytes.fromhex(server.key))
    sealed = written(text, member)
    number = server.next_number()
    server.rooms["lobby"].post(number, member.id, sealed.data, sealed.signature, NOW / 1000 - 3600, 1000)
    return number


def test_a_room_says_what_it_is_called_and_what_came_since(access: Access, server: CommunityServer) -> None:
    somebody(server, "before")

    async def work(room: Community) -> list[str]:
        about = await room.room()
        assert (about.name, about.message_sequence, about.write) == ("The lobby", 1, True)
        somebody(server, "after")
        page = await room.since(about.message_sequence)
        return [_text(row.session_id, row.data, row.signature) for row in page.rows]

    assert within(access, server, work) == ["after"]
    assert {user for _, _, user in server.asked} == {None}, "who only reads says no name"


def _text(author: str | None, data: str | None, signature: str | None) -> str:
    said = opened(author or "", data or "", signature).data
    return (said.body if said else None) or ""


def test_what_we_post_with_a_file_is_there_under_our_blinded_id(access: Access, server: CommunityServer) -> None:
    async def work(room: Community) -> None:
        member = await room.member()
        number = await room.upload("Grüße 👋.txt", b"a file")
        posted = await room.post(written("hello", member, files=(number,)))
        assert posted.session_id == member.id == Blinded(KEYS, bytes.fromhex(server.key)).id
        assert await room.download(number) == b"a file"
        assert (await room.message(posted.id)) is not None
        await room.react(posted.id, "👍🏽")
        row = await room.message(posted.id)
        assert row is not None
        assert [(emoji, one.reactors) for emoji, one in row.feelings] == [("👍🏽", (member.id,))]
        await room.react(posted.id, "👍🏽", remove=True)
        await room.delete(posted.id)
        await room.delete(posted.id)
        assert await room.message(posted.id) is None
        [gone] = (await room.since(1)).rows
        assert gone.deleted

    within(access, server, work)


def test_a_post_whose_answer_got_lost_is_found_again_by_its_signature(
    standin: StandIn, access: Access, server: CommunityServer
) -> None:
    standin.faults.lost_posts = 1

    async def work(room: Community) -> None:
        member = await room.member()
        sealed, never = written("once", member), written("never", member)
        with pytest.raises(NoAnswer):
            await room.post(sealed)
        for _ in range(250):
            somebody(server, "and on it goes")
        found = await room.find(sealed, NOW - 3_600_000)
        assert found is not None
        assert found.session_id == member.id
        assert await room.find(never, NOW - 3_600_000) is None

    within(access, server, work)
    posts = [path for method, path, _ in server.asked if method == "POST"]
    assert len(posts) == 1, "a post is asked for once"


def test_who_posts_too_fast_hears_how_long_to_wait(access: Access, server: CommunityServer) -> None:
    async def work(room: Community) -> float:
        member = await room.member()
        for number in range(5):
            await room.post(written("again", member, number))
        with pytest.raises(TooMuch) as caught:
            await room.post(written("again", member, 6))
        return caught.value.after

    assert within(access, server, work) == BREATH
    assert len(server.rooms["lobby"].messages) == 5


def test_a_server_that_is_busy_says_how_long(standin: StandIn, access: Access, server: CommunityServer) -> None:
    standin.faults.community_statuses[0] = (503, {"Retry-After": "90"})

    async def work(room: Community) -> float:
        with pytest.raises(TooMuch) as caught:
            await room.room()
        return caught.value.after

    assert within(access, server, work) == 90


@pytest.mark.parametrize("ahead", [10 * 86_400, -10 * 86_400])
def test_a_server_with_another_time_is_asked_with_its_own(
    ahead: int, standin: StandIn, access: Access, server: CommunityServer
) -> None:
    standin.faults.community_clock = ahead

    async def work(room: Community) -> None:
        await room.post(written("what time is it?", await room.member()))

    within(access, server, work)
    assert len(server.rooms["lobby"].messages) == 1


def test_a_room_that_only_members_read_is_read_as_one(access: Access, server: CommunityServer) -> None:
    me = Blinded(KEYS, bytes.fromhex(server.key)).id
    room = server.open_room("Lobby", "The lobby", read=False, write=False)
    room.members.add(me)
    somebody(server, "among us")

    async def work(room: Community) -> None:
        assert [row.id for row in (await room.recent()).rows]
        await room.since(0)

    within(access, server, work)
    reads = [user for _, path, user in server.asked if "/messages/" in path]
    assert reads == [None, me, me], "asked once without a name, and from then on with one"


def test_what_a_room_does_not_let_us_do_is_refused_with_its_name(access: Access, server: CommunityServer) -> None:
    server.open_room("Lobby", "The lobby", write=False)
    theirs = somebody(server, "theirs")

    async def work(room: Community) -> None:
        assert (await room.room(signed=True)).write is False
        for attempt in (
            room.post(written("let me", await room.member())),
            room.upload("x", b"x"),
            room.delete(theirs),
        ):
            with pytest.raises(CommunityRefused, match="lobby"):
                await attempt
        server.callers.banned.add((await room.member()).id)
        with pytest.raises(CommunityRefused, match="banned"):
            await room.react(theirs, "👍")
        with pytest.raises(NotThere):
            await room.download(99)
        with pytest.raises(CommunityRefused):
            await room.react(theirs, "x" * 13)

    within(access, server, work)


def test_a_silent_server_is_given_up_after_a_few_tries(
    standin: StandIn, access: Access, server: CommunityServer
) -> None:
    standin.faults.communities_down.add(0)
    pauses = Pauses()

    async def work(room: Community) -> None:
        with pytest.raises(NoAnswer, match=str(server.port)):
            await room.room()

    within(access, server, work, pauses)
    assert 2 <= len(pauses.seconds) <= 6


def test_an_old_server_that_blinds_nobody_knows_us_by_the_session_id(access: Access, server: CommunityServer) -> None:
    server.capabilities = ["sogs"]

    async def work(room: Community) -> None:
        member = await room.member()
        posted = await room.post(written("old times", member))
        assert posted.session_id == member.id == KEYS.session_id
        assert _text(posted.session_id, posted.data, posted.signature) == "old times"
        assert not await room.can_react()

    within(access, server, work)


def test_onions_show_the_server_no_address_and_direct_requests_go_there_alone(
    standin: StandIn, server: CommunityServer
) -> None:
    async def work(room: Community) -> None:
        await room.room()

    within(way_to(standin), server, work)
    assert [seen.what for seen in standin.requests if seen.where.startswith("community")] == ["lsrpc"]
    before = len(standin.requests)
    within(way_to(standin, direct=True), server, work)
    later = [seen.what for seen in standin.requests[before:] if seen.where.startswith("community")]
    assert later == ["GET /room/lobby"]


def test_nothing_goes_around_a_proxy_that_is_down(standin: StandIn, server: CommunityServer) -> None:
    async def work(network: Network) -> None:
        room = network.community(link_to(server), KEYS)
        await room.room()

    with pytest.raises((ProxyDown, NoAnswer)):
        online(way_to(standin, direct=True, proxy=Proxy("127.0.0.1", 9)), work)
    assert not server.asked


def test_a_stand_in_leads_to_no_server_elsewhere(standin: StandIn) -> None:
    async def work(network: Network) -> None:
        network.community(CommunityLink.parse(f"https://sogs.example.org/x?public_key={'ab' * 32}"), KEYS)

    with pytest.raises(BadAccess):
        online(way_to(standin), work)


def test_a_server_that_goes_in_circles_is_left(monkeypatch: pytest.MonkeyPatch, standin: StandIn,
                                               server: CommunityServer) -> None:  # fmt: skip
    for _ in range(150):
        somebody(server, "round and round")
    room = server.rooms["lobby"]
    whole = room.before(None, None, 100, 0)
    monkeypatch.setattr(type(room), "before", lambda *_: whole)

    async def work(one: Community) -> None:
        with pytest.raises(BadAnswer, match="circles"):
            await one.find(written("x", await one.member()), 0)

    within(way_to(standin), server, work)
