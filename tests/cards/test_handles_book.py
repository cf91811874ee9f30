"""The handles in config.toml: in the order of preference, and nothing else in the file is touched."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.cards import book, handles
from migrate.errors import NothingFound, WrongWords
from migrate.settings import TEMPLATE, BadSettings, Settings, _with_tables

XMPP, MATRIX, MAIL = "xmpp:alice@example.org", "@alice:example.org", "mailto:alice@example.org"


@pytest.fixture
def shelf(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "app")


def keep(shelf: Settings, *texts: str) -> None:
    for text in texts:
        book.add(shelf, book.entry_of(handles.parse(text)))


def titles(shelf: Settings) -> list[str]:
    return [entry.title for entry in book.entries(shelf)]


def write(shelf: Settings, text: str) -> None:
    shelf.create()
    shelf.config_file.write_text(text, "utf-8")


def test_handles_are_kept_in_the_order_in_which_they_came(shelf: Settings) -> None:
    assert book.entries(shelf) == []
    assert not shelf.home.exists()
    keep(shelf, XMPP, MATRIX, MAIL)
    assert titles(shelf) == ["XMPP", "Matrix", "E-mail"]
    assert shelf.config_file.read_text("utf-8") == (
        f'{TEMPLATE}\n[[handle]]\naddress = "{XMPP}"\n\n[[handle]]\naddress = "matrix:u/alice:example.org"\n'
        f'\n[[handle]]\naddress = "{MAIL}"\n'
    )


def test_a_handle_can_be_put_first_and_moved(shelf: Settings) -> None:
    keep(shelf, XMPP, MATRIX)
    book.add(shelf, book.entry_of(handles.parse(MAIL)), 1)
    assert titles(shelf) == ["E-mail", "XMPP", "Matrix"]
    book.add(shelf, book.entry_of(handles.parse(MAIL)), 3)
    assert titles(shelf) == ["XMPP", "Matrix", "E-mail"]
    for place in (0, 4, -1):
        with pytest.raises(WrongWords, match=f"no place {place}"):
            book.add(shelf, book.entry_of(handles.parse(MAIL)), place)


def test_adding_again_changes_what_is_said_and_keeps_the_rest(shelf: Settings) -> None:
    keep(shelf, XMPP, MATRIX)
    xmpp = handles.parse(XMPP)
    book.add(shelf, book.entry_of(xmpp, label=" Work ", note="in the\n evening"))
    book.add(shelf, book.entry_of(xmpp, label="Office"))
    first, second = book.entries(shelf)
    assert (first.title, first.note, second.title) == ("Office", "in the evening", "Matrix")


@pytest.mark.parametrize("which", ["2", "@alice:example.org", "matrix:u/alice:example.org", "Home"])
def test_a_handle_is_removed_by_number_address_or_label(shelf: Settings, which: str) -> None:
    keep(shelf, XMPP)
    book.add(shelf, book.entry_of(handles.parse(MATRIX), "Home"))
    assert book.remove(shelf, which).title == "Home"
    assert titles(shelf) == ["XMPP"]


def test_what_nobody_could_mean_or_two_are_is_not_removed(shelf: Settings) -> None:
    keep(shelf, XMPP, "xmpp:bob@example.org")
    for which in ("3", "0", "nobody", "XMPP", ""):
        with pytest.raises(NothingFound, match="meant by this"):
            book.remove(shelf, which)
    assert len(book.entries(shelf)) == 2


def test_comments_and_other_settings_stay_where_they_are(shelf: Settings) -> None:
    before = (
        "# mine\ntop = 1\n\n# the best one\n[[handle]]\naddress = 'xmpp:alice@example.org' # really\n\n"
        "# not of the handle\n\n[export]\nto = 'here'\n\n"
        '[[handle]]\naddress = "mailto:alice@example.org"\n# the end\n'
    )
    write(shelf, before)
    keep(shelf, MATRIX)
    assert shelf.config_file.read_text("utf-8") == (
        "# mine\ntop = 1\n\n# the best one\n[[handle]]\naddress = 'xmpp:alice@example.org' # really\n\n"
        '[[handle]]\naddress = "mailto:alice@example.org"\n\n[[handle]]\naddress = "matrix:u/alice:example.org"\n\n'
        "# not of the handle\n\n[export]\nto = 'here'\n\n# the end\n"
    )
    for which in "111":
        book.remove(shelf, which)
    assert shelf.config_file.read_text("utf-8") == (
        "# mine\ntop = 1\n\n# not of the handle\n\n[export]\nto = 'here'\n\n# the end\n"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[handle]]\naddress = 'alice@example.org'", "Handle 1 in config.toml: This could be"),
        ("[[handle]]\naddress = 'DCLOGIN:x'", "Handle 1 in config.toml: This link holds the password"),
        ("[[handle]]\naddress = 3", "Handle 1 in config.toml"),
        ("[[handle]]\n", "Handle 1 in config.toml.*address"),
        (f"[[handle]]\naddress = '{XMPP}'\nadress = 'x'", "Handle 1 in config.toml.*adress"),
        (f"[[handle]]\naddress = '{XMPP}'\nlabel = \"a\\u001b\"", "Handle 1 in config.toml: The label holds"),
        (f"[[handle]]\naddress = '{XMPP}'\n[[handle]]\naddress = 'XMPP:ALICE@example.org'", "Handle 2 .* there twice"),
        ("handle = 3", "not a list of tables"),
        ("handle = [3]", "not a list of tables"),
        ("[handle]\naddress = 'x'", "not a list of tables"),
    ],
)
def test_a_handle_that_was_written_wrong_by_hand_is_named(shelf: Settings, text: str, says: str) -> None:
    write(shelf, text)
    with pytest.raises(WrongWords, match=says) as caught:
        book.entries(shelf)
    assert "config.toml" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "handle = [{address = 'xmpp:alice@example.org'}]\n",
        'text = """\n[[handle]]\naddress = 1\n"""\n[[handle]]\naddress = "xmpp:alice@example.org"\n',
        "[[handle]]\naddress = 'xmpp:alice@example.org'\n[[ 'handle' ]]\naddress = 'xmpp:bob@example.org'\n",
    ],
)
def test_a_file_that_is_written_too_cleverly_is_left_alone(shelf: Settings, text: str) -> None:
    write(shelf, text)
    with pytest.raises(BadSettings, match="in a way that decamp cannot change"):
        keep(shelf, MAIL)
    assert shelf.config_file.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("label", "note", "says"),
    [
        ("a\x1b[31m", None, r"The label holds .*U\+001B"),
        (None, "a\u202eb", r"The note holds .*U\+202E"),
        ("x" * 61, None, "more than 60"),
        (None, "x" * 301, "more than 300"),
    ],
)
def test_a_label_or_note_that_does_not_show_what_it_holds_is_refused(
    label: str | None, note: str | None, says: str
) -> None:
    with pytest.raises(WrongWords, match=says):
        book.entry_of(handles.parse(XMPP), label, note)


def test_an_emoji_of_several_parts_may_be_a_label() -> None:
    assert book.entry_of(handles.parse(XMPP), "👩‍💻 e\u0301").title == "👩‍💻 é"


lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.fixed_dictionaries({"address": lines, "label": lines}), max_size=4), st.integers(0, 4))
def test_any_tables_come_back_as_they_were(tables: list[dict[str, str]], kept: int) -> None:
    once = _with_tables(TEMPLATE, "handle", tables)
    assert tomllib.loads(once).get("handle", []) == tables
    again = _with_tables(once, "handle", tables[:kept])
    assert tomllib.loads(again).get("handle", []) == tables[:kept]
    assert again.startswith(TEMPLATE.rstrip("\n"))
