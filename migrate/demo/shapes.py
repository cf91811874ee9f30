"""How Session Desktop spells a message as JSON, now and in the versions before.

Facts: formats page of Session Desktop, sections 6 and 9. Messages are described in today's spelling everywhere in this
package; `aged` turns one into what an older version would have written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

Fields = dict[str, object]

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
DELETED_HERE_SINCE = 54
QUOTE_BY_TIMESTAMP_SINCE = 53
ERRORS_COLUMN_SINCE = 40
NEW_TIMERS_SINCE = 34


def without_booleans(value: object) -> object:
    """True and false as 1 and 0 at any depth, which is how the app saves messages."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Mapping):
        return {key: without_booleans(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_booleans(item) for item in value]
    return value


def stringify(value: object) -> str:
    """JSON as the app writes it: compact, letters as they are, lone surrogates escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def column_text(text: str) -> str:
    """A text as it arrives in a column: a lone surrogate becomes the replacement character."""
    return LONE_SURROGATE.sub("\ufffd", text)


def attachment_hints(message: Mapping[str, object]) -> Fields:
    """The three `has…` fields of a message with files or a preview picture; nothing for one without."""
    attachments = message.get("attachments")
    files = [item for item in attachments if isinstance(item, dict)] if isinstance(attachments, list) else []
    previews = message.get("preview")
    pictured = isinstance(previews, list) and any(isinstance(item, dict) and item.get("image") for item in previews)
    if not files and not pictured:
        return {}
    kinds = [str(item.get("contentType") or "").partition("/")[0] for item in files]
    return {
        "hasAttachments": 1,
        "hasFileAttachments": int(any(kind not in ("image", "video", "audio") for kind in kinds)),
        "hasVisualMediaAttachments": int(any(kind in ("image", "video") for kind in kinds)),
    }


def aged(message: Fields, schema: int, quoted_text: Callable[[object], str | None]) -> Fields:
    """The message as the app of this schema version wrote it; `quoted_text` finds the body of a `sent_at`."""
    old = dict(message)
    if schema < DELETED_HERE_SINCE and old.get("isDeleted"):
        old["isDeleted"] = 1
    quote = old.get("quote")
    if schema < QUOTE_BY_TIMESTAMP_SINCE and isinstance(quote, dict) and "timestamp" in quote:
        old["quote"] = _old_quote(quote, quoted_text(quote["timestamp"]))
    if schema < ERRORS_COLUMN_SINCE and isinstance(old.get("errors"), str):
        old["errors"] = [_old_error(str(old["errors"]), str(old["conversationId"]))]
        old.pop("sent", None)
    return _with_old_notices(old) if schema < NEW_TIMERS_SINCE else old


def _old_quote(quote: Fields, text: str | None) -> Fields:
    return {
        "id": quote["timestamp"],
        "author": quote.get("author"),
        "text": text,
        "attachments": None,
        "referencedMessageNotFound": int(text is None),
    }


def _old_error(text: str, recipient: str) -> Fields:
    name, _, reason = text.partition(" - ")
    return {"name": name, "message": reason.strip('"'), "number": recipient}


def _with_old_notices(message: Fields) -> Fields:
    """Notices as Session 1.11 wrote them: no kind of timer, a source in each extraction notice."""
    message.pop("expirationType", None)
    timer = message.get("expirationTimerUpdate")
    if isinstance(timer, dict):
        message["expirationTimerUpdate"] = {key: timer[key] for key in timer if key != "expirationType"}
    extraction = message.get("dataExtractionNotification")
    if isinstance(extraction, dict):
        where = {"source": message["source"], "referencedAttachmentTimestamp": 0}
        message["dataExtractionNotification"] = extraction | where
    if message.get("messageRequestResponse") == {}:
        message["messageRequestResponse"] = {"isApproved": 1}
    return message
