"""One message of XMPP, read: every element of it that means something to us, and nothing taken on trust.

Whoever writes a message can put anything into it. What only a server may say (that it is a copy, kept, delayed, or
numbered) counts only with that server's address on it: `unwrap` and `stamp` ask for it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from migrate.model import Noun

from . import elements as x
from .elements import every, find, text_of

STATES = {"composing": True, "paused": False, "active": False, "inactive": False, "gone": False}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


class Enclosed(Noun, frozen=True, kw_only=True):
    """A file that a message points to."""

    url: str
    name: str
    type: str
    size: int | None = None


class Letter(Noun, frozen=True, kw_only=True):
    """A message. Names of fields say what an element means; those that are not there are empty or None."""

    from_: str
    to: str
    type: str
    id: str
    body: str = ""
    nick: str = ""
    numbered: tuple[tuple[str, str], ...] = ()
    """Ids that servers gave to it: whose archive, and the id there (XEP-0359)."""
    delays: tuple[tuple[str, int], ...] = ()
    """Who says that it is older, and from when."""
    replaces: str | None = None
    retracts: str | None = None
    reacts_to: str | None = None
    reactions: tuple[str, ...] = ()
    replies_to: str | None = None
    reply_author: str | None = None
    wants_receipt: bool = False
    received: str | None = None
    displayed: str | None = None
    typing: bool | None = None
    files: tuple[Enclosed, ...] = ()
    sealed: bool = False
    """It is encrypted for somebody, and has no words that anybody could read."""
    error: str | None = None

    def number(self, archive: str) -> str | None:
        """The id that this archive gave to it."""
        return next((id for by, id in self.numbered if by == archive), None)

    def stamp(self, *servers: str) -> int | None:
        """When it was written, if one of these says so."""
        return next((at for by, at in self.delays if by in servers), None)


def read(message: Element) -> Letter:
    """What a message says. Never fails: what makes no sense is left out."""
    body = text_of(message, x.CLIENT, "body")
    reply = find(message, x.REPLY, "reply")
    files = _files(message)
    return Letter(
        from_=message.get("from", ""),
        to=message.get("to", ""),
        type=message.get("type", "normal"),
        id=message.get("id", ""),
        body="" if body in {file.url for file in files} else _without_fallback(message, body),
        nick=text_of(message, x.NICK, "nick"),
        numbered=tuple((one.get("by", ""), one.get("id", "")) for one in every(message, x.SID, "stanza-id")),
        delays=tuple(_delays(message)),
        replaces=_attribute(find(message, x.CORRECT, "replace"), "id"),
        retracts=_attribute(find(message, x.RETRACT, "retract"), "id"),
        reacts_to=_attribute(find(message, x.REACTIONS, "reactions"), "id"),
        reactions=_reactions(find(message, x.REACTIONS, "reactions")),
        replies_to=_attribute(reply, "id"),
        reply_author=_attribute(reply, "to"),
        wants_receipt=find(message, x.RECEIPTS, "request") is not None,
        received=_attribute(find(message, x.RECEIPTS, "received"), "id"),
        displayed=_attribute(find(message, x.MARKERS, "displayed"), "id"),
        typing=next((STATES[state] for state in STATES if find(message, x.CHAT_STATES, state) is not None), None),
        files=files,
        sealed=not body and find(message, x.ENCRYPTION, "encryption") is not None,
        error=_error(message) if message.get("type") == "error" else None,
    )


def unwrap(message: Element, account: str) -> tuple[Element, bool] | None:
    """The copy in a message that our own server made for us because another device sent or received it (XEP-0280),
    and whether it was sent. None where there is none; a copy from anybody else is a lie and no copy.
    """
    for name in ("sent", "received"):
        copy = find(message, x.CARBONS, name)
        inside = find(find(copy, x.FORWARD, "forwarded"), x.CLIENT, "message")
        if inside is not None and message.get("from", account) == account:
            return inside, name == "sent"
    return None


def kept(message: Element) -> tuple[str, Element] | None:
    """The id in the archive and the message that an archive returned, with the time at which it came there.

    Whoever calls has made sure that it is the archive that says so.
    """
    result = find(message, x.MAM, "result")
    forwarded = find(result, x.FORWARD, "forwarded")
    inside = find(forwarded, x.CLIENT, "message")
    if result is None or forwarded is None or inside is None:
        return None
    inside = _copy(inside)
    delay = find(forwarded, x.DELAY, "delay")
    if delay is not None:
        inside.insert(0, x.element(x.DELAY, "delay", from_="", stamp=delay.get("stamp", "")))
    return result.get("id", ""), inside


def _copy(message: Element) -> Element:
    """The message without delays that say nobody's name: those are ours, from here on."""
    copy = Element(message.tag, dict(message.attrib))
    copy.extend(one for one in message if one.tag != f"{{{x.DELAY}}}delay" or one.get("from"))
    return copy


