"""What the two bridges for Matrix are, as data."""

from __future__ import annotations

from migrate.model import Network

from ..about import About, Can, Limits, Setting, SettingKind

BOTH = frozenset(
    {
        Can.FILES,
        Can.CAPTIONS,
        Can.VOICE,
        Can.REPLIES,
        Can.EDITS,
        Can.DELETES,
        Can.REACTIONS,
        Can.READ,
        Can.TYPING,
        Can.GROUPS,
        Can.MAKE_CHATS,
        Can.CHAT_PICTURES,
        Can.IDEMPOTENT,
    }
)
LONGEST_NAME = 255  # what Synapse takes as the name of a person; longer ones are cut

HOMESERVER = Setting(
    name="homeserver",
    help="The homeserver: its name, or the address where it answers.",
    example="example.org",
)
RECEIPTS = Setting(
    name="receipts",
    help="Whether others see what was read here. Without it, only the account's own devices do.",
    example="true",
    kind=SettingKind.SWITCH,
    default="true",
)


def is_on(said: str) -> bool:
    """Whether a switch is on. Older settings say no where newer ones say false."""
    return said not in {"false", "no"}


MATRIX = About(
    name="matrix",
    title="Matrix",
    network=Network.MATRIX,
    summary="One Matrix account, in encrypted rooms too. Each contact gets a room of their own.",
    settings=(
        HOMESERVER,
        Setting(
            name="token",
            help="The access token of a login that nothing else uses. Setting up makes one from your password.",
            example="syt_…",
            kind=SettingKind.SECRET,
        ),
        Setting(
            name="owner",
            help="Your own Matrix address, if the account above is another one. It is invited to every new room.",
            example="@alice:example.org",
            default="",
        ),
        Setting(
            name="encrypt",
            help="Whether rooms that are made here are encrypted.",
            example="true",
            kind=SettingKind.SWITCH,
            default="true",
        ),
        RECEIPTS,
    ),
    can=BOTH | {Can.REQUESTS},
    # An event has at most 65,536 bytes (recipe for Matrix, section 2). Sealed, it is written as ASCII and in base 64
    # before that, which makes four of each byte where people write in anything but English.
    limits=Limits(text_bytes=15_000, name_characters=LONGEST_NAME),
    extra="matrix",
    libraries=("nio", "vodozemac"),
)

APPSERVICE = About(
    name="matrix-appservice",
    title="Matrix, on a homeserver of your own",
    network=Network.MATRIX,
    summary="Each contact is a Matrix account with their name and picture. Needs a homeserver that you administer.",
    settings=(
        Setting(
            name="homeserver",
            help="The address where the homeserver answers decamp.",
            example="http://127.0.0.1:8008",
        ),
        Setting(name="server", help="The name of the homeserver, as in addresses.", example="example.org"),
        Setting(name="owner", help="Your own Matrix address.", example="@alice:example.org"),
        Setting(
            name="listen",
            help="Where decamp waits for the homeserver: an address of this machine and a port.",
            example="127.0.0.1:29333",
            default="127.0.0.1:29333",
        ),
        Setting(
            name="prefix",
            help="What the addresses of contacts begin with.",
            example="session_",
            default="session_",
        ),
        Setting(
            name="as_token",
            help="What decamp shows to the homeserver, from the registration.",
            example="64 letters",
            kind=SettingKind.SECRET,
        ),
        Setting(
            name="hs_token",
            help="What the homeserver shows to decamp, from the registration.",
            example="64 letters",
            kind=SettingKind.SECRET,
        ),
        RECEIPTS,
    ),
    can=BOTH | {Can.PERSONAS, Can.GHOSTS, Can.OWNER, Can.TRUE_TIMES},
    limits=Limits(text_bytes=48_000, name_characters=LONGEST_NAME),
    extra="matrix",
    libraries=("aiohttp",),
)
