"""Tells people, groups and communities by the shape of their ids (formats page of Session Desktop, section 5.1.1)."""

from __future__ import annotations

import re

from ...model import ConversationKind

_KEY = re.compile("(03|05|15|25)[0-9a-fA-F]{64}")
_OLD_COMMUNITY = re.compile(r"publicChat:([^@]+)@(https?://.+?)/*")


def is_person(id: str) -> bool:
    """Whether the id is one that a person has, in the open (05) or in one community (15, 25)."""
    return _KEY.fullmatch(id) is not None and not id.startswith("03")


def is_blinded(id: str) -> bool:
    """Whether the id is known in one community only, so that it is no address outside of it."""
    return is_person(id) and not id.startswith("05")


def is_community(id: str) -> bool:
    """Whether the id is the address of a room on a server."""
    return id.startswith(("https://", "http://", "publicChat:"))


def conversation_id(stored: str) -> str:
    """The id in today's form: a community was `publicChat:room@https://server` before schema 30."""
    if stored.startswith("publicChat:") and (old := _OLD_COMMUNITY.fullmatch(stored)):
        room, server = old.groups()
        return f"{server}/{room}"
    return stored


def kind_of(id: str, type: str | None, own_id: str) -> ConversationKind:
    """What sort of conversation this is: the id's prefix decides, the stored type only between person and group."""
    if id == own_id:
        return ConversationKind.NOTE_TO_SELF
    if is_community(id):
        return ConversationKind.COMMUNITY
    if not _KEY.fullmatch(id):
        return ConversationKind.UNKNOWN
    if id.startswith("03"):
        return ConversationKind.GROUP
    if id.startswith("05") and type and type != "private":
        return ConversationKind.LEGACY_GROUP if type.startswith("group") else ConversationKind.UNKNOWN
    return ConversationKind.DIRECT
