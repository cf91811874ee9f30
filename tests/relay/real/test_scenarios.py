"""The scenarios that a relay has to stand (formats page of bridges, section 13), on real servers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridges.api import (
    AnyEvent,
    Can,
    Chat,
    Delete,
    Deleted,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    Upload,
)
from bridges.registry import load
from bridges.relay.degrade import PERHAPS_TWICE
from migrate.session.content import DataMessage, Pointer
from tests.bridges.session.friend import HandFriend, Phone
from tests.speed import is_within, slowness

from .child import HOUR
from .far import FARS, Absent
from .load import plain
from .stage import FACES, LONG_NAME, PAST, Stage, has_everybody, stage
from .waiting import soon

OTHERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
"""With whom we share the machine."""
SESSION_LIMIT = 9_828_080
LONG_AGO = 1_600_000_000_000
KEY = bytes(64)


@pytest.fixture(scope="module", params=FARS)
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, absent: Absent) -> Iterator[Stage]:
    with stage(FARS[request.param], tmp_path_factory.mktemp(request.param), absent) as made:
        yield made


def test_text_both_ways_within_two_seconds(here: Stage) -> None:
    async def scene() -> None:
        friend = await here.meet("Mara")
        assert await is_within(2 * OTHERS, lambda name: here.talk(friend, f"in time, {name}"))

    here.play(scene())


def test_reply_reaction_and_delete_both_ways_on_messages_from_before_a_restart(here: Stage) -> None:
    async def scene() -> None:
        friend, owner = await here.meet("Ravi"), here.far.owner
        tea, cake = await friend.do(Post(key="tea", text="tea?")), await owner.do(Post(key="cake", text="cake?"))
        tea_there = (await here.sees("tea?")).id
        cake_here = (await friend.saw(Posted, lambda event: event.text == "cake?")).id
        await here.again()
        await owner.do(Post(key="yes", text="yes, tea", reply_to=Reference(id=tea_there, text="tea?")))
        await friend.do(Post(key="also", text="cake too", reply_to=Reference(id=cake_here)))
        answers = (
            await friend.saw(Posted, lambda event: event.text == "yes, tea"), await here.sees("cake too")
        )  # fmt: skip
        assert [answer.reply_to and answer.reply_to.id for answer in answers] == [tea, cake]
        await owner.do(React(key="up", message=Reference(id=tea_there), emoji="👍"))
        await friend.do(React(key="heart", message=Reference(id=cake_here), emoji="❤️"))
        assert (await friend.saw(Reacted, lambda event: event.message == tea)).emojis == ("👍",)
        await owner.saw(Reacted, lambda event: event.message == cake and event.emojis[:1] in {("❤️",), ("❤",)})
        await owner.do(Delete(key="no cake", message=Reference(id=cake)))
        await friend.do(Delete(key="no tea", message=Reference(id=tea)))
        await friend.saw(Deleted, lambda event: event.message == cake_here)
        await owner.saw(Deleted, lambda event: event.message == tea_there)

    here.play(scene())


@pytest.mark.parametrize("name", [FACES, LONG_NAME], ids=["emoji only", "10 kB"])
def test_a_contact_with_a_name_that_breaks_bridges_has_a_chat_like_any_other(here: Stage, name: str) -> None:
    async def scene() -> None:
        friend = await here.meet(name)
        await here.talk(friend, f"to {friend.id[-6:]}")
        called = await here.far.called(friend.id)
        assert called.startswith(name[:20])
        assert called.endswith(" (Session)")
        assert len(called) <= 250

    here.play(scene())


def test_what_the_owner_writes_with_session_on_a_phone_shows_as_theirs(here: Stage) -> None:
    async def scene() -> None:
        friend = await here.meet("Lena")
        Phone(here.standin, here.world.keys).wrote(friend.id, "from my phone")
        if here.far.has_double_puppets:
            own = here.far.own_from_elsewhere
            await soon(
                lambda: [event for event in own() if isinstance(event, Posted) and event.text == "from my phone"]
            )
        else:
            await here.sees("Robin: from my phone")
        await here.talk(friend, "after the phone")

    here.play(scene())


def test_a_stranger_who_writes_to_a_contacts_address_is_not_heard_and_gets_no_answer(here: Stage) -> None:
    async def scene() -> None:
        friend = await here.meet("Eve")
        async with here.far.stranger(friend.id, "anybody?") as heard:
            await here.talk(friend, "undisturbed")
            assert await heard() == []
        assert not [event for event in friend.events if isinstance(event, Posted) and "anybody" in event.text]
        assert "anybody" not in here.relay.log

    here.play(scene())


def test_a_clock_that_is_set_back_an_hour_loses_and_doubles_nothing(here: Stage) -> None:
    async def scene() -> None:
        friend, owner = await here.meet("Otto"), here.far.owner
        for number in range(6):
            if number == 3:
                here.relay.set_clock_back()
            for who, text in ((friend, f"there o{number}"), (owner, f"back o{number}")):
                await who.do(Post(key=text, text=text))
        await here.sees("there o5")
        await friend.saw(Posted, lambda event: event.text == "back o5")
        await here.again()  # with the clock that everybody else has
        await here.talk(friend, "o6")
        assert said(friend, "back o") == [f"back o{number}" for number in range(7)]
        there = [event.text for event in here.far.seen() if isinstance(event, Posted) and "there o" in event.text]
        assert there == [f"there o{number}" for number in range(7)]

    here.play(scene())


def test_who_repeats_themselves_is_stopped_and_goes_on_when_the_owner_says_so(here: Stage) -> None:
    def heard(text: str) -> list[str]:
        return [event.id for event in here.far.seen() if isinstance(event, Posted) and event.text == text]

    async def scene() -> None:
        friend = await here.meet("Zoe")
        for number in range(12):
            await friend.do(Post(key=f"again {number}", text="again and again"))
        await here.relay.says("Nothing is lost; `resume")
        await here.talk(await here.meet("Mara"), "meanwhile")  # and nobody else is held up
        assert len(heard("again and again")) <= 10
        here.relay.obeys("resume Zoe")
        await soon(lambda: len(heard("again and again")) >= 12)
        await here.talk(await here.meet("Zoe"), "once more")
        assert len(heard("again and again")) == 12

    here.play(scene())


@pytest.mark.parametrize(
    ("name", "count", "moments"),
    [("Ines", 60, (25, 60)), pytest.param("Iris", PAST, (400, 800), marks=pytest.mark.long)],
    ids=["60", "1000"],
)
def test_what_was_said_before_is_there_in_order_with_its_times_although_the_relay_is_killed_twice_meanwhile(
    here: Stage, name: str, count: int, moments: tuple[int, int]
) -> None:
    async def scene() -> None:
        friend = here.people[name]
        past = [_said_before(here, friend, f"{name} {number}", number) for number in range(count)]
        here.remember(name, past)
        await here.relay.end()
        now = f"now, {name}"
        await friend.do(Post(key=now, text=now))
        for moment in moments:
            await here.relay.start(moment)
            await here.relay.has_died(120)
        await here.relay.start()
        first = await here.far.owner.saw(Posted, lambda event: name in event.text)
        await here.is_met(name, first)
        await soon(
            lambda: [one for one in here.far.seen() if isinstance(one, Posted) and one.text == now],
            240 if count == PAST else 60,
        )
        await here.talk(friend, f"after the past of {name}")
        theirs, own = _past(here.far.seen(), name), _past(here.far.own_from_elsewhere(), name)
        for seen, own_here in ((theirs, False), (own, True)) if here.far.has_double_puppets else ((theirs, None),):
            meant = [event for event in past if own_here is None or event.own is own_here]
            _check_past(here, seen, meant)
        friend.look()
        assert not _past(friend.events, name)

    here.play(scene(), 400 if count == PAST else 100)


def _said_before(here: Stage, friend: HandFriend, text: str, number: int) -> Posted:
    """One in seven is the owner's own."""
    own = number % 7 == 3
    by = Person(id=here.world.me, name="Robin") if own else Person(id=friend.id, name=friend.name)
    chat = Chat(id=friend.id, title=friend.name, person=friend.id)
    return Posted(chat=chat, sender=by, id=f"old {text}", sent_at=LONG_AGO + number * 61_000, text=text, own=own)


