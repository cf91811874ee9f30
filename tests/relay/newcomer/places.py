"""Where a newcomer goes: every network that docs/relay.md leads to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from .at_deltachat import deltachat
from .at_matrix import appservice, matrix
from .at_simplex import simplex
from .at_xmpp import component, xmpp, xmpp_in_one_chat
from .place import Absent, Place

PLACES: dict[str, Callable[[Path, Absent], AbstractAsyncContextManager[Place]]] = {
    "simplex": simplex,
    "xmpp-component": component,
    "xmpp": xmpp,
    "xmpp:robin": xmpp_in_one_chat,
    "matrix": matrix,
    "matrix-appservice": appservice,
    "deltachat": deltachat,
}


def everywhere(quick: str) -> pytest.MarkDecorator:
    """Have a test go to every place, as its `network`: to this one always, to the others where there is time."""
    return pytest.mark.parametrize(
        "network", [one if one == quick else pytest.param(one, marks=pytest.mark.long) for one in PLACES]
    )
