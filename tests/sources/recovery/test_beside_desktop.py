"""What Session Desktop had and what the network still has become one archive, whichever comes first."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from migrate.archive.read import Archive
from migrate.demo.account import AccountKeys as DemoKeys
from migrate.demo.online import Told
from migrate.demo.profile import ProfileBuilder
from migrate.export import export
from migrate.model import Message
from migrate.sources.desktop.locate import recognise
from migrate.sources.desktop.source import DesktopSource
from tests.sources.recovery.restored import KEYS, NOW, lively, messages_in, restore

OLD = NOW - 400 * 86_400_000


def desktop(folder: Path, told: Told) -> Path:
    """A profile that saw all that is on the network, and more: older messages, a friend's nickname, a friend."""
    with ProfileBuilder(folder, name=told.name, keys=DemoKeys.from_seed(bytes(range(16)))) as profile:
        assert profile.me == KEYS.session_id
        for id, known in told.contacts.items():
            profile.person(known.name, nickname=known.nickname, id=id)
        for id, joined in told.groups.items():
            profile.group(joined.name, joined.members, admins=joined.admins, id=id)
        old_friend = profile.person("Forgotten by the settings", nickname="Dear")
        profile.message(old_friend, old_friend, "from before", OLD)
        for said in told.messages:
            fields: dict[str, Any] = {}
            if said.changes_timer:
                seconds = said.expires_after or 0
                fields["expirationTimerUpdate"] = {
                    "expirationType": "deleteAfterSend", "expireTimer": seconds, "source": said.sender,
                }  # fmt: skip
            if said.taken_back:
                fields["isDeleted"] = 1
            elif said.reactions:
                by: dict[str, list[str]] = {}
                for emoji, sender in sorted(said.reactions):
                    by.setdefault(emoji, []).append(sender)
                fields["reacts"] = profile.reacts(by)
            profile.message(said.conversation, said.sender, said.body or None, said.sent_at, **fields)
    return folder


def read_desktop(profile: Path, archive: Path) -> None:
    found = recognise(profile)
    assert found is not None
    export(DesktopSource(found, None, archive / ".work"), archive, now=NOW)


@pytest.mark.parametrize("desktop_first", [True, False])
def test_no_message_is_there_twice_and_nothing_is_forgotten(tmp_path: Path, desktop_first: bool) -> None:
    with lively() as (network, told):
        profile = desktop(tmp_path / "profile", told)
        for turn in (desktop_first, not desktop_first, desktop_first):
            if turn:
                read_desktop(profile, tmp_path / "a")
            else:
                restore(network, tmp_path / "a", tmp_path / "s")
    found = messages_in(tmp_path / "a")
    assert len(found) == len(told.messages) + 1
    by_place = {(one.conversation, one.sender, one.sent_at): one for one in found}
    assert len(by_place) == len(found)
    _has_both_halves(by_place, told)
    with Archive.at(tmp_path / "a") as archive:
        names = {contact.name: contact.nickname for contact in archive.contacts()}
    assert names["Forgotten by the settings"] == "Dear"


def _has_both_halves(found: dict[tuple[str, str, int], Message], told: Told) -> None:
    """Files come from the network alone here."""
    for said in told.messages:
        one = found[said.conversation, said.sender, said.sent_at]
        assert one.deleted == said.taken_back
        if not said.taken_back:
            assert one.body == (said.body or None)
            assert tuple(file.sha256 for file in one.attachments) == said.files
            assert {(r.emoji, by) for r in one.reactions for by in r.by} == said.reactions


def test_settings_that_the_network_forgot_do_not_undo_what_desktop_knew(tmp_path: Path) -> None:
    with lively() as (network, told):
        read_desktop(desktop(tmp_path / "profile", told), tmp_path / "a")
        with Archive.at(tmp_path / "a") as archive:
            before = {contact.id: contact for contact in archive.contacts()}
            titles = {place.id: place.title for place in archive.conversations()}
        settings = network.shelves.accounts[KEYS.session_id]
        for hash in [hash for hash, stored in settings.items() if stored.namespace in (2, 3, 4, 5)]:
            del settings[hash]
        done = restore(network, tmp_path / "a", tmp_path / "s")
    assert any("30 days" in warning for warning in done.report.warnings)
    with Archive.at(tmp_path / "a") as archive:
        after = {contact.id: contact for contact in archive.contacts()}
        assert {place.id: place.title for place in archive.conversations()} == titles
    for id, contact in before.items():
        assert (after[id].name, after[id].nickname, after[id].approved, after[id].relation) == (
            contact.name, contact.nickname, contact.approved, contact.relation,
        )  # fmt: skip


def test_the_same_account_has_the_same_id_everywhere() -> None:
    made = DemoKeys.from_seed(bytes(range(16)))
    assert made.id == KEYS.session_id
    assert DemoKeys.made_up(Random(1)).id != KEYS.session_id
