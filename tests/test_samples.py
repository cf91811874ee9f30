"""Every sample profile comes out of an export exactly as its `expected.json` says."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from migrate.archive import manifest
from migrate.export import Report, export
from migrate.sources.desktop.locate import recognise
from migrate.sources.desktop.source import DesktopSource

PASSWORDS = {"plain": None, "password": "correct horse-9!", "old-schema": None}
KINDS = {
    "note-to-self": "note_to_self",
    "legacy-group": "legacy_group",
    "group-v2": "group",
    "community": "community",
}
RELATIONS = {"request": "request_in", "outgoing-request": "request_out"}


class Exported:
    """One sample, its archive, and what it had to become."""

    def __init__(self, profile: Path, folder: Path, password: str | None) -> None:
        self.folder = folder
        self.expected: dict[str, Any] = json.loads((profile / "expected.json").read_text("utf-8"))
        self.before = _fingerprint(profile)
        found = recognise(profile)
        assert found is not None
        self.report: Report = export(DesktopSource(found, password, folder / ".work"), folder, now=0)
        self.after = _fingerprint(profile)

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / path).read_text("utf-8").splitlines()]

    def messages(self) -> list[dict[str, Any]]:
        return [m for c in self.lines("conversations.jsonl") if c["file"] for m in self.lines(c["file"])]


def _fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", params=PASSWORDS)
def sample(request: pytest.FixtureRequest, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    name = request.param
    return Exported(samples / "session-desktop" / name, tmp_path_factory.mktemp(name), PASSWORDS[name])


def test_every_conversation_is_there_with_its_kind_and_count(sample: Exported) -> None:
    assert {c["id"]: (c["kind"], c["message_count"]) for c in sample.lines("conversations.jsonl")} == {
        id: (KINDS.get(c["kind"], "direct"), c["messageCount"]) for id, c in sample.expected["conversations"].items()
    }
    assert sample.report.counts["messages"] == sample.expected["counts"]["messages"] == len(sample.messages())


def test_groups_keep_their_members_and_admins(sample: Exported) -> None:
    told = {c["id"]: c for c in sample.lines("conversations.jsonl")}
    for id, wanted in sample.expected["conversations"].items():
        if "members" in wanted:
            assert sorted(told[id]["members"]) == sorted(wanted["members"])
        if "admins" in wanted:
            assert sorted(told[id]["admins"]) == sorted(wanted["admins"])
        if "serverPublicKey" in wanted:
            assert told[id]["details"]["server_public_key"] == wanted["serverPublicKey"]


def test_every_contact_is_there_with_its_flags(sample: Exported) -> None:
    told = {c["id"]: c for c in sample.lines("contacts.jsonl")}
    wanted = {c["id"]: c for c in sample.expected["contacts"]}
    assert set(told) == set(wanted)
    for id, contact in wanted.items():
        assert (told[id]["name"], told[id]["nickname"]) == (contact["displayName"] or None, contact["nickname"])
        assert (told[id]["approved"], told[id]["approved_me"], told[id]["blocked"]) == (
            contact["isApproved"],
            contact["didApproveMe"],
            contact["blocked"],
        )
        assert told[id]["relation"] == RELATIONS.get(contact["kind"], contact["kind"])
    assert sorted(id for id, c in told.items() if c["blocked"]) == sorted(sample.expected["blocked"])


def test_every_attachment_is_kept_bit_for_bit(sample: Exported) -> None:
    kept = {p.name: p.read_bytes() for p in (sample.folder / "files").rglob("*") if p.is_file()}
    assert all(name == sha256(data).hexdigest() for name, data in kept.items())
    wanted = [a for a in sample.expected["attachments"].values() if a["kind"] == "ok"]
    assert {a["sha256"] for a in wanted} == set(kept)
    assert all(len(kept[a["sha256"]]) == a["size"] for a in wanted)


def test_named_messages_have_their_text_side_and_time(sample: Exported) -> None:
    told = {m["origin"]["native_id"]: m for m in sample.messages()}
    own = sample.expected["account"]["sessionId"]
    for id, wanted in sample.expected["messages"].items():
        message = told[id]
        assert message["body"] == wanted["body"], wanted["note"]
        assert message["conversation"] == wanted["conversationId"]
        assert message["direction"] == ("out" if wanted["type"] == "outgoing" else "in"), wanted["note"]
        assert message["sender"] == (own if wanted["type"] == "outgoing" else wanted["source"]), wanted["note"]
        assert message["sent_at"] == wanted["sent_at"]


@pytest.mark.parametrize(
    ("note", "holds"),
    [
        ("reactions", lambda m: m["reactions"] and all(r["count"] >= len(r["by"]) for r in m["reactions"])),
        ("quote-found", lambda m: m["quote"]["message"] and m["quote"]["text"]),
        ("quote-not-found", lambda m: m["quote"] and m["quote"]["message"] is None),
        ("read-receipt", lambda m: m["details"]["read_by"]),
        ("group-renamed", lambda m: m["kind"] == "group_update" and m["details"]["name"]),
        ("group-joined", lambda m: m["kind"] == "group_update" and m["details"]["joined"]),
        ("group-kicked", lambda m: m["kind"] == "group_update" and m["details"]["kicked"]),
        ("group-left", lambda m: m["kind"] == "group_update" and m["details"]["left"]),
        ("mention", lambda m: len(m["mentions"]) == 2),
        ("community-reacts-count-gt-senders", lambda m: any(r["count"] > len(r["by"]) for r in m["reactions"])),
    ],
)
def test_what_other_tools_lose_is_here(sample: Exported, note: str, holds: Callable[[dict[str, Any]], bool]) -> None:
    ids = [id for id, m in sample.expected["messages"].items() if m["note"] == note]
    told = {m["origin"]["native_id"]: m for m in sample.messages()}
    assert ids
    assert all(holds(told[id]) for id in ids)


def test_deleted_messages_are_marked(sample: Exported) -> None:
    ids = [id for id, m in sample.expected["messages"].items() if m["note"].startswith("deleted")]
    told = {m["origin"]["native_id"]: m for m in sample.messages()}
    assert ids
    assert all(told[id]["deleted"] for id in ids)


def test_the_file_that_is_gone_is_named_and_nothing_else(sample: Exported) -> None:
    gone = [a for a in sample.expected["attachments"].values() if a["kind"] == "missing-on-disk"]
    lost = [loss for loss in sample.report.losses if loss.severity == "lost"]
    assert len(lost) == len(gone) == 1
    assert lost[0].kind == "attachment"
    assert not sample.report.ok


def test_the_profile_is_untouched_and_the_archive_verifies(sample: Exported) -> None:
    assert sample.before == sample.after
    check = manifest.check(sample.folder)
    assert check.ok, check.problems
    assert check.strangers == []


def test_no_key_of_the_account_is_in_the_archive(sample: Exported) -> None:
    account = sample.expected["account"]
    secrets = [account["mnemonic"].encode(), account["seedHex"].encode(), bytes.fromhex(account["seedHex"])]
    secrets.append(sample.expected["attachmentKeyHex"].encode())
    for path in sample.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path
