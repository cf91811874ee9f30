"""Who is in the demo. First names only, and nobody is anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from random import Random

from . import scenes
from .profile import ProfileBuilder


class Bond(Enum):
    """How the owner of the profile knows somebody."""

    CONTACT = "contact"
    ASKS_US = "asks us"
    ASKED_BY_US = "asked by us"
    MET_IN_A_GROUP = "met in a group"


@dataclass(frozen=True, slots=True)
class Person:
    """One member of the cast: the name in scripts, the name they chose, the name we gave them, their picture."""

    key: str
    name: str | None
    nickname: str | None = None
    face: str | None = None
    bond: Bond = Bond.CONTACT
    pinned: bool = False


OWNER = "Robin"

PEOPLE = (
    Person("Mara", "Mara", face="peak", pinned=True),
    Person("Joon", "Joon", face="sun"),
    Person("Elin", "Elin 🌼", face="leaf"),
    Person("Ingrid", "Ingrid", nickname="Mum", face="sun"),
    Person("Jonas", "Jonas", face="person"),
    Person("Tomas", "Tomás", nickname="Tomás (bakery)", face="person"),
    Person("Olesia", "Олеся", face="note"),
    Person("Layla", "ليلى", face="leaf"),
    Person("Noa", "נועה", face="wheel"),
    Person("Xiaoyu", "小雨", face="sun"),
    Person("Haruka", "ハルカ", face="peak"),
    Person("Asha", "आशा", face="sun"),
    Person("Fon", "ฝน", face="leaf"),
    Person("Eleni", "Ελένη", face="sun"),
    Person("Fynn", "🦊 Fynn", face="peak"),
    Person("Sam", "Sam", face="leaf"),
    Person("OtherSam", "Sam", face="note"),
    Person("Ida", "Ida", face="note", bond=Bond.ASKS_US),
    Person("Finder", None, bond=Bond.ASKED_BY_US),
    Person("Prizes", "Prize Desk 🎰"),
    Person("Benno", "Benno", face="person", bond=Bond.MET_IN_A_GROUP),
    Person("Yara", "Yara", bond=Bond.MET_IN_A_GROUP),
)

MECHANICS = ("Pim", "Kofi", "Lotte", "Rui", "Zofia")
"""People of the community, known there by blinded ids; the app knows that Noa is one more of them."""


def enter(profile: ProfileBuilder, rng: Random) -> dict[str, str]:
    """Add the whole cast to the profile and get their ids by the names that scripts use."""
    ids = {OWNER: profile.me}
    for person in PEOPLE:
        ids[person.key] = profile.person(
            person.name,
            nickname=person.nickname,
            approved=person.bond in {Bond.CONTACT, Bond.ASKED_BY_US},
            approved_me=person.bond in {Bond.CONTACT, Bond.ASKS_US},
            avatar=scenes.face(rng, person.face).png() if person.face else None,
            priority=int(person.pinned),
        )
    profile.block(ids["Prizes"])
    return ids


def enter_community(
    profile: ProfileBuilder, community: str, ids: dict[str, str], names: Iterable[str]
) -> dict[str, str]:
    """The ids under which the people of a community write there."""
    blinded = {name: profile.blinded(community, name) for name in names}
    blinded["Noa"] = profile.blinded(community, "נועה", real=ids["Noa"])
    blinded[OWNER] = profile.blinded(community, real=profile.me)
    return blinded
