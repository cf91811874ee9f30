"""What the tests of Session Desktop share: a way to read one row, and the folders of the samples."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = {"plain": None, "password": "correct horse-9!", "old-schema": None}


@pytest.fixture(params=SAMPLES, scope="session")
def sample(request: pytest.FixtureRequest, samples: Path) -> Path:
    """Each of the sample profiles, read in place."""
    return samples / "session-desktop" / str(request.param)