def _past(events: Sequence[AnyEvent], name: str) -> list[Posted]:
    return [one for one in events if isinstance(one, Posted) and plain(one.text).startswith(f"{name} ")]


def _check_past(here: Stage, seen: list[Posted], meant: list[Posted]) -> None:
    """In order and with their times, once where the network can tell; else what is there again says so."""
    assert list(dict.fromkeys(plain(one.text) for one in seen)) == [one.text for one in meant]
    if Can.IDEMPOTENT in load(here.far.name).about.can:
        assert len(seen) == len(meant)
    first = [one for one in seen if not one.text.startswith(PERHAPS_TWICE)]
    assert len(seen) - len(first) <= 2
    when = {one.text: one.sent_at for one in meant}
    times = [datetime.fromtimestamp(when[plain(one.text)] / 1000, UTC).strftime("%Y-%m-%d %H:%M") for one in first]
    assert here.far.minutes(first) == times


@pytest.mark.long
def test_a_file_at_the_limit_arrives_and_of_one_over_it_the_text_and_the_reason(here: Stage, tmp_path: Path) -> None:
    async def scene() -> None:
        friend, owner, most = await here.meet("Tove"), here.far.owner, min(here.far.file_limit, SESSION_LIMIT)
        largest, larger = _file(tmp_path, "largest.bin", most), _file(tmp_path, "larger.bin", SESSION_LIMIT + 1)
        await friend.do(Post(key="there", text="it fits", files=(largest,)))
        there = await owner.saw(Posted, lambda event: bool(event.files))
        assert len(await owner.bytes_of(there.files[0])) == most
        await owner.do(Post(key="back", files=(largest,)))
        back = await friend.saw(Posted, lambda event: bool(event.files))
        assert len(await friend.bytes_of(back.files[0])) == most
        url, over = "http://filev2.getsession.org/file/77", here.far.file_limit + 1
        friend.say(
            DataMessage(body="it does not", attachments=(Pointer(name="huge.bin", size=over, url=url, key=KEY),))
        )
        said = await owner.saw(Posted, lambda event: event.text.startswith("it does not"))
        assert "(file huge.bin, " in said.text
        assert "larger than the " in said.text
        if here.far.file_limit > SESSION_LIMIT:
            await owner.do(Post(key="over", files=(larger,)))
            told = await friend.saw(Posted, lambda event: "larger.bin" in event.text)
            assert "larger than the 9.8 MB that may be sent there" in told.text

    here.play(scene())


