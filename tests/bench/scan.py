"""The floor of every export: read all the rows of a profile's messages out of SQLCipher, and do nothing with them.

python -m tests.bench.scan PROFILE
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from pathlib import Path
from typing import Any

COLUMNS = (
    "id", "json", "body", "conversationId", "source", "type", "sent_at", "received_at", "serverTimestamp", "serverId",
    "messageHash", "serverHash", "sent", "errors", "isDeleted", "expireTimer", "expirationType",
    "expirationStartTimestamp", "expires_at", "flags",
)  # fmt: skip


@contextmanager
def opened(profile: Path) -> Iterator[Any]:
    """A profile that the bench made, without a password, opened for reading."""
    import sqlcipher3

    key = loads((profile / "config.json").read_bytes())["key"]
    if set(key) - set("0123456789abcdef"):
        raise ValueError("the key of a profile is hex digits")
    con = sqlcipher3.connect(str(profile / "sql" / "db.sqlite"), isolation_level=None)
    try:
        con.execute(f"PRAGMA key = \"x'{key}'\"")
        yield con
    finally:
        con.close()


def main() -> None:
    with opened(Path(sys.argv[1])) as con:
        count = sum(1 for _ in con.execute(f"SELECT {', '.join(COLUMNS)} FROM messages"))
    print(count)


if __name__ == "__main__":
    main()
