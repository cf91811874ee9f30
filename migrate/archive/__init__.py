"""Where history goes: the SQLite archive and everything that is written from it. Knows nothing of sources' formats."""
