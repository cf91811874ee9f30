"""Gives files back the names they were sent under, without letting a name become a path or a page.

What is no picture, sound or video lies a second time in `html/files/CHAT/NAME`, as a hard link that takes no
space. A browser opens local files by their extension, so only extensions of documents that run nothing are kept.
"""

from __future__ import annotations

import os
import re

from ..files import path_of
from ..names import clean_name
from ..outputs import Outputs
from .media import Medium

FORMAT = "html"
LONGEST = 80
_ENDING = re.compile(r"\.([0-9A-Za-z]{1,10})$")
_KEPT = frozenset(
    """7z aac amr asc avi bmp bz2 csv doc docx epub flac gz heic heif ics json key log m4a md mid mkv mobi mp3 mp4
    numbers odg odp ods odt ogg opus otf pages pgp ppt pptx psd rar rtf sig tar tgz tif tiff ttf txt vcf wav webm
    xls xlsx xz zip zst""".split()  # noqa: SIM905 (a list of sixty strings is harder to read)
)
_TEXTS = frozenset(
    """bat c cmd conf cpp css desktop eml go gpx h hta htm html ini java js lua mht mhtml mjs php pl ps1 py rb reg
    rs sh shtml sql svg toml ts url vbs webloc xht xhtml xml xsl xslt yaml yml""".split()  # noqa: SIM905
)


def safe_name(name: str | None, medium: Medium) -> str:
    """The name a person looks for, with an extension that opens nothing but what the file is."""
    stem, ending = (name or "file"), ""
    found = _ENDING.search(stem)
    if found:
        stem, ending = stem[: found.start()], found.group(1)
    clean = clean_name(stem, LONGEST)
    if medium == "pdf":
        return f"{clean}.pdf" if not ending or ending.lower() == "pdf" else f"{clean}.{ending}.pdf"
    if ending.lower() in _KEPT:
        return f"{clean}.{ending}"
    return f"{clean}{'.' if ending else ''}{ending}.{'txt' if ending.lower() in _TEXTS else 'bin'}"


class Downloads:
    """The named files of one conversation."""

    def __init__(self, outputs: Outputs, folder: str) -> None:
        self._outputs = outputs
        self._folder = folder
        self._taken: dict[str, str] = {}
        self.paths: set[str] = set()

    def offer(self, sha256: str, name: str | None, medium: Medium) -> str | None:
        """The path of this file under its own name, or None where the disk knows no links."""
        wanted = safe_name(name, medium)
        stem, dot, ending = wanted.rpartition(".")
        number = 1
        while self._taken.setdefault(wanted.casefold(), sha256) != sha256:
            number += 1
            wanted = f"{stem} ({number}){dot}{ending}"
        path = f"{self._folder}/{wanted}"
        if path not in self.paths and not self._link(path, sha256):
            return None
        self.paths.add(path)
        return path

    def _link(self, path: str, sha256: str) -> bool:
        source, target = self._outputs.folder / path_of(sha256), self._outputs.folder / path
        draft = self._outputs.draft()
        try:
            size = source.stat().st_size
            if self._outputs.is_same(path, FORMAT, size, sha256):
                return True
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.link(source, draft)
            # Renaming a link onto another link to the same file does nothing and would leave the draft.
            target.unlink(missing_ok=True)
            os.replace(draft, target)
        except OSError:
            return False
        self._outputs.note(path, FORMAT, size, sha256)
        return True
