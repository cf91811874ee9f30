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

    hint = "Look whether this machine is online. Somebody whose decamp works can save a list: `decamp network nodes`."


class FileGone(DecampError):
    """The file server no longer has the file."""

    exit_code = 6
    hint = "It keeps files for about two weeks. Whoever sent it may still have it."


class BadAccess(WrongWords):
    """The settings of the network cannot be used as they are."""

    hint = "Correct the section [network] of config.toml, or the option."
