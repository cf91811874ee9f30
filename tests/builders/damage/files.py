"""Files that are gone, changed, or not where a file of the profile may be."""

from __future__ import annotations

from pathlib import Path

from migrate.demo import ProfileBuilder
from migrate.demo.vault import FOLDER, encrypt

from .defects import Damage, DamagedFile, State


def damaged_file(
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
    damaged_file(profile, damage, "missing", "missing").unlink()
    place = damaged_file(profile, damage, "truncated", "damaged", b"x" * 5000)
    place.write_bytes(place.read_bytes()[:2000])
    place = damaged_file(profile, damage, "one bit flipped", "damaged", b"x" * 5000)
    changed = bytearray(place.read_bytes())
    changed[3000] ^= 1
    place.write_bytes(changed)
    place = damaged_file(profile, damage, "too short", "damaged")
    place.write_bytes(place.read_bytes()[:40])
    damaged_file(profile, damage, "nothing in it", "damaged").write_bytes(b"")
    damaged_file(profile, damage, "41 bytes", "kept", b"")
    damaged_file(profile, damage, "wrong key", "damaged").write_bytes(encrypt(b"the plain bytes", bytes(32)))
    place = damaged_file(profile, damage, "a folder", "refused")
    place.unlink()
    place.mkdir()

    secret = damage.profile / "config.json"
    place = damaged_file(profile, damage, "link that leads out", "refused")
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
        damaged_file(profile, damage, defect, "refused", path=path).unlink()
    damaged_file(profile, damage, "path with a null character", "refused", path="ab/a\0b").unlink()
    place = damaged_file(profile, damage, "path of a length no disk has", "missing", path="ab/" + "a" * 5000)
    place.unlink()
    kept = damaged_file(profile, damage, "windows path", "kept")
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


ALL = (_files,)
