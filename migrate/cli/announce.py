"""`decamp announce`: telling everybody, once, where to find somebody from now on."""

from __future__ import annotations

from .announce_plan import plan, words
from .announce_run import retry, send, stop, watch
from .announce_status import status
from .command import tree

announce = tree(
    "announce",
    """
    Tell each of your contacts, once and believably, where to find you from now on.

    `plan` decides who gets a notice and shows it, `send` sends it, `status` says who knows and who has come. Everybody
    gets a notice of their own, signed for them with the key of your account, with an invitation of their own where
    a network has such.
    """,
    {"Announcing": [plan, send, status, retry, watch, stop, words]},
    examples=("decamp announce plan session-archive", "decamp announce send", "decamp announce status"),
)
