"""The post office of the demo: takes what apps would store and upload, and brings it to the stand-in at once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from random import Random

from ...session.attachments import IV_BYTES as FILE_IV_BYTES
from ...session.attachments import LEGACY_KEY_BYTES, seal_legacy, seal_stream
from ...session.avatars import IV_BYTES, KEY_BYTES, seal_avatar
from ...session.config.fields import Picture
from ...session.config.hidden import Hidden
from ...session.content import Pointer, Profile
from ...session.keys import AccountKeys
from ...session.outgoing import DAY
from ...standin.network import StandIn
from ...standin.shelves import Stored, hash_of

SERVER = "http://filev2.getsession.org"
SETTINGS_TTL = 30 * DAY


@dataclass(frozen=True, slots=True)
class File:
    """Something to attach. `stream` seals it in the newer of the two ways; what is `gone` the server has lost."""

    name: str
    type: str
    data: bytes = field(repr=False)
    stream: bool = False
    gone: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Friend:
    """Somebody who writes in the demo, with all keys, and the picture that they show."""

    keys: AccountKeys
    name: str | None
    nickname: str | None = None
    approved: bool = True
    approved_me: bool = True
    blocked: bool = False
    pinned: bool = False
    picture: Picture | None = None
    face: str | None = None
    """The SHA-256 of the picture."""

    @property
    def id(self) -> str:
        return self.keys.session_id

    def profile(self, updated: int) -> Profile:
        """What rides on every message that they write."""
        return Profile(name=self.name, avatar_url=self.picture.url if self.picture else None, updated=updated)

    @property
    def profile_key(self) -> bytes | None:
        return bytes(self.picture.key) if self.picture else None


class Post:
    """Everything that was stored and uploaded, in no order, until `deliver` puts it on the shelves in that of time."""

    def __init__(self, owner: AccountKeys, random: Random, now: int) -> None:
        self.owner, self.random, self.now = owner, random, now
        self._letters: list[tuple[str, Stored]] = []
        self._files: dict[str, bytes] = {}

    def someone(self) -> AccountKeys:
        """The keys of an account that nobody has."""
        return AccountKeys(self.random.randbytes(16).ljust(32, b"\0"))

    def store(self, account: str, namespace: int, data: bytes, at: int, ttl: int) -> str:
        """What an app stored at some time for an account or a group; the name that nodes give to it comes back."""
        name = hash_of(account, namespace, data)
        self._letters.append((account, Stored(name, namespace, data, at, at + ttl)))
        return name

    def upload(self, blob: bytes) -> str:
        """The address of something that now lies on the file server."""
        id = base64.urlsafe_b64encode(self.random.randbytes(33)).decode("ascii")
        self._files[id] = blob
        return f"{SERVER}/file/{id}"

    def picture(self, image: bytes) -> Picture:
        """An avatar, uploaded as the app does it."""
        key = self.random.randbytes(KEY_BYTES)
        return Picture(url=self.upload(seal_avatar(image, key, self.random.randbytes(IV_BYTES))), key=Hidden(key))

    def attach(self, file: File, sender: AccountKeys) -> Pointer:
        """A file of a message, uploaded in one of the two ways that there are."""
        if file.stream:
            blob, key = seal_stream(file.data, sender)
            digest, fragment = None, "#d"
        else:
            key = self.random.randbytes(LEGACY_KEY_BYTES)
            blob, digest = seal_legacy(file.data, key, self.random.randbytes(FILE_IV_BYTES))
            fragment = ""
        url = self.upload(blob)
        if file.gone:
            self._files.popitem()
        return Pointer(type=file.type, key=key, size=len(file.data), digest=digest, name=file.name, url=url + fragment)

    def deliver(self, network: StandIn) -> int:
        """Bring all of it to the stand-in, the oldest first, and say how many things were stored."""
        letters = sorted(self._letters, key=lambda letter: (letter[1].timestamp, letter[1].hash))

        def bring() -> None:
            for account, stored in letters:
                network.shelves.lay(account, stored)
            network.file_server.files.update(self._files)

        network.within(bring)
        return len(letters)
