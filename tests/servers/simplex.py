"""A strict double of SimpleX: a network with any number of accounts, each as one `simplex-chat` holds it.

It stands for the core, which cannot be had here: recipe for SimpleX, section 9, whose numbers stand beside what keeps
to them. Everything that goes in or out is checked against the official types (1); ways to reach it: simplex_ways.py.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable
from typing import cast

from simplex_chat.types import T

from tests.servers import simplex_objects as make
from tests.servers.simplex_groups import Grouping
from tests.servers.simplex_objects import Json
from tests.servers.simplex_parts import Contact, Denied, Group, Network, Part, store, valid_name, wrong
from tests.servers.simplex_types import check

_BEFORE_START = re.compile(
    r"/(user|_create user|_start|_stop|_show_address|_contacts|_groups|_get|_set|_members)\b.*", re.DOTALL
)


class Account(Grouping):
    """One database of SimpleX, with at most one user in it."""

    def __init__(self, network: Network, name: str | None = None) -> None:
        super().__init__(network)
        network.accounts.append(self)
        self.log: list[str] = []
        self.odd = False  # (10) whether everything has something in it that nobody has heard of
        self._events: deque[str] = deque()
        self._news = threading.Condition(network.lock)
        self.listeners: list[Callable[[], None]] = []
        if name is not None:
            self.command(f'/_create user {{"profile":{{"displayName":{json.dumps(name)},"fullName":""}},'
                         '"pastTimestamp":false,"userChatRelay":false,"clientService":false}')  # fmt: skip
            self.command("/_start")

    # -- asked and told ----------------------------------------------------------------------------------------

    def command(self, text: str) -> Json:
        """The answer to a command, or `{"type": "chatCmdError", …}`."""
        with self.network.lock:
            self.log.append(text)
            try:
                answer = self._answer(text)
            except Denied as denied:
                answer = {"type": "chatCmdError", "chatError": denied.error}
            outside = make.OUTSIDE.get(str(answer["type"]))
            check(answer, outside or make.RESPONSES, str(answer["type"]))
            return cast("Json", json.loads(json.dumps(answer)))

    def _answer(self, text: str) -> Json:
        for pattern, part in self._parts():
            found = pattern.fullmatch(text)
            if found is not None:
                if self.user is None and not text.startswith(("/user", "/_create user", "/_start", "/_stop")):
                    raise Denied({"type": "error", "errorType": {"type": "noActiveUser"}})  # (2)
                if not self.started and not _BEFORE_START.fullmatch(text):
                    raise Denied({"type": "error", "errorType": {"type": "chatNotStarted"}})  # (2)
                return part(*found.groups())
        raise wrong("Failed reading: empty")

    def tell(self, event: Json) -> None:
        """Put an event where one client will find it, as it is now (4, 5)."""
        if "user" not in event and self.user is not None and event["type"] != "chatError":
            event = {"type": event["type"], "user": self.user} | event
        check(event, make.EVENTS, str(event["type"]))
        if self.odd:
            self._events.append(json.dumps({"type": "somethingNew", "user": self.user, "novelty": [1]}))
            event = event | {"somethingElse": {"type": "new"}}
        with self.network.lock:
            self._events.append(json.dumps(event))
            self._news.notify_all()
        for listener in self.listeners:
            listener()

    def next_event(self, seconds: float = 0) -> str | None:
        """The oldest event that nobody had, which is then gone."""
        with self.network.lock:
            self._news.wait_for(lambda: bool(self._events), seconds)
            return self._events.popleft() if self._events else None

    def return_event(self, event: str) -> None:
        """It could not be sent (5)."""
        with self.network.lock:
            self._events.appendleft(event)

    # -- commands about people -----------------------------------------------------------------------------------

    def _parts(self) -> list[tuple[re.Pattern[str], Part]]:
        return [*self._people(), *self.talk_parts(), *self.timer_parts(), *self.group_parts()]

    def _people(self) -> list[tuple[re.Pattern[str], Part]]:
        return [(re.compile(pattern, re.DOTALL), part) for pattern, part in (
            (r"/user", self._show_user), (r"/_create user (\{.*\})", self._create),
            (r"/_start", self._start), (r"/_stop", self._stop),
            (r"/_show_address (\d+)", self._show_address), (r"/_address (\d+)", self._make_address),
            (r"/_address_settings (\d+) (\{.*\})", self._settings), (r"/_profile (\d+) (\{.*\})", self._profile),
            (r"/_connect (\d+)(?: incognito=on)?", self._link), (r"/_connect (\d+) (\S+)(?: \S+)?", self._use),
            (r"/_accept (\d+)", self._accept), (r"/_contacts (\d+)", self._contacts),
            (r"/_set alias :(\d+) (.*)", self._alias_link), (r"/_set alias @(\d+) (.*)", self._alias_contact),
            (r"/_set custom @(\d+)(?: (\{.*\}))?", self._custom), (r"/_delete :(\d+) full", self._drop_link),
            (r"/_delete @(\d+) full(?: notify=on| notify=off)?", self._drop_contact),
        )]  # fmt: skip

    def _me(self) -> Json:
        assert self.user is not None
        return {"user": self.user}

    def _show_user(self) -> Json:
        if self.user is None:
            raise Denied({"type": "error", "errorType": {"type": "noActiveUser"}})
        return {"type": "activeUser"} | self._me()

    def _create(self, data: str) -> Json:
        wanted = self.read(data, T.NewUser)
        name = str(cast("Json", wanted["profile"])["displayName"])
        self.need_name(name)
        self.user = make.user(1, name)
        return {"type": "activeUser"} | self._me()

    def _start(self) -> Json:
        before, self.started = self.started, True
        return {"type": "chatRunning" if before else "chatStarted"}

    def _stop(self) -> Json:
        self.started = False
        return {"type": "chatStopped"}

    def _address_of(self) -> Json:
        return {
            "userContactLinkId": 1, "connLinkContact": self.address, "shortLinkDataSet": True,
            "shortLinkLargeDataSet": True, "addressSettings": self.address_settings,
        }  # fmt: skip

    def _show_address(self, _user: str) -> Json:
        if self.address is None:
            raise store("userContactLinkNotFound")
        return {"type": "userContactLink", "contactLink": self._address_of()} | self._me()

    def _make_address(self, _user: str) -> Json:
        if self.address is not None:
            raise store("duplicateContactLink")
        self.address = self.network.link("a")
        self.network.addresses[str(self.address["connShortLink"])] = self
        return {"type": "userContactLinkCreated", "connLinkContact": self.address} | self._me()

    def _settings(self, _user: str, data: str) -> Json:
        self.address_settings = self.read(data, T.AddressSettings)
        return {"type": "userContactLinkUpdated", "contactLink": self._address_of()} | self._me()

    def _profile(self, _user: str, data: str) -> Json:
        wanted = self.read(data, T.Profile)
        self.need_name(str(wanted["displayName"]))
        self.claim(str(wanted["displayName"]))
        summary: Json = {"updateSuccesses": 1, "updateFailures": 0, "changedContacts": []}
        return {"type": "userProfileUpdated", "fromProfile": wanted, "toProfile": wanted,
                "updateSummary": summary} | self._me()  # fmt: skip

    def claim(self, name: str) -> None:
        """Be called something: also what no program of SimpleX would let one be called, but others may send."""
        with self.network.lock:
            assert self.user is not None
            self.user = self.user | {"profile": make.profile(name)}
            for contact in self.contacts.values():
                other = contact.peer.contacts[contact.peer_id]
                before = contact.peer.show(other)
                other.name = name
                contact.peer.tell(
                    {"type": "contactUpdated", "fromContact": before, "toContact": contact.peer.show(other)}
                )

    # -- links -----------------------------------------------------------------------------------------------------

    def _link(self, _user: str) -> Json:
        number = next(self.numbers)
        link = self.network.link("i")
        self.links[number] = ("", link)
        self.network.invitations[str(link["connShortLink"])] = (self, number)
        return {"type": "invitation", "connLinkInvitation": link,
                "connection": make.pending(number, "", link)} | self._me()  # fmt: skip

    def _use(self, _user: str, link: str) -> Json:
        """One-time links once (6); an address asks, or is let in, as the settings are now."""
        address = self.network.addresses.get(link)
        number = next(self.numbers)
        if address is not None:
            address.asked_by(self, number)
            return {
                "type": "sentInvitation",
                "connection": make.pending(number, "", self.network.link("x")),
            } | self._me()
        used = self.network.invitations.pop(link, None)
        if used is None:
            raise Denied({"type": "errorAgent", "agentConnId": "x", "agentError":
                          {"type": "SMP", "serverAddress": "smp", "smpErr": {"type": "AUTH"}}})  # fmt: skip
        other, theirs = used
        alias, _ = other.links.pop(theirs)
        join(other, self, theirs, number, alias)
        return {"type": "sentConfirmation", "connection": make.pending(number, "", self.network.link("x"))} | self._me()

    def asked_by(self, other: Account, number: int) -> None:
        settings = self.address_settings
        if "autoAccept" in settings:
            join(self, other, next(self.numbers), number, "")
            return
        asked = next(self.numbers)
        self.requests[asked] = (other, number)
        self.tell({"type": "receivedContactRequest", "contactRequest": self.request(asked)})

    def request(self, number: int) -> Json:
        name = self.requests[number][0].name
        return make.request(number, self.local(name), make.profile(name))

    def _accept(self, number: str) -> Json:
        if int(number) not in self.requests:
            raise store("contactRequestNotFound", contactRequestId=int(number))
        other, theirs = self.requests.pop(int(number))
        contact, _ = join(self, other, next(self.numbers), theirs, "")
        return {"type": "acceptingContactRequest", "contact": self.show(contact)} | self._me()

    def _contacts(self, _user: str) -> Json:
        return {"type": "contactsList", "contacts": [self.show(one) for one in self.contacts.values()]} | self._me()

    def _alias_link(self, number: str, alias: str) -> Json:
        if int(number) not in self.links:
            raise store("pendingConnectionNotFound", connId=int(number))
        link = self.links[int(number)][1]
        self.links[int(number)] = (alias, link)
        return {"type": "connectionAliasUpdated", "toConnection": make.pending(int(number), alias, link)} | self._me()

    def _alias_contact(self, number: str, alias: str) -> Json:
        contact = self.contact(int(number))
        contact.alias = alias
        return {"type": "contactAliasUpdated", "toContact": self.show(contact)} | self._me()

    def _custom(self, number: str, data: str | None) -> Json:
        self.contact(int(number)).custom = cast("Json", json.loads(data)) if data else None
        return {"type": "cmdOk", "user_": self.user}

    def _drop_link(self, number: str) -> Json:
        if int(number) not in self.links:
            raise store("pendingConnectionNotFound", connId=int(number))
        alias, link = self.links.pop(int(number))
        self.network.invitations.pop(str(link["connShortLink"]))
        return {"type": "contactConnectionDeleted", "connection": make.pending(int(number), alias, link)} | self._me()

    def _drop_contact(self, number: str) -> Json:
        contact = self.contact(int(number))
        shown = self.show(contact)
        del self.contacts[contact.id]
        other = contact.peer.contacts.get(contact.peer_id)
        if other is not None:
            other.status = "deleted"
            contact.peer.tell({"type": "contactDeletedByContact", "contact": contact.peer.show(other)})
        return {"type": "contactDeleted", "contact": shown} | self._me()


def join(one: Account, other: Account, conn: int, other_conn: int, alias: str) -> tuple[Contact, Contact]:
    """Make two accounts contacts. The one who made the link keeps its number and what was noted beside it (6)."""
    first, second = one.new_contact(other.name, conn, alias), other.new_contact(one.name, other_conn, "")
    first.peer, first.peer_id, second.peer, second.peer_id = other, second.id, one, first.id
    for account, contact in ((one, first), (other, second)):
        contact.conn_status = "requested"
        account.tell({"type": "contactConnecting", "contact": account.show(contact)})
        contact.conn_status = "ready"
        account.tell({"type": "contactConnected", "contact": account.show(contact)})
    return first, second


__all__ = ["Account", "Contact", "Group", "Network", "join", "valid_name"]
