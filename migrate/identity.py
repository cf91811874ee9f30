"""Message ids that are made, not guessed: the same message found twice, anywhere, gets the same id.

A message is known by what every copy of it knows (docs/formats.md, "Ids"): in a community its number on the
server, elsewhere the conversation, the author and the time of sending in milliseconds.
"""

from __future__ import annotations

from hashlib import sha256

ID_LENGTH = 24


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def message_id(conversation: str, sender: str, sent_at: int, server_id: int | None = None) -> str:
    """The id of a message in every archive: 24 hex digits (96 bits of SHA-256)."""
    if server_id is not None:
        return _digest(f"server\n{conversation}\n{server_id}")
    return _digest(f"sent\n{conversation}\n{sender}\n{sent_at}")


def next_id(id: str) -> str:
    """The id to try when `id` belongs to another message of the same author and millisecond."""
    return _digest(f"next\n{id}")


def conversation_short_id(conversation: str) -> str:
    """Eight hex digits that keep two conversations of the same name apart in file names."""
    return sha256(conversation.encode("utf-8", "surrogatepass")).hexdigest()[:8]
