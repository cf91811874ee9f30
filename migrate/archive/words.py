"""What counts as a word when people search: the same rule for the archive's index and for the pages' own.

Accents, vowel points and letter width do not matter, nor does upper case. Scripts written without spaces
(Chinese, Japanese, Thai, …) and emoji are taken character by character, so that any part of them is found.
`html/assets` has the same rule in JavaScript; tests/archive/words.json is checked against both.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from unicodedata import category, normalize

# Scripts without spaces between words, and pictures: each character stands alone.
ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u2190-\u2bff"  # arrows, signs, older emoji
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Han
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"  # emoji, rarer Han
)
_alone = re.compile(f"[{ALONE}]")


@cache
def _marks() -> re.Pattern[str]:
    """Combining marks, emoji variation selectors and skin tones: dropped before words are compared."""
    points = [point for point in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)) if category(chr(point)) == "Mn"]
    runs = [[*run] for _, run in groupby(enumerate(points), lambda pair: pair[1] - pair[0])]
    ranges = "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
    return re.compile(f"[{ranges}\U0001f3fb-\U0001f3ff]")


_sign = re.compile(r"[$+<=>^`|~]")
_word = re.compile(f"[{ALONE}]|[^\\W_{ALONE}]+")


def fold(text: str) -> str:
    """A text as the index sees it: lower case, without marks, its words apart.

    Plain ASCII is left to the index, which cuts it the same way and faster; only its signs would be words there.
    """
    if text.isascii():
        return (_sign.sub(" ", text) if _sign.search(text) else text).lower()
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    if not text.isascii():
        text = normalize("NFC", _marks().sub("", normalize("NFKD", text)))
    return _word.findall(text.lower())


def query(text: str) -> str:
    """What a person typed, as a full-text query: all the words, each by its beginning.

    A run of characters that stand alone must occur as typed; so must what is in double quotes. The result
    holds nothing but quoted words, so no character that was typed is ever an operator. Empty: nothing to find.
    """
    terms: list[str] = []
    for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', text):
        found = words(quoted or plain)
        if found:
            phrase = " + ".join(f'"{word}"' for word in found)
            terms.append(phrase if quoted or _alone.fullmatch(found[-1]) else phrase + "*")
    return " AND ".join(terms)