def _file(folder: Path, name: str, size: int) -> Upload:
    path = folder / name
    path.write_bytes(bytes(size))
    return Upload(path=str(path), name=name, type="application/octet-stream", size=size)


def test_what_disappears_while_the_relay_is_away_is_gone_there_and_here_when_it_is_back(
    here: Stage, tmp_path: Path
) -> None:
    by_itself = Can.TIMERS in load(here.far.name).about.can

    async def scene() -> None:
        friend = await here.meet("Emil")
        (tmp_path / "secret.txt").write_bytes(b"secret lines " * 50)
        files = (Upload(path=str(tmp_path / "secret.txt"), name="secret.txt", type="text/plain", size=650),)
        await friend.do(Post(key="fades", text="secret words", files=files, expires=3 if by_itself else 600))
        await here.sees("secret words")
        await soon(lambda: [one for one in posted() if one.files])
        shown = {one.id for one in posted()}
        for id in shown:  # on some networks the time begins with that
            await here.far.reads(id)
        await here.relay.end()
        assert b"secret words" in here.relay.keeps()
        await here.relay.start(ahead=HOUR)
        for id in shown:
            await _is_gone(here, id)
        await here.relay.end()
        kept = here.relay.keeps()
        assert b"secret words" not in kept
        assert b"secret lines" not in kept
        await here.relay.start()
        await here.talk(friend, "after the secret")

    def posted() -> list[Posted]:
        every = (one for one in here.far.seen() if isinstance(one, Posted))
        return [one for one in every if one.text == "secret words" or "secret" in "".join(f.name for f in one.files)]

    here.play(scene())


async def _is_gone(here: Stage, id: str) -> None:
    await here.far.owner.saw(Deleted, lambda event: event.message == id)


@pytest.mark.long
def test_a_side_that_is_shut_out_says_so_does_not_run_hot_and_comes_back_by_a_word(here: Stage) -> None:
    async def scene() -> None:
        friend, name = await here.meet("Noor"), here.far.name
        await here.far.shut_out()
        await friend.do(Post(key="kept", text="kept meanwhile"))
        await here.relay.says(f"{name} has stopped: ")
        assert {"bad credentials", "logged out"} & set(re.findall(f"{name} has stopped: ([a-z ]+)", here.relay.log))
        tried, took, began = here.far.attempts(), here.relay.cpu(), time.monotonic()
        await soon(lambda: time.monotonic() > began + 3)
        assert here.far.attempts() == tried
        assert here.relay.cpu() - took < slowness(), "Session is looked at as before, and nothing else happens"
        await here.far.let_in()
        here.relay.starts_again(name)
        await here.sees("kept meanwhile")
        await here.talk(friend, "after the kept one")

    here.play(scene())


def test_an_account_that_was_wiped_asks_about_everybody_and_goes_on_when_they_are_known_again(here: Stage) -> None:
    async def scene() -> None:
        friend = await here.meet("Ida")
        await here.relay.end()
        here.standin.within(lambda: here.standin.shelves.accounts.pop(here.world.me))
        await here.relay.start()
        await friend.do(Post(key="wiped", text="after the wipe"))
        await here.relay.says("Somebody on session would like to write to you")
        took, began = here.relay.cpu(), time.monotonic()
        await soon(lambda: time.monotonic() > began + 2)
        assert here.relay.cpu() - took < slowness()
        assert not [one for one in here.far.seen() if isinstance(one, Posted) and one.text == "after the wipe"]
        has_everybody(here.world, here.people)
        await here.sees("after the wipe")
        await here.talk(friend, "as before")

    here.play(scene())


def said(friend: HandFriend, word: str) -> list[str]:
    friend.look()
    return [event.text for event in friend.events if isinstance(event, Posted) and event.text.startswith(word)]
