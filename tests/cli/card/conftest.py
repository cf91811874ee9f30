"""Alice, who has two handles and makes cards in the folder where she is."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.cards.folder import statement_in
from migrate.cards.statement import SignedStatement
from migrate.session.keys import Seed
from migrate.session.mnemonic import encode
from tests.cards.signing import SEEDS, SIMPLEX
from tests.cli.conftest import Decamp

WORDS = encode(Seed(bytes.fromhex(SEEDS["alice"])))
ALICES = {"DECAMP_WORDS": WORDS}
XMPP = "xmpp:alice@example.org"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def handles(decamp: Decamp) -> None:
    decamp("handle", "add", SIMPLEX)
    decamp("handle", "add", XMPP, "--label", "Work")


def signed_in(folder: str | Path) -> SignedStatement:
    """What a folder of a card says, signed."""
    found = statement_in(Path(folder))
    assert found is not None
    return found
