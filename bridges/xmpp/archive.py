"""What a server kept: our own archive and those of rooms (XEP-0313), read from where we stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

from migrate.model import Noun

from . import elements as x
from .addresses import bare
from .elements import element
from .letter import kept, stamped
from .stream import Declined, Stream

PAGE = 50
MISSING = {"item-not-found", "service-unavailable", "feature-not-implemented", "forbidden", "not-allowed"}


class Kept(Noun, frozen=True, kw_only=True):
    """Where one archive was read to: the id of its last message, or empty for a new one."""

    last: str
    at: int


async def end_of(stream: Stream, archive: str, room: bool) -> str | None:
    """The id of the last message there is; empty where there is none yet, None where nothing is kept at all."""
    try:
        page = await _page(stream, archive, room, element(x.RSM, "set", element(x.RSM, "max", "1"), _before()))
    except Declined as error:
        if error.condition in MISSING:
            return None
        raise
    return page[-1][0] if page else ""


async def since(stream: Stream, archive: str, room: bool, start: Kept) -> AsyncIterator[tuple[str, Element]]:
    """Every message after that one, oldest first, a page at a time. If the server no longer has that one, those since
    its time: some of them may be there already, with the same ids.
    """
    last, fields = start.last, None
    while True:
        inside = [element(x.RSM, "max", str(PAGE)), element(x.RSM, "after", last) if last else None]
        try:
            page = await _page(stream, archive, room, element(x.RSM, "set", *inside), fields)
        except Declined as error:
            if error.condition != "item-not-found" or fields is not None:
                raise
            last, fields = "", stamped(start.at)
            continue
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        last = page[-1][0]


async def find(stream: Stream, account: str, other: str, room: bool, id: str, since_: int) -> str | None:
    """Whether a message of ours with this id arrived since a time: its id in the archive of the room or ours."""
    archive, start, last = (other if room else account), stamped(since_), ""
    whom = None if room else other
    while True:
        inside = [element(x.RSM, "max", str(PAGE)), element(x.RSM, "after", last) if last else None]
        page = await _page(stream, archive, room, element(x.RSM, "set", *inside), start, whom)
        for native, message in page:
            # In a room others could use our id, but not before it was ever seen.
            if message.get("id") == id and (room or bare(message.get("from", "")) == account):
                return native
        if len(page) < PAGE:
            return None
        last = page[-1][0]


def _before() -> Element:
    return element(x.RSM, "before")


async def _page(
    stream: Stream, archive: str, room: bool, part: Element, start: str | None = None, whom: str | None = None
) -> list[tuple[str, Element]]:
    """One page of an archive. Only what the archive itself returned counts."""
    query = stream.new_query()
    asked = element(x.MAM, "query", x.form(x.MAM, start=start, with_=whom), part, queryid=query)
    question = element(x.CLIENT, "iq", asked, type="set", to=archive)
    _, messages = await stream.collect(question, query)
    speakers = {archive} if room else {archive, ""}
    found = (kept(one) for one in messages if one.get("from", "") in speakers)
    return [one for one in found if one is not None]
