"""Lists of nodes that were kept: our own, one that somebody gave us, or the one in a phone's database.

Facts: formats page of the Session network, section 2.2; the ways out, section 3.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from ..errors import UnreadableSource
from ..model import Json
from ..session.answers import LARGEST_ANSWER, number, read_json
from ..session.errors import BadAnswer
from ..session.nodes import NodeList, read_node, read_node_list
from .access import Place
from .report import Found

_SQLITE = b"SQLite format 3\0"
_PHONE = "SELECT ip, https_port, ed25519_pub_key, x25519_pub_key FROM snodes"
_HINT = "Ask for one that `decamp network nodes --save FILE` has written."


def save_list(path: Path, nodes: NodeList, now: int) -> None:
    """Keep a list where only its owner may read it; whoever reads it meanwhile sees the old one, whole."""
    data = msgspec.json.encode({**read_json(nodes.to_json()), "saved_at": now})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink()
        raise


def read_list(path: Path, place: str, now: int, *, local: bool = False) -> Found:
    """A list in a file: as decamp saves it, as a seed answers it, or in an Android database that lies open.

    What has left the network since is not in it any more. Raises `UnreadableSource` for a file that holds none.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
            if start == _SQLITE:
                return Found(_of_phone(path, local=local), place)
            body = start + file.read(LARGEST_ANSWER)
        nodes = read_node_list(body, local=local)
        saved_at = number(read_json(body).get("saved_at")) or path.stat().st_mtime_ns // 1_000_000
    except (OSError, BadAnswer, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableSource(f"{path} holds no list of nodes that can be read: {reason}", _HINT) from error
    return Found(nodes.after(now - saved_at), place, saved_at)


def place_of_file(name: str, path: Path, *, local: bool = False) -> Place:
    """A file as a place to fall back on."""
    return Place(name, lambda now: read_list(path, name, now, local=local))


def nodes_of(states: Iterable[Mapping[str, Json]], *, local: bool = False) -> NodeList:
    """The list as Session Desktop keeps it: like a swarm's, with `ip` and `port`."""
    read = [read_node(state, "ip", ("port",), local=local) for state in states]
    usable = {node.ed25519: node for node in read if node is not None}
    return NodeList(tuple(usable.values()), dropped=len(read) - len(usable))


def _of_phone(path: Path, *, local: bool) -> NodeList:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        return nodes_of(
            (
                {"ip": ip, "port": port, "pubkey_ed25519": ed25519, "pubkey_x25519": x25519}
                for ip, port, ed25519, x25519 in database.execute(_PHONE)
            ),
            local=local,
        )