def _attribute(one: Element | None, name: str) -> str | None:
    return (one.get(name) or None) if one is not None else None


def _reactions(reactions: Element | None) -> tuple[str, ...]:
    texts = (one.text or "" for one in every(reactions, x.REACTIONS, "reaction"))
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _delays(message: Element) -> list[tuple[str, int]]:
    found = []
    for one in every(message, x.DELAY, "delay"):
        at = moment(one.get("stamp", ""))
        if at is not None:
            found.append((one.get("from", ""), at))
    return found


def moment(stamp: str) -> int | None:
    """Milliseconds of a time as XMPP writes it (XEP-0082), or None."""
    if not _TIME.fullmatch(stamp):
        return None
    try:
        return round(datetime.fromisoformat(stamp).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def stamped(at: int) -> str:
    """A time as XMPP writes it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without_fallback(message: Element, body: str) -> str:
    """The text without the part that repeats, for other programs, what it replies to (XEP-0428, XEP-0461)."""
    for fallback in every(message, x.FALLBACK, "fallback"):
        if fallback.get("for") == x.REPLY:
            part = find(fallback, x.FALLBACK, "body")
            start, end = _span(part, len(body))
            return body[:start] + body[end:]
    return body


def _span(part: Element | None, length: int) -> tuple[int, int]:
    """Which characters; all of them where it says none, none where it makes no sense."""
    start, end = (part.get("start"), part.get("end")) if part is not None else (None, None)
    if start is None or end is None:
        return (0, length) if start is None and end is None else (0, 0)
    if not (re.fullmatch(r"\d{1,9}", start, re.ASCII) and re.fullmatch(r"\d{1,9}", end, re.ASCII)):
        return 0, 0
    return (int(start), int(end)) if int(start) <= int(end) <= length else (0, 0)


def _files(message: Element) -> tuple[Enclosed, ...]:
    """Files by XEP-0066, with what XEP-0446 tells about them, where it does."""
    told: dict[str, Element] = {}
    for sharing in every(message, x.SHARING, "file-sharing"):
        target = find(find(sharing, x.SHARING, "sources"), x.URL_DATA, "url-data")
        about = find(sharing, x.FILE, "file")
        if target is not None and about is not None:
            told[target.get("target", "")] = about
    urls = [text_of(one, x.OOB, "url").strip() for one in every(message, x.OOB, "x")]
    return tuple(_enclosed(url, told.get(url)) for url in dict.fromkeys([*urls, *told]) if url)


def _enclosed(url: str, about: Element | None) -> Enclosed:
    size = text_of(about, x.FILE, "size")
    return Enclosed(
        url=url,
        name=text_of(about, x.FILE, "name") or _name(url),
        type=text_of(about, x.FILE, "media-type") or "application/octet-stream",
        size=int(size) if re.fullmatch(r"\d{1,15}", size, re.ASCII) else None,
    )


def _name(url: str) -> str:
    """The last part of a link, as a name."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rpartition("/")[2])


def _error(message: Element) -> str:
    """Why a message came back: the condition, and the server's own words, if any."""
    error = find(message, x.CLIENT, "error")
    words = text_of(error, x.STANZAS, "text")
    condition = x.condition_of(error)
    return f"{condition}: {words}" if words else condition
