"""What an address book gets: every handle, in vCard 4 and 3, read back by a program that is not ours."""

from __future__ import annotations

from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]  # the package has no types

from migrate.cards import vcards
from migrate.cards.card import Card
from migrate.cards.statement import read

from .handed import DELTACHAT, EVERY_NETWORK, HOSTILE, OMEMO, card
from .signing import ALICE, SIMPLEX

VERSIONS = [vcards.version_4, vcards.version_3]
both = pytest.mark.parametrize("write", VERSIONS, ids=["4.0", "3.0"])


def opened(data: bytes) -> Any:
    (only,) = vobject.readComponents(data.decode())
    return only


def values(book: Any) -> list[str]:
    return [str(child.value) for child in book.getChildren() if child.name not in {"NOTE", "N"}]


@both
@pytest.mark.parametrize("address", EVERY_NETWORK, ids=lambda text: text[:24])
def test_every_handle_is_a_value_of_its_own_and_stands_in_the_note(write: Any, address: str) -> None:
    book = opened(write(card()))
    bare = address.removeprefix("mailto:")
    assert any(value in {address, bare} for value in values(book))
    assert address in book.note.value


@both
def test_the_statement_in_a_card_of_an_address_book_can_be_checked(write: Any) -> None:
    one = card(notes=["Semicolons; commas, back\\slashes: all of them."])
    assert read(write(one)) == [one.signed]
    assert one.signed is not None
    assert one.signed.text().strip() in opened(write(one)).note.value.replace("\r\n", "\n")


def test_version_4_uses_the_properties_that_are_made_for_it() -> None:
    book = opened(vcards.version_4(card()))
    assert book.version.value == "4.0"
    assert [child.value for child in book.contents["impp"]] == [OMEMO, "matrix:u/alice:example.org"]
    profiles = {child.params["SERVICE-TYPE"][0]: child.value for child in book.contents["socialprofile"]}
    assert profiles["Delta Chat"] == DELTACHAT
    assert profiles["SimpleX"].startswith("https://")
    assert book.email.value == "alice@example.org"


def test_version_3_has_what_old_address_books_look_for() -> None:
    book = opened(vcards.version_3(card()))
    assert (book.n.value.family, book.n.value.given) == ("Example", "Alice")
    assert book.impp.value == OMEMO
    assert book.impp.params["X-SERVICE-TYPE"] == ["Jabber"]
    assert book.contents["x-jabber"][0].value == "alice@example.org"
    book.validate(raiseException=True)


@both
def test_the_old_session_id_is_there_and_the_preferred_handle_is_marked(write: Any) -> None:
    data = write(card([SIMPLEX])).decode().replace("\r\n ", "")
    assert f"X-SESSION:{ALICE.session_id}" in data
    assert "PREF=1" in data or "TYPE=simplex" in data


@both
def test_lines_are_of_the_right_length_and_end_as_they_should(write: Any) -> None:
    data = write(card(name="Алиса " * 12, notes=["茶" * 100]))
    assert data.endswith(b"END:VCARD\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # nothing was cut inside a character
    assert b"\n" not in data.replace(b"\r\n", b"")


@both
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_a_name_holds_becomes_a_line_of_its_own(write: Any, text: str) -> None:
    plain = opened(write(card(EVERY_NETWORK[:3])))
    book = opened(write(card(EVERY_NETWORK[:3], name=text, labels=[text] * 3, recipient=text)))
    assert sorted(child.name for child in book.getChildren()) == sorted(child.name for child in plain.getChildren())
    assert book.fn.value == " ".join(text.split())


@both
def test_the_same_account_is_the_same_entry(write: Any) -> None:
    first, second = opened(write(card(serial=1))), opened(write(card(EVERY_NETWORK[:1], name="Other", serial=2)))
    assert first.uid.value == second.uid.value


@both
def test_a_card_that_nobody_signed_is_one_too(write: Any) -> None:
    signed = card()
    book = opened(write(Card(entries=signed.entries, name=None)))
    assert book.fn.value == "My new addresses"
    assert SIMPLEX in book.note.value
