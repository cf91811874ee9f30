"""`decamp network`: whether the Session network can be found, and a list of its nodes for the day it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command import command, tree
from .online import Direct, NodeFile, ThroughProxy, access_of, online
from .run import Result, Run
from .ui import plain
from .wording import count, moment

if TYPE_CHECKING:
    from ..network.network import Network
    from ..network.report import Report

FRESH = 60_000  # milliseconds

Save = Annotated[
    Path | None,
    typer.Option(
        "--save", metavar="FILE", help="Write the list to FILE, for later or for a friend: it holds no secret."
    ),
]


@command(
    "nodes",
    "decamp network nodes",
    "decamp network nodes --save nodes.json",
    "decamp network nodes --nodes from-a-friend.json",
)
def nodes(
    run: Run, *, save: Save = None, direct: Direct = False, proxy: ThroughProxy = None, nodes: NodeFile = None
) -> Result:
    """Find the Session network, and say how many nodes it has and who said so.

    Seeds are asked first, then come the list of the last time, a profile of Session Desktop on this machine, and
    lists that you name. Exit code 5: nobody had a list.
    """
    from ..network.saved import save_list

    async def look(network: Network) -> Report:
        return network.report

    report = online(run, access_of(run, direct=direct, proxy=proxy, nodes=nodes), look)
    found = report.found
    assert found is not None  # noqa: S101  who has no list is not connected
    known, saved_at = len(found.nodes.nodes), found.saved_at
    run.ui.table(
        ("Place", "Nodes", "Outcome"),
        [(one.place, str(one.nodes or ""), one.outcome) for one in report.tried],
        right=("Nodes",),
    )
    run.ui.answer()
    run.ui.answer(f"{count(known, 'node')}, from {plain(found.place)}{_age(run, saved_at)}.")
    if found.nodes.dropped:
        run.ui.answer(f"{count(found.nodes.dropped, 'entry', 'entries')} of the list could not be used.")
    if save is not None:
        save_list(save, found.nodes, saved_at or run.now())
        run.ui.report(f"Saved to {save}", wrap=False)
    return Result(
        {
            "nodes": known,
            "place": found.place,
            "saved_at": saved_at,
            "unusable": found.nodes.dropped,
            "tried": report.tried,
            "file": save,
        }
    )


def _age(run: Run, saved_at: int | None) -> str:
    if saved_at is None:
        return ", of an unknown day"
    return "" if run.now() - saved_at < FRESH else f", as of {moment(saved_at)}"


network = tree(
    "network",
    "See whether the Session network can be found from here, and keep a list of its nodes.",
    {"The network": [nodes]},
    ("decamp network nodes", "decamp network nodes --save nodes.json"),
)
