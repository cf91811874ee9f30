"""Whom an announcement may go to: the people of an archive, of a profile, of the network, or of a bridge; and what
`announce.toml` says of them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import NothingFound, WrongWords
from .run import Run
from .signing import Given, signing_keys
from .sources import find_profile, profiles_here

if TYPE_CHECKING:
    from bridges.events import Chat

    from ..announce.audience import Known
    from ..network.access import Access
    from ..network.network import Network

FILE = "announce.toml"
ARCHIVE = "session-archive"


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`announce.toml` in the app folder: what is the same each time. All of it may be left out."""

    language: str = "en"
    name: str | None = None
    per_minute: float = 6.0
    rest_after: int = 50
    rest_minutes: float = 5.0
    tags: dict[str, list[str]] = {}
    languages: dict[str, list[str]] = {}
    notice: dict[str, str] = {}
    everybody: dict[str, str] = {}
    greeting: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Found:
    """The people of one place, and whose they are."""

    label: str
    account: str | None
    name: str | None
    people: list[Known]


def preferences(run: Run) -> Preferences:
    """What `announce.toml` says. Raises `WrongWords` with the place that is wrong."""
    path = run.settings.home / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Preferences)
    except FileNotFoundError:
        return Preferences()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise WrongWords(f"{path} cannot be used: {error}.", "docs/announce.md shows what may stand in it.") from error


def people_of_source(run: Run, source: str | None, given: Given) -> Found:
    """The contacts of an archive or of a profile of Session Desktop, told apart by looking."""
    from ..archive.database import NAME

    if source is None and (Path(ARCHIVE) / NAME).is_file():
        source = ARCHIVE
    if source is not None and (Path(source).expanduser() / NAME).is_file():
        return _of_archive(Path(source).expanduser())
    if source is None and not profiles_here(run):
        raise NothingFound(
            "It is not said whom to tell, and there is neither an archive in this folder nor Session Desktop.",
            "Name one: decamp announce plan ARCHIVE. Or ask the network, with the 13 words: --recovery.",
        )
    return _of_profile(run, source, given)


def _of_archive(folder: Path) -> Found:
    from ..announce.audience import known
    from ..archive.read import Archive
    from ..model import ConversationKind

    with Archive.at(folder) as archive:
        account = archive.account()
        chats = {chat.id: chat for chat in archive.conversations() if chat.kind is ConversationKind.DIRECT}
        people = [
            known(one, chats[one.id].message_count if one.id in chats else 0,
                  (chats[one.id].last_message_at or 0) if one.id in chats else 0)
            for one in archive.contacts() if one.id.startswith("05")
        ]  # fmt: skip
    return Found(f"the archive {folder}", account.id, account.name, people)


def _of_profile(run: Run, source: str | None, given: Given) -> Found:
    from ..sources.desktop.source import DesktopSource
    from .secrets import with_password

    profile = find_profile(run, source)

    def read(password: str | None) -> Found:
        from ..announce.audience import known

        with DesktopSource(profile, password, run.settings.home / "work") as opened:
            seen = {one.conversation.id: (one.conversation.details or {}) for one in opened.conversations()}
            people = []
            for one in opened.contacts():
                active = seen.get(one.contact.id, {}).get("active_at", 0)
                if one.contact.id.startswith("05"):
                    people.append(known(one.contact, None, active if isinstance(active, int) else 0))
            account = opened.account()
        return Found(f"the profile {profile.folder}", account.id, account.name, people)

    return with_password(
        run,
        read,
        what=f"The profile in {profile.folder}",
        entry=f"session-desktop {profile.folder.resolve()}",
        file=given.password_file,
        remember=given.remember,
    )


def people_of_network(run: Run, given: Given, access: Access) -> Found:
    """The address book that the account keeps on the network."""
    from .online import online

    keys = signing_keys(run, given)

    async def look(network: Network) -> Found:
        import secrets

        from ..account.online import OnlineAccount
        from ..announce.audience import known
        from ..model import Contact, Relation, display_name

        account = OnlineAccount(keys, network, run.now, secrets.token_bytes)
        await account.refresh()
        people = [
            known(
                Contact(
                    id=one.id,
                    name=one.name,
                    nickname=one.nickname,
                    display=display_name(one.id, one.nickname, one.name),
                    blocked=one.blocked,
                    relation=Relation.CONTACT if one.approved else Relation.REQUEST_IN,
                )
            )
            for one in account.settings.contacts
        ]
        return Found("the network", keys.session_id, account.settings.profile.name, people)

    return online(run, access, look)


def chats_on(run: Run, name: str) -> tuple[str, list[Chat]]:
    """Who we are on a bridge that is set up, and every place where one can post. Connects, and says so."""
    import asyncio

    from bridges.registry import load

    from ..errors import DecampError
    from .bridging import desk, exit_code, held, running, settings_of

    bridge = load(name)
    values = settings_of(run, bridge)
    run.ui.note(f"Asking {bridge.about.title} which chats there are.")

    async def look() -> tuple[str, list[Chat]]:
        one = bridge()
        async with running(one, desk(run, bridge, values)) as health:
            if exit_code(health):
                error = DecampError(f"The bridge {name} is {health.state}. {health.said}", health.todo or None)
                error.exit_code = exit_code(health)
                raise error
            return one.me.id, [chat async for chat in one.chats()]

    with held(run, name):
        return asyncio.run(look())
