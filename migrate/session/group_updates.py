"""What changes a group: eight kinds of update, and the signatures of admins below most of them.

Facts: formats page of the Session network, section 5.3. An update without a good signature is a claim of anybody who
is in the group: `forged` says so.
"""

from __future__ import annotations

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from .keys import GROUP_PREFIX
from .wire import Field, Kind, Part, Table

NAME, AVATAR, DISAPPEARING = 1, 2, 3
ADDED, REMOVED, PROMOTED = 1, 2, 3


class Invite(Part, frozen=True, kw_only=True):
    """Come into this group: `member_auth` is what our requests to its swarm are signed with."""

    group: str | None = None
    name: str | None = None
    member_auth: bytes | None = None
    signature: bytes | None = None


class Promote(Part, frozen=True, kw_only=True):
    """Be an admin of this group: `seed` is the key of the group itself."""

    seed: bytes | None = None
    name: str | None = None


class InfoChange(Part, frozen=True, kw_only=True):
    """The group has another name, picture or timer."""

    type: int | None = None
    name: str | None = None
    expiry_seconds: int | None = None
    signature: bytes | None = None


class MemberChange(Part, frozen=True, kw_only=True):
    """Somebody came, was sent away, or is an admin now."""

    type: int | None = None
    members: tuple[str, ...] = ()
    history_shared: bool | None = None
    signature: bytes | None = None


class InviteResponse(Part, frozen=True, kw_only=True):
    """Somebody accepted an invitation."""

    approved: bool | None = None


class DeleteMemberContent(Part, frozen=True, kw_only=True):
    """Everything of these members, or these messages by their hashes, is to go.

    Without the signature of an admin it counts only for messages of the sender.
    """

    members: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    signature: bytes | None = None


class MemberLeft(Part, frozen=True, kw_only=True):
    """Somebody left the group, says the app to the admins."""


class MemberLeftNotification(Part, frozen=True, kw_only=True):
    """Somebody left the group, says the app to the members."""


class GroupUpdate(Part, frozen=True, kw_only=True):
    """One change of a group; one of these is set."""

    invite: Invite | None = None
    info_change: InfoChange | None = None
    member_change: MemberChange | None = None
    promote: Promote | None = None
    member_left: MemberLeft | None = None
    invite_response: InviteResponse | None = None
    delete_content: DeleteMemberContent | None = None
    member_left_notification: MemberLeftNotification | None = None


GROUP_UPDATE = Table(
    GroupUpdate,
    {
        1: Field(
            "invite",
            Table(
                Invite,
                {
                    1: Field("group", Kind.TEXT),
                    2: Field("name", Kind.TEXT),
                    3: Field("member_auth", Kind.BYTES),
                    4: Field("signature", Kind.BYTES),
                },
            ),
        ),
        2: Field(
            "info_change",
            Table(
                InfoChange,
                {
                    1: Field("type", Kind.NUMBER32),
                    2: Field("name", Kind.TEXT),
                    3: Field("expiry_seconds", Kind.NUMBER32),
                    4: Field("signature", Kind.BYTES),
                },
            ),
        ),
        3: Field(
            "member_change",
            Table(
                MemberChange,
                {
                    1: Field("type", Kind.NUMBER32),
                    2: Field("members", Kind.TEXT, many=True),
                    3: Field("history_shared", Kind.TRUTH),
                    4: Field("signature", Kind.BYTES),
                },
            ),
        ),
        4: Field("promote", Table(Promote, {1: Field("seed", Kind.BYTES), 2: Field("name", Kind.TEXT)})),
        5: Field("member_left", Table(MemberLeft)),
        6: Field("invite_response", Table(InviteResponse, {1: Field("approved", Kind.TRUTH)})),
        7: Field(
            "delete_content",
            Table(
                DeleteMemberContent,
                {
                    1: Field("members", Kind.TEXT, many=True),
                    2: Field("hashes", Kind.TEXT, many=True),
                    3: Field("signature", Kind.BYTES),
                },
            ),
        ),
        8: Field("member_left_notification", Table(MemberLeftNotification)),
    },
)


def invite_text(invited: str, sent_at: int) -> str:
    """What an admin signs when inviting somebody."""
    return f"INVITE{invited}{sent_at}"


def info_text(change: InfoChange, sent_at: int) -> str:
    """What an admin signs when the name, the picture or the timer changes."""
    return f"INFO_CHANGE{change.type}{sent_at}"


def member_text(change: MemberChange, sent_at: int) -> str:
    """What an admin signs when members come, go or rise."""
    return f"MEMBER_CHANGE{change.type}{sent_at}"


def deletion_text(deletion: DeleteMemberContent, sent_at: int) -> str:
    """What an admin signs when deleting what others wrote."""
    return f"DELETE_CONTENT{sent_at}{''.join(deletion.members)}{''.join(deletion.hashes)}"


def forged(update: GroupUpdate, group: str | None, *, invited: str, sent_at: int) -> bool:
    """Whether a signature that belongs below this update is missing, or was not made with the key of the group.

    `group` is where the update was found, None outside of groups: there only an invitation to `invited` is of any use.
    """
    signed: list[tuple[bytes | None, str, str | None]] = []
    if (invite := update.invite) is not None:
        signed.append((invite.signature, invite_text(invited, sent_at), invite.group))
    if (info := update.info_change) is not None:
        signed.append((info.signature, info_text(info, sent_at), group))
    if (change := update.member_change) is not None:
        signed.append((change.signature, member_text(change, sent_at), group))
    if (deletion := update.delete_content) is not None and deletion.signature:  # without one it counts for less
        signed.append((deletion.signature, deletion_text(deletion, sent_at), group))
    return not all(_good(signature, text, of) for signature, text, of in signed)


def _good(signature: bytes | None, text: str, group: str | None) -> bool:
    if signature is None or group is None or len(signature) != sodium.crypto_sign_BYTES:
        return False
    try:
        sodium.crypto_sign_open(signature + text.encode(), bytes.fromhex(group.removeprefix(GROUP_PREFIX)))
    except (BadSignatureError, ValueError):
        return False
    return True
