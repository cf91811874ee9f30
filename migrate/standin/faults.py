"""What may go wrong on a network, as switches. Each may be turned on and off while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Nodes are named by their place in `StandIn.nodes`, requests by the order in which they come, from 1."""

    clock: int = 0
    """Milliseconds by which the clocks of all nodes are ahead."""
    clocks: dict[int, int] = field(default_factory=dict)
    """The same for one node each, instead."""
    moved: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Accounts that only these nodes keep: every other node answers 421."""
    down: set[int] = field(default_factory=set)
    """Nodes that close connections without an answer, and that other nodes cannot reach."""
    unknown: set[int] = field(default_factory=set)
    """Nodes that no other node has heard of: 502 as the next hop of an onion."""
    statuses: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Nodes that answer everything with this code and text, such as 503."""
    slow: dict[int, float] = field(default_factory=dict)
    """Seconds that these nodes wait before they answer."""
    slow_requests: dict[int, float] = field(default_factory=dict)
    """Seconds that the n-th request waits."""
    dropped: set[int] = field(default_factory=set)
    """Requests whose connection is closed without an answer."""
    drop_every: int = 0
    """Drop each n-th request; 0 drops none."""
    wrong_key: set[int] = field(default_factory=set)
    """Nodes whose answers through onions are sealed with a key that nobody has."""
    reordered: set[int] = field(default_factory=set)
    """Nodes that list what is new to them in the opposite order."""
    duplicates: set[int] = field(default_factory=set)
    """Nodes that list every message twice."""
    seeds_down: bool = False
    files_down: bool = False
    numeric_file_ids: bool = False
    """File ids of old: decimal digits instead of 44 characters."""

    communities_down: set[int] = field(default_factory=set)
    """Community servers that nobody can reach, by their place in `StandIn.communities`."""
    community_statuses: dict[int, tuple[int, dict[str, str]]] = field(default_factory=dict)
    """Community servers that answer everything with this code and these headers."""
    community_clock: int = 0
    """Seconds by which the clocks of community servers are ahead."""
    lost_posts: int = 0
    """So many of the next posts in communities are taken, and nobody hears of it."""

    def drops(self, number: int) -> bool:
        return number in self.dropped or (self.drop_every > 0 and number % self.drop_every == 0)

    def clock_of(self, node: int) -> int:
        return self.clocks.get(node, self.clock)
