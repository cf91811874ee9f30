"""Setting a bridge of XMPP up: a conversation that ends in a login that works, or in an account that was just made."""

from __future__ import annotations

import importlib.util

from ..about import About, Setting
from ..api import BadSetting, State, Talk
from .about import ACCOUNT, COMPONENT
from .addresses import account, domain, local, server
from .login import Login, NoStream
from .stream import Stream

TRIES = 3
_ACCOUNT = {setting.name: setting for setting in ACCOUNT.settings}
_COMPONENT = {setting.name: setting for setting in COMPONENT.settings}
_SERVER = Setting(name="server", help="The server to make the account on.", example="example.org")
_NAME = Setting(name="name", help="The name of the account, before the @.", example="robin")


async def set_up_account(talk: Talk) -> dict[str, str]:
    """All settings of the bridge for an account, after a login that worked."""
    values = _defaults(ACCOUNT)
    makes = await talk.choose("Do you have an XMPP account?", ("Yes, and I want to use it", "No, make one for me"))
    if makes:
        where = server(await talk.ask(_SERVER))
        values["address"] = account(f"{await talk.ask(_NAME)}@{where}")
        talk.say("Choose a long password, and keep it somewhere: nobody else can give you a new one.")
    else:
        values["address"] = account(await talk.ask(_ACCOUNT["address"]))
    values["password"] = await talk.ask(_ACCOUNT["password"])
    for _ in range(TRIES):
        trouble = await _try(_login_of(values, register=bool(makes)))
        if trouble is None:
            talk.say(f"You are {values['address']}, and the server has let you in.")
            values["nick"] = await talk.ask(_ACCOUNT["nick"]) or local(values["address"])
            values["owner"] = await _owner(talk, values["address"])
            if importlib.util.find_spec("slixmpp_omemo") is not None:
                values["omemo"] = await talk.ask(_ACCOUNT["omemo"])
            return values
        talk.say(f"{trouble} {trouble.hint}")
        await _ask_again(talk, values, trouble, makes=bool(makes))
    raise BadSetting("It did not work.", "Look at what the server said, and run the same command again.")


async def _owner(talk: Talk, address: str) -> str:
    """Whom the account is for; nobody else where it is the person's own."""
    for _ in range(TRIES):
        said = await talk.ask(_ACCOUNT["owner"])
        try:
            owner = account(said) if said else ""
        except BadSetting as error:
            talk.say(str(error))
        else:
            return "" if owner == address else owner
    raise BadSetting("That is no XMPP address.", "Run the same command again.")


async def _ask_again(talk: Talk, values: dict[str, str], trouble: NoStream, *, makes: bool) -> None:
    """Ask for what was wrong: the name or the password, or how to connect."""
    if trouble.state is not State.INTERRUPTED and makes:
        values["address"] = account(f"{await talk.ask(_NAME)}@{domain(values['address'])}")
    elif trouble.state is State.BAD_CREDENTIALS:
        values["password"] = await talk.ask(_ACCOUNT["password"])
    else:
        for name in ("host", "port", "encryption", "authority"):
            values[name] = await talk.ask(_ACCOUNT[name])


async def set_up_component(talk: Talk) -> dict[str, str]:
    """All settings of the bridge for a component, after the server has taken it."""
    values = _defaults(COMPONENT)
    values["owner"] = account(await talk.ask(_COMPONENT["owner"]))
    values["domain"] = server(await talk.ask(_COMPONENT["domain"]))
    values["secret"] = await talk.ask(_COMPONENT["secret"])
    talk.say(lines(values["domain"], domain(values["owner"])))
    for _ in range(TRIES):
        await talk.confirm("Has the server been restarted with these lines?")
        trouble = await _try(component_login(values))
        if trouble is None:
            talk.say(f"The server has taken {values['domain']}.")
            return values
        talk.say(f"{trouble} {trouble.hint}")
        for name in ("secret",) if trouble.state is State.BAD_CREDENTIALS else ("host", "port"):
            values[name] = await talk.ask(_COMPONENT[name])
    raise BadSetting("It did not work.", "Look at the log of the server, and run the same command again.")


def lines(component: str, host: str) -> str:
    """What has to stand in the configuration of Prosody. The secret is for the person to write."""
    return f"""Put these lines at the end of the configuration of Prosody, with your secret, and restart it:

Component "{component}"
  component_secret = "(your secret)"
  modules_enabled = {{ "privilege" }}

And these into the part of VirtualHost "{host}", so that contacts are in your list without being asked for, and what
you write elsewhere shows as yours (needs the package prosody-modules):

  modules_enabled = {{ "privilege" }}
  privileged_entities = {{ ["{component}"] = {{ roster = "both"; message = "outgoing" }} }}
"""


def _defaults(about: About) -> dict[str, str]:
    return {setting.name: setting.default or "" for setting in about.settings}


def _login_of(values: dict[str, str], *, register: bool) -> Login:
    return Login(
        address=values["address"], secret=values["password"], host=values["host"], port=int(values["port"] or 5222),
        encryption=values["encryption"], authority=values["authority"], register=register,
    )  # fmt: skip


def component_login(values: dict[str, str]) -> Login:
    """Where a component connects, and with what."""
    return Login(
        address=server(values["domain"]), secret=values["secret"], host=values.get("host") or "127.0.0.1",
        port=int(values.get("port") or 5347), authority=values.get("authority", ""), component=True,
    )  # fmt: skip


async def _try(login: Login) -> NoStream | None:
    """Log in once. The reason where that did not work."""
    try:
        stream = await Stream.open(login)
    except NoStream as trouble:
        return trouble
    await stream.close()
    return None
