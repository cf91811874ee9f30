"""Pages of a lively archive, written once for the tests that only read them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.archive.html import Pages

from ...builders import lively
from ...builders.archive import ArchiveBuilder, write


class Written:
    """An archive with its pages."""

    def __init__(self, builder: ArchiveBuilder, numbers: lively.Lively, pages: Pages) -> None:
        self.builder = builder
        self.numbers = numbers
        self.folder = builder.folder / "html"
        self._pages = pages

    def page(self, conversation: int, number: int = 1) -> str:
        """One page of one conversation."""
        return (self.folder / "c" / self._pages.folders[conversation] / f"{number}.html").read_text("utf-8")

    @property
    def index(self) -> str:
        return (self.folder / "index.html").read_text("utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    with ArchiveBuilder(tmp_path_factory.mktemp("pages")) as builder:
        numbers = lively.fill(builder)
        archive = builder.finish()
        outputs = write(archive, Pages)
        yield Written(builder, numbers, Pages(archive, outputs))
