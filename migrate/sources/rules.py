"""Rules of Session that hold wherever its history lies: who is mentioned, and how well one knows somebody."""

from __future__ import annotations

import re

from ..model import Relation

# The app's own pattern (formats page of Session Desktop, section 6.2), which does not know the newer prefix 25 yet.
_MENTION = re.compile("@((?:[0-2]5)?[0-9a-fA-F]{64})")


def mentions(body: str | None) -> tuple[str, ...]:
    """The ids that a text mentions, each once, in the order of the text."""
    if not body or "@" not in body:
        return ()
    return tuple(dict.fromkeys(_MENTION.findall(body)))


def relation(approved: bool, approved_me: bool, *, blinded: bool = False) -> Relation:
    """How well the account knows somebody (formats page of Session Desktop, section 5.1.1)."""
    if blinded:
        return Relation.BLINDED if approved or approved_me else Relation.ACQUAINTANCE
    if approved and approved_me:
        return Relation.CONTACT
    if approved_me:
        return Relation.REQUEST_IN
    return Relation.REQUEST_OUT if approved else Relation.ACQUAINTANCE
