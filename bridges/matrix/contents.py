"""What we say, as Matrix writes it. Pure."""

from __future__ import annotations

import base64
import hashlib
import re

from nacl.secret import SecretBox

from ..actions import Upload
from ..events import Reference
from .loose import Object
from .reading import VOICE

LONGEST_FALLBACK = 100  # characters of an edited text for programs that know no edits; it is there in full anyway
_ALLOWED = re.compile(r"[a-z0-9.-]")
_LONGEST_LOCAL = 150  # bytes; a whole address has at most 255, and the server's name is in it too


def text(body: str, *, notice: bool = False, reply_to: Reference | None = None) -> Object:
    """A text. The empty `m.mentions` says that nobody is called by name, whatever stands in it."""
    kind = "m.notice" if notice else "m.text"
    return {"msgtype": kind, "body": body, "m.mentions": {}, **_reply(reply_to)}


def file(
    upload: Upload,
    stored: Object,
    *,
    caption: str = "",
    reply_to: Reference | None = None,
) -> Object:
    """A file that was stored before: `stored` has a `url`, or a `file` with keys. The caption is the body."""
    kind = upload.type.partition("/")[0]
    content: Object = {
        "msgtype": f"m.{kind}" if kind in {"image", "audio", "video"} else "m.file",
        "body": caption or upload.name or "file",
        "filename": upload.name or "file",
        "info": {"mimetype": upload.type, "size": upload.size},
        "m.mentions": {},
        **stored,
        **_reply(reply_to),
    }
    if upload.voice:
        content |= {"msgtype": "m.audio", VOICE: {}, "org.matrix.msc1767.audio": {}}
    return content


def edit(message: str, body: str) -> Object:
    """Another text for a message. Programs that know no edits see it as an answer with a star."""
    return {
        **text(f"* {body[:LONGEST_FALLBACK]}"),
        "m.new_content": text(body),
        "m.relates_to": {"rel_type": "m.replace", "event_id": message},
    }


def reaction(message: str, emoji: str) -> Object:
    """An emoji on a message."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": emoji}}


def _reply(reply_to: Reference | None) -> Object:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": reply_to.id}}} if reply_to else {}


class Tickets:
    """Turns the key of an action into transaction ids, and back.

    The homeserver makes one event of all requests with the same id, and tells it to us with the event. The key is
    sealed in it, always to the same bytes, because a server has no business reading what a key may tell.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret, self._box = secret, SecretBox(secret)

    def ticket(self, key: str, part: int = 0) -> str:
        """The transaction id for one of the messages that an action becomes."""
        said = f"{part}.{key}".encode()
        nonce = hashlib.blake2b(said, key=self._secret, digest_size=SecretBox.NONCE_SIZE).digest()
        return base64.urlsafe_b64encode(self._box.encrypt(said, nonce)).decode().rstrip("=")

    def key(self, ticket: str) -> str | None:
        """The key that a transaction id was made of, if we made it."""
        from nacl.exceptions import CryptoError

        try:
            sealed = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
            return self._box.decrypt(sealed).decode().partition(".")[2]
        except (CryptoError, ValueError):
            return None

    def name(self, person: str) -> str:
        """A name that is always the same for a person, and tells nothing about them."""
        return hashlib.blake2b(person.encode(), key=self._secret, digest_size=16).hexdigest()


def local_part(prefix: str, person: str) -> str:
    """The first half of a ghost's address: what Matrix does not allow is written as `=` and its bytes in hex.

    Two people never get the same: a very long id becomes `=h` and its hash, which no escape looks like.
    """
    escaped = "".join(
        one if _ALLOWED.fullmatch(one) else "".join(f"={byte:02x}" for byte in one.encode()) for one in person
    )
    if len(escaped) > _LONGEST_LOCAL:
        escaped = f"=h{hashlib.sha256(person.encode()).hexdigest()}"
    return prefix + escaped


def short_name(name: str, longest: int) -> str:
    """A name that servers take: no longer than they allow, and never empty."""
    name = "".join(one for one in name if one >= " " and one != "\x7f").strip()
    return (name if len(name) <= longest else f"{name[: longest - 1]}…") or "?"
