"""What the relay and its owner say to each other: in the management chat, and where something failed."""

from __future__ import annotations

from collections.abc import Sequence
from logging import getLogger
from typing import TYPE_CHECKING

from migrate.model import display_name

from . import control
from .degrade import Unsent
from .intents import Say
from .meant import Names
from .model import Author, Link, Place
from .orders import Ask, Command, Queue
from .store import Entry
from .where import WHO_FOR
from .words import one_line

if TYPE_CHECKING:
    from .run import Relay

log = getLogger("decamp.relay")
NOBODY = Author(id="")
MANY = 20  # strangers who wait, of each of whom the owner is told
OF_THE_RELAY = ""
"""The link of what the relay says itself."""


class Owner:
    """The owner's ear and mouth."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def tell(self, text: str, *, for_the_log: str | None = None) -> None:
        """Say something in every management chat. It is kept like any other message, and not lost by a restart.

        `for_the_log`: the same without what others wrote, which no log ever holds.
        """
        for place in sorted(self._relay.store.control):
            self.say(place, text)
        if self._relay.store.control:
            log.info("The owner was told something in the management chat.")
        else:
            log.warning("There is no management chat in which to say: %s", for_the_log or text)

    def say(self, place: Place, text: str, reply: int | None = None, link: str = OF_THE_RELAY) -> None:
        """Say something at one place, as a machine. With a link, an answer to it goes where the link leads."""
        store, now = self._relay.store, self._relay.clock.now()
        say = Say(author=NOBODY, text=text, sent_at=now, notice=True, reply=reply)
        queue = Queue(place=place, source=place, link=link, intent=say)
        for woken in store.take(place.bridge, None, [queue], now).places:
            self._relay.lanes.wake(woken)

    def greet(self, link: Link, place: Place) -> None:
        """Say something in a portal that is new, and in which nobody has: many programs show no chat without it.

        In a shared chat others may read it, so that it names people as they call themselves.
        """
        store, source = self._relay.store, link.ends[0].bridge
        person = store.acquaintance.person(source, link.person) if link.person else None
        name = display_name(link.person or "", None, person.name if person else "") if link.shared else link.title
        how = "Reply to this message to write to them" if link.shared else "What you write here reaches them"
        self.say(place, f"{one_line(name)}: {how} on {store.sides[source].about.title}.", link=link.name)

    def failed(self, entry: Entry, why: str) -> None:
        """Tell where it was written, if only the owner reads there, that it did not get through; else elsewhere."""
        store = self._relay.store
        link = store.link(entry.link)
        if entry.link == OF_THE_RELAY:
            log.error("What the relay wanted to tell its owner did not get through: %s", why)
            return
        is_owners = isinstance(entry.intent, Say) and entry.intent.author.owner
        reads_there = link is not None and entry.source != link.ends[0] and link.is_owners_alone(entry.source)
        name = Names(store.portals).of(link) if link else entry.link
        if is_owners and reads_there:
            self.say(
                entry.source, f"This did not get through: {why} Write retry to the relay to try again.", entry.message
            )
        if store.control or not is_owners:
            self.tell(f"{name}: a message did not get through: {why} `retry` tries again.")

    def left_out(self, entry: Entry, files: Sequence[Unsent]) -> None:
        """Tell the owner where they wrote it which files did not go along, and why, if nobody else reads there."""
        link = self._relay.store.link(entry.link)
        if link is None or entry.source == link.ends[0] or not link.is_owners_alone(entry.source):
            return
        if isinstance(entry.intent, Say) and entry.intent.author.owner:
            on = self._relay.store.sides[entry.place.bridge].about.title
            what = "A file does" if len(files) == 1 else "Some files do"
            said = " ".join(map(str, files))
            self.say(entry.source, f"{what} not go along to {on}. There they see: {said}", entry.message)

    def asked(self, ask: Ask) -> None:
        waiting = self._relay.store.acquaintance.asked()
        if len(waiting) > MANY:  # addresses cost nothing, and nobody reads a hundred of these
            if len(waiting) % MANY == 1:
                count = f"{len(waiting)} people would like to write to you now"
                self.tell(f"{count}, too many to tell you of each. `accept` lists who waits, `accept NUMBER` lets in.")
            return
        number = next((one.number for one in waiting if one.place == ask.place), 0)
        said = f": {one_line(ask.text, 200)}" if ask.text else "."
        self.tell(
            f"{one_line(ask.person.name) or ask.person.id} would like to write to you{said}\n"
            f"`accept {number}` lets them in, `block {number}` does not.",
            for_the_log=f"Somebody on {ask.place.bridge} would like to write to you.",
        )

    def command(self, command: Command) -> None:
        """Do what the owner says, and answer there. In a shared chat it may have been for a contact."""
        order = control.parse(command.text)
        if not control.knows(order) and any(link.shared for link in self._relay.store.links_at(command.place)):
            self.say(command.place, f"{WHO_FOR} `help` shows what you can say to the relay itself.")
            return
        answer = control.obey(order, self._relay.store, self._relay.clock.now(), self._relay)
        self.say(command.place, str(answer))  # a plain text, as it is kept
