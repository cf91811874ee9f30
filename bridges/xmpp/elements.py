"""Elements of XML as XMPP uses them: its namespaces, and a short way to write one.

Stanzas are kept as if they were all from a client (`jabber:client`); stream.py alone knows that a component has
another namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

CLIENT = "jabber:client"
BOOKMARKS = "urn:xmpp:bookmarks:1"
CARBONS = "urn:xmpp:carbons:2"
CHAT_STATES = "http://jabber.org/protocol/chatstates"
CORRECT = "urn:xmpp:message-correct:0"
DATA = "jabber:x:data"
DELAY = "urn:xmpp:delay"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
ENCRYPTION = "urn:xmpp:eme:0"
FALLBACK = "urn:xmpp:fallback:0"
FILE = "urn:xmpp:file:metadata:0"
FORWARD = "urn:xmpp:forward:0"
HINTS = "urn:xmpp:hints"
INVITATION = "jabber:x:conference"
MAM = "urn:xmpp:mam:2"
MARKERS = "urn:xmpp:chat-markers:0"
MOVED = "urn:xmpp:moved:1"
MUC = "http://jabber.org/protocol/muc"
MUC_ADMIN = "http://jabber.org/protocol/muc#admin"
MUC_OWNER = "http://jabber.org/protocol/muc#owner"
MUC_USER = "http://jabber.org/protocol/muc#user"
NICK = "http://jabber.org/protocol/nick"
OOB = "jabber:x:oob"
PARS = "urn:xmpp:pars:0"
PING = "urn:xmpp:ping"
PRIVILEGE = "urn:xmpp:privilege:2"
PUBLISH_OPTIONS = "http://jabber.org/protocol/pubsub#publish-options"
PUBSUB = "http://jabber.org/protocol/pubsub"
REACTIONS = "urn:xmpp:reactions:0"
RECEIPTS = "urn:xmpp:receipts"
REPLY = "urn:xmpp:reply:0"
RETRACT = "urn:xmpp:message-retract:1"
ROSTER = "jabber:iq:roster"
RSM = "http://jabber.org/protocol/rsm"
SHARING = "urn:xmpp:sfs:0"
SID = "urn:xmpp:sid:0"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
UPLOAD = "urn:xmpp:http:upload:0"
URL_DATA = "http://jabber.org/protocol/url-data"
VCARD = "vcard-temp"
VCARD_UPDATE = "vcard-temp:x:update"

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what XML cannot hold, such as control characters, each replaced by the mark for that."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def element(namespace: str, kind: str, /, *inside: Element | str | None, **attributes: str | None) -> Element:
    """One element with its content and attributes; those that are None are left out. `from_` is `from`."""
    made = Element(f"{{{namespace}}}{kind}")
    for key, value in attributes.items():
        if value is not None:
            made.set(key.rstrip("_"), clean(value))
    for one in inside:
        if isinstance(one, str):
            made.text = clean(one)
        elif one is not None:
            made.append(one)
    return made


def name_of(one: Element) -> tuple[str, str]:
    """Namespace and name of an element."""
    namespace, brace, name = one.tag.rpartition("}")
    return namespace.removeprefix("{") if brace else "", name


def find(one: Element | None, namespace: str, *path: str) -> Element | None:
    """The first element down this path, all of one namespace."""
    for name in path:
        if one is None:
            return None
        one = one.find(f"{{{namespace}}}{name}")
    return one


def every(one: Element | None, namespace: str, name: str) -> Iterator[Element]:
    """All elements of this name that it holds."""
    if one is not None:
        yield from one.findall(f"{{{namespace}}}{name}")


def text_of(one: Element | None, namespace: str, *path: str) -> str:
    """What stands in the element down this path; empty where there is none."""
    found = find(one, namespace, *path)
    return (found.text or "") if found is not None else ""


def condition_of(error: Element | None) -> str:
    """What an error says is wrong, in the word that XMPP has for it."""
    names = [name_of(one)[1] for one in (error if error is not None else ())]
    return next((name for name in names if name != "text"), "unknown")


def form(kind: str, **fields: str | None) -> Element:
    """A form that is sent in, of one kind; underscores are dashes in the names of its fields."""
    given = {name.rstrip("_").replace("_", "-"): value for name, value in fields.items() if value is not None}
    return form_of(kind, given)


def form_of(kind: str, fields: Mapping[str, str]) -> Element:
    """The same, for fields whose names cannot be written as above."""
    given = (_field(name, None, value) for name, value in fields.items())
    return element(DATA, "x", _field("FORM_TYPE", "hidden", kind), *given, type="submit")


def filled(offered: Element, wanted: Mapping[str, str]) -> Element:
    """A form as it was offered, with our values in those of its fields that we care about."""
    made = element(DATA, "x", type="submit")
    for one in every(offered, DATA, "field"):
        name, values = one.get("var"), [value.text or "" for value in every(one, DATA, "value")]
        if name:
            made.append(_field(name, one.get("type"), *([wanted[name]] if name in wanted else values)))
    return made


def _field(name: str, kind: str | None, *values: str) -> Element:
    return element(DATA, "field", *(element(DATA, "value", value) for value in values), var=name, type=kind)
