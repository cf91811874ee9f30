"""What a format is: something that is shown each changed conversation once, and then finishes its own files."""

from __future__ import annotations

from typing import Protocol

from ..model import Conversation, Message


class ConversationWriter(Protocol):
    """Takes the messages of one conversation in the order of `sent_at`, then `id`."""

    def add(self, n: int, message: Message) -> None:
        """One message; `n` is its number in the `messages` table."""

    def finish(self) -> None:
        """Write the conversation's files and remove those that it no longer needs."""


class Nothing:
    """What a format does with a conversation that it has nothing to say about."""

    def add(self, n: int, message: Message) -> None:
        return

    def finish(self) -> None:
        return


class FormatWriter(Protocol):
    """One output format of an archive. Its files go through `Outputs`, under the format's name."""

    name: str

    def begin(self, n: int, conversation: Conversation) -> ConversationWriter:
        """Start on a conversation that changed since this format was last written."""

    def finish(self) -> None:
        """Write what is about all conversations, after the changed ones."""
