"""The files of a message: pictures, sounds and videos in place, documents by name, the rest with the reason."""

from __future__ import annotations

from html import escape

from ...model import Attachment, AttachmentState
from . import text
from .downloads import Downloads
from .media import Media

UP = "../../../"
_NAME = 120
_LARGEST_INLINE = 8_000_000
_LARGEST_SIDE = 20_000
_REASONS = {
    AttachmentState.MISSING: "the file was no longer on the disk",
    AttachmentState.NOT_DOWNLOADED: "it had not been downloaded",
    AttachmentState.DAMAGED: "the file is damaged and could not be decrypted",
    AttachmentState.REFUSED: "its place was none that Session could have made, so it was not read",
}


class Attachments:
    """Shows what came with the messages of one conversation."""

    def __init__(self, media: Media, downloads: Downloads) -> None:
        self._media = media
        self._downloads = downloads

    def html(self, attachments: tuple[Attachment, ...]) -> str:
        """All files of one message, in order."""
        return "".join(self._one(attachment) for attachment in attachments)

    def _one(self, attachment: Attachment) -> str:
        caption = (
            f'<p class="caption" dir="auto">{escape(text.plain(attachment.caption))}</p>' if attachment.caption else ""
        )
        if attachment.state is not AttachmentState.KEPT or not attachment.sha256:
            return self._absent(attachment, _REASONS.get(attachment.state, "the file was not there")) + caption
        medium = self._media.medium(attachment.sha256)
        if medium is None:
            return self._absent(attachment, "the file is no longer in this archive") + caption
        source = UP + self._media.path(attachment.sha256)
        if medium == "image":
            return self._picture(attachment, source) + caption
        if medium == "audio" or (medium == "video" and (attachment.voice or _claims_sound(attachment))):
            what = "Voice message" if attachment.voice else f"Sound: {_name(attachment)}"
            return (
                f'<figure class="a"><figcaption>{what}</figcaption>'
                f'<audio controls preload="none" src="{source}"></audio></figure>{caption}'
            )
        if medium == "video":
            return self._video(attachment, source) + caption
        return self._document(attachment, attachment.sha256, medium == "pdf") + caption

    def _picture(self, attachment: Attachment, source: str) -> str:
        shown = source
        if attachment.thumbnail and (attachment.size or 0) > _LARGEST_INLINE and self._is_picture(attachment.thumbnail):
            shown = UP + self._media.path(attachment.thumbnail)
        alt = f"Picture {text.attribute(attachment.name[:_NAME])}" if attachment.name else "Picture"
        return f'<a class="pic" href="{source}"><img src="{shown}" alt="{alt}" loading="lazy"{_size(attachment)}></a>'

    def _video(self, attachment: Attachment, source: str) -> str:
        poster = ""
        if attachment.thumbnail and self._is_picture(attachment.thumbnail):
            poster = f' poster="{UP}{self._media.path(attachment.thumbnail)}"'
        label = f"Video {text.attribute(attachment.name[:_NAME])}" if attachment.name else "Video"
        return (
            f'<video controls preload="none" playsinline src="{source}"{poster} aria-label="{label}"'
            f"{_size(attachment)}></video>"
        )

    def _document(self, attachment: Attachment, sha256: str, is_pdf: bool) -> str:
        size = f'<span class="size">{_bytes(attachment.size)}</span>'
        path = self._downloads.offer(sha256, attachment.name, "pdf" if is_pdf else "other")
        if path is None:
            place = f'<span class="size">in the archive: <code>{self._media.path(sha256)}</code></span>'
            return f'<div class="f">{_name(attachment)} {size}{place}</div>'
        href = UP + text.quoted_path(path)
        return f'<a class="f" href="{href}" target="_blank" rel="noopener">{_name(attachment)} {size}</a>'

    def _absent(self, attachment: Attachment, reason: str) -> str:
        picture = ""
        if attachment.thumbnail and self._is_picture(attachment.thumbnail):
            picture = f'<img src="{UP}{self._media.path(attachment.thumbnail)}" alt="Small copy" loading="lazy">'
        size = f", {_bytes(attachment.size)}" if attachment.size else ""
        why = f'<span class="size">Not kept: {reason}.</span>'
        return f'<div class="f lost">{picture}{_name(attachment)}{size} {why}</div>'

    def _is_picture(self, sha256: str) -> bool:
        return self._media.medium(sha256) == "image"


def _name(attachment: Attachment) -> str:
    if attachment.voice:
        return "Voice message"
    return text.label(text.excerpt(attachment.name, _NAME)) if attachment.name else "File without a name"


def _claims_sound(attachment: Attachment) -> bool:
    """The sender's word decides between two players of the same container, nothing more."""
    return bool(attachment.type and attachment.type.startswith("audio/"))


def _size(attachment: Attachment) -> str:
    """Width and height, so that the page does not jump when the picture arrives."""
    width, height = attachment.width, attachment.height
    if width and height and 0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE:
        return f' width="{width}" height="{height}"'
    return ""


def _bytes(size: int | None) -> str:
    """A size as people read it."""
    if size is None:
        return "size unknown"
    if size < 1000:
        return f"{size} bytes"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5 or unit == "GB":
            break
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
