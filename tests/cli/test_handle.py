"""`decamp handle`: what a person sees who keeps, lists, removes and looks at addresses."""

from __future__ import annotations

import shlex

import pytest
import typer

from migrate.cli.app import app
from migrate.cli.run import Options, Run
from tests.cards.addresses import FINGERPRINT, INVITE, KEY, LINK_ID
from tests.cli.conftest import Decamp, said

XMPP = "xmpp:alice@example.org"
SIMPLEX = f"https://smp.simplex.im/a#{KEY}"
ONCE = f"https://smp.simplex.im/i#{LINK_ID}/{KEY}"
GROUP = typer.main.get_group(app).commands["handle"]
COMMANDS: dict[str, typer.core.TyperCommand] = getattr(GROUP, "commands", {})


@pytest.mark.parametrize("name", ["add", "list", "remove", "check"])
def test_each_help_page_fits_80_columns_and_its_examples_are_understood(decamp: Decamp, name: str) -> None:
    done = decamp("handle", name, "--help", env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    examples = (COMMANDS[name].epilog or "").splitlines()
    assert examples
    for example in examples:
        program, group, command, *words = shlex.split(example)
        assert (program, group, command) == ("decamp", "handle", name)
        COMMANDS[name].make_context(name, words, obj=Run({}, Options()))


def test_an_address_is_kept_listed_and_removed(decamp: Decamp) -> None:
    assert "No handle yet" in decamp("handle", "list").stderr
    assert decamp("handle", "add", XMPP, "--label", "Work").stdout == "1 of 1: XMPP, alice on example.org\n"
    added = decamp("handle", "add", SIMPLEX, "--place", "1", "--note", "the best")
    assert added.stdout == "1 of 2: SimpleX, a contact address on smp.simplex.im\n"
    listed = decamp("handle", "list", env={"COLUMNS": "200"}).stdout.splitlines()
    assert listed[1].split()[:2] == ["1", "SimpleX"]
    assert listed[1].rstrip().endswith(SIMPLEX)
    assert listed[2].split()[:2] == ["2", "XMPP"]
    assert decamp("handle", "remove", "Work").stdout == "Removed: XMPP, alice on example.org\n"
    (kept,) = said(decamp("handle", "list", "--json"))["handles"]
    assert kept == {
        "network": "simplex",
        "address": SIMPLEX,
        "description": "a contact address on smp.simplex.im",
        "label": None,
        "note": "the best",
    }


def test_programs_get_objects(decamp: Decamp) -> None:
    added = said(decamp("handle", "add", "alice@example.org", "--network", "email", "--json"))
    assert (added["command"], added["number"], added["handle"]["network"]) == ("decamp handle add", 1, "email")
    removed = said(decamp("handle", "remove", "1", "--json"))
    assert removed["removed"]["address"] == "mailto:alice@example.org"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["add", "alice@example.org"], 2, "could be an e-mail address or one of XMPP"),
        (["add", ONCE], 2, "one-time invitation"),
        (["add", "DCLOGIN:secret"], 2, "password of a mail account"),
        (["add", XMPP, "--network", "icq"], 2, "There is no network 'icq'"),
        (["add", XMPP, "--network", "matrix"], 2, "an address of XMPP, not of Matrix"),
        (["add", XMPP, "--place", "7"], 2, "no place 7"),
        (["add", XMPP, "--label", "a\x1b[2J"], 2, "U+001B"),
        (["remove", "1"], 4, "No handle is meant"),
        (["check", "https://exаmple.org/"], 2, "xn--exmple-4nf"),
    ],
)
def test_what_cannot_be_is_said_in_two_sentences(decamp: Decamp, words: list[str], code: int, says: str) -> None:
    done = decamp("handle", *words)
    assert done.exit_code == code
    assert done.stdout == ""
    first, second, *more = done.stderr.splitlines()
    assert says in first
    assert second
    assert not more
    assert "secret" not in done.stderr


def test_a_look_tells_network_server_size_and_what_is_odd(decamp: Decamp) -> None:
    done = decamp("handle", "check", f"{ONCE}?zz=1")
    assert done.exit_code == 0
    first, second, third, fourth = done.stdout.splitlines()
    assert first == "SimpleX: a one-time invitation on smp.simplex.im"
    assert second == f"Written as {ONCE}?zz=1"
    assert third == "Its QR code has 41 by 41 squares: print it at least 20 mm wide."
    assert fourth == "Kept without being understood: zz"
    assert "for one person only" in done.stderr
    assert "No handle yet" in decamp("handle", "list").stderr


@pytest.mark.parametrize(
    ("address", "size", "version"),
    [
        ("05" + "ab" * 32, 66, 5),
        (XMPP, 22, 2),
        ("@alice:example.org", 38, 3),
        (f"https://i.delta.chat/#{FINGERPRINT}&v=3&{INVITE}", 132, 8),
    ],
)
def test_the_size_of_a_code_is_the_one_on_the_page_of_formats(
    decamp: Decamp, address: str, size: int, version: int
) -> None:
    assert said(decamp("handle", "check", address, "--json"))["qr"] | {"text": ""} == {
        "text": "",
        "bytes": size,
        "version": version,
    }


def test_a_large_code_is_warned_of_and_one_that_is_too_large_named(decamp: Decamp) -> None:
    large = decamp("handle", "check", "https://example.org/" + "a" * 400)
    assert "large code" in large.stderr
    too_large = decamp("handle", "check", "https://example.org/" + "a" * 3000)
    assert "fits into no QR code" in too_large.stderr
    assert too_large.exit_code == 0


def test_a_bare_group_shows_what_there_is(decamp: Decamp) -> None:
    done = decamp("handle")
    assert done.exit_code == 2
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
