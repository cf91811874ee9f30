"""Decides what follows from an event. Pure: it asks the store, waits for nothing, and returns orders.

`where.py` says where an event goes; here is what becomes of it there. Formats page of bridges, sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..events import (
    AnyEvent,
    Asked,
    ChatKind,
    Deleted,
    Edited,
    Failed,
    Joined,
    Left,
    Moved,
    Person,
    Posted,
    Reacted,
    Receipt,
    Renamed,
    Timer,
    Typing,
)  # fmt: skip
from . import loops, words
from .degrade import EDITED
from .feelings import feelings, person_key
from .intents import Correct, Delivered, Fade, Quoted, Recall, Say, Seen, Types
from .model import Author, Link, Place
from .orders import (
    Abandon,
    Affirm,
    Arm,
    Arrive,
    Ask,
    Command,
    Confirm,
    Forget,
    Hold,
    Meet,
    Order,
    Queue,
    Remember,
    Revise,
    Skip,
    Tell,
    Timed,
    Unhold,
    Visit,
)
from .store import Known, Told
from .where import Route, author_of, chat_of, everywhere, routes

SNIPPET = 160  # characters of a message that are kept, for quotes where the network has no replies


def follow(event: AnyEvent, bridge: str, known: Known, *, only: str | None = None) -> Iterator[Order]:
    """What follows from an event of a bridge. `only`: for that other bridge, whose portal it had waited for."""
    if only is None:
        yield from _met(event, bridge)
    match event:
        case Posted():
            yield from _posted(event, bridge, known, only)
        case Edited():
            yield from _edited(event, bridge, known, only)
        case Deleted():
            yield from _deleted(event, bridge, known, only)
        case Reacted():
            yield from _reacted(event, bridge, known, only)
        case Timer():
            yield from _timer(event, bridge, known, only)
        case Joined() | Left():
            yield from _came_or_went(event, bridge, known, only)
        case _ if only is None:
            yield from _passing(event, bridge, known)


def _passing(event: AnyEvent, bridge: str, known: Known) -> Iterator[Order]:
    """What holds for the moment, and is never kept for a portal that is still to be made."""
    match event:
        case Receipt():
            yield from _receipt(event, bridge, known)
        case Typing():
            yield from _typing(event, bridge, known)
        case Asked():
            yield Ask(place=Place(bridge=bridge, chat=event.chat.id), person=event.person, text=event.text)
        case Failed():
            yield from _failed(event, bridge, known)
        case Moved():
            yield Tell(text=f"{_name(event.person)} says that they are at {event.to} now."
                       f"{'' if event.sure else ' Nobody checked that: ask them before you rely on it.'}")  # fmt: skip


def _posted(event: Posted, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    why_not = loops.stops(event, place, known, again=only is not None)
    if why_not is not None:
        yield Skip(place=place, reason=why_not)
        key = loops.echo_of(event, place, known)
        if key is not None:
            yield Confirm(place=place, key=key, id=event.id, also=event.also, sent_at=event.sent_at)
        yield from _affirm(event, place, known.told(place, event.id), known)
        return
    answered = known.told(place, event.reply_to.id) if event.reply_to else None
    for route in routes(event, place, known, only, answered):
        if not isinstance(route, Route):
            yield route
            if isinstance(route, Command) and event.confirm:
                yield Queue(place=place, source=place, link="", intent=Delivered(id=event.confirm))
            continue
        if event.expires and not route.link.options.disappearing:
            yield Skip(place=place, reason="disappearing messages are not relayed here")
            yield Tell(
                text=f"{route.link.title}: disappearing messages are not relayed.", once=f"fade {route.link.name}"
            )
            continue
        if event.expires:
            yield _fading(route.link)
        known_as = known.told(place, event.id)
        if known_as is not None and known_as.deleted:  # its portal took longer than that of another network
            yield Skip(place=place, reason="taken back before it was sent")
            continue
        if known_as is None:
            yield _remember(event, place, route)
        say = Say(
            author=route.author, text=event.text, files=event.files, reply=answered.number if answered else None,
            quoted=_quoted(event, answered), sent_at=event.sent_at, notice=event.notice, expires=event.expires,
            expires_after_read=event.expires_after_read, confirm=_confirm(event, route),
        )  # fmt: skip
        yield from everywhere(route, place, say, known_as.number if known_as else None)


def _confirm(event: Posted | Edited, route: Route) -> str | None:
    """What is confirmed to the owner, in a chat that is theirs. Others are told nothing of where their words go."""
    return event.confirm if route.author.owner and route.link.private else None


def _affirm(event: Posted | Edited, place: Place, told: Told | None, known: Known) -> Iterator[Order]:
    """A program that was not told that something got there sends it again: it is told now, if it is there."""
    if event.confirm and told is not None and told.owner and told.place == place:
        link = known.link(told.link)
        if link is not None and link.private:
            yield Affirm(place=place, message=told.number, id=event.confirm)


def _remember(event: Posted, place: Place, route: Route) -> Remember:
    return Remember(
        link=route.link.name, place=place, id=event.id, also=event.also, author=route.author, sent_at=event.sent_at,
        text=event.text[:SNIPPET], expires=event.expires, expires_after_read=event.expires_after_read,
    )  # fmt: skip


def _quoted(event: Posted, answered: Told | None) -> Quoted | None:
    """What is answered, in words: as we know it, or as the network says."""
    if answered is not None and not answered.author and not answered.owner:
        return None  # what the relay said itself is nothing that others have seen
    if answered is not None and not answered.deleted:
        return Quoted(author=answered.name, text=answered.text or "")
    if event.reply_to is not None:
        return Quoted(text=(event.reply_to.text or "")[:SNIPPET])
    return None


def _edited(event: Edited, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    told = known.told(place, event.message)
    change = words.digest(f"{event.sent_at} {event.text}")
    revise = Revise(
        message=told.number if told else None, text=event.text[:SNIPPET], digest=words.digest(event.text), change=change
    )
    if told is None:
        yield from _edited_unknown(event, bridge, known, only, revise)
        return
    is_known = told.revised == revise.digest or known.is_revised(told.number, change)
    if told.deleted or (only is None and is_known):
        yield Skip(place=place, reason="known already")
        yield from _affirm(event, place, told, known)
        return
    if event.own and any(isinstance(one, Correct) for one in known.coming(told.number, place)):
        yield Skip(place=place, reason="changed again meanwhile")  # an earlier change of ours, or a later one wins
        return
    for route in routes(event, place, known, only, told):
        if not isinstance(route, Route):
            yield route
        elif not _may_change(told, place, event.sender, route.author):
            yield Skip(place=place, reason="somebody changed what is not theirs")
        else:
            yield revise
            correct = Correct(author=route.author, text=event.text, at=event.sent_at, confirm=_confirm(event, route))
            yield from everywhere(route, place, correct, told.number)


def _edited_unknown(event: Edited, bridge: str, known: Known, only: str | None, revise: Revise) -> Iterator[Order]:
    """From before there was a link: the new text is all there is, and stands for the message from now on.

    What waits for a portal waits as it came, for there the message itself may come first.
    """
    place = Place(bridge=bridge, chat=event.chat.id)
    if any(id.startswith(loops.MARK) for id in (event.message, event.id or "")):
        yield Skip(place=place, reason="sent by another relay")
        return
    text = f"{EDITED}{event.text}"
    posted = Posted(
        chat=event.chat, sender=event.sender, id=event.message, sent_at=event.sent_at, text=text, own=event.own,
        confirm=event.confirm,
    )  # fmt: skip
    for order in _posted(posted, bridge, known, only):
        yield replace(order, event=event) if isinstance(order, Hold) else order
        if isinstance(order, Remember):
            yield revise


def _may_change(told: Told, place: Place, sender: Person, author: Author) -> bool:
    """Whoever wrote it may. What the owner wrote is theirs on every side."""
    return (told.owner and author.owner) or (told.place == place and told.author == sender.id)


def _deleted(event: Deleted, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    emotion = known.emotion(place, event.message)
    if emotion is not None:
        by_them = event.sender is not None and person_key(author_of(event, known.sides[bridge])) == emotion.person
        reacted = Reacted(
            chat=event.chat, sender=event.sender if event.sender and by_them else emotion.by,
            message="", emojis=(emotion.emoji,), change=Reacted.Change.REMOVED, own=event.own,
        )  # fmt: skip
        yield from feelings(reacted, place, known, only, emotion.message, known.message(emotion.message))
        return
    if only is None and known.is_waiting(place):
        direct = event.chat.kind is ChatKind.DIRECT and event.sender is not None
        yield Unhold(source=place, message=event.message, by=event.sender.id if direct and event.sender else None)
    told = known.told(place, event.message)
    if told is None:
        yield Skip(place=place, reason="about a message that was not relayed")
        if only is None and known.links_at(place):
            yield from _never(event, place)
        return
    if told.deleted and only is None:
        yield Skip(place=place, reason="known already")
        return
    if not _may_take_back(told, place, event, known):
        yield Skip(place=place, reason="somebody took back what is not theirs")
        return
    yield Forget(message=told.number)
    for route in routes(event, place, known, only, told):
        if isinstance(route, Route):
            yield from everywhere(route, place, Recall(author=told.by, at=told.sent_at), told.number)
        else:
            yield route


def _may_take_back(told: Told, place: Place, event: Deleted, known: Known) -> bool:
    """Whoever wrote it may. In a group the network itself decides who else may where it was written: an admin."""
    if told.owner and author_of(event, known.sides[place.bridge]).owner:
        return True
    link = known.link(told.link)
    is_private = link is not None and link.private and event.sender is not None
    return told.place == place and (not is_private or event.sender is None or told.author == event.sender.id)


def _never(event: Deleted, place: Place) -> Iterator[Order]:
    """It was taken back before it came, as networks without order have it: it is known when it does."""
    author = Author(id=event.sender.id if event.sender else "", bridge=place.bridge)
    yield Remember(link="", place=place, id=event.message, author=author, sent_at=0)
    yield Forget(message=None)


def _reacted(event: Reacted, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    told = known.told(place, event.message)
    if told is None or told.deleted:
        yield Skip(place=place, reason="about a message that was not relayed")
        if told is None and only is None:  # it may be about one that waits
            yield from (order for order in routes(event, place, known, only, None) if isinstance(order, Hold))
        return
    yield from feelings(event, place, known, only, told.number, told)


def _receipt(event: Receipt, bridge: str, known: Known) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    told = [one for id in event.messages if (one := known.told(place, id)) is not None]
    if not told or not event.read:
        return
    by = 1 if author_of(event, known.sides[bridge]).owner else 2
    for one in told:
        yield Arm(message=one.number, by=by, before=place if event.up_to else None)
    last = max(told, key=lambda one: one.sent_at)
    if last.read & by:
        return
    for route in routes(event, place, known, None, last):
        if isinstance(route, Route) and route.link.options.receipts:
            yield from everywhere(route, place, Seen(author=route.author), last.number)


def _typing(event: Typing, bridge: str, known: Known) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    for route in routes(event, place, known, None, None):
        if isinstance(route, Route) and route.link.options.typing:
            yield from everywhere(route, place, Types(author=route.author, typing=event.typing), None)


def _timer(event: Timer, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    for route in routes(event, place, known, only, None):
        if isinstance(route, Route):
            if known.timer(route.link.name) == event.seconds and only is None:
                continue  # what we set ourselves comes back
            yield Timed(link=route.link.name, seconds=event.seconds)
            fade = Fade(author=route.author, seconds=event.seconds, after_read=event.after_read)
            yield from everywhere(route, place, fade, None)
            if event.seconds:
                yield _fading(route.link)
        else:
            yield route


def _fading(link: Link) -> Tell:
    """Say once what a relay can and cannot do about messages that disappear."""
    return Tell(
        text=f"{link.title}: messages disappear here now. The relay removes them on the other side when their time is"
        " over, as far as that network lets it; servers and other apps may keep copies.",
        once=f"timer {link.name}",
    )


def _came_or_went(event: Joined | Left, bridge: str, known: Known, only: str | None) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    if isinstance(event, Joined) and event.invitation is not None and only is None:
        yield Arrive(place=place, person=event.person, invitation=event.invitation)
    if author_of(event, known.sides[bridge]).owner and not known.sides[bridge].is_owner:
        made = [link for link in known.links_at(place) if known.is_renewed(link, place)]
        yield from (Abandon(link=link.name, place=place, back=isinstance(event, Joined)) for link in made)
        if made and isinstance(event, Left):
            return  # they left what stands for the conversation, and not the conversation
    for route in routes(event, place, known, only, None):
        if isinstance(route, Route) and not route.link.private:
            text = f"({_name(event.person)} {'joined' if isinstance(event, Joined) else 'left'})"
            say = Say(author=route.author, text=text, sent_at=0, notice=True)
            yield from everywhere(route, place, say, None)


def _failed(event: Failed, bridge: str, known: Known) -> Iterator[Order]:
    place = Place(bridge=bridge, chat=event.chat.id)
    told = known.told(place, event.message)
    link = known.link(told.link) if told else None
    why = f"{event.reason.rstrip('.')}."
    is_there = told is not None and link is not None and told.place != link.ends[0] and link.is_owners_alone(told.place)
    if told is not None and told.owner and is_there:
        # In the chat where the owner wrote it, and nobody else reads.
        yield Tell(text=f"This did not get through: {why} Write it again.", place=told.place, about=told.number)
    yield Tell(text=f"{link.title if link else event.chat.title}: a message did not get through: {why}")


def _met(event: AnyEvent, bridge: str) -> Iterator[Order]:
    """Names and pictures are kept fresh: each event says how whoever it is from is called now."""
    person = getattr(event, "person", None) if isinstance(event, Renamed) else getattr(event, "sender", None)
    if isinstance(person, Person) and (person.name or person.picture):
        yield Meet(bridge=bridge, person=person)
    chat = chat_of(event)
    if chat is not None and chat.title:
        yield Visit(place=Place(bridge=bridge, chat=chat.id), chat=chat)


def _name(person: Person) -> str:
    return Author(id=person.id, name=person.name).shown
