"""`decamp announce send`, `retry`, `watch` and `stop`: what goes out, and who comes in."""

from __future__ import annotations

import os
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NothingFound, WrongWords
from .announce_status import OPEN_FAILURES, refuse_nobody, report_failures, standing_object
from .command import command
from .run import Result, Run
from .secrets import PasswordFile
from .signing import Given, KeysFile, ProfileFolder, RememberWords, WordsFile, is_named, signing_keys
from .ui import plain
from .wording import count, duration, number

if TYPE_CHECKING:
    from ..announce.campaign import Arrival, Campaign, Notice
    from ..announce.journal import Journal
    from ..announce.sending import Pace, Sign, Tally
    from ..session.keys import AccountKeys

SESSION = "session"

Yes = Annotated[bool, typer.Option("--yes", help="Send without asking.")]
PerMinute = Annotated[
    float | None,
    typer.Option("--pace", metavar="N", min=0, help="So many notices a minute, 6 unless said; 0 is without waiting."),
]
RestAfter = Annotated[
    int | None, typer.Option("--rest-after", metavar="N", min=0, help="Rest after so many, 50 unless said; 0 is never.")
]
RestMinutes = Annotated[
    float | None, typer.Option("--rest-minutes", metavar="N", min=0, help="How long, 5 unless said.")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="NAME", help="Only them: a name or an id. May be repeated.")
]
Greet = Annotated[bool, typer.Option("--greet", help="Let in whoever comes, and greet them, each once.")]


@command(
    "send",
    "decamp announce send",
    "decamp announce send --yes --pace 3 --words-file words.txt",
)
def send(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    *,
    yes: Yes = False,
    pace: PerMinute = None,
    rest_after: RestAfter = None,
    rest_minutes: RestMinutes = None,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    profile: ProfileFolder = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
) -> Result:
    """Send what was planned, one notice after the other. Asks once, with numbers.

    Stop it at any time with Ctrl-C, or from elsewhere with `decamp announce stop`: the next run goes on from there, and
    nobody is told twice.
    """
    from ..announce.journal import Journal

    speed = _pace(run, pace, rest_after, rest_minutes)
    with Journal(run.settings.home) as journal:
        return _send(run, journal, speed, Given(profile, words_file, keys, password_file, remember), ask=not yes)


@command("retry", "decamp announce retry", "decamp announce retry --only Alice")
def retry(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    *,
    only: Only = None,
    yes: Yes = False,
    pace: PerMinute = None,
    rest_after: RestAfter = None,
    rest_minutes: RestMinutes = None,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    profile: ProfileFolder = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
) -> Result:
    """Try again what failed, word for word. Who may have it already is only told again if you name them."""
    from ..announce.audience import Names
    from ..announce.campaign import Step
    from ..announce.journal import Journal

    speed = _pace(run, pace, rest_after, rest_minutes)
    with Journal(run.settings.home) as journal:
        refuse_nobody(journal)
        failed = [notice for notice in journal.notices() if notice.step is Step.FAILED]
        names = Names(notice.to.who for notice in failed)
        wanted = {names.one(name).id for name in only or ()}
        again = [one for one in failed if (one.id in wanted if only else not one.unsure)]
        _same_channel(journal, [*again, *_waiting(journal)])
        for notice in again:
            journal.put_back(notice)
        run.ui.report(f"{count(len(again), 'notice')} of {number(len(failed))} that failed will be tried again.")
        if not again:
            return Result({"again": 0, **standing_object(journal)}, OPEN_FAILURES if failed else 0)
        return _send(run, journal, speed, Given(profile, words_file, keys, password_file, remember), ask=not yes)


