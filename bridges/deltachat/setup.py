"""Setting the bridge up: a mail account for it, made now or given, and its owner, who opens its link once."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path

from ..about import Setting, SettingKind
from ..api import BadSetting, State, Talk
from . import login
from .about import ABOUT
from .account import Account
from .bridge import CORE_FOLDER
from .core import Core, CoreError
from .hearing import ALL_DONE
from .login import Trouble
from .native import Contact, Transport
from .record import Record

TRIES = 3
OPENING = 60.0  # seconds in which a mailbox opens
ALL_READ = 4000
"""The connectivity of an account that has nothing left to do."""
PATIENCE = 600.0
"""Seconds for the owner to open the link: long enough to install Delta Chat first."""
_SETTINGS = {setting.name: setting for setting in ABOUT.settings}
_RELAY = Setting(
    name="server",
    help="The chatmail server to make the account on, or an invitation of one that begins with dcaccount.",
    example="nine.testrun.org",
)
_CARD = Setting(
    name="contact_file",
    help="A file with your contact, as Delta Chat shares it, if you cannot open links. Empty to open the link.",
    example="robin.vcf",
    kind=SettingKind.FILE,
    default="",
)
OUR_CARD = "bridge.vcf"
_SELF = 1  # the number that Delta Chat gives to oneself
_MAKE, _HAVE = "Make a new one on a chatmail server", "Use a mail account that nobody else uses"


async def set_up(talk: Talk, folder: Path) -> dict[str, str]:
    """All settings of the bridge, after a login that worked."""
    values = {setting.name: setting.default or "" for setting in ABOUT.settings}
    (folder / CORE_FOLDER).mkdir(mode=0o700, exist_ok=True)
    core = await Core.open(folder / CORE_FOLDER)
    try:
        makes = await talk.choose("Which account shall the bridge have?", (_HAVE, _MAKE)) == 1
        values["name"] = await talk.ask(_SETTINGS["name"])
        number = await (_make(talk, core, values) if makes else _given(talk, core, values))
        talk.say(f"The bridge is {values['address']}, and its server has let it in.")
        record = Record(folder, number)
        try:
            values["owner"] = await _owner(talk, Account(core, number, record), folder / OUR_CARD)
        finally:
            record.close()
    finally:
        await core.close()
    return values


async def _given(talk: Talk, core: Core, values: dict[str, str]) -> int:
    """An account that there is already, found by itself or with the names of its servers."""
    for name in ("address", "password", "imap_server"):
        values[name] = await talk.ask(_SETTINGS[name])
    if values["imap_server"]:
        await _ask_for_servers(talk, values)
    for left in reversed(range(TRIES)):
        try:
            return await login.log_in(core, values)
        except Trouble as trouble:
            talk.say(f"{trouble} {trouble.hint}")
            if not left:
                break
            if trouble.state is State.BAD_CREDENTIALS:
                values["password"] = await talk.ask(_SETTINGS["password"])
            else:
                values["imap_server"] = await talk.ask(_SETTINGS["imap_server"])
                await _ask_for_servers(talk, values)
    raise BadSetting("It did not work.", "Look at what the server said, and run the same command again.")


async def _ask_for_servers(talk: Talk, values: dict[str, str]) -> None:
    for name in ("imap_port", "imap_security", "smtp_server", "smtp_port", "smtp_security", "certificates"):
        values[name] = await talk.ask(_SETTINGS[name])


async def _make(talk: Talk, core: Core, values: dict[str, str]) -> int:
    """A new account on a server where anybody may have one: it makes up address and password itself."""
    number = await login.spare(core)
    link = account_link(await talk.ask(_RELAY))
    await login.dress(core, number, values)
    try:
        await core.tell("add_transport_from_qr", number, link)
        [made] = await core.ask(list[Transport], "list_transports", number)
    except CoreError as error:
        raise BadSetting(
            "That server has not made an account.", "Try another one, or use an account of yours."
        ) from error
    values |= login.settings_of(made)
    return number


def account_link(said: str) -> str:
    """What Delta Chat makes an account with: the name of a server is enough. Raises `BadSetting`."""
    said = said.strip()
    if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", said):
        return f"dcaccount:{said}"
    if said.lower().startswith("dcaccount:"):
        return said
    raise BadSetting("This is neither the name of a server nor an invitation that begins with dcaccount.")


async def _owner(talk: Talk, account: Account, ours: Path) -> str:
    """The number of the owner, who opens the link of the bridge or gives a file. Empty if nobody came.

    Whoever gives a file gets one in return: with each other's keys both can write at once.
    """
    card = await talk.ask(_CARD)
    if card:
        owner = await _from_card(account, Path(card))
        await asyncio.to_thread(ours.write_text, await account.ask(str, "make_vcard", [_SELF]), "utf-8")
        talk.say(f"The contact of the bridge lies in {ours}. Open that file in your Delta Chat.")
        return owner
    await account.tell("start_io")
    await _listens(account)
    talk.say(
        f"Open this link on the device where you use Delta Chat, and start the chat:\n\n{await account.link()}\n\n"
        f"It waits for you for {PATIENCE / 60:.0f} minutes. Give the link to nobody else."
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                contact = await _next_to_come(account)
                if await talk.confirm(f"{contact.display_name or contact.address} has come. Is that you?"):
                    return str(contact.id)
    except TimeoutError:
        talk.say("Nobody has come. The bridge can carry messages, but makes no chats until you run this again.")
        return ""


async def _listens(account: Account) -> None:
    """Wait until the mailbox is open: what was in it before that, on its first day, Delta Chat takes for old mail."""
    with suppress(TimeoutError):
        async with asyncio.timeout(OPENING):
            while (event := await account.core.news.get()) is not None:
                if event.kind == "ImapInboxIdle" or await account.ask(int, "get_connectivity") >= ALL_READ:
                    return


async def _next_to_come(account: Account) -> Contact:
    while (event := await account.core.news.get()) is not None:
        if event.kind == "SecurejoinInviterProgress" and event.progress == ALL_DONE:
            return await account.ask(Contact, "get_contact", event.contact_id)
    raise CoreError("Delta Chat's program has ended.")


async def _from_card(account: Account, path: Path) -> str:
    """The owner from a contact file with a key, which is as good as having come by the link."""
    path = await asyncio.to_thread(lambda: path.expanduser().resolve())
    try:
        [contact] = await account.ask(list[int], "import_vcard", str(path))
    except (CoreError, ValueError) as error:
        raise BadSetting("That file is not the contact of one person.", "Share it in Delta Chat again.") from error
    return str(contact)
