"""Where an event goes: which links it concerns, who is its author there, which portals it has to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..events import AnyEvent, Chat, ChatKind, Person, Posted
from .intents import AnyIntent
from .model import Author, Link, Place, Rule, Side
from .orders import Command, Hold, Order, Queue, Skip, Tell, Wish
from .store import Known, Told

WHO_FOR = "Reply to a message, so that the relay knows whom this is for. It was sent to nobody."


@dataclass(frozen=True, slots=True)
class Route:
    """One link that an event concerns, by whom, and the ends where it has to be shown."""

    link: Link
    author: Author
    targets: tuple[Place, ...]


def chat_of(event: AnyEvent) -> Chat | None:
    """The chat in which it happened, if it happened in one."""
    chat = getattr(event, "chat", None)
    return chat if isinstance(chat, Chat) else None


def author_of(event: AnyEvent, side: Side) -> Author:
    """Who did it, and whether that is the owner."""
    person = getattr(event, "sender", None) or getattr(event, "person", None)
    own = bool(getattr(event, "own", False))
    if not isinstance(person, Person):
        return Author(id="", bridge=side.name)
    is_owner = person.id in side.owners or (own and side.is_owner)
    return Author(id=person.id, name=person.name, picture=person.picture, bridge=side.name, owner=is_owner)


def routes(
    event: AnyEvent, place: Place, known: Known, only: str | None, about: Told | None
) -> Iterator[Route | Order]:
    """Every way that an event has to go, or what to do instead. `about`: the message that it is about."""
    side = known.sides[place.bridge]
    author = author_of(event, side)
    own = bool(getattr(event, "own", False))
    if place in known.control and not _is_for_contact(place, known, about):
        if isinstance(event, Posted) and author.owner and not event.notice:
            yield Command(place=place, id=event.id, text=event.text)
        return
    if own and not author.owner:
        yield Skip(place=place, reason="written by our own account")
        return
    links = _links(place, known, about)
    if links is None:
        if author.owner and isinstance(event, Posted):
            yield Skip(place=place, reason="no reply in a shared chat")
            yield Tell(text=WHO_FOR, place=place)
        return
    waits = list(_portals(event, place, known, links)) if only is None else []
    yield from waits
    held = {order.target for order in waits if isinstance(order, Hold)}
    for link in links:
        if _may_speak(link, place, author, own=own):
            targets = tuple(end for end in link.targets(place) if only in {None, end.bridge} and end.bridge not in held)
            if targets:
                yield Route(link, author, targets)
        else:
            yield Skip(place=place, reason="written by somebody who is not the owner")
    if not links and isinstance(event, Posted):
        yield from _after_the_end(place, known, about, author)


def _is_for_contact(place: Place, known: Known, about: Told | None) -> bool:
    """Whether something in the management chat is about a message of a contact: they may share it with the relay."""
    link = known.link(about.link) if about is not None else None
    return link is not None and link.shared and place in link.ends


def _links(place: Place, known: Known, about: Told | None) -> list[Link] | None:
    """The links of a place; in a shared chat only the one that the answered message belongs to, or None."""
    every = list(known.links_at(place))
    chosen = [link for link in every if not (link.shared and place != link.ends[0])]
    shared = [link for link in every if link not in chosen]
    if not shared:
        return chosen
    meant = [link for link in shared if about is not None and link.name == about.link]
    return chosen + meant if chosen or meant else None


def _may_speak(link: Link, place: Place, author: Author, *, own: bool) -> bool:
    """In a private link only the contact is heard on the one side, and only the owner on all."""
    return not link.private or place == link.ends[0] or author.owner or own


def _portals(event: AnyEvent, place: Place, known: Known, links: list[Link]) -> Iterator[Order]:
    """Ask for the portals that rules want, and let the event wait for those that are still being made."""
    chat = chat_of(event)
    if chat is None or known.is_over(place):
        return
    reached = {end.bridge for link in links for end in link.lasting if link.ends[0] == place}
    for rule in known.rules:
        if rule.source != place.bridge or not _concerns(rule, chat):
            continue
        if known.is_wished(place, rule.target):
            yield Hold(source=place, target=rule.target, event=event)
        elif (
            rule.target not in reached
            and isinstance(event, Posted)
            and not any(link.ends[0] != place for link in links)
        ):
            yield Wish(chat=chat, source=place, target=rule.target, person=_contact(event, chat))
            yield Hold(source=place, target=rule.target, event=event)


def _after_the_end(place: Place, known: Known, about: Told | None, author: Author) -> Iterator[Order]:
    """Nobody writes into nothing: say that this conversation goes on elsewhere now, or no more."""
    link = known.link(about.link) if about else None
    gone = known.is_over(place) or (link is not None and known.is_over(link.ends[0]))
    if not gone:
        return
    source = link.ends[0] if link is not None else place
    there = known.arrived(source)
    where = f"They are on {there.bridge} now." if there else "You ended it."
    yield Skip(place=place, reason="no longer relayed")
    if place == source:
        chat = known.chat_of(place)
        title = chat.title if chat else author.shown
        text = f"{title} wrote on {place.bridge}, which is no longer relayed. {where} `start {title}` begins again."
        yield Tell(text=text, once=f"over {place}")
    elif author.owner:
        yield Tell(text=f"This was sent to nobody: this chat is no longer relayed. {where}", place=place)


def _concerns(rule: Rule, chat: Chat) -> bool:
    return chat.kind is ChatKind.DIRECT or (rule.groups and chat.kind is ChatKind.GROUP)


def _contact(event: Posted, chat: Chat) -> Person | None:
    """The other person of a direct chat, as far as the event tells."""
    if chat.kind is not ChatKind.DIRECT:
        return None
    return event.sender if not event.own else Person(id=chat.person or chat.id, name="")


def everywhere(route: Route, source: Place, intent: AnyIntent, message: int | None) -> Iterator[Order]:
    """Show something at every end of a route."""
    for target in route.targets:
        yield Queue(place=target, source=source, link=route.link.name, intent=intent, message=message)
