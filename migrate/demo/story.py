"""The profile that `decamp demo` shows: two years of a person who walks, sings, bakes and mends bicycles."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from random import Random

from . import scenes
from .account import AccountKeys
from .cast import MECHANICS, OWNER, PEOPLE, enter, enter_community
from .profile import ProfileBuilder
from .script import read_script
from .stage import Stage

SEED = 20

DIRECT = tuple(
    person.key for person in PEOPLE if (files(__package__) / "talks" / f"{person.key.lower()}.txt").is_file()
)
"""Everybody who has a script of their own."""


def build_demo(folder: Path, now: int, *, keys: AccountKeys | None = None, mnemonic: str | None = None) -> None:
    """Write the profile into an empty or absent folder; its last messages are from the day before `now`.

    `keys` and `mnemonic` make it the profile of an account that a caller can restore.
    """
    rng = Random(SEED)  # noqa: S311 - these keys protect nothing
    picture = scenes.face(rng, "wheel").png()
    with ProfileBuilder(folder, rng=rng, now=now, name=OWNER, avatar=picture, keys=keys, mnemonic=mnemonic) as profile:
        ids = enter(profile, rng)
        _play(profile, rng, profile.me, ids, "notes")
        for key in DIRECT:
            _play(profile, rng, ids[key], ids, key.lower())
        _groups(profile, rng, ids)
        _community(profile, rng, ids)


def _groups(profile: ProfileBuilder, rng: Random, ids: dict[str, str]) -> None:
    walkers = profile.group(
        "Ridge walkers 🥾",
        [ids[name] for name in ("Mara", "Joon", "Elin")],
        admins=[ids["Mara"], ids["Elin"]],
        avatar=scenes.face(rng, "peak").png(),
        conversationIdOrigin=ids["Mara"],
    )
    _play(profile, rng, walkers, ids, "walkers")
    family = profile.group(
        "Sunday table 🥘",
        [ids[name] for name in ("Ingrid", "Jonas", "Elin")],
        admins=[ids["Ingrid"]],
        avatar=scenes.face(rng, "sun").png(),
        conversationIdOrigin=ids["Ingrid"],
        priority=1,
    )
    _play(profile, rng, family, ids, "family")
    singers = [ids[name] for name in ("Olesia", "Mara", "Yara", "OtherSam", "Elin")]
    choir = profile.legacy_group("Choir of the old fire station 🎶", singers, admins=[ids["Olesia"]])
    _play(profile, rng, choir, ids, "choir")


def _community(profile: ProfileBuilder, rng: Random, ids: dict[str, str]) -> None:
    picture = scenes.face(rng, "wheel").png()
    room = profile.community("https://pedals.example.org", "workshop", "Pedal Kitchen 🚲", avatar=picture)
    people = enter_community(profile, room, ids, MECHANICS)
    profile.execute("UPDATE conversations SET groupAdmins = ? WHERE id = ?", (f'["{people["Pim"]}"]', room))
    _play(profile, rng, room, people, "pedals")


def _play(profile: ProfileBuilder, rng: Random, conversation: str, cast: dict[str, str], script: str) -> None:
    stage = Stage(profile, conversation, cast, rng)
    text = (files(__package__) / "talks" / f"{script}.txt").read_text(encoding="utf-8")
    for line in read_script(text):
        stage.play(line)
