"""One XMPP server for all tests of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.servers import prosody


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]) -> Iterator[prosody.Prosody]:
    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    with prosody.running(tmp_path_factory.mktemp("prosody")) as server:
        yield server
