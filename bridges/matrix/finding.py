"""From the name of a server, or an address, to where its homeserver answers."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ..api import BadSetting
from .calls import Calls, Denied
from .loose import a_text

_NAME = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_USER = re.compile(r"@[!-9;-~]+:[A-Za-z0-9.:\[\]-]+")


async def homeserver(named: str) -> str:
    """The address of a homeserver. A name may send us elsewhere, by a file that it publishes for that."""
    if "://" in named:
        return checked_url(named)
    if not _NAME.fullmatch(named):
        raise BadSetting("This is not the name of a server.", "Write it as in addresses: example.org")
    base = ("http://" if is_near(urlsplit(f"//{named}").hostname or "") else "https://") + named
    calls = Calls(base)
    try:
        told = await calls.ask("GET", "/.well-known/matrix/client")
    except Denied:
        return base  # most often there is no such file, and the homeserver is where its name says
    finally:
        await calls.close()
    return checked_url(a_text(told, "m.homeserver", "base_url") or base)


def checked_url(url: str) -> str:
    """An address to which a token may be sent."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        raise BadSetting("This is not the address of a homeserver.", "It looks like https://matrix.example.org")
    if parts.scheme == "http" and not is_near(host):
        raise BadSetting(
            "Without https everybody on the way could read the token.", "Write the address with https:// in front."
        )
    return url.strip().rstrip("/")


def is_near(host: str) -> bool:
    """Whether it is this machine or one of a private network, where http is usual."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def checked_user(user: str) -> str:
    """A whole Matrix address."""
    if not _USER.fullmatch(user) or len(user.encode()) > 255:
        raise BadSetting("This is not a whole Matrix address.", "It looks like @alice:example.org")
    return user
