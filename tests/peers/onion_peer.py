"""sessionpy-messenger as a child process: everything it asks goes through onions.

Its faults, which decide what a test can ask of it: the peers page, section 2. Run as a module, in its environment.
"""

from __future__ import annotations

import base64
from typing import Any

from pysession_client import network
from sessionpy import Session

from tests.peers.talk import Client, File, Heard, Hello, Sent, serve, stay_here

KINDS = {
    "message": "text", "read_receipt": "read", "message_deleted": "unsend", "timer_update": "timer",
    "conversation_request_accepted": "accepted",
}  # fmt: skip


class OnionPeer(Client):
    """One account, and what a test may ask of it."""

    def __init__(self, hello: Hello) -> None:
        network.SEED_NODES = [f"http://127.0.0.1:{hello.port}"]
        network.FILE_SERVER_X25519_PK = hello.file_server_key
        self.again = stay_here(network._http, hello.port)
        self._session = Session(hello.words)
        self._session.set_display_name(hello.name, publish=False)
        self._last = ""

    def send(
        self, to: str, text: str, files: list[dict[str, str]], reply: dict[str, Any] | None = None, expires: int = 0
    ) -> Sent:
        attachments = [
            {"data": base64.b64decode(one["data"]), "file_name": one["name"], "content_type": one["type"]}
            for one in files
        ]
        quoted = reply and {"timestamp": reply["sent_at"], "author": reply["author"], "text": reply["text"]}
        sent = self._session.send_message(
            to, text, attachments, reply_to_message=quoted, expire_seconds=expires or None
        )
        return Sent(sent["timestamp"], sent["message_hash"], sent["sync_message_hash"])

    def unsend(self, to: str, sent: dict[str, Any]) -> None:
        self._session.delete_message(to, sent["sent_at"], sent["hash"])

    def poll(self) -> list[Heard]:
        found = self._session.poll(self._last)
        self._last = found[-1]["hash"] if found else self._last
        return [_heard(one) for one in found]

    def fetch(self, file: dict[str, Any]) -> bytes:
        pointer = {name: bytes.fromhex(file[name]) for name in ("key", "digest")}
        # It leaves the padding at the end of a file to whoever asks for it.
        return bytes(self._session.get_file({"url": file["url"], **pointer})[: file["size"]])

    def picture(self, url: str, key: str) -> bytes:
        return bytes(self._session.download_avatar({"url": url, "key": bytes.fromhex(key)}))


def _heard(found: dict[str, Any]) -> Heard:
    kind = KINDS.get(found["type"], str(found["type"]))
    text, about, author = found["body"], tuple(found["read_timestamps"]), ""
    if kind == "typing" and not found["typing"]:
        kind = "stopped"
    if found["deleted_timestamp"]:
        about = (found["deleted_timestamp"],)
    if quote := found["reply_to_message"]:
        about, author = (quote["timestamp"],), quote["author"]
    if reaction := found["reaction"]:
        kind, text = "removed" if reaction["remove"] else "reaction", reaction["emoji"]
        about, author = (reaction["timestamp"],), reaction["author"]
    files = tuple(
        File(
            one["url"], one["file_name"] or "", one["content_type"] or "", one["size"],
            (one["key"] or b"").hex(), (one["digest"] or b"").hex(),
        )
        for one in found["attachments"]
    )  # fmt: skip
    profile = found["profile"] or {}
    picture = profile.get("avatar") or {}
    return Heard(
        kind, found["sender_session_id"], found["timestamp"], found["hash"], text, profile.get("display_name", ""),
        found["sync_target"] or "", about, author, files, found["expire_seconds"] or 0,
        picture.get("url", ""), (picture.get("key") or b"").hex(),
    )  # fmt: skip


if __name__ == "__main__":
    serve(OnionPeer)
