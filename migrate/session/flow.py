"""A step of the protocol as a generator: it yields what to ask, gets what was answered, and returns what it found.

Whoever runs one (`migrate.network`, or a test with canned replies) sends an `Answer` for each `Ask`, or throws
`NoAnswer` into it when the node could not be reached over any path. Paths, onions, waiting and sockets are the
runner's; what an answer means is the flow's.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from ..model import Json
from .answers import items, mapping, number, read_json
from .errors import BadAnswer
from .nodes import Node
from .storage import Call, Looking

Call_co = TypeVar("Call_co", bound=Call, covariant=True)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Ask(Generic[Call_co]):
    """One request to one node. From the second `attempt` on, whoever asks waits first, longer each time."""

    node: Node
    call: Call_co
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What the node itself said, inside of all layers: its status and its body."""

    status: int
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Json]:
        """The object in the body. Raises `BadAnswer` for anything else."""
        return read_json(self.body)

    def parts(self, count: int) -> list[Part]:
        """The answers to `count` requests that went together. If they were refused together, each of them was."""
        if self.status != 200:
            return [Part.read({"code": self.status, "body": self.body.decode("utf-8", "replace")})] * count
        results = items(self.json().get("results"))
        if len(results) != count:
            raise BadAnswer("results", f"A node answered {len(results)} of {count} requests.")
        return [Part.read(result) for result in results]


@dataclass(frozen=True, slots=True)
class Part:
    """The answer to one of several requests: the code says how it went, whatever the whole answer said."""

    code: int
    body: dict[str, Json] = field(repr=False)

    @classmethod
    def read(cls, result: Json) -> Part:
        """One of `results`. The body of an error is text, and of a wrong swarm sometimes text that is JSON."""
        code, body = number(mapping(result).get("code")), mapping(result).get("body")
        if code is None:
            raise BadAnswer("results", "A node did not say how a request went.")
        if isinstance(body, str):
            try:
                return cls(code, read_json(body.encode()))
            except BadAnswer:
                return cls(code, {})
        return cls(code, dict(mapping(body)))


Flow: TypeAlias = Generator[Ask[Call], Answer, Result]
"""Any flow. `Reading` is the kind that recovery takes: what it asks can change nothing on the network."""
Reading: TypeAlias = Generator[Ask[Looking], Answer, Result]
