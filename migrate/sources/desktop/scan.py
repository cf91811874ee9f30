"""Reads a whole table in the order it is stored, and goes on behind pages that are damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

from .database import DamagedPage, Database, Values

BATCH = 1000
MOST_HOLES = 1000
_LAST_ROWID = (1 << 63) - 1


class Scan:
    """One reading of a table: iterate for batches of rows; afterwards `holes` says where something was skipped.

    Each row is the asked columns and then its rowid. Table order needs no sorting and is by far the fastest.
    """

    def __init__(self, database: Database, table: str, columns: Sequence[str]) -> None:
        self._database = database
        self._select = f"SELECT {', '.join(columns)}, rowid FROM {table} NOT INDEXED"
        self.holes: list[str] = []

    def __iter__(self) -> Iterator[list[Values]]:
        after: int | None = None
        while True:
            rows = self._from(after)
            batch: list[Values] = []
            try:
                while True:
                    batch.extend(islice(rows, BATCH))  # which keeps the rows that came before a damaged page
                    if not batch:
                        return
                    yield batch
                    after, batch = _rowid(batch[-1]), []
            except DamagedPage:
                if batch:
                    yield batch
                    after = _rowid(batch[-1])
                self._database.reopen()
            beyond = self._beyond_hole(after or 0)
            self.holes.append(f"behind row {after or 0}")
            if beyond is None or len(self.holes) == MOST_HOLES:
                return
            after = beyond

    def _from(self, after: int | None, limit: int = -1) -> Iterator[Values]:
        if after is None:
            return self._database.rows(self._select)
        return self._database.rows(f"{self._select} WHERE rowid > ? ORDER BY rowid LIMIT ?", after, limit)

    def _beyond_hole(self, after: int) -> int | None:
        """The rowid behind which reading works again, found in steps that double and then halve."""
        step = 1
        while not self._readable(after + step):
            step *= 2
            if after + step > _LAST_ROWID:
                return None
        damaged, sound = after + step // 2, after + step
        while sound - damaged > 1:
            middle = (damaged + sound) // 2
            if self._readable(middle):
                sound = middle
            else:
                damaged = middle
        return sound

    def _readable(self, after: int) -> bool:
        try:
            for _ in self._from(after, limit=1):
                pass
        except DamagedPage:
            self._database.reopen()
            return False
        return True


def _rowid(row: Values) -> int:
    return cast("int", row[-1])
