"""What there is to know about a conversation besides its messages: who is in it, and under which ids."""

from __future__ import annotations

from html import escape

from ...model import Conversation, ConversationKind
from ..read import Archive
from .bubbles import UP
from .dates import short_date
from .people import People
from .text import label, line

KINDS = {
    ConversationKind.DIRECT: "Person",
    ConversationKind.NOTE_TO_SELF: "Note to self",
    ConversationKind.GROUP: "Group",
    ConversationKind.LEGACY_GROUP: "Old group",
    ConversationKind.COMMUNITY: "Community",
    ConversationKind.UNKNOWN: "Chat",
}


def count(number: int, one: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def summary(conversation: Conversation, messages: int) -> str:
    """The line under the title."""
    parts = [KINDS[conversation.kind]]
    if conversation.members:
        parts.append(count(len(conversation.members), "member"))
    parts.append(count(messages, "message"))
    return " · ".join(parts)


def details(conversation: Conversation, archive: Archive, people: People, *, is_newest: bool, newest: str) -> str:
    """The panel with ids, flags and people. The people are listed once, on the newest page."""
    facts = [("Session ID" if conversation.kind is ConversationKind.DIRECT else "Address", _code(conversation.id))]
    if conversation.kind is ConversationKind.DIRECT:
        facts += _contact(conversation.id, archive)
    first, last = short_date(conversation.first_message_at), short_date(conversation.last_message_at)
    if first and last:
        facts.append(("Messages", f"{first} to {last}"))
    known = conversation.details or {}
    if isinstance(key := known.get("server_public_key"), str):
        facts.append(("Public key of the server", _code(key)))
    if known.get("left"):
        facts.append(("Left", "yes"))
    rows = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)
    return (
        '<details class="menu" id="about"><summary>About</summary>'
        f'<div class="panel"><dl>{rows}</dl>{_members(conversation, people, is_newest, newest)}</div></details>\n'
    )


def _contact(id: str, archive: Archive) -> list[tuple[str, str]]:
    row = archive.con.execute("SELECT name, nickname, blocked, real_id FROM contacts WHERE id = ?", (id,)).fetchone()
    if row is None:
        return []
    name, nickname, blocked, real_id = row
    facts = []
    if name:
        facts.append(("Own name", label(name)))
    if nickname:
        facts.append(("Nickname you gave", label(nickname)))
    if real_id:
        facts.append(("Session ID behind it", _code(real_id)))
    if blocked:
        facts.append(("Blocked", "yes"))
    return facts


def _members(conversation: Conversation, people: People, is_newest: bool, newest: str) -> str:
    if not conversation.members and not conversation.admins:
        return ""
    members = tuple(dict.fromkeys((*conversation.members, *conversation.admins)))
    heading = count(len(members), "person") if len(members) == 1 else f"{len(members):,} people"
    if not is_newest:
        return f'<p><a href="{newest}#about">{heading}: listed on the newest page</a></p>'
    admins = frozenset(conversation.admins)
    order = sorted(members, key=lambda id: (id not in admins, people.name(id).casefold(), id))
    items = []
    for id in order:
        person = people.find(id)
        you = " (you)" if id == people.account.id else ""
        admin = ' <span class="badge">admin</span>' if id in admins else ""
        tile = people.tile(id, person.name, person.avatar, UP)
        items.append(f"<li>{tile}<div>{person.html}{you}{admin}{_code(id)}</div></li>")
    return f'<h3>{heading}</h3><ul class="people">{"".join(items)}</ul>'


def _code(id: str) -> str:
    return f'<code dir="ltr">{escape(line(id))}</code>'
