"""The way back: a line at the new account that names the old one, so that both directions meet.

A statement says "I have moved there", and anybody can say that about any address. The proof, placed where only the
holder of the new account can write, says "and here I am". It is not signed: where it stands is what it proves.
"""

from __future__ import annotations

import re

LABEL = "decamp-proof:"
# Apps turn the first letter into a capital and blanks into other blanks; nothing else is forgiven.
_PROOF = re.compile(rf"(?<![\w-]){LABEL}\s{{0,4}}(05[0-9a-f]{{64}})(?!\w)", re.IGNORECASE)


def proof_text(session_id: str) -> str:
    """What to write at each new account, in a status, a bio, a note or on a page."""
    return f"{LABEL} {session_id}"


def find_proof(text: str) -> list[str]:
    """The old Session IDs that a text names as the writer's own, each once, in their order."""
    return list(dict.fromkeys(match[1].lower() for match in _PROOF.finditer(text)))
