"""Setting the two bridges up: a conversation that ends in a login, or in a file for the homeserver."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path

from ..about import About, Setting, SettingKind
from ..api import BadSetting, Talk
from .about import APPSERVICE
from .calls import Calls, Denied, path
from .finding import checked_url, checked_user, homeserver
from .loose import Object, a_text

TRIES = 3
DEVICE = "decamp"
USER = Setting(
    name="user",
    help="The account that decamp uses: its address, or the part before the colon.",
    example="@bot:example.org",
)
PASSWORD = Setting(
    name="password",
    help="Its password. It is used once, to log in, and not kept.",
    example="a password",
    kind=SettingKind.SECRET,
)


async def account(talk: Talk, about: About) -> dict[str, str]:
    """Log in with a password. What stays is a token for a login of its own, which other apps can end."""
    settings = {one.name: one for one in about.settings}
    base = await homeserver(await talk.ask(settings["homeserver"]))
    for left in reversed(range(TRIES)):
        user, password = await talk.ask(USER), await talk.ask(PASSWORD)
        told = await _logged_in(base, user, password)
        if told is not None:
            break
        talk.say("The homeserver does not accept this account and password.")
        if not left:
            raise BadSetting("The login did not work.", "Check the password in another Matrix app, and run this again.")
    talk.say(f"Logged in as {a_text(told, 'user_id')}. Matrix apps show this login as “{DEVICE}”, and can end it.")
    owner = await talk.ask(settings["owner"])
    return {
        "homeserver": base,
        "token": a_text(told, "access_token"),
        "owner": checked_user(owner) if owner else "",
        "encrypt": await talk.ask(settings["encrypt"]),
        "receipts": await talk.ask(settings["receipts"]),
    }


async def _logged_in(base: str, user: str, password: str) -> Object | None:
    """A new login with a device of its own, or None if user and password are not accepted."""
    calls = Calls(base)
    try:
        return await calls.ask(
            "POST",
            path("login"),
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": user},
                "password": password,
                "initial_device_display_name": DEVICE,
            },
        )
    except Denied as error:
        if error.code in {"M_FORBIDDEN", "M_INVALID_USERNAME", "M_USER_DEACTIVATED", "M_UNKNOWN"}:
            return None
        raise
    finally:
        await calls.close()


async def application_service(talk: Talk, folder: Path) -> dict[str, str]:
    """Write the registration that the homeserver needs, with tokens that nobody else has.

    Whoever runs this again, because the homeserver was not ready, need not copy the file again.
    """
    settings = {one.name: one for one in APPSERVICE.settings}
    values = {name: await talk.ask(settings[name]) for name in ("homeserver", "server", "owner", "listen", "prefix")}
    values["homeserver"] = checked_url(values["homeserver"])
    values["owner"] = checked_user(values["owner"])
    checked_prefix(values["prefix"])
    file = folder / "registration.yaml"
    values |= _tokens(file)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        json.dump(registration(values), out, indent=2)
    talk.say(f"The registration is written: {file}")
    talk.say("Copy it to the homeserver, name it in homeserver.yaml under app_service_config_files, and restart it.")
    talk.say("It holds tokens with power over every contact's address: keep it as you keep a password.")
    values["receipts"] = await talk.ask(settings["receipts"])
    await talk.confirm("Has the homeserver been restarted with it?")  # what is tried next works only then
    return values


def _tokens(file: Path) -> dict[str, str]:
    """Those of the registration that the homeserver may have already, or new ones."""
    names = ("as_token", "hs_token")
    try:
        told = json.loads(file.read_bytes())
        found = {name: str(told[name]) for name in names}
    except (OSError, ValueError, KeyError, TypeError):
        found = {}
    return {name: found.get(name) or secrets.token_hex(32) for name in names}


def registration(values: dict[str, str]) -> Object:
    """What the homeserver has to know of us. JSON is YAML. The owner is named so that we may write as them."""
    server, prefix = re.escape(values["server"]), re.escape(values["prefix"])
    users: list[Object] = [{"exclusive": True, "regex": f"@{prefix}.*:{server}"}]
    if values["owner"].endswith(f":{values['server']}"):
        users.append({"exclusive": False, "regex": re.escape(values["owner"])})
    return {
        "id": f"decamp-{values['prefix']}",
        "url": f"http://{values['listen']}",
        "as_token": values["as_token"],
        "hs_token": values["hs_token"],
        "sender_localpart": f"{values['prefix']}bot",
        "rate_limited": False,
        "receive_ephemeral": True,
        "namespaces": {
            "users": users,
            "aliases": [{"exclusive": True, "regex": f"#{prefix}.*:{server}"}],
            "rooms": [],
        },
    }


def checked_prefix(prefix: str) -> str:
    """What every ghost's address begins with: no account of a person may begin with it."""
    if not re.fullmatch(r"[a-z0-9._-]{3,40}", prefix):
        raise BadSetting("This cannot begin an address.", "Use 3 to 40 small letters, digits, _ . or -, as in session_")
    return prefix
