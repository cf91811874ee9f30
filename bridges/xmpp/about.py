"""What the two bridges of XMPP are and need to be told, as data."""

from __future__ import annotations

from migrate.model import Network

from ..about import About, Can, Limits, Setting, SettingKind

TALK = frozenset({
    Can.FILES, Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.DELIVERY, Can.CONFIRMS, Can.READ, Can.TYPING,
    Can.IDEMPOTENT,
})  # fmt: skip
LIMITS = Limits(text_bytes=60_000, name_characters=1000)
"""No server has to take more than 10,000 bytes at once, and none that is in use takes less than 64 KiB."""

FILE_SERVERS = Setting(
    name="file_servers",
    help="Other servers from which files may be fetched, with blanks between them, or * for every public one. The"
    " place where your own server keeps files is always one of them.",
    example="upload.example.net *.example.com",
    default="",
)
AUTHORITY = Setting(
    name="authority",
    help="A file with the certificate of whoever signed that of your server, if your system does not know them.",
    example="/etc/ssl/own-authority.pem",
    kind=SettingKind.FILE,
    default="",
)
OMEMO = Setting(
    name="omemo",
    help="Encrypt direct chats from end to end, and send nothing to whoever has no program for it. Rooms stay as they"
    " are; files and reactions are refused. Needs the extra omemo, which is AGPL-3.0.",
    example="true",
    kind=SettingKind.SWITCH,
    default="false",
)

ACCOUNT = About(
    name="xmpp",
    title="XMPP",
    network=Network.XMPP,
    summary="A normal account on any XMPP server: direct chats and rooms. Each contact gets a room of their own.",
    settings=(
        Setting(name="address", help="Your XMPP address.", example="robin@example.org"),
        Setting(name="password", help="Its password.", example="(typed unseen)", kind=SettingKind.SECRET),
        Setting(name="nick", help="What you are called in rooms.", example="Robin", default=""),
        Setting(name="owner", help="Your own XMPP address, if the account above is another one. Each contact gets a"
                " room with you.", example="robin@example.net", default=""),
        Setting(name="rooms", help="The service where those rooms are made, if not the one that the server has.",
                example="conference.example.org", default=""),
        Setting(name="host", help="The machine to connect to, if it is not found by itself.", example="192.0.2.7",
                default=""),
        Setting(name="port", help="Its port, if there is a machine above.", example="5222", default="5222",
                kind=SettingKind.NUMBER),
        Setting(name="encryption", help="How the connection is encrypted: as the server offers it, by STARTTLS, or"
                " from the first byte on.", example="auto", kind=SettingKind.CHOICE,
                choices=("auto", "starttls", "tls"), default="auto"),
        AUTHORITY,
        FILE_SERVERS,
        OMEMO,
    ),
    can=TALK | {Can.GROUPS, Can.MAKE_CHATS, Can.CHAT_PICTURES, Can.INVITATIONS, Can.REQUESTS, Can.PROFILE, Can.MOVED},
    limits=LIMITS,
    extra="xmpp",
    libraries=("slixmpp", "aiohttp"),
)  # fmt: skip

COMPONENT = About(
    name="xmpp-component",
    title="XMPP component",
    network=Network.XMPP,
    summary="A part of your own XMPP server, where each contact has an address, a name and a picture.",
    settings=(
        Setting(name="domain", help="The name of the component.", example="session.example.org"),
        Setting(name="secret", help="The secret that the server has for it.", example="(typed unseen)",
                kind=SettingKind.SECRET),
        Setting(name="owner", help="Your own XMPP address, which is the only one that it talks to.",
                example="robin@example.org"),
        Setting(name="host", help="The machine of the server. The connection is not encrypted: use the same machine.",
                example="127.0.0.1", default="127.0.0.1"),
        Setting(name="port", help="The port for components.", example="5347", default="5347",
                kind=SettingKind.NUMBER),
        AUTHORITY,
        FILE_SERVERS,
    ),
    can=(TALK - {Can.IDEMPOTENT})
    | {Can.MAKE_CHATS, Can.CHAT_PICTURES, Can.PERSONAS, Can.GHOSTS, Can.OWNER, Can.TRUE_TIMES},
    limits=LIMITS,
    extra="xmpp",
    libraries=("slixmpp", "aiohttp"),
)  # fmt: skip
