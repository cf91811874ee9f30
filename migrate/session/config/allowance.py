"""How much a folder of strange messages may cost us before we stop reading."""

from __future__ import annotations

from ..errors import BadConfig

MOST_BYTES = 64 << 20  # formats page of Session config messages, section 3: generous
MOST_VALUES = 600_000  # an address book of 2,600 people holds 60,000
MOST_MESSAGES = 1_024  # a healthy folder holds one, or the parts of one


class Allowance:
    """What is left to spend on the messages of one namespace: a few bytes can unpack to gigabytes.

    An account's own messages are its own, but whoever is admin of a group writes for all members. Each message is
    read on a `trial`, which counts only if it was worth it: a bomb costs nothing that is left for the others.
    """

    __slots__ = ("bytes_left", "values_left")

    def __init__(self, most_bytes: int = MOST_BYTES, most_values: int = MOST_VALUES) -> None:
        self.bytes_left = most_bytes
        self.values_left = most_values

    def trial(self) -> Allowance:
        """The same again, to be spent on one message."""
        return Allowance(self.bytes_left, self.values_left)

    def spend_bytes(self, count: int) -> None:
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise BadConfig("decompress", "The message unpacks to more than is reasonable.")

    def spend_value(self) -> None:
        self.values_left -= 1
        if self.values_left < 0:
            raise BadConfig("format", "The message holds more values than is reasonable.")
