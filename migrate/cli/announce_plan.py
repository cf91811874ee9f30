"""`decamp announce plan` and `words`: who gets a notice and what it says, before anything leaves the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NothingFound, WrongWords
from . import when
from .announce_preview import Planned, labels, report_left_out, report_plan
from .command import command
from .online import Direct, NodeFile, ThroughProxy, access_of
from .run import Result, Run
from .secrets import PasswordFile
from .signing import Given, KeysFile, RememberWords, WordsFile

if TYPE_CHECKING:
    from bridges.about import Limits
    from bridges.events import Chat

    from ..announce.audience import Audience, Wish
    from ..announce.campaign import Addressee, Campaign
    from ..announce.journal import Journal
    from .announce_people import Found, Preferences

SESSION = "session"

From = Annotated[
    str | None,
    typer.Argument(
        metavar="FROM", show_default=False,
        help="Whose people: an archive or a profile of Session Desktop; ./session-archive, or the profile on this "
        "machine, unless named.",
    ),
]  # fmt: skip
Recovery = Annotated[
    bool, typer.Option("--recovery", help="Take the contacts from the network instead, with the 13 words.")
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAME", help="Tell nobody but them: a name or a Session ID. May be repeated."),
]
Except = Annotated[
    list[str] | None, typer.Option("--except", metavar="NAME", help="Do not tell them. May be said several times.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="NAME", help="Tell only those under [tags] of announce.toml. May be repeated."),
]
ActiveSince = Annotated[
    str | None,
    typer.Option("--active-since", metavar="DATE", help="Only people you wrote with since then: 2024-05, 1y."),
]
MinMessages = Annotated[
    int | None, typer.Option("--min-messages", metavar="N", min=1, help="Only chats with so many messages.")
]
LanguageName = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="en, de, fr, es, ru or pt, for everybody.")
]
Template = Annotated[
    str | None,
    typer.Option("--template", metavar="FILE", help="Your own words; `decamp announce words` shows how it is done."),
]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What you are called in the notice.")]
Notes = Annotated[
    list[str] | None,
    typer.Option("--note", metavar="TEXT", help="A line that is signed with the rest. May be said several times."),
]
ValidUntil = Annotated[
    str | None, typer.Option("--valid-until", metavar="DATE", help="The last day on which the statement counts.")
]
Via = Annotated[str, typer.Option("--via", metavar="BRIDGE", help="The bridge that carries the notices.")]
AlsoPost = Annotated[
    list[str] | None,
    typer.Option("--also-post", metavar="CHAT", help="Say it in this group or community too. May be repeated."),
]
Invite = Annotated[
    list[str] | None,
    typer.Option(
        "--invite", metavar="BRIDGE",
        help="Make invitations with this bridge. Unless said: with each that is set up and can make them.",
    ),
]  # fmt: skip
NoInvitations = Annotated[bool, typer.Option("--no-invitations", help="Make no invitations.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Send no statement; nobody can check such a notice.")]
Again = Annotated[bool, typer.Option("--again", help="Tell those once more who were told already.")]
Show = Annotated[str | None, typer.Option("--show", metavar="NAME", help="Show what this person gets.")]


@command(
    "plan",
    "decamp announce plan session-archive",
    "decamp announce plan --active-since 2y --except Bob --language de",
    "decamp announce plan --recovery --words-file words.txt",
    "decamp announce plan session-archive --only Alice --also-post Hikers",
)
def plan(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    source: From = None,
    *,
    recovery: Recovery = False,
    only: Only = None,
    leave_out: Except = None,
    tag: Tags = None,
    active_since: ActiveSince = None,
    min_messages: MinMessages = None,
    language: LanguageName = None,
    template: Template = None,
    name: Name = None,
    note: Notes = None,
    valid_until: ValidUntil = None,
    via: Via = SESSION,
    also_post: AlsoPost = None,
    invite: Invite = None,
    no_invitations: NoInvitations = False,
    unsigned: Unsigned = False,
    again: Again = False,
    show: Show = None,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
    direct: Direct = False,
    proxy: ThroughProxy = None,
    nodes: NodeFile = None,
) -> Result:
    """Decide who gets a notice, and show what it says. Nothing is sent.

    Blocked people and strangers are left out unless you name them; whoever was told is not told again. Planning anew
    replaces what was planned and not sent.
    """
    from ..announce.audience import Wish
    from ..announce.journal import Journal
    from .announce_people import chats_on, people_of_network, people_of_source, preferences

    liking = preferences(run)
    given = Given(None, words_file, keys, password_file, remember, online=True)
    me, chats = chats_on(run, via) if via != SESSION or also_post else ("", [])
    if recovery:
        found = people_of_network(run, given, access_of(run, direct=direct, proxy=proxy, nodes=nodes))
    elif source is None and via != SESSION:
        found = _of_chats(via, chats)
    else:
        found = people_of_source(run, source, given)
    now = run.now()
    wish = Wish(
        only=tuple(only or ()), excluded=tuple(leave_out or ()), tags=tuple(tag or ()),
        active_since=when.since(active_since, now) if active_since else None, min_messages=min_messages,
    )  # fmt: skip
    with Journal(run.settings.home) as journal:
        audience = _audience(journal, found, wish, liking, _Channel(via, me, chats), again=again)
        people = [*_addressed(audience, liking, language), *_places(chats, also_post or [], liking, language)]
        content = _content(
            run, found, liking, people, via=via, name=name, template=template, notes=note or [],
            until=_until(run, valid_until), inviting=_inviting(run, via, invite, none=no_invitations),
            unsigned=unsigned,
        )  # fmt: skip
        if not people:
            report_left_out(run, audience)
            raise NothingFound("Nobody is left to be told.", "`decamp announce plan --help` shows who is left out.")
        limits = _limits(via)
        _check_length(content, people, limits, now)
        number = journal.plan(content, people, now, os.urandom)
        return report_plan(run, Planned(journal, number, audience, limits), liking, show)


@command("words", "decamp announce words", "decamp announce words de > my-words.txt")
def words(
    run: Run,
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="en, de, fr, es, ru or pt.")] = "en",
) -> Result:
    """Print the notice in one language, to write your own from it; --template FILE uses that."""
    from ..announce.wording import PLACEHOLDERS, built_in

    text = built_in(language)
    run.ui.answer(text.rstrip("\n"), wrap=False)
    run.ui.note(f"In braces: {', '.join(f'{{{one}}} {what}' for one, what in PLACEHOLDERS.items())}.")
    run.ui.note("A paragraph that has nothing to say is left out.")
    return Result({"language": language, "text": text})


# -- who ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Channel:
    """The bridge that carries the notices, who we are there, and its chats, as far as they were asked for."""

    via: str
    me: str
    chats: list[Chat]


def _of_chats(via: str, chats: list[Chat]) -> Found:
    """Leaving another network: its chats say who is to be told."""
    from ..announce.channels import people_of
    from .announce_people import Found

    return Found(f"the bridge {via}", None, None, people_of(chats))


def _audience(
    journal: Journal, found: Found, wish: Wish, liking: Preferences, channel: _Channel, *, again: bool
) -> Audience:
    from ..announce.arrivals import Arrivals
    from ..announce.audience import choose
    from ..announce.channels import reach
    from ..announce.journal import UNDER_WAY

    knowing = journal.knowing()
    told = {id: why for id, why in knowing.items() if why == UNDER_WAY} if again else knowing
    audience = choose(found.people, wish, own=[found.account or "", channel.me], tags=liking.tags, told=told)
    if channel.via == SESSION:
        return audience
    return reach(audience, channel.chats, Arrivals(journal, lambda: 0).chats(channel.via))


def _addressed(audience: Audience, liking: Preferences, language: str | None) -> list[Addressee]:
    """Everybody with the language they are told in: --language, or as announce.toml says for them or for all."""
    from ..announce.audience import Names
    from ..announce.campaign import Addressee

    everybody = [*audience.chosen, *(person for person, _ in audience.left_out)]
    names = Names(everybody)
    own = {names.one(name).id: code for code, people in liking.languages.items() for name in people}
    return [
        Addressee(who=person, language=language or own.get(person.id, liking.language)) for person in audience.chosen
    ]


def _places(chats: list[Chat], named: list[str], liking: Preferences, language: str | None) -> list[Addressee]:
    from ..announce.campaign import Addressee
    from ..announce.channels import place

    return [
        Addressee(who=place(chats, name), language=language or liking.language, place=True)
        for name in dict.fromkeys(named)
    ]


# -- what --------------------------------------------------------------------------------------------


def _content(  # noqa: PLR0913  a campaign is made of them
    run: Run, found: Found, liking: Preferences, people: list[Addressee], *, via: str, name: str | None,
    template: str | None, notes: list[str], until: int | None, inviting: tuple[str, ...], unsigned: bool,
) -> Campaign:  # fmt: skip
    from ..announce.campaign import Campaign
    from ..cards import book
    from ..cards.card import shown_name
    from ..cards.statement import tidy
    from ..model import short_id

    entries = tuple(book.entries(run.settings))
    if not entries and not inviting:
        raise NothingFound(
            "There is nothing yet to tell: no address of yours, and no bridge that makes invitations.",
            "Add where you are now: decamp handle add ADDRESS.",
        )
    account = None if unsigned else found.account
    if account is not None and not account.startswith("05"):
        raise WrongWords(
            f"It is not known whose people these are: {found.label} does not say.",
            "Name another place, or send the notice without a statement: --unsigned.",
        )
    called = name or liking.name or run.settings.text("card", "name") or found.name or ""
    me = shown_name(called) or (short_id(found.account) if found.account else None)
    if me is None:
        raise WrongWords("It is not known what you are called.", "Say it with --name NAME.")
    texts = {code: _texts(run, liking, code, template) for code in sorted({one.language for one in people})}
    return Campaign(
        via=via, account=account, me=me, entries=entries, notes=tuple(filter(None, map(tidy, notes))), until=until,
        inviting=inviting, texts=texts,
    )  # fmt: skip


def _texts(run: Run, liking: Preferences, language: str, template: str | None) -> dict[str, str]:
    """The three texts of a language: the owner's own where there are such."""
    from ..announce.wording import Text, built_in, checked

    own = {Text.NOTICE: liking.notice, Text.EVERYBODY: liking.everybody, Text.GREETING: liking.greeting}
    files = {kind: run.settings.home / paths[language] for kind, paths in own.items() if language in paths}
    if template is not None:
        files[Text.NOTICE] = Path(template).expanduser()
    texts = {}
    for kind in Text:
        if kind in files:
            texts[str(kind)] = checked(_read(files[kind]), kind, str(files[kind]))
        else:
            texts[str(kind)] = built_in(language, kind)
    return texts


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise WrongWords(f"The template {path} cannot be read: {error.strerror}.", "Name another file.") from error
    except UnicodeDecodeError:
        raise WrongWords(f"The template {path} is not text in UTF-8.", "Save it as such.") from None


