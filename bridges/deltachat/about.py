"""What the bridge of Delta Chat is and needs to be told, as data."""

from __future__ import annotations

from migrate.model import Network

from ..about import About, Can, Limits, Setting, SettingKind

_SECURITY = ("automatic", "ssl", "starttls", "plain")

ABOUT = About(
    name="deltachat",
    title="Delta Chat",
    network=Network.DELTACHAT,
    summary="A mail account for the bridge alone, and one encrypted group for each contact.",
    settings=(
        Setting(name="address", help="The mail address of the bridge. It needs one that nobody else uses.",
                example="relay@example.org"),
        Setting(name="password", help="Its password.", example="(typed unseen)", kind=SettingKind.SECRET),
        Setting(name="name", help="What the bridge is called.", example="Robin's bridge", default="decamp"),
        Setting(name="owner", help="The number that Delta Chat has for you, filled in when you open the bridge's link.",
                example="11", default=""),
        Setting(name="imap_server", help="The machine where its mail lies, if it is not found by itself.",
                example="imap.example.org", default=""),
        Setting(name="imap_port", help="The port there; 0 is the usual one.", example="993", default="0",
                kind=SettingKind.NUMBER),
        Setting(name="imap_security", help="How the connection there is encrypted.", example="ssl",
                kind=SettingKind.CHOICE, choices=_SECURITY, default="automatic"),
        Setting(name="smtp_server", help="The machine that sends its mail, if it is not found by itself.",
                example="smtp.example.org", default=""),
        Setting(name="smtp_port", help="The port there; 0 is the usual one.", example="465", default="0",
                kind=SettingKind.NUMBER),
        Setting(name="smtp_security", help="How the connection there is encrypted.", example="ssl",
                kind=SettingKind.CHOICE, choices=_SECURITY, default="automatic"),
        Setting(name="certificates", help="Which certificates of these machines are good: as Delta Chat sees fit, only"
                " those that are in order, or any at all.", example="strict",
                kind=SettingKind.CHOICE, choices=("automatic", "strict", "any"), default="automatic"),
    ),
    can=frozenset({
        Can.FILES, Can.CAPTIONS, Can.VOICE, Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.READ, Can.TIMERS,
        Can.GROUPS, Can.MAKE_CHATS, Can.CHAT_PICTURES, Can.PERSONAS, Can.IDEMPOTENT, Can.INVITATIONS, Can.PROFILE,
    }),
    # People's programs fold what is longer than 38 lines of 100 characters (recipe of Delta Chat, section 5). Servers
    # differ in what they take; 18 MB is what Delta Chat itself recommends, as it grows by a third on the way.
    limits=Limits(text_characters=3800, file_bytes=18_874_368, reactions_per_person=1),
    extra="deltachat",
    libraries=("deltachat_rpc_client", "deltachat_rpc_server"),
)  # fmt: skip
