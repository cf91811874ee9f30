"""The first page: all chats, the newest first, and the search."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ...model import Conversation, ConversationKind, Direction, Message, MessageKind, Relation
from ..outputs import Outputs
from ..read import MESSAGE_COLUMNS, Archive, message_from_row
from . import frame, text
from .about import count
from .dates import short_date
from .notices import notice
from .people import People

UP = "../"
_SNIPPET = 90
_SCRIPTS = ("times.js", "words.js", "find.js", "index.js")


def is_passer_by(archive: Archive, conversation: Conversation) -> bool:
    """Whether this is somebody met in a group, who is known to Session but not to the owner of the archive."""
    if conversation.kind is not ConversationKind.DIRECT:
        return False
    row = archive.con.execute("SELECT relation FROM contacts WHERE id = ?", (conversation.id,)).fetchone()
    return row is not None and row[0] == Relation.ACQUAINTANCE


def avatar_of(people: People, conversation: Conversation) -> str | None:
    """The picture of a conversation: its own, or that of the person on the other side."""
    if conversation.avatar or conversation.kind not in (ConversationKind.DIRECT, ConversationKind.NOTE_TO_SELF):
        return conversation.avatar
    return people.find(conversation.id).avatar


def write(archive: Archive, outputs: Outputs, people: People, folders: dict[int, str], page: int) -> None:
    """Write `index.html`."""
    outputs.write(
        "html/index.html",
        frame.FORMAT,
        (part.encode("utf-8", "replace") for part in _parts(archive, people, folders, page)),
    )


def _parts(archive: Archive, people: People, folders: dict[int, str], page: int) -> Iterator[str]:
    owner = people.account.name or "your account"
    shown = [
        (n, conversation)
        for n, conversation in archive.numbered_conversations()
        if conversation.message_count or not is_passer_by(archive, conversation)
    ]
    yield frame.head(f"Chats of {text.line(owner)}", "index", "", _SCRIPTS)
    yield (
        '<a class="skip" href="#chats">Skip to the chats</a>\n<div class="left">\n'
        '<header class="top">\n<h1>Chats</h1>\n'
        '<form role="search" id="search"><input type="search" id="query" autocomplete="off" spellcheck="false"'
        ' aria-label="Search chats and messages" placeholder="Search chats and messages" enterkeyhint="search">\n'
        '<div class="filters" id="filters" hidden><select id="where" aria-label="In which chat">'
        '<option value="">All chats</option></select><select id="who" aria-label="From whom">'
        '<option value="">From anybody</option></select></div></form>\n'
        '<noscript><p class="hint">Searching needs JavaScript; reading does not.</p></noscript>\n</header>\n'
    )
    yield '<nav id="chats" aria-label="Chats" tabindex="-1">\n<ul class="chats">\n'
    for n, conversation in shown:
        yield _item(archive, people, n, conversation, folders[n], page)
    yield "</ul>\n</nav>\n"
    yield (
        '<section id="found" aria-labelledby="found-title" hidden><h2 id="found-title" aria-live="polite"></h2>'
        '<ol class="hits" id="hits"></ol><button type="button" id="more" hidden>Show more</button></section>\n</div>\n'
    )
    yield from _welcome(archive, people, shown)
    yield frame.TAIL


def _item(archive: Archive, people: People, n: int, conversation: Conversation, folder: str, page: int) -> str:
    last = max(1, -(-conversation.message_count // page))
    title = text.line(conversation.title) or conversation.id
    tile = people.tile(conversation.id, title, avatar_of(people, conversation), UP)
    number = ""
    if conversation.message_count:
        number = f'<span class="count" aria-hidden="true">{conversation.message_count:,}</span>'
        number += f'<span class="vh">{count(conversation.message_count, "message")}</span>'
    said = escape(_snippet(archive, people, n, conversation), quote=False)
    return (
        f'<li id="c{folder}"><a href="c/{folder}/{last}.html#end">{tile}'
        f"<b>{text.label(title)}{_badge(archive, conversation)}</b>"
        f'<span class="when">{short_date(conversation.last_message_at)}</span>'
        f'<span class="last" dir="auto">{said}</span>{number}</a></li>\n'
    )


def _badge(archive: Archive, conversation: Conversation) -> str:
    """What is special about a person; the kind of a place is said on its page."""
    if conversation.kind is not ConversationKind.DIRECT:
        return ""
    row = archive.con.execute("SELECT relation, blocked FROM contacts WHERE id = ?", (conversation.id,)).fetchone()
    relation, blocked = row or (None, 0)
    if blocked:
        return ' <small class="badge">blocked</small>'
    return ' <small class="badge">request</small>' if relation in (Relation.REQUEST_IN, Relation.REQUEST_OUT) else ""


def _snippet(archive: Archive, people: People, n: int, conversation: Conversation) -> str:
    row = archive.con.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN sources s ON s.n = m.source WHERE conversation = ?"
        " ORDER BY sent_at DESC, m.id DESC LIMIT 1",
        (n,),
    ).fetchone()
    if row is None:
        return "No messages"
    message = message_from_row(row, conversation.id)
    if message.kind is not MessageKind.TEXT:
        return notice(message, people.name)
    said = (
        text.excerpt(text.named(message.body[: _SNIPPET * 4], people.name), _SNIPPET)
        if message.body
        else _without_text(message)
    )
    if message.direction is Direction.OUT:
        return f"You: {said}"
    if conversation.kind is ConversationKind.DIRECT:
        return said
    return f"\u2068{people.name(message.sender)}\u2069: {said}"


def _without_text(message: Message) -> str:
    if message.deleted:
        return "Deleted message"
    if not message.attachments:
        return "Message without text"
    first = message.attachments[0]
    if first.voice:
        return "Voice message"
    claim = (first.type or "").partition("/")[0]
    what = {"image": "Picture", "video": "Video", "audio": "Sound"}.get(claim, "File")
    return f"{what}: {text.excerpt(first.name, _SNIPPET)}" if first.name else what


def _welcome(archive: Archive, people: People, shown: list[tuple[int, Conversation]]) -> Iterator[str]:
    """What stands beside the list where there is room: what this is, and what is not in it."""
    messages = sum(conversation.message_count for _, conversation in shown)
    first = min((c.first_message_at for _, c in shown if c.first_message_at), default=None)
    last = max((c.last_message_at for _, c in shown if c.last_message_at), default=None)
    account = people.account
    yield '<main class="welcome">\n'
    yield people.tile(account.id, account.name or "?", account.avatar, UP)
    yield f"<h2>{text.label(account.name) if account.name else 'Your Session history'}</h2>\n"
    yield f'<p><code dir="ltr">{escape(text.line(account.id))}</code></p>\n' if account.id else ""
    yield f"<p>{count(messages, 'message')} in {count(len(shown), 'chat')}"
    yield f", {short_date(first)} to {short_date(last)}.</p>\n" if first and last else ".</p>\n"
    lost = archive.con.execute("SELECT count(*) FROM losses WHERE severity = 'lost'").fetchone()[0]
    if lost:
        yield f"<p>{count(lost, 'thing')} could not be read: <code>manifest.json</code> names each and says why.</p>\n"
    yield (
        '<p class="hint">These pages need no internet and send nothing. Whoever can open this folder can read it:'
        " keep it where only you can.</p>\n</main>\n"
    )
