"""What can go wrong on the way to the network, beside `NoAnswer`, which every flow of the protocol knows."""

from __future__ import annotations

from ..errors import DecampError, WrongWords
from ..session.errors import NoAnswer


class Unreachable(NoAnswer):
    """No connection came about, so nothing was sent."""


class WrongCertificate(Unreachable):
    """Whoever answered is not who should: nothing was sent."""

    hint = "Somebody may sit between this machine and the network. Try another line, or --nodes FILE."


class ProxyDown(Unreachable):
    """The proxy did not answer, and nothing is sent around it."""

    hint = "Start the proxy, or correct it: --proxy, or `proxy` in the section [network] of config.toml."


class LostOnTheWay(NoAnswer):
    """The path through the network is to blame, and not who was asked."""


class NoNodes(NoAnswer):
    """No list of the network's nodes could be had from anywhere."""

    hint = (
        "Look whether this machine is online. Somebody whose decamp works can write a list for you, which you name "
        "with --nodes FILE: `decamp network nodes --save FILE`."
    )


class FileGone(DecampError):
    """The file server no longer has the file."""

    exit_code = 6
    hint = "It keeps files for about two weeks. Whoever sent it may still have it."


class CommunityRefused(DecampError):
    """A community's server does not do this for this account."""

    exit_code = 6
    hint = "Look into the app whether the community is still what it was, and whether you may write there."


class NotThere(CommunityRefused):
    """A community's server has no such room, message or file, or none that this account may see."""


class TooMuch(NoAnswer):
    """A community's server wants us to wait."""

    hint = "It goes on by itself."

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class BadAccess(WrongWords):
    """The settings of the network cannot be used as they are."""

    hint = "Correct the section [network] of config.toml, or the option."
