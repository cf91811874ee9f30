"""Names, file names, addresses and types that want to become something else, and settings that cannot be read."""

from __future__ import annotations

from migrate.demo import ProfileBuilder

from .defects import Damage
from .files import damaged_file

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


def _hostile(profile: ProfileBuilder, damage: Damage) -> None:
    """Names, file names, addresses and types that want to become something else."""
    at = profile.now + 50_000_000
    for kind, name in HOSTILE_NAMES.items():
        person = profile.person(name)
        damage.conversations[f"name: {kind}"] = person
        damage.messages[f"name: {kind}"] = profile.message(person, person, f"my name: {kind}", at)
        damage.conversations[f"group name: {kind}"] = profile.group(name, [person])
    for kind, name in HOSTILE_FILE_NAMES.items():
        damaged_file(profile, damage, f"file name: {kind}", "kept", kind.encode(), name=name)
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


ALL = (_hostile, _settings)
