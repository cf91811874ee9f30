"""What an account says about itself (formats page of Session config messages, section 6.1)."""

from __future__ import annotations

from ...model import Noun
from .fields import Fields, Picture
from .message import Tree


class ProfileConfig(Noun, frozen=True, kw_only=True):
    """Name, picture and settings of the account. Times are in seconds, where their name does not say otherwise.

    `note_priority` and `note_expires_after` are those of the notes to self. `community_requests` is whether people
    from communities may write to us; `None` if that was never chosen.
    """

    name: str | None = None
    picture: Picture | None = None
    note_priority: int = 0
    note_expires_after: int | None = None
    community_requests: bool | None = None
    profile_updated: int | None = None
    pro_features: frozenset[int] = frozenset()
    pro_until_ms: int | None = None


def profile_of(data: Tree) -> ProfileConfig:
    """The profile; where a picture was uploaded again later, the later upload is the one that is still there."""
    fields = Fields(data)
    chosen, uploaded_again = fields.seconds(b"t") or 0, fields.seconds(b"T") or 0
    renewed = fields.picture(b"P", b"Q") if uploaded_again > chosen else None
    requests = fields.number(b"M")
    return ProfileConfig(
        name=fields.text(b"n"),
        picture=renewed or fields.picture(),
        note_priority=fields.number(b"+") or 0,
        note_expires_after=fields.duration(b"e"),
        community_requests=None if requests is None else bool(requests),
        profile_updated=max(chosen, uploaded_again) or None,
        pro_features=fields.numbers(b"f"),
        pro_until_ms=fields.milliseconds(b"E"),
    )
