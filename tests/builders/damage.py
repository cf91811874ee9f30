"""A profile with every defect that the formats page of Session Desktop warns of (section 11), each found by name.

A test asks `damage.messages["null json"]` for the native id of the row and says what must become of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from migrate.demo import ProfileBuilder
from migrate.demo.shapes import Fields, stringify
from migrate.demo.vault import FOLDER, encrypt

State = Literal["kept", "missing", "not_downloaded", "damaged", "refused"]

HOSTILE_NAMES = {
    "markup": "<img src=x onerror=alert(1)>",
    "script end": "</script><script>alert(1)</script>",
    "bidi override": "safe\u202egnp.exe",
    "very long": "N" * 10_000,
    "line break": "first\nsecond\r\nthird",
    "null character": "be\0fore",
    "path": "../../../../etc/passwd",
    "quotes": "\"'><b>&amp;",
    "formula": '=HYPERLINK("http://example.org","x")',
}
HOSTILE_FILE_NAMES = {
    "climbs out": "../../etc/passwd",
    "absolute": "/etc/passwd",
    "device": "CON.txt",
    "markup": "<svg onload=alert(1)>.png",
    "bidi override": "photo\u202egnp.exe",
    "very long": "n" * 3000 + ".txt",
    "line break": "a\nb.txt",
    "null character": "a\0b.txt",
    "backslashes": "..\\..\\windows\\system32\\x.dll",
    "dots": "..",
    "empty": "",
}
HOSTILE_URLS = {
    "script": "javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "quote": 'https://example.org/"onmouseover="alert(1)',
    "file": "file:///etc/passwd",
}


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """One attachment: in which message, what must become of it, and its bytes if they can be had."""

    native_id: str
    state: State
    plain: bytes | None = None


@dataclass(slots=True)
class Damage:
    """What is where in a damaged profile: native ids of messages, ids of conversations, files, all by defect."""

    profile: Path
    me: str = ""
    friend: str = ""
    group: str = ""
    community: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, str] = field(default_factory=dict)
    files: dict[str, DamagedFile] = field(default_factory=dict)


def damaged_profile(folder: Path) -> Damage:
    """Write the profile into an empty or absent folder."""
    damage = Damage(folder)
    with ProfileBuilder(folder) as profile:
        damage.me = profile.me
        damage.friend = profile.person("Mara")
        damage.group = profile.group("Walkers", [damage.friend], admins=[damage.friend])
        damage.community = profile.community("https://pedals.example.org", "workshop", "Pedal Kitchen")
        for add in (_broken_json, _odd_values, _texts, _times, _places, _twins, _files, _hostile, _settings):
            add(profile, damage)
    return damage


def _row(profile: ProfileBuilder, damage: Damage, at: int, **changes: object) -> Fields:
    """The columns of an ordinary incoming message."""
    return {
        "id": profile.native_id(),
        "conversationId": damage.friend,
        "source": damage.friend,
        "type": "incoming",
        "body": "from the columns",
        "sent_at": at,
        "received_at": at + 500,
    } | changes


def _message(profile: ProfileBuilder, damage: Damage, defect: str, **changes: object) -> str:
    """A row whose JSON is well-formed and agrees with its columns, but for the changes."""
    row = _row(profile, damage, profile.now + len(damage.messages) * 60_000)
    fields = row | {"body": defect, "direction": "incoming", "attachments": [], "preview": []} | changes
    columns = {name: value for name, value in fields.items() if name in (*row, "isDeleted", "errors")}
    columns = {name: None if isinstance(value, dict | list) else value for name, value in columns.items()}
    id = profile.raw_message(stringify(fields), **columns)
    damage.messages[defect] = id
    return id


def _broken_json(profile: ProfileBuilder, damage: Damage) -> None:
    """The row can be told from its columns alone."""
    texts: dict[str, str | None] = {
        "broken json": '{"id":"x","body":"hal',
        "null json": None,
        "empty json": "",
        "json is a list": "[1,2,3]",
        "json is a text": '"hello"',
        "json is null": "null",
        "json is an empty object": "{}",
        "json is nested too deep": "[" * 100_000,
    }
    for number, (defect, text) in enumerate(texts.items()):
        row = _row(profile, damage, profile.now - 900_000 + number * 1000)
        damage.messages[defect] = profile.raw_message(text, **row)
    row = _row(profile, damage, profile.now - 800_000)
    binary = profile.raw_message(None, **row)
    profile.execute("UPDATE messages SET json = CAST(? AS TEXT) WHERE id = ?", (b'{"body":"\xff\xfe"}', binary))
    damage.messages["json is not utf-8"] = binary
    empty = profile.raw_message(None, conversationId=damage.friend)
    damage.messages["everything null"] = empty


def _odd_values(profile: ProfileBuilder, damage: Damage) -> None:
    """JSON that can be read, with one part of the wrong shape: that part alone is lost."""
    picture = {"contentType": "image/png"}
    parts: dict[str, Fields] = {
        "attachments is a text": {"attachments": "none"},
        "attachments holds numbers": {"attachments": [1, None, "x"]},
        "attachment without a path": {"attachments": [picture]},
        "attachment path is a number": {"attachments": [picture | {"path": 7}]},
        "attachment size is a text": {"attachments": [picture | {"size": "big", "pending": 1}]},
        "senders is null": {"reacts": {"👍": {"count": 2, "senders": None}}},
        "senders holds numbers": {"reacts": {"👍": {"count": "two", "senders": [1, damage.friend]}}},
        "reacts is a list": {"reacts": [1]},
        "reaction is a number": {"reacts": {"👍": 3}},
        "quote is a text": {"quote": "yesterday"},
        "quote without an author": {"quote": {"timestamp": profile.now}},
        "quote of the old shape": {"quote": {"id": str(profile.now), "author": damage.friend, "text": "as it was"}},
        "preview is an object": {"preview": {"url": "https://example.org"}},
        "preview without a url": {"preview": [{"title": "no address"}]},
        "preview image is a text": {"preview": [{"url": "https://example.org/", "title": "t", "image": "x"}]},
        "group update is a text": {"group_update": "joined", "body": None},
        "group update joined is null": {"group_update": {"joined": None}, "body": None},
        "timer is a number": {"expirationTimerUpdate": 5, "body": None},
        "timer seconds are a text": {"expirationTimerUpdate": {"expireTimer": "long"}, "body": None},
        "invitation without a name": {"groupInvitation": {"url": "https://example.org/room"}},
        "body is a number": {"body": 12},
        "body is an object": {"body": {"text": "x"}},
        "unknown call": {"callNotificationType": "hologram", "body": None},
        "deleted in json only": {"body": "", "isDeleted": True},
        "failed as old versions wrote it": {"errors": '[{"name":"SendMessageNetworkError"}]', "type": "outgoing"},
        "unknown type": {"type": "banana", "direction": "banana"},
        "no type": {"type": "", "direction": ""},
        "unknown fields": {"hologram": {"x": [1, {"y": None}]}, "schemaVersion": 10},
    }
    for defect, changes in parts.items():
        _message(profile, damage, defect, **changes)
    profile.execute("UPDATE messages SET isDeleted = NULL WHERE id = ?", (damage.messages["deleted in json only"],))
    deleted = _message(profile, damage, "deleted in the column only")
    profile.execute("UPDATE messages SET isDeleted = 2 WHERE id = ?", (deleted,))
    flags = _message(profile, damage, "flags are the text FALSE")
    profile.execute("UPDATE messages SET isDeleted = 'FALSE', unread = 'FALSE', sent = 'FALSE' WHERE id = ?", (flags,))


def _texts(profile: ProfileBuilder, damage: Damage) -> None:
    """Text that no terminal, page or JSON writer likes."""
    bodies = {
        "lone surrogate": "broken \ud83d heart",
        "null character": "be\0fore",
        "bidi override": "safe\u202egnp.exe",
        "bidi marks": "\u2066hidden\u2069\u200f",
        "markup": "<img src=x onerror=alert(1)><script>alert(2)</script>",
        "line ends": "one\r\ntwo\rthree\u2028four",
        "control characters": "bell\x07 escape\x1b[31m red",
        "very long": "word " * 40_000,
        "only blanks": " \n\t ",
    }
    for name, body in bodies.items():
        at = profile.now + 10_000_000 + len(damage.messages)
        damage.messages[f"body: {name}"] = profile.message(damage.friend, damage.friend, body, at)
    row = _row(profile, damage, profile.now + 11_000_000)
    broken = profile.raw_message("{broken", **row)
    profile.execute("UPDATE messages SET body = CAST(? AS TEXT) WHERE id = ?", (b"caf\xe9 \xff ok", broken))
    damage.messages["body is not utf-8"] = broken


def _times(profile: ProfileBuilder, damage: Damage) -> None:
    """Times as numbers that are none, in column and JSON alike."""
    times: dict[str, object] = {
        "float": profile.now + 0.75,
        "zero": 0,
        "negative": -5_000,
        "seconds": profile.now // 1000,
        "beyond the year 9999": 300_000_000_000_000,
        "huge": 2**63 - 1,
        "larger than any integer": 1e300,
        "a number as text": str(profile.now),
        "a word": "yesterday",
        "null": None,
        "true": True,
    }
    for name, value in times.items():
        row = _row(profile, damage, 0) | {"sent_at": value, "received_at": None, "body": f"time: {name}"}
        damage.messages[f"time: {name}"] = profile.raw_message(stringify(row), **row)
    for name, text, number in (("nan", "NaN", "nan"), ("infinity", "Infinity", 9e999), ("1e999", "1e999", 9e999)):
        row = _row(profile, damage, 0) | {"sent_at": number, "received_at": None, "body": f"time: {name}"}
        json_text = json.dumps(row | {"sent_at": 0}).replace('"sent_at": 0', f'"sent_at": {text}')
        damage.messages[f"time: {name}"] = profile.raw_message(json_text, **row)


def _places(profile: ProfileBuilder, damage: Damage) -> None:
    """Messages of no conversation, and conversations no reader knows."""
    now = profile.now
    orphan = "05" + profile.rng.randbytes(32).hex()
    damage.conversations["without a row"] = orphan
    damage.messages["orphan"] = profile.message(orphan, orphan, "nobody's message", now)
    nowhere = _row(profile, damage, now) | {"conversationId": None, "source": None}
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
    numeric = _row(profile, damage, now + 1) | {"id": "42"}
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
        _file(profile, damage, f"same file name {number}", "kept", data, name="scan.pdf")
    both = [profile.vault.attachment(b"twin %d" % number, "twin.txt", "text/plain") for number in (1, 2)]
    damage.messages["two files of one name"] = profile.message(
        damage.friend, damage.friend, "", at + 5, attachments=both
    )
    same = [profile.vault.attachment(b"the same bytes", name, "text/plain") for name in ("a.txt", "b.txt")]
    damage.messages["one file twice"] = profile.message(damage.friend, damage.friend, "", at + 6, attachments=same)


def _file(
    profile: ProfileBuilder,
    damage: Damage,
    defect: str,
    state: State,
    data: bytes = b"the plain bytes",
    *,
    name: str = "file.bin",
    **changes: object,
) -> Path:
    """A message with one attachment; the answer is where the file lies."""
    described = profile.vault.attachment(data, name, "application/octet-stream")
    place = profile.vault.on_disk(str(described["path"]))
    at = profile.now + 30_000_000 + len(damage.files) * 1000
    id = profile.message(damage.friend, damage.friend, f"file: {defect}", at, attachments=[described | changes])
    damage.files[defect] = DamagedFile(id, state, data if state == "kept" else None)
    return place


def _files(profile: ProfileBuilder, damage: Damage) -> None:
    """Files that are gone, changed, or not where a file of the profile may be."""
    _file(profile, damage, "missing", "missing").unlink()
    place = _file(profile, damage, "truncated", "damaged", b"x" * 5000)
    place.write_bytes(place.read_bytes()[:2000])
    place = _file(profile, damage, "one bit flipped", "damaged", b"x" * 5000)
    changed = bytearray(place.read_bytes())
    changed[3000] ^= 1
    place.write_bytes(changed)
    place = _file(profile, damage, "too short", "damaged")
    place.write_bytes(place.read_bytes()[:40])
    _file(profile, damage, "nothing in it", "damaged").write_bytes(b"")
    _file(profile, damage, "41 bytes", "kept", b"")
    _file(profile, damage, "wrong key", "damaged").write_bytes(encrypt(b"the plain bytes", bytes(32)))
    place = _file(profile, damage, "a folder", "refused")
    place.unlink()
    place.mkdir()

    secret = damage.profile / "config.json"
    place = _file(profile, damage, "link that leads out", "refused")
    place.unlink()
    place.symlink_to(secret)
    outside = {
        "absolute path": str(secret.resolve()),
        "path climbs out": "../config.json",
        "path climbs out by backslashes": "..\\config.json",
        "path climbs out after a folder": "ab/../../config.json",
        "path to a drive": "C:\\Windows\\win.ini",
        "path of a network": "\\\\server\\share\\file",
        "path is the folder": ".",
    }
    for defect, path in outside.items():
        _file(profile, damage, defect, "refused", path=path).unlink()
    _file(profile, damage, "path with a null character", "refused", path="ab/a\0b").unlink()
    place = _file(profile, damage, "path of a length no disk has", "missing", path="ab/" + "a" * 5000)
    place.unlink()
    kept = _file(profile, damage, "windows path", "kept")
    stored = kept.relative_to(damage.profile / FOLDER).as_posix()
    profile.execute(
        "UPDATE messages SET json = replace(json, ?, ?) WHERE id = ?",
        (stored, stored.replace("/", "\\\\"), damage.files["windows path"].native_id),
    )
    for defect, described in (
        ("not downloaded", profile.vault.not_downloaded("later.jpg", "image/jpeg", 5000)),
        ("expired", profile.vault.expired("gone.zip", "application/zip", 5000)),
    ):
        id = profile.message(damage.friend, damage.friend, defect, profile.now + 40_000_000, attachments=[described])
        damage.files[defect] = DamagedFile(id, "not_downloaded")


def _hostile(profile: ProfileBuilder, damage: Damage) -> None:
    """Names, file names, addresses and types that want to become something else."""
    at = profile.now + 50_000_000
    for kind, name in HOSTILE_NAMES.items():
        person = profile.person(name)
        damage.conversations[f"name: {kind}"] = person
        damage.messages[f"name: {kind}"] = profile.message(person, person, f"my name: {kind}", at)
        damage.conversations[f"group name: {kind}"] = profile.group(name, [person])
    for kind, name in HOSTILE_FILE_NAMES.items():
        _file(profile, damage, f"file name: {kind}", "kept", kind.encode(), name=name)
    script = profile.vault.attachment(b"<script>alert(1)</script>", "page.html", "text/html")
    picture = profile.vault.attachment(b"<svg onload='alert(1)'/>", "drawing.svg", "image/svg+xml")
    odd = profile.vault.attachment(b"odd", "odd.bin", 'image/png" onload="alert(1)')
    damage.messages["hostile types"] = profile.message(
        damage.friend, damage.friend, "", at + 10, attachments=[script, picture, odd]
    )
    for number, (kind, url) in enumerate(HOSTILE_URLS.items()):
        preview = [{"url": url, "title": "<b>title</b>", "image": None}]
        id = profile.message(damage.friend, damage.friend, url, at + 20 + number, preview=preview)
        damage.messages[f"preview: {kind}"] = id
        invitation = {"url": url, "name": "<i>room</i>"}
        id = profile.message(damage.friend, damage.friend, "", at + 40 + number, groupInvitation=invitation)
        damage.messages[f"invitation: {kind}"] = id
    emoji = {"<img src=x onerror=alert(1)>": [damage.friend], "x" * 2000: [profile.me]}
    damage.messages["hostile reactions"] = profile.message(
        damage.friend, damage.friend, "react", at + 60, reacts=profile.reacts(emoji)
    )


def _settings(profile: ProfileBuilder, damage: Damage) -> None:
    """Settings that cannot be read, of a kind that must not matter."""
    profile.block(damage.conversations["name: markup"])
    profile.execute("INSERT INTO items (id, json) VALUES ('from-the-future', '{broken')")
    profile.execute("INSERT INTO items (id, json) VALUES ('nothing', NULL)")
    profile.execute("INSERT INTO items (id, json) VALUES (7, '[]')")
    profile.execute("INSERT INTO openGroupRoomsV2 VALUES ('https://broken.example.org', 'room', NULL, '{broken')")
