"""The JSON Lines files: one object a line, for programs. docs/formats.md and docs/schema/ are their contract."""

from __future__ import annotations

import msgspec

from ..identity import conversation_short_id
from ..model import Conversation, Message
from .names import clean_name
from .outputs import Outputs
from .read import Archive
from .writer import ConversationWriter, Nothing

_encode = msgspec.json.Encoder().encode
_encode_into = msgspec.json.Encoder().encode_into
BLOCK = 1 << 16


def file_of(conversation: Conversation) -> str:
    """Where the messages of a conversation go: its name for people, its short id against doubles."""
    return f"messages/{clean_name(conversation.title)}--{conversation_short_id(conversation.id)}.jsonl"


class JsonLines:
    """Writes `messages/*.jsonl`, `contacts.jsonl` and `conversations.jsonl`."""

    name = "jsonl"

    def __init__(self, archive: Archive, outputs: Outputs) -> None:
        self._archive = archive
        self._outputs = outputs

    def begin(self, n: int, conversation: Conversation) -> ConversationWriter:
        """Start the file of one conversation; the old one goes if the conversation has another name now.

        A conversation without messages, such as a person who was only seen in a group, has no file.
        """
        if not conversation.message_count:
            return Nothing()
        path = file_of(conversation)
        if conversation.file is not None and conversation.file != path:
            self._outputs.remove(conversation.file)
        if conversation.file != path:
            self._archive.con.execute("UPDATE conversations SET file = ? WHERE n = ?", (path, n))
        return MessageLines(path, self._outputs)

    def finish(self) -> None:
        """Write the two lists."""
        conversations = self._archive.conversations()
        self._outputs.write("conversations.jsonl", self.name, (_encode(c) + b"\n" for c in conversations))
        self._outputs.write("contacts.jsonl", self.name, (_encode(c) + b"\n" for c in self._archive.contacts()))


class MessageLines:
    """The file of one conversation, written while its messages pass by."""

    def __init__(self, path: str, outputs: Outputs) -> None:
        self._draft = outputs.begin(path, JsonLines.name)
        self._buffer = bytearray()

    def add(self, n: int, message: Message) -> None:
        """One line."""
        _encode_into(message, self._buffer, -1)
        self._buffer += b"\n"
        if len(self._buffer) > BLOCK:
            self._draft.write(self._buffer)
            self._buffer.clear()

    def finish(self) -> None:
        """The file appears when it is complete."""
        self._draft.write(self._buffer)
        self._draft.finish()
