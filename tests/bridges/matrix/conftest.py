"""One Matrix homeserver for all tests of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.environments import NotThere
from tests.servers import synapse


@pytest.fixture(scope="session")
def homeserver(
    tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]
) -> Iterator[synapse.Synapse]:
    try:
        import nio  # noqa: F401  the bridge and the friend need it
    except ImportError:
        absent("matrix-nio is not installed")
    folder = tmp_path_factory.mktemp("synapse")
    try:
        running = synapse.running(folder)
        server = running.__enter__()
    except NotThere as why:
        absent(str(why))
    try:
        yield server
    finally:
        running.__exit__(None, None, None)
