"""What an account needs of the network: `migrate.network` has it, and tests have a small one of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from ..session.clock import Clock
from ..session.deliver import Delivery, Parcel
from ..session.flow import Flow
from ..session.nodes import Node
from ..session.poll import Tour, Visitor
from ..session.signers import Signer
from ..session.swarm import Swarm

Result = TypeVar("Result")


class Line(Protocol):
    """The way to the nodes. Everything that can fail raises `NoAnswer` or `BadAnswer`."""

    clock: Clock

    @property
    def known(self) -> Mapping[bytes, Node]:
        """All nodes, by their Ed25519 keys."""
        ...

    async def run(self, flow: Flow[Result]) -> Result:
        """Run a step of the protocol to its end."""
        ...

    async def swarm(self, pubkey: str) -> Swarm:
        """The nodes that keep the messages of an account or group."""
        ...

    async def collect(self, visitor: Visitor, *, enough: int | None = None) -> Tour:
        """Read nodes of a swarm until `enough` of them gave everything."""
        ...

    async def deliver(self, parcel: Parcel, signer: Signer | None = None) -> Delivery:
        """Leave one message with a swarm."""
        ...

    async def download(self, url: str) -> bytes:
        """The blob that the address in a message leads to."""
        ...

    async def upload(self, blob: bytes) -> str:
        """Leave a blob with the file server; the address of it is the answer."""
        ...
