"""Messages that belong nowhere, conversations that nobody knows, and two of everything that looks like one."""

from __future__ import annotations

from migrate.demo import ProfileBuilder
from migrate.demo.shapes import stringify

from .defects import Damage
from .files import damaged_file
from .rows import row_of


def _places(profile: ProfileBuilder, damage: Damage) -> None:
    """Messages of no conversation, and conversations no reader knows."""
    now = profile.now
    orphan = "05" + profile.rng.randbytes(32).hex()
    damage.conversations["without a row"] = orphan
    damage.messages["orphan"] = profile.message(orphan, orphan, "nobody's message", now)
    nowhere = row_of(profile, damage, now) | {"conversationId": None, "source": None}
    damage.messages["no conversation at all"] = profile.raw_message(stringify(nowhere), **nowhere)

    odd = {"unknown id": "telepathy:42", "unknown type": "05" + profile.rng.randbytes(32).hex(), "empty id": ""}
    for defect, id in odd.items():
        profile.raw_conversation(id=id, type="telepathy", active_at=now, displayNameInProfile=defect)
        damage.conversations[defect] = id
        damage.messages[f"in {defect}"] = profile.message(id, damage.friend, defect, now)
    # Affinity turns these texts into numbers (section 5): 05…e5… can look like a power of ten.
    for defect, id in (("id like a number", "0512345"), ("id like a float", "05" + "1" * 30 + "e5")):
        profile.raw_conversation(id=id, type="private", active_at=now, displayNameInProfile=defect, isApproved=1)
        damage.conversations[defect] = id
        damage.messages[f"in {defect}"] = profile.message(id, id, defect, now)
    numeric = row_of(profile, damage, now + 1) | {"id": "42"}
    damage.messages["native id like a number"] = profile.raw_message(stringify(numeric), **numeric)

    defaults = "05" + profile.rng.randbytes(32).hex()
    profile.raw_conversation(id=defaults, type="private", displayNameInProfile="flags are the text FALSE")
    damage.conversations["flags are the text FALSE"] = defaults
    for defect, members in (("members broken", "[broken"), ("members null", None), ("members of numbers", "[1,null]")):
        damage.conversations[defect] = group = profile.group(defect, [])
        profile.execute("UPDATE conversations SET members = ?, groupAdmins = ? WHERE id = ?", (members, members, group))
    silent = profile.person("x")
    profile.execute(
        "UPDATE conversations SET displayNameInProfile = CAST(? AS TEXT) WHERE id = ?", (b"J\xf6rg", silent)
    )
    damage.conversations["name is not utf-8"] = silent
    damage.conversations["no name"] = profile.person(None)
    damage.conversations["blank nickname"] = profile.person("Shown", nickname="  ")
    damage.conversations["active at a float"] = profile.person("Float", active_at=1.5e12)


def _twins(profile: ProfileBuilder, damage: Damage) -> None:
    """Two of everything that somebody might take for one."""
    at = profile.now + 20_000_000
    for number in (1, 2):
        twin = profile.person("Sam")
        damage.conversations[f"same name {number}"] = twin
        damage.messages[f"same name {number}"] = profile.message(twin, twin, f"from Sam {number}", at)
        body = f"same moment {number}"
        damage.messages[body] = profile.message(damage.friend, damage.friend, body, at)
        data = f"file number {number}".encode()
        damaged_file(profile, damage, f"same file name {number}", "kept", data, name="scan.pdf")
    both = [profile.vault.attachment(b"twin %d" % number, "twin.txt", "text/plain") for number in (1, 2)]
    damage.messages["two files of one name"] = profile.message(
        damage.friend, damage.friend, "", at + 5, attachments=both
    )
    same = [profile.vault.attachment(b"the same bytes", name, "text/plain") for name in ("a.txt", "b.txt")]
    damage.messages["one file twice"] = profile.message(damage.friend, damage.friend, "", at + 6, attachments=same)


ALL = (_places, _twins)
