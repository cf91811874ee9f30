"""session-python as a child process: it asks nodes directly, without onions.

Its faults, which decide what a test can ask of it: the peers page, section 1. Run as a module, in its environment.
"""

from __future__ import annotations

import base64
from typing import Any

from session_python import network, polling
from session_python.client import Session

from tests.peers.talk import Client, File, Heard, Hello, Sent, serve, stay_here


class DirectPeer(Client):
    """One account, and what a test may ask of it."""

    def __init__(self, hello: Hello) -> None:
        network.SEEDS = [{"url": f"127.0.0.1:{hello.port}"}]
        self._session = Session()
        self.again = stay_here(self._session.network.session, hello.port)
        self._session.set_mnemonic(hello.words, hello.name)
        self._poller = polling.Poller(self._session, [0])
        self._contents = _Contents(polling.Content)
        polling.Content = self._contents

    def send(self, to: str, text: str, files: list[dict[str, str]]) -> Sent:
        attachments = [
            {"data": base64.b64decode(one["data"]), "name": one["name"], "content_type": one["type"]} for one in files
        ]
        sent = self._session.send_message(to, text, attachments)
        return Sent(sent["timestamp"], sent["messageHash"], sent["syncMessageHash"])

    def unsend(self, to: str, sent: dict[str, Any]) -> None:
        self._session.delete_message(to, sent["sent_at"], sent["copy_hash"])

    def poll(self) -> list[Heard]:
        self._contents.read.clear()
        found = self._poller.poll()
        return [_heard(one, content) for one, content in zip(found, self._contents.read, strict=True)]

    def fetch(self, file: dict[str, Any]) -> bytes:
        pointer = {
            "id": file["url"].partition("#")[0].rpartition("/")[2], "size": file["size"],
            "key": bytes.fromhex(file["key"]), "digest": bytes.fromhex(file["digest"]),
        }  # fmt: skip
        return bytes(self._session.get_file(pointer))

    def read_room(self, server: str, key: str, room: str) -> list[tuple[str, int, str, str]]:
        rows = self._session.send_sogs_request(server, key, f"/room/{room}/messages/recent?limit=20", "GET")
        return [(row["session_id"], row["id"], *self._shown(base64.b64decode(row["data"]))) for row in rows]

    def react_in_room(self, server: str, key: str, room: str, number: int, emoji: str) -> bool:
        answer = self._session.send_sogs_request(server, key, f"/room/{room}/reaction/{number}/{emoji}", "PUT", "{}")
        return bool(answer["added"])

    def _shown(self, padded: bytes) -> tuple[str, str]:
        """Text and name: this client knows how a message is written, and leaves rooms to whoever uses it."""
        data = self._contents.FromString(padded.rstrip(b"\0")[:-1]).dataMessage
        return data.body, data.profile.displayName

    def picture(self, url: str, key: str) -> bytes:
        return bytes(self._session.download_avatar({"url": url, "key": bytes.fromhex(key)}))


class _Contents:
    """Keeps what the poller reads: it opens names, quotes and reactions too, but does not hand them on."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self.read: list[Any] = []

    def FromString(self, data: bytes) -> Any:  # noqa: N802 - as the poller calls it
        content = self._kind.FromString(data)
        self.read.append(content)
        return content


def _heard(found: dict[str, Any], content: Any) -> Heard:
    kind, text, name = str(found["type"]), found["body"] or "", ""
    about: tuple[int, ...] = ()
    data, author = content.dataMessage, ""
    match kind:
        case "data":
            kind, name = "text", data.profile.displayName
            if data.HasField("quote"):
                about, author = (data.quote.id,), data.quote.author
            if data.HasField("reaction"):
                kind, text = "removed" if data.reaction.action else "reaction", data.reaction.emoji
                about, author = (data.reaction.id,), data.reaction.author
        case "typing":
            kind = "typing" if found["isTyping"] else "stopped"
        case "receipt":
            kind, about = "read", tuple(found["targetTimestamps"])
        case "unsend":
            about, author = (found["targetTimestamp"],), found["author"]
        case "request_response":
            response = content.messageRequestResponse
            kind, name = "accepted" if response.isApproved else "declined", response.profile.displayName
    files = tuple(
        File(one["url"], one["name"], one["contentType"], one["size"], one["key"].hex(), one["digest"].hex())
        for one in found["attachments"]
    )
    return Heard(
        kind, found["from"], found["timestamp"], found["hash"], text, name, found["syncTarget"] or "", about, author,
        files, 0, data.profile.profilePicture, data.profileKey.hex(),
    )  # fmt: skip


if __name__ == "__main__":
    serve(DirectPeer)
