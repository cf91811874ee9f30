"""One XMPP server of each kind for all tests of a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from bridges.xmpp import line
from tests.servers import ejabberd as other
from tests.servers import prosody


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lost a server on this machine need not spare it, nor read the authorities of the whole world for it."""
    monkeypatch.setattr(line, "SOONEST", 0.1)
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]) -> Iterator[prosody.Prosody]:
    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    with prosody.running(tmp_path_factory.mktemp("prosody")) as server:
        yield server


@pytest.fixture(scope="session")
def ejabberd(tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]) -> Iterator[other.Ejabberd]:
    missing = other.missing()
    if missing is not None:
        absent(missing)
    with other.running(tmp_path_factory.mktemp("ejabberd")) as server:
        yield server