@command("watch", "decamp announce watch", "decamp announce watch --greet")
def watch(run: Run, *, greet: Greet = False) -> Result:
    """Listen on every bridge that is set up, and note who has come, until you stop it with Ctrl-C.

    Whoever comes by an invitation of theirs, or sends their short code, is linked to the contact they were. Receipts
    of what was sent are noted too.
    """
    import asyncio

    from ..announce.arrivals import Arrivals
    from ..announce.journal import Journal
    from .announce_lines import lines, set_up_bridges

    with Journal(run.settings.home) as journal:
        refuse_nobody(journal)
        journal.go_on()
        names = [bridge.about.name for bridge in set_up_bridges(run)]
        if not names:
            raise NothingFound("No bridge is set up to listen on.", "`decamp bridge setup NAME` makes one ready.")
        arrivals = Arrivals(journal, run.now)
        came: list[Arrival] = []

        def heard(arrival: Arrival) -> None:
            came.append(arrival)
            _report_arrival(run, arrival, greet=greet)

        async def listen() -> None:
            async with lines(run, arrivals, heard, needed=[], others=names) as opened:
                run.ui.report(f"Listening on {', '.join(opened.bridges)}. Ctrl-C ends it.")
                while not journal.is_to_stop():
                    for bridge in opened.bridges.values() if greet else ():
                        await arrivals.greet(bridge, os.urandom)
                    await opened.nap(1.0)

        asyncio.run(listen())
        return Result({"arrived": [_arrival_object(one) for one in came], **standing_object(journal)})


@command("stop", "decamp announce stop")
def stop(run: Run) -> Result:
    """Let a decamp that sends or watches stop before its next step."""
    from ..announce.journal import Journal

    with Journal(run.settings.home) as journal:
        journal.ask_to_stop(run.now())
        run.ui.report("Whoever sends or watches stops within a second or two; `decamp announce send` goes on.")
        return Result(standing_object(journal))


# -- sending -----------------------------------------------------------------------------------------


def _send(run: Run, journal: Journal, pace: Pace, given: Given, *, ask: bool) -> Result:
    import asyncio

    from msgspec.structs import replace

    from bridges.registry import load

    from ..announce.campaign import Step
    from .bridging import settings_of

    waiting = _waiting(journal)
    if not journal.campaigns():
        raise NothingFound("Nothing is planned.", "Begin with: decamp announce plan")
    if not waiting:
        run.ui.report("Nobody is left to be told.")
        report_failures(run, journal)
        return _result(journal, 0, stopped=False)
    _same_channel(journal, waiting)
    unwritten = sorted({notice.campaign for notice in waiting if notice.step is Step.PLANNED})
    contents = [journal.campaign(one) for one in unwritten]
    content = replace(
        journal.campaign(waiting[-1].campaign),
        inviting=tuple(dict.fromkeys(name for one in contents for name in one.inviting)),
    )
    settings_of(run, load(content.via))  # before anybody is asked for words
    sign = _signature(run, journal, unwritten, given)
    _say_what_leaves(run, content, waiting, pace)
    if ask and not run.ui.interactive:
        raise WrongWords("Sending asks first, and there is no terminal to ask at.", "Say --yes.")
    if ask and run.ui.choose(f"Tell {count(len(waiting), 'person', 'people')}?", ["yes", "no"]) != 0:
        return Result({"sent": 0, **standing_object(journal)})
    journal.go_on()
    tally = asyncio.run(_sending(run, journal, content, sign, pace, len(waiting)))
    run.ui.report(f"Told {number(tally.sent)} now{', then somebody said stop' if tally.stopped else ''}.")
    report_failures(run, journal)
    return _result(journal, tally.sent, stopped=tally.stopped)


async def _sending(
    run: Run, journal: Journal, content: Campaign, sign: Sign | None, pace: Pace, waiting: int
) -> Tally:  # fmt: skip
    from ..announce.arrivals import Arrivals
    from ..announce.sending import Outside, Sender
    from .announce_lines import lines, set_up_bridges

    def heard(arrival: Arrival) -> None:
        _report_arrival(run, arrival, greet=False)

    arrivals = Arrivals(journal, run.now)
    needed = [content.via, *content.inviting]
    others = [bridge.about.name for bridge in set_up_bridges(run)]
    async with lines(run, arrivals, heard, needed=needed, others=others) as opened:
        inviting = {name: opened.bridges[name] for name in content.inviting}
        outside = Outside(run.now, SystemRandom(), os.urandom, opened.nap, pace)
        with run.ui.progress() as progress:
            progress.stage("Telling people", waiting, "people")
            sender = Sender(journal, opened.bridges[content.via], inviting, sign, outside)
            return await sender.run(lambda notice: progress.advance(1))


