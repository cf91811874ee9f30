"""The folder of encrypted files beside a Session Desktop database.

Facts: formats page of Session Desktop, section 7.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from random import Random

from nacl import bindings as nacl

FOLDER = "attachments.noindex"
THUMBNAIL_SIZE = (200, 200)


def encrypt(data: bytes, key: bytes) -> bytes:
    """One file as it lies on disk: a secretstream of a single, final chunk, 41 bytes longer than the file."""
    state = nacl.crypto_secretstream_xchacha20poly1305_state()
    header = nacl.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    final = nacl.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    return header + nacl.crypto_secretstream_xchacha20poly1305_push(state, data, None, final)


class Vault:
    """Writes files under random names and says by which path the database knows them.

    `separator` is what stands in those paths: a backslash in profiles from Windows.
    """

    def __init__(self, profile: Path, key: bytes, rng: Random, separator: str = "/") -> None:
        self.folder = profile / FOLDER
        self._key = key
        self._rng = rng
        self._separator = separator
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Encrypt and store a file; the answer is its `path` in the database."""
        name = self._rng.randbytes(32).hex()
        place = self.folder / name[:2]
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(encrypt(data, self._key))
        return f"{name[:2]}{self._separator}{name}"

    def on_disk(self, path: str) -> Path:
        """Where a stored path lies on this machine."""
        return self.folder / path.replace("\\", "/")

    def attachment(
        self,
        data: bytes,
        name: str | None,
        type: str | None,
        *,
        size: tuple[int, int] | None = None,
        thumbnail: bytes | None = None,
        screenshot: bytes | None = None,
        voice: bool = False,
    ) -> dict[str, object]:
        """Store a file and describe it as a message does; `size` is width and height of a picture or film."""
        fields: dict[str, object] = {"contentType": type, "size": len(data), "fileName": name}
        if voice:
            fields["flags"] = 1
        if size is not None:
            fields["width"], fields["height"] = size
        fields |= self._on_server()
        fields["path"] = self.put(data)
        fields["thumbnail"] = self._preview(thumbnail, THUMBNAIL_SIZE)
        fields["screenshot"] = self._preview(screenshot, size or THUMBNAIL_SIZE)
        fields["pending"] = 0
        return fields

    def not_downloaded(self, name: str, type: str, length: int) -> dict[str, object]:
        """Describe a file that the sender offered and nobody fetched: its key is for the copy on the server."""
        fields: dict[str, object] = {"contentType": type, "size": length, "fileName": name}
        fields |= self._on_server()
        fields["key"] = b64encode(self._rng.randbytes(64)).decode()
        fields["digest"] = b64encode(self._rng.randbytes(32)).decode()
        fields["pending"] = 1
        return fields

    def expired(self, name: str, type: str, length: int) -> dict[str, object]:
        """Describe a file that was gone from the server before it could be fetched."""
        fields: dict[str, object] = {"contentType": type, "size": length, "fileName": name}
        return fields | self._on_server() | {"pending": 0, "error": 1}

    def _on_server(self) -> dict[str, object]:
        number = self._rng.randrange(100_000, 1_000_000)
        return {"url": f"http://filev2.getsession.org/file/{number}", "deprecatedId": 0, "id": 0}

    def _preview(self, picture: bytes | None, size: tuple[int, int]) -> dict[str, object] | None:
        if picture is None:
            return None
        return {"path": self.put(picture), "contentType": "image/png", "width": size[0], "height": size[1]}
