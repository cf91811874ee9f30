"""Invitations of Delta Chat: made by the app, only checked here, and kept byte for byte.

Facts: formats page of contact cards, section 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ...model import Network
from .address import Address, RefusedHandle
from .characters import decoded, scheme_of, unchanged
from .mail import Mailbox, read_mailbox
from .url import read_url

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{11,32}")
_KNOWN = {"v", "i", "s", "j", "a", "r", "n", "x", "g", "b"}
_COPY = "Copy the link from Delta Chat again, whole: many apps cut it at the # sign."
_NOT_FOR_CARDS = {
    "dcaccount": "This link makes an account on a server; it is nobody's address.",
    "dclogin": "This link holds the password of a mail account. Give it to nobody.",
    "dcbackup": "This link opens a whole Delta Chat account to whoever has it. Give it to nobody.",
}
_USE_INVITE = "Use the invitation that Delta Chat shows under its QR code."


@dataclass(frozen=True, slots=True)
class Invitation(Address):
    """A link with which its holder can write to somebody, or join a group, until it is withdrawn."""

    network: ClassVar = Network.DELTACHAT
    text: str
    fingerprint: str
    parameters: str
    mailbox: Mailbox
    kind: str
    others: tuple[str, ...]

    def __str__(self) -> str:
        return self.text

    def describe(self) -> str:
        return f"{self.kind}{self.mailbox.describe()}"

    def link(self) -> str:
        """The web form, which says the same: browsers know no other."""
        if scheme_of(self.text)[0] == "https":
            return self.text
        return f"https://i.delta.chat/#{self.fingerprint}&{self.parameters}"

    def unknown(self) -> tuple[str, ...]:
        return self.others


def read(text: str) -> Invitation | None:
    """An invitation in either form; None for what is another network's."""
    scheme, rest = scheme_of(text)
    refused = next((why for name, why in _NOT_FOR_CARDS.items() if re.fullmatch(rf"{name}[0-9]*", scheme)), None)
    if refused:
        raise RefusedHandle(refused, _USE_INVITE)
    if scheme == "openpgp4fpr":
        fingerprint, _, parameters = _with_sharp(unchanged(rest)).partition("#")
        return _read(text, fingerprint, parameters)
    if scheme != "https" or not re.match(r"//i\.delta\.chat(?![A-Za-z0-9.:@-])", rest, re.IGNORECASE):
        return None
    url = read_url(_with_sharp(unchanged(text)))
    if url is None or url.path not in {"", "/"} or url.query is not None or not url.fragment:
        raise RefusedHandle("The invitation has lost what follows its # sign, and opens nothing without it.", _COPY)
    fingerprint, _, parameters = url.fragment.partition("&")
    return _read(text, fingerprint, parameters)


def _with_sharp(link: str) -> str:
    """The link with its # as such: some apps write %23 when they hand a link on."""
    return link if "#" in link else link.replace("%23", "#", 1)


def _read(text: str, fingerprint: str, parameters: str) -> Invitation:
    pairs = (pair.partition("=") for pair in parameters.split("&") if pair)
    values = {name: value for name, _, value in pairs}
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise RefusedHandle("The fingerprint in this Delta Chat invitation is not 40 or 64 digits.", _COPY)
    invite = values.get("j" if "b" in values and "j" in values else "i")
    if invite is None or "s" not in values:
        raise RefusedHandle("This is only the fingerprint of a key; no chat can be started with it.", _USE_INVITE)
    if not _TOKEN.fullmatch(invite) or not _TOKEN.fullmatch(values["s"]) or "a" not in values:
        raise RefusedHandle("This Delta Chat invitation is not whole.", _COPY)
    mailbox = read_mailbox(decoded(values["a"]))
    for relay in filter(None, values.get("r", "").split(",")):
        read_mailbox(decoded(relay))
    kind = "a channel of " if "b" in values else "a group of " if "x" in values else ""
    others = tuple(name for name in values if name not in _KNOWN)
    return Invitation(text, fingerprint, parameters, mailbox, kind, others)
