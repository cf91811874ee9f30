"""Address books and spreadsheets read what decamp writes, whatever people call themselves."""

from __future__ import annotations

import csv
import io

import pytest
import vobject  # type: ignore[import-untyped]  # the package has no types
from hypothesis import given
from hypothesis import strategies as st

from migrate.archive.people import table, vcard
from migrate.model import Contact, Relation

from ..builders.source import ALICE, NOON, alice


def rows(*contacts: Contact) -> list[dict[str, str]]:
    text = b"".join(table(list(contacts))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_holds_what_the_contact_list_shows() -> None:
    (row,) = rows(alice(nickname='Semi;colon,"CSV"\nname', blocked=True, first_seen_at=NOON))
    assert row["nickname"] == 'Semi;colon,"CSV"\nname'
    assert (row["id"], row["blocked"], row["first_seen"]) == (ALICE, "yes", "2023-11-14 22:13:20")


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+49", "-2", "\tx"])
def test_no_name_becomes_a_formula(name: str) -> None:
    (row,) = rows(alice(name=name))
    assert row["name"] == f"'{name}"


def test_a_time_beyond_the_calendar_is_left_out() -> None:
    (row,) = rows(alice(first_seen_at=10**18))
    assert row["first_seen"] == ""


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text(max_size=200))
def test_a_vcard_is_read_back_by_an_address_book(name: str, nickname: str) -> None:
    contact = alice(name=name, display=name, nickname=nickname.encode("utf-8", "replace").decode())
    text = vcard(contact).decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (card,) = vobject.readComponents(text)
    assert card.impp.value == f"session:{ALICE}"
    assert card.fn.value.split() == _visible(name).split()


def _visible(name: str) -> str:
    return "".join(c for c in name if c in "\n\t" or (c >= " " and c not in "\x7f\x85\u2028\u2029"))


def test_a_vcard_says_who_is_blocked_and_who_only_asked() -> None:
    text = vcard(alice(blocked=True, relation=Relation.REQUEST_IN)).decode()
    assert "NOTE:Blocked in Session. In Session: request in." in text
