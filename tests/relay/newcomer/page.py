"""What docs/relay.md tells a newcomer to type, read from the page itself, so that it cannot say anything else."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "relay.md"
FIRST = "decamp bridge setup session"
"""The line for all of them, in the sentence before the others."""


def lines(bridge: str) -> list[str]:
    """Every line from nothing to a relay that runs, for one network, without what is said beside it.

    `xmpp:robin` is the same with one chat for all, which the page shows beside the others.
    """
    _, _, rest = PAGE.read_text("utf-8").partition("\n## From nothing to a running relay\n")
    chapter = rest.partition("\n## ")[0]
    assert f"`{FIRST}`" in chapter
    name = bridge.partition(":")[0]
    blocks = [_typed(block) for block in re.findall(r"^```\n(.*?)^```$", chapter, re.DOTALL | re.MULTILINE)]
    [block] = [block for block in blocks if f"decamp bridge setup {name}" in block]
    if bridge != name:  # another way to add it, in the text around the block
        [other] = re.findall(rf"`(decamp relay add session {bridge})`", chapter)
        block = [other if line.startswith("decamp relay add ") else line for line in block]
    return [FIRST, *block]


def bridges() -> list[str]:
    """Every bridge that the chapter sets up."""
    found = re.findall(r"^decamp bridge setup (\S+)", PAGE.read_text("utf-8"), re.MULTILINE)
    return list(dict.fromkeys(found))


def _typed(block: str) -> list[str]:
    return [line.partition(" #")[0].strip() for line in block.splitlines()]
