"""A profile with every defect that the formats page of Session Desktop warns of (section 11), each found by name.

A test asks `damage.messages["null json"]` for the native id of the row and says what must become of it.
"""

from __future__ import annotations

from pathlib import Path

from migrate.demo import ProfileBuilder

from . import files, hostile, places, rows
from .defects import Damage, DamagedFile
from .hostile import HOSTILE_FILE_NAMES, HOSTILE_NAMES

__all__ = ["HOSTILE_FILE_NAMES", "HOSTILE_NAMES", "Damage", "DamagedFile", "damaged_profile"]

ALL = (*rows.ALL, *places.ALL, *files.ALL, *hostile.ALL)


def damaged_profile(folder: Path) -> Damage:
    """Write the profile into an empty or absent folder."""
    damage = Damage(folder)
    with ProfileBuilder(folder) as profile:
        damage.me = profile.me
        damage.friend = profile.person("Mara")
        damage.group = profile.group("Walkers", [damage.friend], admins=[damage.friend])
        damage.community = profile.community("https://pedals.example.org", "workshop", "Pedal Kitchen")
        for add in ALL:
            add(profile, damage)
    return damage
