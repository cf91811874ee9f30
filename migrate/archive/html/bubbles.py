"""One message as HTML: a bubble, or a notice between bubbles."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from ...model import Direction, Message, MessageKind, Preview, Quote, Reaction
from . import dates, text
from .attachments import Attachments
from .media import Media
from .notices import notice
from .people import People

UP = "../../../"
_TEXT, _OUT = MessageKind.TEXT, Direction.OUT  # looking a member up in its enum costs more than a name here
_QUOTE = 240
_TITLE = 200
_REACTORS = 50


class Bubbles:
    """Makes the messages of one conversation into HTML. `link_to` knows where a quoted message is."""

    def __init__(
        self,
        people: People,
        media: Media,
        attachments: Attachments,
        link_to: Callable[[str], str | None],
        *,
        group: bool,
    ) -> None:
        self._people = people
        self._media = media
        self._attachments = attachments
        self._link_to = link_to
        self._group = group

    def message(self, message: Message, first: bool) -> str:
        """A message as an item of the list; the `first` of a run says whose it is."""
        if message.kind is not _TEXT:
            return self._notice(message)
        mine = message.direction is _OUT
        side = "out" if mine else "in"
        name = self._sender(message.sender, mine) if first else ""
        parts = []
        if message.quote:
            parts.append(self._quote(message.quote))
        if message.attachments:
            parts.append(self._attachments.html(message.attachments))
        body = message.body
        if body:
            cheer = ' class="cheer"' if not body.isascii() and text.is_cheer(body) else ""
            parts.append(f'<p{cheer} dir="auto">{text.rich(body, self._people.name)}</p>')
        if message.preview:
            parts.append(self._preview(message.preview))
        if message.deleted or not parts:
            parts.append(_absence(message))
        more = _marks(message) if message.edited or message.failed or message.expires else ""
        when = f'<div class="w">{more}{dates.clock(message.sent_at)}</div>'
        # The time stands in the last line of the text if there is room.
        parts.append(f'<div class="l">{parts.pop()}{when}</div>' if parts[-1].startswith("<p") else when)
        reactions = self._reactions(message.reactions) if message.reactions else ""
        return (
            f'<li class="m {side}{" first" if first else ""}" id="m{message.id}">{name}'
            f'<div class="b">{"".join(parts)}</div>{reactions}</li>\n'
        )

    def _sender(self, id: str, mine: bool) -> str:
        if mine:
            return '<b class="vh">You</b>'
        person = self._people.find(id)
        if not self._group:
            return f'<b class="vh">{person.html}</b>'
        return (
            f'{self._people.tile(id, person.name, person.avatar, UP)}<b class="who k{person.colour}">{person.html}</b>'
        )

    def _notice(self, message: Message) -> str:
        said = escape(notice(message, self._people.name), quote=False)
        url = (message.details or {}).get("url")
        if message.kind is MessageKind.INVITATION and isinstance(url, str):
            shown = text.attribute(text.excerpt(url, _TITLE))
            said = f"{said} {text.link(text.line(url), f'<bdi>{shown}</bdi>')}"
        if message.body:
            said = f'{said} <span class="t" dir="auto">{text.rich(message.body, self._people.name)}</span>'
        if message.attachments:
            said += self._attachments.html(message.attachments)
        gone = ' <em class="mark">deleted later</em>' if message.deleted else ""
        return f'<li class="n" id="m{message.id}"><span>{said}{gone}</span> {dates.clock(message.sent_at)}</li>\n'

    def _quote(self, quote: Quote) -> str:
        author = quote.author
        if author is None:
            name = "Somebody"
        else:
            name = "You" if author == self._people.account.id else self._people.find(author).html
        said = text.named(quote.text, self._people.name) if quote.text else ""
        href = self._link_to(quote.message) if quote.message else None
        if not said:
            said = "A message without text" if href else "The quoted message is not in this archive"
        inner = f'<cite>{name}</cite><span dir="auto">{escape(text.excerpt(said, _QUOTE), quote=False)}</span>'
        if href:
            return f'<blockquote class="q"><a href="{href}">{inner}</a></blockquote>'
        return f'<blockquote class="q">{inner}</blockquote>'

    def _preview(self, preview: Preview) -> str:
        title = text.label(text.excerpt(preview.title or preview.url, _TITLE))
        url = f'<span class="url">{text.label(text.excerpt(preview.url, _TITLE))}</span>'
        picture = ""
        if preview.image and self._media.medium(preview.image) == "image":
            picture = f'<img src="{UP}{self._media.path(preview.image)}" alt="" loading="lazy">'
        return f'<div class="card">{text.link(text.line(preview.url), f"{picture}<b>{title}</b>{url}")}</div>'

    def _reactions(self, reactions: tuple[Reaction, ...]) -> str:
        short, long = [], []
        for reaction in reactions:
            emoji = text.label(reaction.emoji[:16])
            short.append(f"<span>{emoji} {reaction.count}</span>")
            names = [
                "You" if id == self._people.account.id else self._people.find(id).html for id in reaction.by[:_REACTORS]
            ]
            others = reaction.count - len(names)
            if others > 0:
                names.append(f"{others:,} more")
            long.append(f"<li>{emoji} {', '.join(names)}</li>")
        return (
            f'<details class="r"><summary><span class="vh">Reactions: </span>{"".join(short)}</summary>'
            f"<ul>{''.join(long)}</ul></details>"
        )


def _absence(message: Message) -> str:
    """What stands where there is no text: because it was deleted, or because none was ever here."""
    if not message.deleted:
        return '<p class="gone">This message is empty.</p>'
    if message.body or message.attachments:
        return '<p class="gone">Deleted later in Session; an earlier export had kept it.</p>'
    return '<p class="gone">This message was deleted.</p>'


def _marks(message: Message) -> str:
    marks = ""
    if message.expires:
        seconds = message.expires.seconds
        marks = f'<span class="mark">disappearing{f", {dates.duration(seconds)}" if seconds else ""}</span> '
    if message.edited:
        marks += '<span class="mark">edited</span> '
    if message.failed:
        marks += '<strong class="mark failed">not sent</strong> '
    return marks