def _waiting(journal: Journal) -> list[Notice]:
    """Every notice that is to be sent."""
    from ..announce.campaign import Step

    return [notice for notice in journal.notices() if notice.step in {Step.PLANNED, Step.STORED}]


def _same_channel(journal: Journal, notices: list[Notice]) -> None:
    """Raise `WrongWords` where notices would go over several networks: one after the other."""
    channels = sorted({journal.campaign(one).via for one in {notice.campaign for notice in notices}})
    if len(channels) > 1:
        raise WrongWords(
            f"Notices wait for several networks: {', '.join(channels)}.",
            "Send those that were planned last first; then name the others: decamp announce retry --only NAME",
        )


def _signature(run: Run, journal: Journal, campaigns: list[int], given: Given) -> Sign | None:
    """What signs the statements of these announcements, each with a serial number that no other statement has."""
    from ..cards.statement import sign
    from .card_making import serials

    signed = {one: account for one in campaigns if (account := journal.campaign(one).account) is not None}
    if not signed:
        return None
    keys = _keys(run, given)
    for one, account in signed.items():
        if keys.session_id != account:
            raise WrongWords(
                f"The key is that of {keys.session_id}, and the people are those of {account}.",
                "Give the words of that account, or plan again.",
            )
        if journal.serial(one) is None:
            serial = serials(run).last(account) + 1
            serials(run).use(account, serial)
            journal.keep_serial(one, serial)
    return lambda statement: sign(statement, keys)


def _keys(run: Run, given: Given) -> AccountKeys:
    """The key that was named; else that of the Session bridge, which has the words already; else as for a card."""
    from bridges.registry import load
    from bridges.session.setup import keys_of

    from .bridging import is_set_up, settings_of

    if not is_named(run, given) and is_set_up(run, bridge := load(SESSION)):
        return keys_of(settings_of(run, bridge))
    return signing_keys(run, given)


def _pace(run: Run, per_minute: float | None, rest_after: int | None, rest_minutes: float | None) -> Pace:
    from ..announce.sending import Pace
    from .announce_people import preferences

    liking = preferences(run)
    return Pace(
        liking.per_minute if per_minute is None else per_minute,
        liking.rest_after if rest_after is None else rest_after,
        60 * (liking.rest_minutes if rest_minutes is None else rest_minutes),
    )


# -- saying it ---------------------------------------------------------------------------------------


def _say_what_leaves(run: Run, content: Campaign, waiting: list[Notice], pace: Pace) -> None:
    from bridges.registry import load

    ui, title = run.ui, load(content.via).about.title
    places = sum(notice.to.place for notice in waiting)
    also = f", and {count(places, 'group')} one for all" if places else ""
    ui.note(f"{count(len(waiting) - places, 'person', 'people')} get a notice of their own over {title}{also}.")
    titles = ", ".join(load(name).about.title for name in content.inviting)
    if titles:
        ui.note(f"For each of them an invitation is made on {titles}: the server there sees how many.")
    ui.note(f"What leaves this machine: their notices, to {title}. Other bridges that are set up are connected too, to "
            "hear who comes.")  # fmt: skip
    ui.note(f"It takes about {duration(pace.seconds(len(waiting)))}. Ctrl-C stops it; the next run goes on.")


def _report_arrival(run: Run, arrival: Arrival, *, greet: bool) -> None:
    called = plain(arrival.called or arrival.person)
    run.ui.report(f"{plain(arrival.name)} has come to {arrival.bridge}: {called} ({plain(arrival.person)}), "
                  f"by their {arrival.how}.")  # fmt: skip
    if arrival.asked and not greet:
        run.ui.report("They wait to be let in: accept them there, or watch with --greet.")


def _arrival_object(arrival: Arrival) -> dict[str, object]:
    return {"id": arrival.id, "name": arrival.name, "bridge": arrival.bridge, "handle": arrival.person,
            "how": arrival.how, "at": arrival.at}  # fmt: skip


def _result(journal: Journal, sent: int, *, stopped: bool) -> Result:
    told = standing_object(journal)
    return Result({"sent": sent, "stopped": stopped, **told}, OPEN_FAILURES if told["failed"] else 0)
