"""Contacts who arrive on the new network by an invitation of their own: from then on one talks to them there.

Their portal becomes the direct chat, the owner is told, and what they still write in the old place is relayed for a
while. The map of ids stays, so that answers to old messages still find them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Link, Place
from .orders import Arrive
from .words import seconds

if TYPE_CHECKING:
    from .run import Relay

GRACE_HOURS = 72


class Arrivals:
    """Listens for those who come."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def expect(self, invitation: str, contact: Place) -> None:
        """Whoever comes by this invitation is the contact of this chat. Announcements say so for each they make."""
        self._relay.store.acquaintance.expect(invitation, contact)

    def arrived(self, arrive: Arrive) -> None:
        """Somebody came by an invitation: if it is a contact's, their portal moves to where they are now."""
        relay, store = self._relay, self._relay.store
        contact = store.acquaintance.expected(arrive.invitation)
        if contact is None or store.portals.arrived(contact) == arrive.place:
            return
        link = next((one for one in store.portals.at(contact) if one.ends[0] == contact), None)
        hours = link.options.grace_hours if link is not None else GRACE_HOURS
        known = store.acquaintance.person(contact.bridge, contact.chat)
        title = (link.title if link else "") or (known.name if known else "") or contact.chat
        at = relay.clock.now() + hours * 3_600_000
        store.portals.arrive(contact, arrive.place, at)
        if link is not None:
            store.portals.end_at(link.name, at)
        else:
            store.portals.close(contact)
        relay.owner.tell(
            f"{title} has arrived on {arrive.place.bridge}: write to them there from now on."
            + (
                f" What they still write on {contact.bridge} is relayed for {seconds(hours * 3600)} more."
                if link
                else ""
            )
        )

    def due(self, now: int) -> None:
        """End the relay of those whose time of grace is over."""
        store = self._relay.store
        for name in store.portals.ending(now):
            link: Link = store.portals.links[name]
            store.portals.end(name, now)
            self._relay.owner.tell(
                f"{link.title}: no longer relayed, since they have arrived. The old chats stay as they are."
            )
