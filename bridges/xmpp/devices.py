"""Devices and their keys, as everybody publishes them (XEP-0384, section 4): the library asks, and this looks them up.

Loaded only where encryption is on, as sealing.py is.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import oldmemo
import oldmemo.etree
from omemo import (
    Bundle,
    BundleDeletionFailed,
    BundleDownloadFailed,
    BundleNotFound,
    BundleUploadFailed,
    DeviceInformation,
    DeviceList,
    DeviceListDownloadFailed,
    DeviceListUploadFailed,
    Message,
    TrustDecisionFailed,
)
from slixmpp_omemo.base_session_manager import BaseSessionManager

from migrate.errors import DecampError

from . import elements as x
from .elements import element, find
from .stream import Declined, Stream

_NAMESPACE = oldmemo.oldmemo.NAMESPACE
_DEVICES = f"{_NAMESPACE}.devicelist"
_OPTIONS = {"pubsub#access_model": "open", "pubsub#persist_items": "true"}
_OWNER = "http://jabber.org/protocol/pubsub#owner"
_NOT_THERE = {"item-not-found", "service-unavailable", "forbidden", "not-authorized"}


def manager_for(stream: Stream) -> type[BaseSessionManager]:
    """The library's own part for one connection. It takes a class and makes the object itself."""

    class Manager(BaseSessionManager):
        """Trusts every device until somebody verifies one, which nobody can here (blind trust before verification)."""

        _btbv_enabled = True

        async def _prompt_manual_trust(self, manually_trusted: frozenset[DeviceInformation], _: str | None) -> None:
            raise TrustDecisionFailed(f"There is nobody to ask about {len(manually_trusted)} devices.")

        @staticmethod
        async def _upload_bundle(bundle: Bundle) -> None:
            await _put_keys(stream, bundle)

        @staticmethod
        async def _download_bundle(namespace: str, bare_jid: str, device_id: int) -> Bundle:
            return await _keys_of(stream, bare_jid, device_id)

        @staticmethod
        async def _delete_bundle(namespace: str, device_id: int) -> None:
            await _withdraw_keys(stream, device_id)

        @staticmethod
        async def _upload_device_list(namespace: str, device_list: DeviceList) -> None:
            await _put_devices(stream, device_list)

        @staticmethod
        async def _download_device_list(namespace: str, bare_jid: str) -> DeviceList:
            return await _devices_of(stream, bare_jid)

        @staticmethod
        async def _send_message(message: Message, bare_jid: str) -> None:
            locked = oldmemo.etree.serialize_message(message)
            stream.tell(element(x.CLIENT, "message", locked, element(x.HINTS, "store"), to=bare_jid, type="chat"))

    return Manager


async def _put_keys(stream: Stream, bundle: Bundle) -> None:
    assert isinstance(bundle, oldmemo.oldmemo.BundleImpl)  # noqa: S101  the only kind that we make
    try:
        await _publish(stream, _bundle(bundle.device_id), oldmemo.etree.serialize_bundle(bundle))
    except DecampError as error:
        raise BundleUploadFailed(str(error)) from None


async def _keys_of(stream: Stream, who: str, device: int) -> Bundle:
    try:
        found = await _current(stream, who, _bundle(device))
        if found is not None:
            return oldmemo.etree.parse_bundle(found, who, device)
    except (DecampError, ValueError) as error:
        raise BundleDownloadFailed(str(error)) from None
    raise BundleNotFound(f"There are no keys of {device}.")


async def _withdraw_keys(stream: Stream, device: int) -> None:
    asked = element(_OWNER, "pubsub", element(_OWNER, "delete", node=_bundle(device)))
    try:
        await stream.ask(element(x.CLIENT, "iq", asked, type="set"))
    except DecampError as error:
        if not (isinstance(error, Declined) and error.condition == "item-not-found"):
            raise BundleDeletionFailed(str(error)) from None


async def _put_devices(stream: Stream, devices: DeviceList) -> None:
    try:
        await _publish(stream, _DEVICES, oldmemo.etree.serialize_device_list(devices))
    except DecampError as error:
        raise DeviceListUploadFailed(str(error)) from None


async def _devices_of(stream: Stream, who: str) -> DeviceList:
    try:
        found = await _current(stream, who, _DEVICES)
        return {} if found is None else oldmemo.etree.parse_device_list(found)
    except ValueError:
        return {}  # a list that makes no sense names nobody
    except DecampError as error:
        raise DeviceListDownloadFailed(str(error)) from None


def _bundle(device: int) -> str:
    return f"{_NAMESPACE}.bundles:{device}"


async def _current(stream: Stream, who: str, node: str) -> Element | None:
    """What somebody has published there; None where they have not, or not for us."""
    items = element(x.PUBSUB, "items", node=node, max_items="1")
    question = element(x.CLIENT, "iq", element(x.PUBSUB, "pubsub", items), type="get", to=who)
    try:
        item = find(await stream.ask(question), x.PUBSUB, "pubsub", "items", "item")
    except Declined as error:
        if error.condition in {"item-not-found", "service-unavailable", "forbidden", "not-authorized"}:
            return None
        raise
    return next(iter(item), None) if item is not None else None


async def _publish(stream: Stream, node: str, what: Element) -> None:
    """Publish for everybody to see (XEP-0384, section 4.3), also where there is something that only some could see."""
    item = element(x.PUBSUB, "item", what, id="current")
    options = element(x.PUBSUB, "publish-options", _form("publish-options"))
    published = element(x.PUBSUB, "pubsub", element(x.PUBSUB, "publish", item, node=node), options)
    question = element(x.CLIENT, "iq", published, type="set")
    try:
        await stream.ask(question)
    except Declined as error:
        if error.condition != "conflict":
            raise
        configured = element(_OWNER, "pubsub", element(_OWNER, "configure", _form("node_config"), node=node))
        await stream.ask(element(x.CLIENT, "iq", configured, type="set"))
        await stream.ask(question)


def _form(kind: str) -> Element:
    fields = {"FORM_TYPE": f"http://jabber.org/protocol/pubsub#{kind}", **_OPTIONS}
    inside = (element(x.DATA, "field", element(x.DATA, "value", value), var=name) for name, value in fields.items())
    made = element(x.DATA, "x", *inside, type="submit")
    made[0].set("type", "hidden")
    return made
