"""Files that somebody made up: nothing is fetched from where they say, nothing is taken for what it is not."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from bridges.api import Refused, Upload
from bridges.matrix.calls import Calls
from bridges.matrix.loose import Object, an_object
from bridges.matrix.media import Media
from tests.servers.synapse import Synapse

NOWHERE = "http://127.0.0.1:9"


async def fetched(base: str, ref: str, folder: Path, token: str = "") -> bytes:
    calls = Calls(base, token)
    try:
        return b"".join([piece async for piece in Media(calls, folder, os.urandom).fetch(ref, None)])
    finally:
        await calls.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.org/x",
        "mxc://example.org/../x",
        "mxc://a/b/c",
        "mxc://a b/c",
        "mxc://example.org/x?y=1",
        "mxc:///x",
    ],
)
def test_an_address_that_is_no_file_of_matrix_is_never_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="names no file"):
        asyncio.run(fetched(NOWHERE, json.dumps({"url": url}), tmp_path))


@pytest.mark.parametrize("ref", ["{", '{"url": 5}', '{"url": "mxc://a/b", "key": {"k": "short"}}'])
def test_a_reference_that_makes_no_sense_is_refused(ref: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        asyncio.run(fetched(NOWHERE, ref, tmp_path))


def test_a_sealed_file_is_read_back_and_one_that_was_changed_is_not(homeserver: Synapse, tmp_path: Path) -> None:
    user, content = homeserver.user("files"), os.urandom(200_000)
    (tmp_path / "file").write_bytes(content)
    upload = Upload(path=str(tmp_path / "file"), name="x", type="text/plain", size=len(content))

    async def store(sealed: bool) -> Object:
        calls = Calls(homeserver.url, user.token)
        try:
            return await Media(calls, tmp_path, os.urandom).store(upload, {}, sealed=sealed)
        finally:
            await calls.close()

    async def story() -> None:
        told = an_object(await store(True), "file")
        assert await fetched(homeserver.url, json.dumps(told), tmp_path, user.token) == content
        other = {**told, "url": (await store(False))["url"]}
        with pytest.raises(Refused, match="not the one"):
            await fetched(homeserver.url, json.dumps(other), tmp_path, user.token)
        with pytest.raises(Refused, match="larger"):
            await fetched(homeserver.url, json.dumps({**told, "size": 1000}), tmp_path, user.token)

    asyncio.run(story())


def test_a_file_that_changed_before_it_was_sent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"four")

    async def story() -> None:
        calls = Calls(NOWHERE)
        try:
            for name in ("file", "gone"):
                upload = Upload(path=str(tmp_path / name), name="x", type="text/plain", size=5)
                with pytest.raises(Refused):
                    await Media(calls, tmp_path, os.urandom).store(upload, {}, sealed=False)
        finally:
            await calls.close()

    asyncio.run(story())
