"""How the account is reached: from settings to what Delta Chat wants to know, and from its troubles to ours."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from migrate.errors import DecampError

from ..api import BadSetting, State
from .core import Core, CoreError, CoreGone
from .native import Transport

_TRIED: Final = "ui.decamp.login"
"""Where the account itself keeps a digest of the login that worked last. Keys that begin with `ui.` are free."""
_CHECKS: Final = {"automatic": "automatic", "strict": "strict", "any": "acceptInvalidCertificates"}


class Trouble(DecampError):
    """Why there is no connection, and in which state that leaves the bridge."""

    def __init__(self, state: State, said: str, todo: str = "") -> None:
        super().__init__(said, todo)
        self.state = state


def transport(settings: Mapping[str, str]) -> dict[str, object]:
    """The mail account as Delta Chat wants it (recipe of Delta Chat, section 3). Raises `BadSetting`."""
    address, password = settings["address"].strip(), settings["password"]
    if not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", address):
        raise BadSetting(f"{address!r} is no mail address.")
    if not password:
        raise BadSetting("There is no password for the mail account.")
    found: dict[str, object] = {"addr": address, "password": password}
    for kind in ("imap", "smtp"):
        server, port = settings.get(f"{kind}_server", "").strip(), settings.get(f"{kind}_port", "") or "0"
        if not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise BadSetting(f"{port!r} is no port.")
        if server:
            found |= {f"{kind}Server": server, f"{kind}User": address, f"{kind}Port": int(port) or None}
            found[f"{kind}Security"] = settings.get(f"{kind}_security") or "automatic"
    return {**found, "certificateChecks": _CHECKS.get(settings.get("certificates", ""), "automatic")}


def settings_of(made: Transport) -> dict[str, str]:
    """The settings of a mail account that Delta Chat made by itself."""
    found = {"address": made.addr, "password": made.password}
    for kind, server, port, security in (
        ("imap", made.imap_server, made.imap_port, made.imap_security),
        ("smtp", made.smtp_server, made.smtp_port, made.smtp_security),
    ):
        if server:
            found |= {f"{kind}_server": server, f"{kind}_port": str(port or 0)}
            found[f"{kind}_security"] = security or "automatic"
    checks = {ours: said for said, ours in _CHECKS.items()}
    return {**found, "certificates": checks.get(made.certificate_checks or "", "automatic")}


async def account_of(core: Core, address: str) -> int | None:
    """The number of the account with this address, if there is one in the folder."""
    for number in await core.ask(list[int], "get_all_account_ids"):
        if await core.ask(bool, "is_configured", number):
            kept = await core.config(number, "configured_addr")
            if kept.lower() == address.lower():
                return number
    return None


async def log_in(core: Core, settings: Mapping[str, str]) -> int:
    """The number of the account, which was tried if it is new or its settings are. Raises `Trouble`."""
    wanted = transport(settings)
    address = str(wanted["addr"])
    account = await account_of(core, address)
    if account is None:
        account = await spare(core)
    await dress(core, account, settings)
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if await core.config(account, _TRIED) == digest:
        return account
    try:
        await core.tell("add_or_update_transport", account, wanted)
    except CoreGone:
        raise
    except CoreError as error:
        raise trouble(str(error), address) from None
    await core.tell("set_config", account, _TRIED, digest)
    return account


async def dress(core: Core, account: int, settings: Mapping[str, str]) -> None:
    """Make it a bot with a name: long texts come whole, and everybody who has the link may write.

    Bots ask for no read receipts unless they are told to (recipe of Delta Chat, section 5).
    """
    config = {"bot": "1", "mdns_enabled": "1", "displayname": settings.get("name") or "decamp"}
    await core.tell("batch_set_config", account, config)


async def spare(core: Core) -> int:
    """An account that has not been used: a login that did not work leaves one behind."""
    for number in await core.ask(list[int], "get_all_account_ids"):
        if not await core.ask(bool, "is_configured", number):
            return number
    return await core.ask(int, "add_account")


def trouble(said: str, address: str) -> Trouble:
    """What Delta Chat says about a connection that it could not make. Only a server that says no is final."""
    refused = "failed to login" in said.lower() or re.search(r"\b5(30|34|35)\b", said)
    if refused and "[UNAVAILABLE]" not in said and "[LIMIT]" not in said:
        return Trouble(
            State.BAD_CREDENTIALS,
            f"The mail server does not let {address} in.",
            "See whether the password still holds, and run `decamp bridge setup deltachat` again.",
        )
    if "certificate" in said.lower():
        todo = "The certificate of the server is not in order. It is tried again by itself."
    else:
        todo = "It is tried again by itself. See whether this machine is online."
    return Trouble(State.INTERRUPTED, _short(said), todo)


def _short(said: str) -> str:
    said = said.removeprefix("Delta Chat says: ")
    return f"The mail server cannot be reached: {said[:200].rstrip('.')}." if said else "The mail server is gone."


class Connection(NamedTuple):
    """How mail comes in, and what keeps it from going out: empty where nothing does."""

    incoming: Trouble | State
    outgoing: str


async def connection(core: Core, account: int, address: str) -> Connection:
    """How the account is connected (recipe of Delta Chat: 1000 none, 2000 on its way, 3000 at work, 4000 all done).

    The number is about incoming mail only. What becomes of outgoing mail stands on a page for people, after the rest.
    """
    level = await core.ask(int, "get_connectivity", account)
    page = await core.ask(str, "get_connectivity_html", account)
    incoming, _, outgoing = page.partition("<h3>Outgoing")
    wrong = _error(incoming)
    if level >= 3000:
        return Connection(State.CONNECTED, _error(outgoing))
    return Connection(trouble(wrong, address) if wrong else State.CONNECTING, _error(outgoing))


def _error(page: str) -> str:
    found = re.search(r"Error: ([^<]*)", page)
    return html.unescape(found.group(1)) if found else ""
