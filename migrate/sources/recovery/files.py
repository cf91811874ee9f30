"""Files and pictures of messages and people: fetched from the file server, opened, and asked for only once.

Facts: formats page of the Session network, section 7; the ways out, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...session.attachments import open_file
from ...session.avatars import open_avatar
from ...session.content import Pointer
from ...session.errors import BadFile, NoAnswer
from ..base import FileProblem
from .spool import Spool

if TYPE_CHECKING:
    from ...session.config.fields import Picture

Download = Callable[[str], bytes]
"""The sealed bytes at an address. Raises `FileGone`, `NoAnswer`, or `BadFile` for an address elsewhere."""

_GONE = "The file server no longer has it: it keeps files for about two weeks."
_SILENT = "The file server did not answer; the next run asks again."
_REFUSED = {"url": "Its address is none of Session.", "elsewhere": "It lies on a server that its sender chose."}


class Files:
    """Fetches through `download`; what is gone, and pictures of people, are remembered in the spool."""

    def __init__(self, spool: Spool, download: Download, now: Callable[[], int]) -> None:
        self._spool, self._download, self._now = spool, download, now

    def attachment(self, pointer: Pointer) -> bytes:
        """The file that a message points to. Raises `FileProblem`."""
        if not pointer.url:
            raise FileProblem("missing", "The message does not say where it lies.")
        blob = self._fetched(pointer.url, keep=False)
        try:
            return open_file(pointer, blob)
        except BadFile as error:
            raise _problem(error) from error

    def avatar(self, picture: Picture) -> bytes:
        """The picture of a person or a group. Raises `FileProblem`."""
        blob = self._fetched(picture.url, keep=True)
        try:
            return open_avatar(picture.url, bytes(picture.key), blob)
        except BadFile as error:
            if error.code == "damaged":
                raise FileProblem("missing", "The picture is another one by now.") from error
            raise _problem(error) from error

    def _fetched(self, url: str, *, keep: bool) -> bytes:
        from ...network.errors import FileGone

        address = url.partition("#")[0]  # what follows is a key
        known = self._spool.file(address)
        if known is not None:
            if known[0] is None:
                raise FileProblem("missing", _GONE)
            return known[0]
        try:
            blob = self._download(url)
        except FileGone as error:
            self._spool.keep_file(address, None, self._now())
            raise FileProblem("missing", _GONE) from error
        except NoAnswer as error:
            self._spool.owes = True
            raise FileProblem("missing", _SILENT) from error
        except BadFile as error:
            raise _problem(error) from error
        if keep:
            self._spool.keep_file(address, blob, self._now())
        return blob


def _problem(error: BadFile) -> FileProblem:
    if error.code in _REFUSED:
        return FileProblem("refused", _REFUSED[error.code])
    return FileProblem("damaged", str(error))
