"""Writes the pages of each conversation, about a thousand messages at a time, and then what is about all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ...identity import conversation_short_id
from ...model import Conversation, ConversationKind, Message, MessageKind
from ..outputs import Outputs
from ..read import Archive
from . import about, dates, frame, index, search
from .attachments import Attachments
from .bubbles import UP, Bubbles
from .downloads import Downloads
from .media import Media
from .people import People
from .text import label, line

PAGE = 1000
FORMAT = frame.FORMAT
_TEXT = MessageKind.TEXT


class Pages:
    """The format `html`."""

    name = FORMAT

    def __init__(self, archive: Archive, outputs: Outputs) -> None:
        self.archive = archive
        self.outputs = outputs
        self.media = Media(archive.folder)
        self.people = People(archive, self.media)
        self.folders = _folders(archive)
        self.old: dict[str | None, set[str]] = {}
        for path in outputs.paths(FORMAT):
            self.old.setdefault(_owner(path), set()).add(path)

    def begin(self, n: int, conversation: Conversation) -> ConversationPages:
        return ConversationPages(self, n, conversation)

    def finish(self) -> None:
        """Write the list of chats and the search over all of them; remove pages of chats that are gone."""
        frame.write_assets(self.outputs)
        index.write(self.archive, self.outputs, self.people, self.folders, PAGE)
        written = search.write(self.archive, self.outputs, self.folders, PAGE)
        written |= {"html/index.html", *(f"html/assets/{name}" for name in (frame.STYLE, *frame.SCRIPTS))}
        here = {None, *self.folders.values()}
        for path in sorted(self.outputs.paths(FORMAT) - written):
            if (owner := _owner(path)) is None or owner not in here:
                self.outputs.remove(path)


class ConversationPages:
    """The pages of one conversation, and the text that search shows of it. Holds one page, never more."""

    def __init__(self, site: Pages, n: int, conversation: Conversation) -> None:
        self._site = site
        self._n = n
        self._conversation = conversation
        self._folder = site.folders[n]
        self._map = PageMap(site.archive, n)
        self._hidden = self._map.count == 0 and index.is_passer_by(site.archive, conversation)
        downloads = Downloads(site.outputs, f"html/files/{self._folder}")
        self._downloads = downloads
        self._group = conversation.kind not in (ConversationKind.DIRECT, ConversationKind.NOTE_TO_SELF)
        attachments = Attachments(site.media, downloads)
        self._bubbles = Bubbles(site.people, site.media, attachments, self._link_to, group=self._group)
        self._text = search.TextBlocks(site.outputs, self._folder, site.people)
        self._page = 1
        self._items: list[str] = []
        self._on_page = 0
        self._day = -1
        self._run: tuple[str, str] | None = None
        self._written: set[str] = set()

    def add(self, n: int, message: Message) -> None:
        if self._on_page == PAGE:
            self._write_page()
        day = dates.day_of(message.sent_at)
        if day != self._day:
            self._day, self._run = day, None
            self._items.append(f'<li class="d"><h2>{dates.day_heading(day)}</h2></li>\n')
        run = (message.sender, message.direction) if message.kind is _TEXT else None
        self._items.append(self._bubbles.message(message, run != self._run))
        self._run = run
        self._on_page += 1
        self._text.add(message)

    def finish(self) -> None:
        if not self._hidden:
            self._write_page()
        self._text.finish()
        kept = self._written | self._downloads.paths | self._text.paths
        for path in sorted(self._site.old.pop(self._folder, set()) - kept):
            self._site.outputs.remove(path)

    def _link_to(self, id: str) -> str | None:
        page = self._map.page_of(id)
        if page is None:
            return None
        return f"#m{id}" if page == self._page else f"{page}.html#m{id}"

    def _write_page(self) -> None:
        path = f"html/c/{self._folder}/{self._page}.html"
        html = "".join(self._around())
        self._site.outputs.write(path, FORMAT, [html.encode("utf-8", "replace")])
        self._written.add(path)
        self._page += 1
        self._items, self._on_page, self._day, self._run = [], 0, -1, None

    def _around(self) -> Iterator[str]:
        """The page with everything around its messages."""
        site, conversation, page, last = self._site, self._conversation, self._page, self._map.pages
        title = line(conversation.title) or conversation.id
        of = f", page {page} of {last}" if last > 1 else ""
        yield frame.head(f"{title}{of}", "chat group" if self._group else "chat", "../../", ("times.js", "chat.js"))
        yield '<a class="skip" href="#messages">Skip to the messages</a>\n'
        yield '<header class="bar">\n<a class="back" href="../../index.html">All chats</a>\n'
        yield site.people.tile(conversation.id, title, index.avatar_of(site.people, conversation), UP)
        under = f"{about.summary(conversation, self._map.count)}{of}"
        yield f'<div class="title"><h1>{label(title)}</h1><p>{under}</p></div>\n'
        yield self._map.months(page)
        yield about.details(conversation, site.archive, site.people, is_newest=page == last, newest=f"{last}.html")
        yield '</header>\n<main id="messages" tabindex="-1">\n'
        if page > 1:
            first = '<a href="1.html">Oldest</a>' if page > 2 else ""
            yield f'<nav class="turn" aria-label="Earlier messages">{first}'
            yield f'<a rel="prev" href="{page - 1}.html#end">Earlier messages</a></nav>\n'
        if self._items:
            yield '<ol class="log" aria-label="Messages">\n'
            yield from self._items
            yield "</ol>\n"
        else:
            yield '<p class="empty">No messages in this chat.</p>\n'
        if page < last:
            yield '<nav class="turn" aria-label="Later messages">'
            yield f'<a rel="next" href="{page + 1}.html">Later messages</a>'
            yield f'<a href="{last}.html#end">Newest</a></nav>\n'
        yield '</main>\n<div id="end"></div>\n'
        chats = f"../../index.html#chat={self._folder}"
        yield f'<iframe class="side" title="All chats" src="{chats}" loading="lazy"></iframe>\n'
        yield frame.TAIL


class PageMap:
    """Where in a conversation's pages a message or a month is, found out before they are written."""

    def __init__(self, archive: Archive, n: int) -> None:
        self._con = archive.con
        self._n = n
        self._starts: list[tuple[int, str]] = []
        self._months: list[tuple[tuple[int, int], int, str]] = []
        self.count = 0
        until = -1 << 62
        for at, id in self._con.execute(
            "SELECT sent_at, id FROM messages WHERE conversation = ? ORDER BY sent_at, id", (n,)
        ):
            if self.count % PAGE == 0:
                self._starts.append((at, id))
            if at >= until and (month := dates.month_of(at)):
                self._months.append((month, len(self._starts), id))
                until = dates.end_of_month(*month)
            self.count += 1
        self.pages = max(1, len(self._starts))

    def page_of(self, id: str) -> int | None:
        """The page that a message is on, if it is in this conversation."""
        row = self._con.execute(
            "SELECT sent_at FROM messages WHERE id = ? AND conversation = ?", (id, self._n)
        ).fetchone()
        return bisect_right(self._starts, (row[0], id)) if row else None

    def months(self, page: int) -> str:
        """The list of months to jump to, newest year first."""
        if not self._months:
            return ""
        years: dict[int, list[str]] = {}
        for (year, month), on, id in self._months:
            href = f"#m{id}" if on == page else f"{on}.html#m{id}"
            name = dates.MONTHS[month - 1]
            years.setdefault(year, []).append(f'<li><a href="{href}" aria-label="{name} {year}">{name[:3]}</a></li>')
        parts = [f"<h3>{year}</h3><ul>{''.join(links)}</ul>" for year, links in sorted(years.items(), reverse=True)]
        return (
            '<details class="menu"><summary>Dates</summary><nav class="panel months" aria-label="Jump to a month">'
            f"{''.join(parts)}</nav></details>\n"
        )


def _folders(archive: Archive) -> dict[int, str]:
    """A folder name for each conversation: its short id, with a number behind it in the rare case of a double."""
    folders: dict[int, str] = {}
    taken: set[str] = set()
    for n, id in archive.con.execute("SELECT n, id FROM conversations ORDER BY n").fetchall():
        short = conversation_short_id(id)
        folders[n] = short if short not in taken else f"{short}-{n}"
        taken.add(folders[n])
    return folders


def _owner(path: str) -> str | None:
    """The folder name of the conversation that a file belongs to; None for what belongs to all."""
    match path.split("/"):
        case [_, "c" | "files", folder, _] | [_, "search", "text", folder, _]:
            return folder
        case _:
            return None
