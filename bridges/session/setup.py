"""From what the bridge was told to keys and a way to the network, and the conversation in which it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import DecampError
from migrate.session.keys import AccountKeys
from migrate.session.mnemonic import WrongPhrase, decode

from ..api import BadSetting, Desk, Talk
from .about import EVERY, NETWORK, WORDS

if TYPE_CHECKING:
    from migrate.network.access import Access

AS_ELSEWHERE, OTHERWISE = "as every other command does", "in another way"
LONGEST_PAUSE = 3600


async def set_up(talk: Talk) -> dict[str, str]:
    """Ask for the words, look whether they are such, and leave the way to the network as it is unless asked to."""
    talk.say("decamp becomes another device of this account. It changes none of its settings.")
    words = await talk.ask(WORDS)
    talk.say(f"This is the account {keys_of({'words': words}).session_id}.")
    values = {setting.name: "" for setting in NETWORK} | {"words": words, EVERY.name: EVERY.default or ""}
    if await talk.choose("How does it reach the network?", [AS_ELSEWHERE, OTHERWISE]) == 1:
        for setting in (*NETWORK, EVERY):
            values[setting.name] = await talk.ask(setting)
        _refuse_password(values["proxy"])
    return values


def keys_of(settings: Mapping[str, str]) -> AccountKeys:
    """The keys of the account. Raises `BadSetting` for words that are none."""
    try:
        return AccountKeys.from_seed(decode(settings.get("words", "")))
    except WrongPhrase as error:
        raise BadSetting(f"The words are no recovery password. {error}", error.hint) from None


def seconds_of(settings: Mapping[str, str]) -> float:
    """How long to wait between two looks."""
    said = settings.get("every") or EVERY.default or ""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", said) or not 0 < float(said) <= LONGEST_PAUSE:
        raise BadSetting(f"The seconds between two looks are a number up to {LONGEST_PAUSE}.")
    return float(said)


def access_of(desk: Desk) -> Access:
    """The way to the network. Raises `BadSetting` for one that cannot be."""
    from dataclasses import replace

    from migrate.network.access import Access, Proxy
    from migrate.network.saved import place_of_file

    said, folder = desk.settings, desk.folder
    try:
        if standin := said.get("standin"):
            # A list of its own: neither may ever be taken for the other.
            access = Access.of_standin(Path(standin).expanduser().read_bytes(), folder / "nodes-of-standin.json")
        else:
            access = Access(cache=folder / "nodes.json")
        proxy, nodes = said.get("proxy"), said.get("nodes")
        return replace(
            access,
            direct=said.get("direct") == "true",
            proxy=Proxy.read(proxy) if proxy else None,
            named=place_of_file(f"the list {nodes}", Path(nodes).expanduser(), local=access.local) if nodes else None,
        )
    except OSError as error:
        raise BadSetting(f"The file of the stand-in network cannot be read: {error.strerror}.") from error
    except DecampError as error:
        raise BadSetting(str(error), error.hint) from error


def _refuse_password(proxy: str) -> None:
    """What is answered here is written into config.toml, where no secret belongs."""
    from migrate.network.access import Proxy

    if proxy and Proxy.read(proxy).password is not None:
        raise BadSetting(
            "A password of a proxy does not belong into config.toml.",
            "Give the whole address in the environment variable DECAMP_PROXY.",
        )
