"""The 13 words: what is forgiven, what is refused, and that no error gives a word away."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session import mnemonic
from migrate.session.keys import Seed
from migrate.session.mnemonic import Language, WrongPhrase, decode, encode

PHRASE = "python costume hamburger heels amnesty lukewarm antics value picked roped sowed southern amnesty"
SEED = bytes.fromhex("00112233445566778899aabbccddeeff")
ENGLISH_SHA256 = "998df55cb16d2318130c5cf7e9d4408247c8c4674935ee6e07d53f2f00ccf19b"

LANGUAGES = "|".join(language.label for language in Language)
# Everything that an error may say. There is no place in it for anything that was typed.
SENTENCES = re.compile(
    r"A recovery password has 13 words, and (there is none here|here (is|are) [0-9]+|this is far longer)\."
    r"|None of the words is in a list of words that Session uses\."
    rf"|Word [0-9]+ is not in the ({LANGUAGES}) list\."
    rf"|Words [0-9]+(, [0-9]+)* and [0-9]+ are not in the ({LANGUAGES}) list\."
    r"|Words (1 to 3|4 to 6|7 to 9|10 to 12) cannot follow each other: one of them is wrong\."
    r"|Word 13 does not fit the others: one of the words is wrong, or two changed places\."
    rf"|The words are right in ({LANGUAGES}) and in ({LANGUAGES}), for different accounts\."
)

seeds = st.binary(min_size=16, max_size=16).map(Seed)
languages = st.sampled_from(Language)


def listed(language: Language) -> list[str]:
    return (files(mnemonic.__package__) / "words" / f"{language}.txt").read_text("utf-8").splitlines()


def refused(text: str, language: Language | None = None) -> str:
    """What is said about words that are no recovery password."""
    with pytest.raises(WrongPhrase) as caught:
        decode(text, language)
    said = str(caught.value)
    assert SENTENCES.fullmatch(said)
    assert caught.value.exit_code == 3
    assert caught.value.hint in {WrongPhrase.hint, "Say which language it is."}
    assert caught.value.__context__ is None
    return said


def changed(number: int, word: str) -> str:
    """The phrase with another word in one place."""
    words = PHRASE.split()
    words[number - 1] = word
    return " ".join(words)


@pytest.mark.parametrize("number", range(8))
def test_the_words_of_every_sample_account_give_its_seed_and_back(accounts: dict[str, Any], number: int) -> None:
    item = accounts["items"][number]
    seed = decode(item["recovery_password"])
    assert bytes(seed).hex() == item["seed16"]
    assert encode(seed) == item["recovery_password"]


def test_no_sample_account_is_left_out(accounts: dict[str, Any]) -> None:
    assert [len(accounts[kind]) for kind in ("items", "invalid", "lenient")] == [8, 10, 2]


# What the app refuses and we do too, with what we say; None where the app is stricter than anybody needs.
INVALID = {
    "eleven words": "here are 11",
    "twelve words, checksum word missing": "here are 12",
    "fourteen words": "here are 14",
    "unknown word": "Word 1 is not in the English list",
    "wrong checksum word": "Word 13 does not fit",
    "two words swapped": "Word 13 does not fit",
    "upper case": None,
    "double space inside": None,
    "empty": "there is none here",
    "group of three words above 2^32-1 with a good checksum": "Words 1 to 3 cannot follow each other",
}


@pytest.mark.parametrize(("name", "says"), INVALID.items())
def test_words_that_the_app_refuses_are_refused_or_meant_well(
    accounts: dict[str, Any], name: str, says: str | None
) -> None:
    (item,) = (item for item in accounts["invalid"] if item["name"] == name)
    if says is None:
        assert bytes(decode(item["recovery_password"])).hex() == "8618b289d28e0eabd741fe14e5fa92f8"
    else:
        assert says in refused(item["recovery_password"])


@pytest.mark.parametrize("number", range(2))
def test_only_the_first_letters_of_a_word_count(accounts: dict[str, Any], number: int) -> None:
    item = accounts["lenient"][number]
    assert bytes(decode(item["recovery_password"])).hex() == item["seed16"]


@pytest.mark.parametrize(
    "typed",
    [
        f"  {PHRASE}\n",
        PHRASE.replace(" ", "\r\n"),
        PHRASE.replace(" ", "\t \u3000\u00a0"),
        PHRASE.title(),
        PHRASE.replace(" ", ", "),
        f'"{PHRASE}".',
        "\n".join(f"{number}. {word}" for number, word in enumerate(PHRASE.split(), 1)),
        "\n".join(f"{number}) {word};" for number, word in enumerate(PHRASE.split(), 1)),
        f"\ufeff{PHRASE}\u200b",
        PHRASE.replace("costume", "cos\u00adtume").replace("heels", "\u202eheels\u202c"),
        "".join(chr(ord(mark) + 0xFEE0) if mark.isalpha() else mark for mark in PHRASE),  # full-width letters
    ],
)
def test_words_are_understood_however_they_were_written_down(typed: str) -> None:
    assert bytes(decode(typed)) == SEED


@pytest.mark.parametrize("number", range(1, 14))
def test_a_word_that_is_in_no_list_is_named_by_its_number(number: int) -> None:
    assert refused(changed(number, "zzyzx")) == f"Word {number} is not in the English list."


def test_several_words_that_are_in_no_list_are_all_named() -> None:
    words = PHRASE.split()
    words[1] = words[4] = words[12] = "zzyzx"
    assert refused(" ".join(words)) == "Words 2, 5 and 13 are not in the English list."
    assert refused("zzyzx " * 13) == "None of the words is in a list of words that Session uses."


@pytest.mark.parametrize("number", range(1, 14))
def test_a_word_of_the_list_in_the_wrong_place_is_noticed(number: int) -> None:
    refused(changed(number, "abbey"))


def test_a_text_that_is_far_too_long_is_not_looked_at() -> None:
    assert "far longer" in refused("a" * 1_000_000)


# -- the lists ---------------------------------------------------------------------------------------


def test_the_english_list_is_the_one_of_the_app() -> None:
    assert sha256("\n".join(listed(Language.ENGLISH)).encode()).hexdigest() == ENGLISH_SHA256


@pytest.mark.parametrize("language", Language)
def test_every_list_is_whole_and_each_word_is_known_by_its_first_letters(language: Language) -> None:
    words = listed(language)
    assert len(words) == len(set(words)) == 1626
    assert len({word.lower()[: language.significant] for word in words}) == 1626
    assert all(unicodedata.normalize("NFC", word) == word for word in words)


def test_the_lists_come_with_their_licences() -> None:
    licence = (Path(str(files(mnemonic.__package__))) / "words" / "LICENSE").read_text("utf-8")
    assert "The MIT License" in licence
    assert "Copyright (c) 2014-2018, The Monero Project" in licence
    assert "Copyright (c) 2017 Michał Sałaban" in licence


@given(seeds, languages)
def test_words_of_every_language_give_back_their_seed(seed: Seed, language: Language) -> None:
    phrase = encode(seed, language)
    assert len(phrase.split()) == 13
    assert decode(phrase, language) == seed


@given(seeds, languages, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.booleans())
def test_the_language_is_found_in_any_case_and_form_of_unicode(
    seed: Seed, language: Language, form: str, loud: bool
) -> None:
    words = [word.upper() if loud and "ß" not in word else word for word in encode(seed, language).split()]
    try:
        assert decode(unicodedata.normalize(form, " ".join(words))) == seed  # type: ignore[arg-type]  # one of four names
    except WrongPhrase as ambiguous:  # one in thousands of millions, but hypothesis has found some
        if "for different accounts" not in str(ambiguous):
            raise


@pytest.mark.parametrize(
    ("phrase", "meant"),
    [
        ("faticare meandri offrire melone troncare tumulto casino mettere vivere casa odore odore odore", "italian"),
        ("album album budget album album budget album album budget album album budget album", "english"),
        ("ova idl vil gam sod key poa twa wet oni yah wan sod", "english"),
    ],
)
def test_words_that_are_right_in_two_languages_are_read_in_the_likelier_one(phrase: str, meant: str) -> None:
    """The first is an English phrase too, as far as the first three letters of its words go; the second is French."""
    assert decode(phrase) == decode(phrase, Language(meant))


def test_words_that_are_whole_in_two_languages_are_nobodys_guess() -> None:
    phrase = "fonte " * 13
    assert decode(phrase, Language.FRENCH) != decode(phrase, Language.PORTUGUESE)
    assert refused(phrase) == "The words are right in French and in Portuguese, for different accounts."


@given(seeds, languages)
def test_the_first_letters_are_enough_in_every_language(seed: Seed, language: Language) -> None:
    short = " ".join(word[: language.significant] for word in encode(seed, language).split())
    assert decode(short, language) == seed


@given(seeds)
def test_chinese_words_need_no_blanks(seed: Seed) -> None:
    assert decode(encode(seed, Language.CHINESE).replace(" ", "")) == seed


def test_a_bent_apostrophe_is_an_apostrophe() -> None:
    seed = next(
        Seed(number.to_bytes(16, "little"))
        for number in range(10**6)
        if "'" in encode(Seed(number.to_bytes(16, "little")), Language.LOJBAN)
    )
    assert decode(encode(seed, Language.LOJBAN).replace("'", "’")) == seed


def test_words_of_another_language_than_the_named_one_are_refused() -> None:
    refused(PHRASE, Language.RUSSIAN)
    assert bytes(decode(PHRASE, Language.ENGLISH)) == SEED


# -- whatever is typed -------------------------------------------------------------------------------

any_word = st.one_of(languages.flatmap(lambda language: st.sampled_from(listed(language))), st.text(max_size=12))


@given(st.one_of(st.text(), st.lists(any_word, max_size=16).map(" ".join)), st.none() | languages)
def test_whatever_is_typed_is_a_seed_or_one_of_our_sentences(text: str, language: Language | None) -> None:
    wrong = False
    try:
        assert len(bytes(decode(text, language))) == 16
    except WrongPhrase:
        wrong = True
    if wrong:  # asked again outside, so that an error inside of an error would show
        refused(text, language)
