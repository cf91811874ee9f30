"""Makes file names out of names that other people chose, so that no name becomes a path or a trap."""

from __future__ import annotations

import re
from unicodedata import category, normalize

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")
_SEPARATORS = re.compile(r'[\s/\\:*?"<>|]+')
LONGEST = 60


def clean_name(name: str, longest: int = LONGEST) -> str:
    """A name that is safe in any folder of any system, still recognisable, never empty.

    Separators, control, bidi and private characters go, as do leading dots and the names that Windows keeps
    for devices; at most `longest` bytes of UTF-8 remain, cut between characters.
    """
    spaced = _SEPARATORS.sub(" ", normalize("NFC", name))
    visible = "".join(c for c in spaced if category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    short = " ".join(visible.split()).strip(" .").encode()[:longest].decode(errors="ignore").strip(" .")
    if not short:
        return "unnamed"
    return f"_{short}" if _RESERVED.match(short) else short
