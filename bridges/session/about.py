"""What the Session bridge is, can do, and needs to be told, as data."""

from __future__ import annotations

from migrate.model import Network

from ..about import About, Can, Limits, Setting, SettingKind

AS_ALWAYS = "Left empty, it is as the section [network] of config.toml says."

WORDS = Setting(
    name="words",
    help="The 13 words of the recovery password.",
    example="(typed unseen)",
    kind=SettingKind.SECRET,
)
NETWORK = (
    Setting(
        name="direct",
        help=f"Ask nodes without onions: they see your address, and whose messages you ask for. {AS_ALWAYS}",
        example="false",
        kind=SettingKind.SWITCH,
        default="",
    ),
    Setting(
        name="proxy",
        help=f"A SOCKS5 proxy for everything, without a password. {AS_ALWAYS}",
        example="socks5h://127.0.0.1:9050",
        default="",
    ),
    Setting(
        name="nodes",
        help=f"A list of nodes to begin with where no seed answers. {AS_ALWAYS}",
        example="nodes.json",
        kind=SettingKind.FILE,
        default="",
    ),
    Setting(
        name="standin",
        help=f"The file of a stand-in network on this machine, for tests. {AS_ALWAYS}",
        example="stand-in.json",
        kind=SettingKind.FILE,
        default="",
    ),
)
EVERY = Setting(
    name="every",
    help="How many seconds to wait between two looks.",
    example="3",
    kind=SettingKind.NUMBER,
    default="3",
)

ABOUT = About(
    name="session",
    title="Session",
    network=Network.SESSION,
    summary="Your Session account, as another device of it: people, groups, communities, notes to yourself.",
    settings=(WORDS, *NETWORK, EVERY),
    can=frozenset({
        Can.FILES, Can.CAPTIONS, Can.VOICE, Can.REPLIES, Can.DELETES, Can.REACTIONS, Can.READ, Can.TYPING, Can.TIMERS,
        Can.GROUPS, Can.IDEMPOTENT, Can.REQUESTS,
    }),
    # Formats page of the Session network, sections 5.1 and 7. The file server takes 10,000,000 bytes, and a file is
    # padded and sealed before it gets there: of the sizes to which it is padded this is the largest that fits then.
    limits=Limits(text_characters=2_000, file_bytes=9_828_080),
)  # fmt: skip
