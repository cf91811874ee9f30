"""Where to connect and as whom, and what it means for a person when that fails (recipe for XMPP, section 2)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from migrate.errors import DecampError

from ..api import BadSetting, State


@dataclass(frozen=True, slots=True)
class Login:
    """Where to connect, and as whom. `secret` is a password, or that of a component."""

    address: str
    secret: str = field(repr=False)
    host: str = ""
    port: int = 0
    encryption: str = "auto"
    authority: str = ""
    device: str = ""
    component: bool = False
    register: bool = False

    def __post_init__(self) -> None:
        if self.authority and not Path(self.authority).is_file():
            raise BadSetting("The file with the authority's certificate is not there.")


class NoStream(DecampError):
    """There is no connection, or no longer one. The hint is what to do, the state what that makes of the bridge."""

    exit_code = 5
    hint = "It tries again by itself."

    def __init__(self, message: str, hint: str | None = None, state: State = State.INTERRUPTED) -> None:
        super().__init__(message, hint)
        self.state = state


NO_WAY_IN = NoStream("The server offers no way to log in that is safe.", "Ask whoever runs the server.", State.FAILED)


def unreachable(login: Login, error: object) -> NoStream:
    """Nothing answers where the server should be, or something that is not the server."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(login, error)
    place = f"{login.host}, port {login.port}" if login.host else login.address.rpartition("@")[2]
    return NoStream(
        f"No server answers at {place}.", "Check the network and the name; it tries again by itself until it answers."
    )


def untrusted(login: Login, error: object) -> NoStream:
    """The certificate is wrong. It may be renewed, so we look again, but send nothing until then."""
    reason = getattr(error, "verify_message", "") or "it cannot be checked"
    return NoStream(
        f"The certificate of {login.address.rpartition('@')[2]} is not valid: {reason}.",
        "Ask whoever runs the server to renew it, or name the authority that signed it in the settings; it tries again"
        " by itself.",
    )


def not_let_in(condition: str) -> NoStream:
    """The server does not take the password."""
    if condition == "temporary-auth-failure":
        return NoStream("The server cannot check passwords at the moment.")
    if condition == "account-disabled":
        return NoStream("The server has closed this account.", "Ask whoever runs the server.", State.LOGGED_OUT)
    return NoStream(
        "The server does not take this address and password.",
        "Check both, and set the bridge up again with `decamp bridge setup`.",
        State.BAD_CREDENTIALS,
    )


def no_account(condition: str, words: str) -> NoStream:
    """The server did not make an account."""
    if condition == "conflict":
        return NoStream("Somebody else has this name already.", "Choose another one.", State.BAD_CREDENTIALS)
    said = f"{condition}: {words}" if words else condition
    return NoStream(
        f"The server did not make an account ({said}).",
        "Many servers make accounts only on their web page: make one there, and come back with it.",
        State.FAILED,
    )


def ended(login: Login, condition: str) -> NoStream:
    """The server itself ended the connection, and said why."""
    if condition == "not-authorized" and login.component:
        return NoStream(
            "The server does not take the secret of the component.",
            "Set the bridge up again with the secret that stands in the configuration of the server.",
            State.BAD_CREDENTIALS,
        )
    if condition == "host-unknown":
        return NoStream(
            f"The server does not know {login.address.rpartition('@')[2]}.",
            "Add it to the configuration of the server, or check its name.",
            State.FAILED,
        )
    if condition == "conflict":
        return NoStream(
            "Another program has connected as this one.", "End the other one; this one tries again by itself."
        )
    return NoStream(f"The server ended the connection: {condition}.")
