"""Facts that devices announce of themselves to the link: mDNS, SSDP, and the discovery protocols of cameras.

The sender of an announcement is what it is about; names in answers are about the addresses they name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import DnsDetails, StatedDetails

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.devices.observations.ends import Ends, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

MOST_QUESTIONS = 256  # of one mDNS message
MOST_RECORDS = 64  # of one mDNS message
MOST_TEXTS = 32  # strings of one TXT record
SERVICE = re.compile(r"(?:\A|\.)_[^.]{1,62}\._(?:tcp|udp)\Z", re.IGNORECASE)
META = "_services._dns-sd._udp.local"  # RFC 6763, 9: its answers are service types
SSDP_FIELDS = {"server": "server", "location": "location", "nt": "type", "st": "type", "usn": "usn"}


def observe_mdns(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Names of addresses; services, texts, host names of the responder (RFC 6762, 6; RFC 6763); what is asked for."""
    details = message.details
    if not isinstance(details, DnsDetails):
        return
    answers = details.answers[:MOST_RECORDS]
    for name, kind, value, *_ in answers:
        if kind in {"A", "AAAA"}:
            ledger.note("mdns", "", str(value), "name", str(name), *place)
    sender = ends.sender(message.direction)
    if not details.response:  # its answers are what the asker knows of others (RFC 6762, 7.1)
        for name, _ in details.questions[:MOST_QUESTIONS]:
            ledger.note("mdns_client", sender.mac, sender.ip, "asked", _short(str(name)).lower(), *place)
        return
    if _of_another(answers, sender.ip):
        return
    for name, kind, value, *_ in answers:
        for field, text in _said(str(name), kind, value):
            ledger.note("mdns", sender.mac, sender.ip, field, text, *place)


def _of_another(answers: Iterable[tuple[Any, ...]], ip: str) -> bool:
    """Whether answers name addresses of the sender's family, and not its own: they are handed on for somebody else."""
    family = "AAAA" if ":" in ip else "A"
    named = {str(value) for _, kind, value, *_ in answers if kind == family}
    return bool(named) and ip not in named


def _short(name: str) -> str:
    return name.removesuffix(".local")


def _said(name: str, kind: str, value: Any) -> Iterator[tuple[str, str]]:
    """What a record of an answer says of its sender."""
    instance, service = _parts(name)
    if kind == "PTR" and isinstance(value, str):
        if name == META:
            yield "service", _short(value)
        elif service:
            yield "service", service
            yield "instance", _parts(value)[0] or _short(value)
    elif kind == "SRV" and isinstance(value, str):
        host, _, port = value.rpartition(":")
        yield "hostname", _short(host)
        if service:
            yield "instance", instance
            yield "port", f"{service} {port}"
    elif kind == "TXT" and isinstance(value, list):
        if service:
            yield "instance", instance
            yield "service", service
        yield from (("txt", text) for text in value[:MOST_TEXTS] if text)


def _parts(name: str) -> tuple[str, str]:
    """Instance and service of a name like "Front door._http._tcp.local" (RFC 6763, 4.1); empty where it has none."""
    short = _short(name)
    found = SERVICE.search(short)
    return (short[: found.start()], found[0].lstrip(".")) if found else ("", "")


def observe_ssdp(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What a UPnP device announces or answers, and what a control point looks for (UPnP Device Architecture 1.1, 1)."""
    sender = ends.sender(message.direction)
    if message.method == "M-SEARCH":
        if target := message.header("st"):
            ledger.note("ssdp_client", sender.mac, sender.ip, "searched", target, *place)
        if agent := message.header("user-agent"):
            ledger.note("ssdp_client", sender.mac, sender.ip, "user_agent", agent, *place)
        return
    for name, field in SSDP_FIELDS.items():
        if value := message.header(name):
            ledger.note("ssdp", sender.mac, sender.ip, field, value, *place)


def observe_stated(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What discovery protocols and those of devices state of the sender, field by field; questions say nothing."""
    details = message.details
    if not isinstance(details, StatedDetails) or not details.family or message.method == "question":
        return
    sender = ends.sender(message.direction)
    for field, value in details.said:
        ledger.note(details.family, sender.mac, sender.ip, field, value, *place)
