"""Made-up people and announcements for tests."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.announce.audience import Known
from migrate.announce.campaign import Addressee, Campaign
from migrate.announce.wording import Text, built_in
from migrate.cards import handles
from migrate.cards.book import entry_of
from migrate.cards.statement import SignedStatement, Statement, sign
from migrate.session.keys import AccountKeys

ME = AccountKeys(bytes(range(32)))
NOW = 1_795_356_000_000


def id_of(number: int) -> str:
    return AccountKeys(number.to_bytes(4, "big") * 8).session_id


def person(number: int, **said: object) -> Known:
    name = f"Contact {number}"
    return Known(**{"id": id_of(number), "name": name, "friend": name, "names": (name,), **said})  # type: ignore[arg-type]


def addressed(people: Sequence[Known], language: str = "en") -> list[Addressee]:
    return [Addressee(who=one, language=language) for one in people]


def campaign(via: str = "street", inviting: tuple[str, ...] = (), *, signed: bool = True) -> Campaign:
    texts = {code: {str(kind): built_in(code, kind) for kind in Text} for code in ("en", "de")}
    entries = tuple(entry_of(handles.parse(text)) for text in ("xmpp:robin@example.org", "@robin:example.org"))
    account = ME.session_id if signed else None
    return Campaign(via=via, account=account, me="Robin", entries=entries, inviting=inviting, texts=texts)


def signature(statement: Statement) -> SignedStatement:
    return sign(statement, ME)
