"""Setting the bridge of SimpleX up: a conversation that ends in an account with an address and an owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from ..api import BadSetting, Talk
from . import commands, translate
from .about import ABOUT, CLI, LIBRARY
from .core import Core, Denied, Lost, Shut
from .ways import checked, open_core
from .wire import User

TRIES = 3
OWNER_SECONDS = 300.0
OWNER = f"{translate.ALIAS}owner"
_SETTINGS = {setting.name: setting for setting in ABOUT.settings}


async def set_up(talk: Talk, folder: Path, patience: float = OWNER_SECONDS) -> dict[str, str]:
    """All settings, after SimpleX has answered and there is an account with an address."""
    values = {setting.name: setting.default or "" for setting in ABOUT.settings}
    picked = await talk.choose("How shall decamp reach SimpleX?", (
        "Over the simplex-chat program, which I start beside decamp", "Over the library that decamp[simplex] brings",
    ))  # fmt: skip
    values["transport"] = LIBRARY if picked else CLI
    ask = _ask_database if picked else _ask_program
    for _ in range(TRIES):
        await ask(talk, values)
        try:
            core = await open_core(checked(values, folder))
        except (Lost, Shut, BadSetting) as trouble:
            talk.say(f"{trouble} {trouble.hint}")
            continue
        try:
            return await _arrange(talk, core, values, patience)
        except Denied as denied:
            raise BadSetting(str(denied), denied.hint) from None
        except Lost as lost:
            raise BadSetting(str(lost), "Look whether SimpleX still runs, and run the same command again.") from None
        finally:
            await core.close()
    raise BadSetting("It did not work.", "Look at what was said above, and run the same command again.")


async def _ask_program(talk: Talk, values: dict[str, str]) -> None:
    values["host"] = await talk.ask(_SETTINGS["host"]) or values["host"]
    values["port"] = await talk.ask(_SETTINGS["port"]) or values["port"]
    talk.say(how_to_start(values["port"]))
    await talk.confirm("Does it run?")


async def _ask_database(talk: Talk, values: dict[str, str]) -> None:
    talk.say("The first time, the library fetches the core of SimpleX from the release page of its makers.")
    values["database"] = await talk.ask(_SETTINGS["database"])
    values["database_key"] = await talk.ask(_SETTINGS["database_key"])


def how_to_start(port: str) -> str:
    """What to type, in another window or as a service."""
    return f"""Start SimpleX in another window, and leave it running:

  simplex-chat -p {port} -d decamp-simplex

It keeps the account in decamp-simplex_chat.db and decamp-simplex_agent.db. Nothing else may use this port: whoever
does takes messages away from decamp, and can use the account.
"""


async def _arrange(talk: Talk, core: Core, values: dict[str, str], patience: float) -> dict[str, str]:
    """An account, its address, and the chat with the person who sets this up."""
    user = await _account(talk, core, values)
    await core.ask(commands.START)
    values["name"] = user.profile.display_name or values["name"]
    talk.say(f"The address of {values['name']}, for cards and for strangers: {await _address(core, user.user_id)}")
    if await talk.confirm("Shall a group be made for each contact, with you in it?"):
        values["owner"] = await _owner(talk, core, user.user_id, patience)
    return values


async def _account(talk: Talk, core: Core, values: dict[str, str]) -> User:
    """The account that is there, or a new one."""
    try:
        said = await core.ask(commands.USER)
    except Denied as denied:
        if denied.kind != "noActiveUser":
            raise
        values["name"] = await talk.ask(_SETTINGS["name"]) or values["name"]
        said = await core.ask(commands.create_user(values["name"]))
    if said.user is None:
        raise BadSetting("SimpleX made no account.", "Make one in the SimpleX program, and run the same command again.")
    return said.user


async def _address(core: Core, user: int) -> str:
    try:
        said = await core.ask(commands.show_address(user))
    except Denied as denied:
        if denied.kind != "userContactLinkNotFound":
            raise
        await core.ask(commands.make_address(user))
        said = await core.ask(commands.show_address(user))
    return said.contact_link.conn_link_contact.best if said.contact_link else ""


async def _owner(talk: Talk, core: Core, user: int, patience: float) -> str:
    """The chat with the owner: found again, or waited for, while they open a link in their own app."""
    known = await _contact(core, user, lambda alias, _: alias == OWNER)
    if known is not None:
        return known
    said = await core.ask(commands.make_link(user))
    if said.connection is None or said.conn_link_invitation is None:
        raise BadSetting("SimpleX made no link.")
    number = said.connection.pcc_conn_id
    await core.ask(commands.name_link(number, OWNER))
    talk.say(
        f"Open this link in the SimpleX app on your phone. It is for you alone:\n\n{said.conn_link_invitation.best}\n"
    )
    try:
        async with asyncio.timeout(patience):
            while True:
                found = await _contact(core, user, lambda _, connection: connection == number)
                if found is not None:
                    talk.say("There you are.")
                    return found
                await asyncio.sleep(min(1.0, patience / 10))
    except TimeoutError:
        talk.say("Nobody came yet. When you have opened the link, run this command again.")
        return ""


async def _contact(core: Core, user: int, wanted: Callable[[str, int], bool]) -> str | None:
    for contact in (await core.ask(commands.contacts(user))).contacts:
        connection = contact.active_conn.conn_id if contact.active_conn else 0
        if contact.is_here and wanted(contact.profile.local_alias, connection):
            return f"@{contact.contact_id}"
    return None
