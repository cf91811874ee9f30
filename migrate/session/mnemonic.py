"""The 13 words of the recovery password, and the seed they stand for, in twelve languages.

Facts: formats page of the Session network, section 1.1. What a person types is read with patience; what it says is
checked without any. No error repeats a word, because somebody may paste it where others read.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from ..errors import WrongKey
from .keys import Seed

WORDS = 13
LONGEST_INPUT = 4096
_BASE = 1626  # as many words are in each list


class WrongPhrase(WrongKey):
    """These are not the words of a recovery password."""

    hint = "Type the 13 words in their order, as Session shows them under Recovery Password; the case does not matter."


class Language(StrEnum):
    """A language that Session has a word list for. The apps use English; the others come from newer libraries."""

    ENGLISH = "english"
    CHINESE = "chinese"
    DUTCH = "dutch"
    ESPERANTO = "esperanto"
    FRENCH = "french"
    GERMAN = "german"
    ITALIAN = "italian"
    JAPANESE = "japanese"
    LOJBAN = "lojban"
    PORTUGUESE = "portuguese"
    RUSSIAN = "russian"
    SPANISH = "spanish"

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        return self.value.capitalize()

    @property
    def significant(self) -> int:
        """How many letters of a word matter; whatever follows may be left out or misspelt."""
        return {Language.ENGLISH: 3, Language.CHINESE: 1}.get(self, 4)


@dataclass(frozen=True, slots=True)
class _List:
    words: tuple[str, ...]
    places: dict[str, int]


@cache
def _list(language: Language) -> _List:
    text = (files(__package__) / "words" / f"{language}.txt").read_text("utf-8")
    words = tuple(text.splitlines())
    return _List(words, {_start(word, language): place for place, word in enumerate(words)})


def _start(word: str, language: Language) -> str:
    """The part of a word that tells it from all others, in any spelling that Unicode holds equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())[: language.significant]


def encode(seed: Seed, language: Language = Language.ENGLISH) -> str:
    """The 13 words that stand for a seed, with single blanks between them."""
    places: list[int] = []
    data = bytes(seed)
    for start in range(0, len(data), 4):
        value = int.from_bytes(data[start : start + 4], "little")
        first = value % _BASE
        second = (value // _BASE + first) % _BASE
        third = (value // _BASE**2 + second) % _BASE
        places += [first, second, third]
    places.append(places[_checked_by(places, language)])
    return " ".join(_list(language).words[place] for place in places)


def decode(text: str, language: Language | None = None) -> Seed:
    """The seed that the words stand for. Without `language` all lists are tried, English first.

    Raises `WrongPhrase`, which says which word is wrong by its number and never by itself.
    """
    words = _split(text)
    if len(words) != WORDS:
        raise WrongPhrase(f"A recovery password has {WORDS} words, and {_counted(len(words))}.")
    if language is not None:
        return _read(words, language).seed()
    english = _read(words, Language.ENGLISH)
    if isinstance(english.found, Seed) and english.whole == WORDS:
        return english.found
    return _likeliest([english, *(_read(words, other) for other in Language if other is not Language.ENGLISH)]).seed()


def _likeliest(readings: Sequence[_Reading]) -> _Reading:
    """The reading that was meant: one in a million phrases is right in two languages, by the first letters.

    Whole words are the better witness then, and English, the language of the apps, is likelier than others.
    """
    good = sorted((one for one in readings if isinstance(one.found, Seed)), key=lambda one: one.whole, reverse=True)
    if not good:
        return min(readings, key=lambda one: one.unknown)
    first, *others = good
    if first.language is not Language.ENGLISH and others and others[0].whole == first.whole:
        raise WrongPhrase(
            f"The words are right in {first.language.label} and in {others[0].language.label}, for different accounts.",
            "Say which language it is.",
        )
    return first


@dataclass(frozen=True, slots=True, repr=False)
class _Reading:
    """What 13 words are in one language: a seed or an error, how many are unknown, how many are spelt out."""

    language: Language
    found: Seed | WrongPhrase
    unknown: int
    whole: int

    def seed(self) -> Seed:
        if isinstance(self.found, WrongPhrase):
            raise self.found
        return self.found


def _read(words: Sequence[str], language: Language) -> _Reading:
    known = _list(language)
    found = [known.places.get(_start(word, language)) for word in words]
    places = [place for place in found if place is not None]
    unknown = [number for number, place in enumerate(found, 1) if place is None]
    whole = sum(known.words[place].lower() == word.lower() for place, word in zip(places, words, strict=False))
    if unknown:
        return _Reading(language, WrongPhrase(_not_listed(unknown, language)), len(unknown), whole)
    return _Reading(language, _seed(places, language), 0, whole)


def _seed(places: Sequence[int], language: Language) -> Seed | WrongPhrase:
    """The seed of 13 words that are all in the list, or what is wrong with them."""
    data = b""
    for start in range(0, WORDS - 1, 3):
        first, second, third = places[start : start + 3]
        value = first + _BASE * ((second - first) % _BASE) + _BASE**2 * ((third - second) % _BASE)
        # The app keeps the low 32 bits of such a value, and so opens another account than anybody wrote down.
        if value >= 1 << 32:
            return WrongPhrase(f"Words {start + 1} to {start + 3} cannot follow each other: one of them is wrong.")
        data += value.to_bytes(4, "little")
    if places[-1] != places[_checked_by(places[:-1], language)]:
        return WrongPhrase(f"Word {WORDS} does not fit the others: one of the words is wrong, or two changed places.")
    return Seed(data)


def _checked_by(places: Sequence[int], language: Language) -> int:
    """Which of the first twelve words is repeated as the last: the checksum."""
    words = _list(language).words
    starts = "".join(words[place][: language.significant] for place in places)
    return zlib.crc32(starts.encode()) % len(places)


# Chinese is written without blanks, and each of its words is one character.
_WORD = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn"}


def _split(text: str) -> list[str]:
    """The words of what was typed or pasted, without numbers, commas, quotes and invisible characters around them."""
    if len(text) > LONGEST_INPUT:
        raise WrongPhrase(f"A recovery password has {WORDS} words, and this is far longer.")
    text = unicodedata.normalize("NFKC", text).replace("’", "'")  # Lojban has an apostrophe, and phones bend it
    text = "".join(mark for mark in text if mark.isspace() or unicodedata.category(mark) not in _INVISIBLE)
    return [word for token in _WORD.findall(text) if (word := _bare(token))]


def _bare(token: str) -> str:
    """A word from its first letter to its last; accents that stand alone belong to their letter."""
    kept = [place for place, mark in enumerate(token) if unicodedata.category(mark)[0] in "LM"]
    return token[kept[0] : kept[-1] + 1] if kept else ""


def _counted(count: int) -> str:
    return "there is none here" if count == 0 else f"here {'is' if count == 1 else 'are'} {count}"


def _not_listed(numbers: list[int], language: Language) -> str:
    if len(numbers) == WORDS:
        return "None of the words is in a list of words that Session uses."
    if len(numbers) == 1:
        return f"Word {numbers[0]} is not in the {language.label} list."
    return f"Words {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} are not in the {language.label} list."
