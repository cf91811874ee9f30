"""Writes docs/relay/transcript.md, from a run on the real servers: `python -m tests.relay.real.transcript`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from .conversation import Conversation, Step, scene
from .far import FARS, OWNER
from .near import EVERY, FRIEND

PAGE = Path(__file__).parents[3] / "docs" / "relay" / "transcript.md"
SERVERS = {
    "xmpp": ("XMPP", "a component of Prosody; {owner} uses a program made with slixmpp"),
    "matrix": ("Matrix", "an application service of Synapse; {owner} uses a program made with matrix-nio"),
    "deltachat": (
        "Delta Chat",
        "a mail server; {owner} uses Delta Chat's own core, which gives pictures names of its own",
    ),
    "simplex": (
        "SimpleX",
        "a strict double of `simplex-chat`, which speaks its WebSocket: the real one needs the network",
    ),
}
BEGINNING = f"""# What each side sees

{FRIEND} stayed on Session. {OWNER} left, and a relay runs between the two networks. Written by
`python -m tests.relay.real.transcript` from a run on real servers on one machine: the stand-in for the Session network,
and {FRIEND} with two independent programs, session-python and, for replies, sessionpy.

The time is from when somebody begins to send until the other's program shows it. It includes the two sides' own
programs and the relay's pause between two looks into Session, here {EVERY} seconds; 3 are usual.
"""


def table(steps: list[Step]) -> str:
    """The steps as people read them."""
    rows = "\n".join(f"| {step.who} | {cell(step.did)} | {cell(step.saw)} | {step.ms:.0f} |" for step in steps)
    return f"| who | does | the other sees | ms |\n| --- | --- | --- | ---: |\n{rows}\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def absent(what: str) -> NoReturn:
    raise SystemExit(f"{what}, and a transcript of less than everything is none.")


async def talk(network: str) -> str:
    """One network's part of the page."""
    title, where = SERVERS[network]
    with tempfile.TemporaryDirectory() as folder:
        async with scene(FARS[network], Path(folder), absent) as there:
            steps = await Conversation(there).whole()
    return f"\n## {title}\n\nOver {where.format(owner=OWNER)}.\n\n{table(steps)}"


def main() -> None:
    parts = [asyncio.run(talk(network)) for network in FARS]
    PAGE.write_text(BEGINNING + "".join(parts), "utf-8")
    sys.stdout.write(f"{PAGE.name} is written.\n")


if __name__ == "__main__":
    main()
