"""A request that is answered with an error."""

from __future__ import annotations

from ..errors import DecampError


class Refused(DecampError):
    """What a node or server answers instead of what it was asked for: a code, and a text or an object."""

    def __init__(self, code: int, body: str | dict[str, object]) -> None:
        super().__init__(str(body))
        self.code = code
        self.body = body
