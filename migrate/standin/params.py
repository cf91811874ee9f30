"""The parameters of a request, read as strictly as a node reads them: what is missing or odd is answered with 400."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from .refused import Refused

_ALIASES = {"pubkey": "pubKey", "last_hash": "lastHash"}
_HASH = re.compile(r"[A-Za-z0-9+/]{43}")


class Params:
    """The fields of one request."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def has(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> object:
        alias = _ALIASES.get(name, name)
        if alias != name and alias in self._fields:
            if name in self._fields:
                raise Refused(400, f"invalid request: both {name} and {alias} given")
            return self._fields[alias]
        return self._fields.get(name)

    def flag(self, name: str) -> bool:
        return self.get(name) is True

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str):
            raise Refused(400, f"invalid request: {name} must be text")
        return value

    def number(self, name: str, *, or_text: bool = False) -> int:
        value = self.get(name)
        if or_text and isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refused(400, f"invalid request: {name} must be an integer")
        return value

    def numbers(self, name: str) -> list[int]:
        value = self.get(name)
        several = value if isinstance(value, list) else [value]
        return [Params({name: one}).number(name) for one in several]

    def texts(self, name: str) -> list[str]:
        value = self.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            raise Refused(400, f"invalid request: {name} must be a list of texts")
        return [str(one) for one in value]

    def hashes(self) -> list[str]:
        hashes = self.texts("messages")
        if not all(_HASH.fullmatch(one) for one in hashes):
            raise Refused(400, "invalid request: messages must be hashes")
        return hashes

    def data(self, name: str) -> bytes:
        try:
            return base64.b64decode(self.text(name), validate=True)
        except binascii.Error as error:
            raise Refused(400, f"invalid request: {name} is not base64") from error

    def pubkey(self) -> str:
        """Whose messages these are: two digits for the kind of key, and the key."""
        value = self.text("pubkey")
        if not re.fullmatch(r"[0-9a-f]{66}", value):
            raise Refused(400, "invalid request: Pubkey must be 66 hex digits")
        return value

    def namespace(self) -> int:
        value = self.number("namespace") if self.has("namespace") else 0
        if not -32768 <= value <= 32767:
            raise Refused(400, "invalid request: namespace out of range")
        return value

    def last_hash(self) -> str:
        value = self.text("last_hash") if self.has("last_hash") else ""
        if value and not _HASH.fullmatch(value):
            raise Refused(400, "invalid request: last_hash must be empty or 43 characters")
        return value
