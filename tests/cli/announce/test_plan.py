"""`decamp announce plan`: who would be told, over what, in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.announce.conftest import NOTICE, shown
from tests.cli.conftest import Decamp, said


def test_a_plan_shows_who_and_what_and_sends_nothing(mine: Decamp, exported: Path, places: Path) -> None:
    done = mine(*NOTICE, exported, "--via", "street", "--show", "Ali")
    assert done.exit_code == 0, done.output
    assert "Ali gets this:" in done.stdout
    assert "Hi Alice," in done.stdout
    assert "│ Garden: … (made when it is sent)" in done.stdout
    assert "Signature: … (made when it is sent)" in done.stdout
    assert "2 people would be told over Street" in done.stdout
    assert "Nothing has been sent" in done.stdout
    assert "1 (blocked)" in done.stdout
    assert shown(places) == {}


def test_a_program_gets_each_notice_word_for_word(mine: Decamp, exported: Path) -> None:
    told = said(mine(*NOTICE, exported, "--via", "street", "--json"))
    assert {one["name"] for one in told["notices"]} == {"Ali", "Bob"}
    assert all(len(one["messages"]) == 1 and one["code"] in one["messages"][0].replace("-", "")
               for one in told["notices"])  # fmt: skip
    assert {one["why"] for one in told["left_out"]} >= {"blocked"}


def test_leaving_another_network_its_chats_are_told_and_no_name_steers_the_terminal(mine: Decamp) -> None:
    done = mine("announce", "plan", "--via", "street", "--name", "Robin")
    assert done.exit_code == 0, done.output
    assert "3 people would be told over Street" in done.stdout
    assert "1 (it is you)" in done.stdout
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output


def test_filters_and_words_of_ones_own(mine: Decamp, exported: Path, places: Path) -> None:
    (places / "settings" / "announce.toml").write_text(
        'language = "de"\nname = "Rob"\n[tags]\nfamily = ["Ali"]\n[languages]\nfr = ["Bob"]\n'
    )
    one = said(mine(*NOTICE, exported, "--via", "street", "--tag", "family", "--json"))
    assert [(notice["name"], notice["language"]) for notice in one["notices"]] == [("Ali", "de")]
    assert "hier ist Rob." in one["notices"][0]["messages"][0]
    two = said(mine(*NOTICE, exported, "--via", "street", "--except", "Ali", "--json"))
    assert [(notice["name"], notice["language"]) for notice in two["notices"]] == [("Bob", "fr")]
    own = places / "own.txt"
    own.write_text("Ciao {friend}!\n\n{addresses}\n")
    three = said(mine(*NOTICE, exported, "--via", "street", "--template", own, "--only", "Ali", "--json"))
    assert three["notices"][0]["messages"] == ["Ciao Alice!\n\nXMPP: xmpp:robin@example.org"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--only", "Nobody"], "Nobody is called"),
        (["--tag", "family"], "There is no tag"),
        (["--language", "xx"], "There is no notice in 'xx'"),
        (["--template", "nowhere.txt"], "cannot be read"),
        (["--also-post", "Climbers"], "no group or community"),
        (["--invite", "street"], "makes no invitations"),
        (["--valid-until", "2020"], "has passed"),
        (["--active-since", "yesterdayish"], "does not understand"),
        (["--only", "Ali", "--except", "Ali"], "Nobody is left"),
    ],
)
def test_what_makes_no_sense_is_said_with_a_way_out(mine: Decamp, exported: Path, words: list[str], says: str) -> None:
    done = mine(*NOTICE, exported, "--via", "street", *words)
    assert done.exit_code in (2, 4), done.output
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_a_broken_announce_toml_is_named(mine: Decamp, exported: Path, places: Path) -> None:
    (places / "settings" / "announce.toml").write_text("per_minut = 3\n")
    done = mine(*NOTICE, exported, "--via", "street")
    assert done.exit_code == 2
    assert "per_minut" in done.stderr


def test_a_profile_of_desktop_says_who_too(mine: Decamp, profile: Path) -> None:
    told = said(mine(*NOTICE, profile, "--via", "street", "--active-since", "2y", "--json"))
    assert {one["name"] for one in told["notices"]} == {"Ali"}
    assert {one["why"] for one in told["left_out"]} >= {"no message since then", "blocked"}
