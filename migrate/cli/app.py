"""The tree of commands: what there is, under which heading, and in which order."""

from __future__ import annotations

from .announce import announce
from .bridge import bridge
from .browse import info, search
from .card import card
from .command import tree
from .demo import demo
from .doctor import doctor
from .export import export
from .handle import handle
from .keep import render
from .network import network
from .people import contacts
from .relay import relay
from .send import send
from .verify import verify
from .watch import watch

app = tree(
    "decamp",
    """
    Leave the Session messenger with everything you had there.

    decamp reads what Session keeps on this machine and makes an archive of it that you can open, search and
    keep without Session. Start with `decamp export`, or with `decamp demo` to see what comes of it.
    """,
    {
        "Save your history": [export, watch, demo, doctor],
        "Use an archive": [info, contacts, search, render, verify],
        "Tell people where you are": [handle, card, announce],
        "Reach other networks": [bridge, relay],
        "The Session network": [send, network],
    },
)


def main() -> None:
    """Run decamp with the words of the command line, and leave with its exit code."""
    app()


if __name__ == "__main__":
    main()
