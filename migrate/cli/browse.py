"""`decamp info` and `decamp search`: what an archive holds, and where something was said."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from . import when
from .command import command
from .run import Result, Run
from .ui import WIDE, Ui, plain
from .wording import count, day, moment, number, size
from .words import ArchiveFolder, Chats, Since, Until, chosen_conversations, chosen_people

if TYPE_CHECKING:
    from rich.text import Text

    from ..archive.read import Archive
    from ..archive.search import Hit
    from ..model import Conversation

_COUNTED = 10_000  # further hits that are counted; then it is "more than"


@command("info", "decamp info session-archive", "decamp info session-archive --json")
def info(run: Run, archive: ArchiveFolder) -> Result:
    """Tell what an archive holds, from when to when, and how much of it is in which conversation."""
    from ..archive import manifest
    from ..archive.read import Archive

    with Archive.at(archive) as opened:
        account, held, conversations = opened.account(), manifest.counts(opened), opened.conversations()
        sources = [str(label) for (label,) in opened.con.execute("SELECT label FROM sources ORDER BY n")]
    first = min((c.first_message_at for c in conversations if c.first_message_at is not None), default=None)
    last = max((c.last_message_at for c in conversations if c.last_message_at is not None), default=None)
    finished = (archive / manifest.NAME).is_file()

    ui = run.ui
    ui.answer(f"{plain(account.name or 'No name')}  {account.id}", wrap=False)
    ui.answer(
        f"{count(held['messages'], 'message')} in {count(held['conversations_with_messages'], 'conversation')}, "
        f"{count(held['contacts'], 'contact')}, {count(held['files'], 'file')} ({size(held['bytes'])})."
    )
    if first is not None:
        ui.answer(f"From {day(first)} to {day(last)}.")
    for label in sources:
        ui.answer(f"Read from {plain(label)}", wrap=False)
    if held["lost"]:
        ui.warn(f"{count(held['lost'], 'thing')} could not be saved; manifest.json lists them.")
    if not finished:
        ui.warn("The last export did not get to its end. Run it again to finish it.")
    ui.answer()
    _conversations(ui, [c for c in conversations if c.message_count])
    return Result(
        {
            "account": account,
            "counts": held,
            "first_message_at": first,
            "last_message_at": last,
            "finished": finished,
            "sources": sources,
            "conversations": conversations,
        }
    )


def _conversations(ui: Ui, conversations: list[Conversation]) -> None:
    wide = ui.width >= WIDE
    ui.table(
        ("Conversation", "Kind", "Messages", "From", "To", *(("Id",) if wide else ())),
        [
            (
                c.title,
                c.kind.replace("_", " "),
                number(c.message_count),
                day(c.first_message_at) if c.first_message_at is not None else "",
                day(c.last_message_at) if c.last_message_at is not None else "",
                *((c.id,) if wide else ()),
            )
            for c in conversations
        ],
        right=("Messages",),
    )


TextWord = Annotated[
    str, typer.Argument(metavar="TEXT", help='Words to find, in any order; "in quotes" to find them as they stand.')
]
Senders = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="NAME", help="Only what this person wrote; `me` is you. May be said several times."),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show so many messages; 50 unless said.")]


@command(
    "search",
    "decamp search session-archive garden",
    'decamp search session-archive "see you" --from Alice --since 2024-05',
    "decamp search session-archive 茶 --limit 200",
)
def search(
    run: Run,
    archive: ArchiveFolder,
    text: TextWord,
    *,
    chat: Chats = None,
    sender: Senders = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
) -> Result:
    """Find messages by their words, the newest first.

    Upper case and accents do not matter, and the last word may be a beginning. File names count too.
    """
    from ..archive.read import Archive
    from ..archive.search import search as find

    now = run.now()
    with Archive.at(archive) as opened:
        hits = find(
            opened,
            text,
            conversations=chosen_conversations(opened, chat or []),
            senders=chosen_people(opened, sender or []),
            since=when.since(since, now) if since else None,
            until=when.until(until, now) if until else None,
        )
        names = _names(opened)
        shown = []
        for hit in islice(hits, limit):
            shown.append(hit)
            _show(run.ui, hit, names)
        more = sum(1 for _ in islice(hits, _COUNTED))
    if not shown:
        run.ui.note("No message has these words.")
    elif more:
        some = f"{number(more)} or more" if more == _COUNTED else number(more)
        run.ui.note(f"{some} older ones are not shown; --limit {len(shown) + more} shows them.")
    return Result({"hits": [_hit_data(hit, names) for hit in shown], "more": more})


def _names(archive: Archive) -> dict[str, str]:
    """What the senders are called."""
    names = {contact.id: contact.display for contact in archive.contacts()}
    return {**names, archive.account().id: "you"}


def _show(ui: Ui, hit: Hit, names: dict[str, str]) -> None:
    from rich.text import Text

    head = Text(moment(hit.message.sent_at), style="cyan")
    head.append(f"  {plain(hit.conversation.title)}", style="bold")
    sender = _sender(hit, names)
    if sender != hit.conversation.title:
        head.append(f"  {plain(sender)}")
    ui.answer(head)
    ui.answer(_snippet(hit.snippet))
    ui.answer()


def _sender(hit: Hit, names: dict[str, str]) -> str:
    from ..model import short_id

    return names.get(hit.message.sender) or short_id(hit.message.sender)


def _snippet(marked: str) -> Text:
    """A snippet with what was found standing out."""
    from rich.text import Text

    from ..archive.search import END, HIT

    text = Text("  ")
    for place, part in enumerate(marked.replace(END, HIT).split(HIT)):
        text.append(plain(part), style="bold yellow" if place % 2 else "")
    return text


def _hit_data(hit: Hit, names: dict[str, str]) -> dict[str, object]:
    from ..archive.search import END, HIT

    return {
        "message": hit.message,
        "conversation": {"id": hit.conversation.id, "title": hit.conversation.title},
        "sender_name": _sender(hit, names),
        "snippet": hit.snippet.replace(HIT, "").replace(END, ""),
    }
