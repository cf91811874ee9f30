"""Short codes by which people say who they are on a network that has no invitations: `decamp K7QM-2XFD`.

Eight characters that nobody takes for another one. The last is a check: with 31 of them, a prime, and weights that all
differ, one wrong character or two that changed places never make another code (as in ISBN-10).
"""

from __future__ import annotations

import re
from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 and O, 1 and I and L
LENGTH = 8
WORD = "decamp"
LONGEST = 500
"""Characters of a message in which a code is looked for: it stands in the first sentence, not in a novel."""
_CODE = rf"([{ALPHABET}]{{4}})[\s\u2010-\u2015-]{{0,3}}([{ALPHABET}]{{4}})"
_SAID = re.compile(rf"\b{WORD}\b[\s:]{{0,3}}{_CODE}\b", re.IGNORECASE)
_ALONE = re.compile(_CODE, re.IGNORECASE)


def new_code(rng: Callable[[int], bytes]) -> str:
    """A code that nobody can guess: 27 thousand million of them, for a few hundred people."""
    first = ""
    while len(first) < LENGTH - 1:
        (byte,) = rng(1)
        if byte < 256 // len(ALPHABET) * len(ALPHABET):  # each character as likely as any other
            first += ALPHABET[byte % len(ALPHABET)]
    return first + _check(first)


def written(code: str) -> str:
    """The code as people send it."""
    return f"{WORD} {code[:4]}-{code[4:]}"


def code_in(text: str) -> str | None:
    """The code in a message: after the word, or by itself. One that was mistyped is none."""
    found = _SAID.search(text[:LONGEST]) or _ALONE.fullmatch(text[:LONGEST].strip())
    code = (found[1] + found[2]).upper() if found else ""
    return code if code and code[-1] == _check(code[:-1]) else None


def _check(first: str) -> str:
    """The last character of a code: weights 2 to 8 for the first seven, and 1 for itself."""
    total = sum(weight * ALPHABET.index(character) for weight, character in enumerate(first, 2))
    return ALPHABET[-total % len(ALPHABET)]
