"""E-mail addresses, for mail accounts that everybody can write to. Facts: RFC 5321, RFC 6068, RFC 6532."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from ...model import Network
from .address import Address, RefusedHandle
from .characters import decoded, encoded, scheme_of, tidy
from .domains import Domain, read_domain

_SIGNS = frozenset("!#$%&'*+/=?^_`{|}~-")
_LETTERS = {"L", "M", "N"}
_ELSEWHERE = {"to", "cc", "bcc", "attach", "attachment"}
_RAW = "!$'()*,:;@/?+=&"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The two sides of an address: whose, and on which server."""

    local: str
    domain: Domain

    def __str__(self) -> str:
        return f"{encoded(self.local, '!$*+=')}@{self.domain.ascii}"

    def describe(self) -> str:
        return f"{self.local} on {self.domain.shown}"


@dataclass(frozen=True, slots=True)
class MailAddress(Address):
    """Somebody's e-mail address, with what a mail to it is to begin with."""

    network: ClassVar = Network.EMAIL
    mailbox: Mailbox
    query: str = ""

    def __str__(self) -> str:
        return f"mailto:{self.mailbox}{'?' if self.query else ''}{self.query}"

    def describe(self) -> str:
        return self.mailbox.describe()

    def unknown(self) -> tuple[str, ...]:
        names = (pair.partition("=")[0] for pair in self.query.split("&") if pair)
        return tuple(name for name in names if name.lower() not in {"subject", "body"})


def read(text: str) -> MailAddress | None:
    """An address that begins with `mailto:`; None for what is another network's."""
    scheme, rest = scheme_of(text)
    if scheme != "mailto":
        return None
    path, _, query = rest.partition("?")
    if "#" in rest:
        raise RefusedHandle("An e-mail address has no # in it.", "Write %23 for one.")
    query = tidy(query, _RAW)
    for pair in query.split("&"):
        if decoded(pair.partition("=")[0]).lower() in _ELSEWHERE:
            raise RefusedHandle("This link would write to others too, or send a file along.", "Leave only the address.")
    return MailAddress(read_mailbox(decoded(path)), query)


def read_bare(text: str) -> MailAddress:
    """An address as people write it, when it is known to be one of e-mail."""
    return MailAddress(read_mailbox(text))


def read_mailbox(text: str) -> Mailbox:
    """`alice@example.org`. Raises `RefusedHandle` for what few servers would take, as blanks in quotes."""
    local, at, domain = text.rpartition("@")
    local = unicodedata.normalize("NFC", local)
    if not at or not local or not all(mark in _SIGNS or mark == "." or _is_letter(mark) for mark in local):
        raise RefusedHandle("An e-mail address is one name, @ and one server.")
    if len(local.encode()) > 64 or local.startswith(".") or local.endswith(".") or ".." in local:
        raise RefusedHandle("The name before the @ of the e-mail address is not one that servers take.")
    server = read_domain(domain)
    if not server.is_dotted:
        raise RefusedHandle("The e-mail address names no server that others could reach.")
    return Mailbox(local, server)


def _is_letter(mark: str) -> bool:
    return unicodedata.category(mark)[0] in _LETTERS
