"""What the bridge of SimpleX is and needs to be told, as data (recipe for SimpleX, sections 1, 2 and 4)."""

from __future__ import annotations

from migrate.model import Network

from ..about import About, Addition, Can, Limits, Setting, SettingKind

CLI, LIBRARY = "program", "library"
REACTIONS = ("👍", "👎", "😀", "😂", "😢", "❤", "🚀", "✅")
"""All there are: a fixed list in the core, where the heart has no variation selector (recipe, section 9, point 8)."""
HEART, PLAIN_HEART = "\u2764\ufe0f", "\u2764"
DAY = 86_400

ABOUT = About(
    name="simplex",
    title="SimpleX",
    network=Network.SIMPLEX,
    summary="An account of its own, with a one-time link for each contact that tells who came.",
    settings=(
        Setting(name="transport", help="How to reach SimpleX: the simplex-chat program that you start, or the library"
                " that decamp[simplex] brings.", example=CLI, kind=SettingKind.CHOICE, choices=(CLI, LIBRARY),
                default=CLI),
        Setting(name="host", help="The machine of the program. Whoever can reach its port owns the account: use the"
                " same machine.", example="127.0.0.1", default="127.0.0.1"),
        Setting(name="port", help="The port that the program was started with.", example="5225", default="5225",
                kind=SettingKind.NUMBER),
        Setting(name="database", help="With the library: where its database is, or will be, without _chat.db.",
                example="simplex/relay", default=""),
        Setting(name="database_key", help="With the library: the key of its database; empty for none.",
                example="(typed unseen)", kind=SettingKind.SECRET, default=""),
        Setting(name="name", help="What the account is called where it is made.", example="Relay", default="Relay"),
        Setting(name="owner", help="The chat with yourself, as `decamp bridge chats simplex` shows it: you are invited"
                " into the group that is made for each contact.", example="@1", default=""),
    ),
    can=frozenset({
        Can.FILES, Can.CAPTIONS, Can.VOICE, Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.DELIVERY,
        Can.TIMERS, Can.GROUPS, Can.MAKE_CHATS, Can.CHAT_PICTURES, Can.IDEMPOTENT, Can.INVITATIONS, Can.REQUESTS,
    }),
    # A whole message has 15,602 bytes, and an answer carries the text that it answers: two of these fit into one.
    limits=Limits(
        text_bytes=7_000,
        file_bytes=1 << 30,
        reactions=frozenset({*REACTIONS, HEART}),
        reactions_per_person=3,
        edit_seconds=DAY,
        delete_seconds=DAY,
        name_characters=100,
    ),
    additions=(
        Addition(extra="media", libraries=("PIL", "tinytag"), gives="previews of photos, pictures of chats and the"
                 " length of voice notes"),
    ),
)  # fmt: skip
