"""The vectors that three independent clients agree on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path("session-network") / "vectors.json"


@pytest.fixture(scope="session")
def accounts(samples: Path) -> dict[str, Any]:
    """Words and keys of made-up accounts, with what the app says to wrong words."""
    found: dict[str, Any] = json.loads((samples / VECTORS).read_text("utf-8"))["accounts"]
    return found