def _until(run: Run, text: str | None) -> int | None:
    until = when.until(text, run.now()) if text else None
    if until is not None and until <= run.now():
        raise WrongWords(f"--valid-until {text} has passed.", "Name a day that is to come, as 2028-11-22.")
    return None if until is None else until // 1000 * 1000


def _inviting(run: Run, via: str, named: list[str] | None, *, none: bool) -> tuple[str, ...]:
    """The bridges that make an invitation for each: those that are named, or all that can and are set up."""
    from bridges.about import Can
    from bridges.registry import load

    from .announce_lines import set_up_bridges
    from .bridging import settings_of

    if none:
        return ()
    if named is None:
        able = [one.about for one in set_up_bridges(run) if Can.INVITATIONS in one.about.can]
        return tuple(about.name for about in able if about.name != via)
    for name in named:
        bridge = load(name)
        if Can.INVITATIONS not in bridge.about.can:
            raise WrongWords(f"The bridge {name} makes no invitations.", "People there send their short code instead.")
        settings_of(run, bridge)
    return tuple(dict.fromkeys(named))


def _limits(via: str) -> Limits:
    from bridges.registry import load

    return load(via).about.limits


def _check_length(content: Campaign, people: list[Addressee], limits: Limits, now: int) -> None:
    """Raise `TooLong` now for what could not be sent later, in whatever language it is."""
    from ..announce.plan import preview

    for to in {(one.language, one.place): one for one in people}.values():
        preview(content, to, labels(content, to), "22222222", limits, now)
