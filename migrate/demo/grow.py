"""Profiles of any size, for measuring and for tests that need more than a person would write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

from .profile import NOW, ProfileBuilder
from .shapes import Fields

DAY = 86_400_000
OWN_SHARE = 0.45
OWN_SHARE_IN_COMMUNITY = 0.1

VOCABULARY = """
apple basket bell bicycle bread breeze bridge candle cellar chair clover coffee cousin evening fence ferry flour
garden guitar harbour honey jacket kettle kitchen ladder lantern lemon letter market meadow morning mountain needle
orchard paper pepper picnic pillow quilt rain recipe ribbon river saddle school shelf singer spoon station stove
sunday teapot ticket thread tomato valley village violin walnut water window winter wool yard
"""
WORDS = VOCABULARY.split()
RARE = (
    "👍",
    "😄 that made my day",
    "שלום לכולם",
    "صباح الخير",
    "明日また話しましょう",
    "first\nsecond",
    "https://example.org/a?b=1",
)
EMOJI = ("👍", "❤️", "😂", "😮")


@dataclass(slots=True)
class Grown:
    """What is in a grown profile: messages by conversation, and size and SHA-256 of each file by its path."""

    messages: dict[str, int] = field(default_factory=dict)
    attachments: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation and those who write in it."""

    id: str
    people: tuple[str, ...]
    own_share: float


def grow(
    folder: Path,
    *,
    messages: int,
    conversations: int = 100,
    attachments: int = 0,
    attachment_bytes: int = 20_000,
    rng: Random | None = None,
    now: int = NOW,
) -> Grown:
    """Write a profile with exactly this many messages, conversations and files; the messages end at `now`."""
    rng = rng or Random(1)  # noqa: S311 - these keys protect nothing
    grown = Grown()
    with ProfileBuilder(folder, rng=rng, now=now) as profile:
        places = [_place(profile, number) for number in range(conversations)]
        grown.messages = {place.id: 0 for place in places}
        with_file = set(rng.sample(range(messages), attachments))
        with profile.in_bulk():
            last: dict[str, Fields] = {}
            for number, place in enumerate(_picks(rng, places, messages)):
                own = rng.random() < place.own_share
                sender = profile.me if own else rng.choice(place.people)
                at = now - 900 * DAY + 900 * DAY * (number + 1) // messages
                extra = _extra(profile, place, last.get(place.id))
                files = [_file(profile, number, attachment_bytes, grown)] if number in with_file else []
                profile.message(place.id, sender, _body(rng), at, attachments=files, **extra)
                last[place.id] = {"timestamp": at, "author": sender}
                grown.messages[place.id] += 1
    return grown


def _place(profile: ProfileBuilder, number: int) -> Place:
    kind = profile.rng.random()
    name = f"{profile.rng.choice(WORDS).title()} {number}"
    if kind < 0.8:
        id = profile.person(name, nickname=f"Nick {number}" if number % 7 == 3 else None)
        return Place(id, (id,), OWN_SHARE)
    if kind < 0.9:
        members = tuple("05" + profile.rng.randbytes(32).hex() for _ in range(6))
        return Place(profile.group(name, members), members, OWN_SHARE)
    people = tuple("15" + profile.rng.randbytes(32).hex() for _ in range(40))
    id = profile.community("https://grown.example.org", f"room{number}", name)
    return Place(id, people, OWN_SHARE_IN_COMMUNITY)


def _picks(rng: Random, places: list[Place], messages: int) -> Iterator[Place]:
    """A few conversations get most of the messages, as in life."""
    weights = [1 / (rank + 1) ** 0.8 for rank in range(len(places))]
    return iter(rng.choices(places, weights=weights, k=messages))


def _body(rng: Random) -> str:
    return rng.choice(RARE) if rng.random() < 0.03 else " ".join(rng.choices(WORDS, k=rng.randint(3, 24)))


def _extra(profile: ProfileBuilder, place: Place, last: Fields | None) -> Fields:
    """Now and then an answer, now and then a reaction."""
    extra: Fields = {}
    if last is not None and profile.rng.random() < 0.05:
        extra["quote"] = last
    if profile.rng.random() < 0.05:
        extra["reacts"] = profile.reacts({profile.rng.choice(EMOJI): [place.people[0]]})
    return extra


def _file(profile: ProfileBuilder, number: int, most: int, grown: Grown) -> Fields:
    data = profile.rng.randbytes(profile.rng.randint(min(1000, most), most))
    described = profile.vault.attachment(data, f"file {number}.bin", "application/octet-stream")
    grown.attachments[str(described["path"])] = (len(data), sha256(data).hexdigest())
    return described
