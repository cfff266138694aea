"""Facts about hosts that messages state. One observer per protocol; most have a module of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from netaudit.devices.observations.announcements import observe_mdns, observe_ssdp, observe_stated
from netaudit.devices.observations.ends import Ends, Place, Spoken, place_of
from netaudit.devices.observations.handshakes import observe_handshake
from netaudit.devices.observations.leases import observe_dhcp, observe_dhcpv6
from netaudit.devices.observations.ledger import masked_value
from netaudit.devices.observations.lookups import observe_dns, who_asked, whose_name
from netaudit.devices.observations.services import (
    observe_greeting,
    observe_mqtt,
    observe_ntp,
    observe_sip,
    observe_snmp,
    observe_ssh,
    observe_stun,
    observe_topic,
)
from netaudit.devices.observations.web import observe_http, observe_rtsp
from netaudit.devices.observations.windows import observe_llmnr, observe_smb
from netaudit.protocols.dns.layouts import ADDRESS4, ASKED
from netaudit.protocols.readers import named

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.devices.observations.ledger import Host, Ledger, Note
    from netaudit.protocols.dns.lookups import Lookups
    from netaudit.protocols.mqtt.publications import Publications

    I8 = npt.NDArray[np.int64]

NOWHERE = Ends()


def observe_message(message: Spoken, ledger: Ledger, ends: Ends = NOWHERE) -> None:
    """Note what `message` says of hosts; nothing for most protocols. `ends` are those of its flow."""
    observe = OBSERVERS.get(message.protocol)
    if observe is None or message.pieces is None or not len(message.pieces):
        return
    place = place_of(message)
    try:
        observe(message, ends, ledger, place)
    except Exception as error:  # noqa: BLE001 - whatever an observer does, it costs this message's facts only
        ledger.failed(message.protocol, error, place)


def observe_publications(block: Publications, ledger: Ledger, ends: Ends) -> None:
    """The same of publications that are told together, and that know their packets in order of time (`place`)."""
    if block.direction or block.pieces is None:
        return
    for topic, first, times in block.topics():
        _, ts, frame, _, capture = block.pieces.item(block.rows["first"].item(first))
        observe_topic(topic, ends, ledger, (capture, frame, ts), times)


@functools.lru_cache(maxsize=16384)
def masked_name(name: str) -> tuple[str, str]:
    """A name as the ledger keeps it: as it was given, and as it was asked for."""
    return masked_value(name, "asked"), masked_value(name.lower(), "asked")


def notes_of(
    lookups: Lookups, names: list[tuple[str, str]], facts: I8, hosts: I8, which: I8, ledger: Ledger
) -> tuple[I8, list[Note]]:
    """What plain lookups say of hosts, as the ledger notes it, but for what comes too late for it.

    Args:
        lookups: those that say it.
        names: of `masked_name`.
        facts: as `rows.taker.distinct` gives it.
        hosts: for each host a saying about it.
        which: of each fact the number of its host.
        ledger: where it will be noted, in this order.

    Returns:
        Which facts are to be noted, and their notes.

    """
    sayings, places, times = lookups.sayings, facts[:, 1], facts[:, 2]
    whose = [_host(*one) for one in zip(*(sayings[name][hosts].tolist() for name in _WHOSE), strict=True)]
    asked = np.where(sayings["kind"][places] == ASKED, len(names), 0)
    texts = [name for name, _ in names] + [name for _, name in names]
    values = list(map(texts.__getitem__, (sayings["name"][places] + asked).tolist()))
    said_in = sayings["message"][places]
    packets = tuple(lookups.messages[name][said_in] for name in ("capture", "frame", "ts"))
    left = ledger.in_time(whose, which, values, packets, times)
    some = left.tolist()
    given = zip(*(column[left].tolist() for column in packets), strict=True)
    owners, often = which[left].tolist(), times[left].tolist()
    return left, [
        (whose[owner], values[place], packet, count)
        for place, owner, packet, count in zip(some, owners, given, often, strict=True)
    ]


_WHOSE = ("kind", "shard", "mac", "high", "low")


def _host(kind: int, shard: int, mac: int, high: int, low: int) -> Host:
    """Whose fact a saying is."""
    if kind == ASKED:
        return shard, *who_asked(mac, high, low)
    return shard, *whose_name(4 if kind == ADDRESS4 else 6, high, low)


Observer = Callable[[Spoken, Ends, "Ledger", Place], None]
OBSERVERS: dict[str, Observer] = {
    "dns": observe_dns,
    "mdns": observe_mdns,
    "llmnr": observe_llmnr,
    "dhcp": observe_dhcp,
    "dhcpv6": observe_dhcpv6,
    **dict.fromkeys(("tls", "quic", "dtls"), observe_handshake),
    "http": observe_http,
    "http2": observe_http,
    "http3": observe_http,
    "rtsp": observe_rtsp,
    "sip": observe_sip,
    "ssdp": observe_ssdp,
    "smb": observe_smb,
    "snmp": observe_snmp,
    "ntp": observe_ntp,
    "ssh": observe_ssh,
    "ftp": observe_greeting,
    "smtp": observe_greeting,
    "stun": observe_stun,
    "mqtt": observe_mqtt,
    **dict.fromkeys(named("states_hosts"), observe_stated),
}
