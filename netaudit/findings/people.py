"""People's own machines: computers, phones, televisions, which send of themselves to many services all day.

What they send encrypted is no finding unless it looks like pictures sent one after the other: it stands in one count
without names. Nobody is such a machine by what he reads: a box that opens six news pages is still a box. As of phones
(`personal.py`), two facts from different exchanges are asked for, one of which somebody else answered, and none against
them. A device that captures, a terminal or a server is none, whatever else it does.

agent      a User-Agent of a browser on a computer or phone in an answered request
lease      DHCP by words that signatures know, and the address was given
browses    many names read, each with more that came than went
announced  what signatures say of its other words (mDNS, UPnP …): nobody answers those
link       a link address of a maker of computers, phones or televisions
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.text.domains import registrable
from netaudit.findings.personal import LEASING, PHONE_MAKERS
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.findings.ends import Ends
    from netaudit.findings.personal import Calling
    from netaudit.findings.roles import Actors

CLASSES = frozenset({"pc", "computer", "phone", "tablet", "handheld", "tv", "media_player", "game_console"})
SERVICES = frozenset(  # classes of services that people use
    {
        "messaging", "social", "photo_cloud", "update", "browsing", "push", "connectivity_check", "name_resolution",
        "time", "mail", "cloud_drive", "code_hosting", "vpn", "meeting", "remote_access",
    }
)  # fmt: skip
REMOTE = "remote_access"  # of these, by which people reach their own stores of files, through who made these
EVENTS = "events"  # value of upload_counts.shape
MANY_NAMES = 6  # registered names, not addresses, from which more came than went
LEAST_FACTS = 2
AGAINST = frozenset({"class", "maker", "serves", "persons"})  # of `Calling.against`; a computer begins as no phone does
MAKERS = re.compile(  # of computers, televisions and consoles, as holders of blocks of link addresses
    r"(?i:^(?:dell|hp inc|hewlett|lenovo|lcfc|asustek|acer|microsoft|micro-star|giga-byte|hisense|tcl|skyworth|konka"
    r"|sichuan changhong|sony|lg electronics|sharp|nintendo)\b)"
)


def peoples_machines(tables: dict[str, pa.Table], scope: Callable[[str], str], actors: Actors) -> frozenset[str]:
    """Devices inside that are machines of people."""
    words, makers = _words(tables.get("claims")), _of_makers(tables.get("devices"))
    browsing = _browsing(tables["flows"], scope, actors.ends)
    found = set()
    for device in words.keys() | browsing | actors.callings.keys():
        calling = actors.callings.get(device)
        heard = _heard(calling, words.get(device, frozenset()), browses=device in browsing)
        stated = ("announced" in words.get(device, ())) + (device in makers)
        if heard and heard + stated >= LEAST_FACTS and not (calling and AGAINST & calling.against.keys()):
            found.add(device)
    return frozenset(found)


def _heard(calling: Calling | None, words: frozenset[str] | set[str], *, browses: bool) -> int:
    """Facts that somebody else answered."""
    agent = calling is not None and bool(calling.desktops or calling.answered)
    lease = calling is not None and calling.granted and ("lease" in words or bool(calling.leases))
    return agent + lease + browses


def _words(claims: pa.Table | None) -> dict[str, set[str]]:
    """By device: which of its words signatures know as those of a machine of people."""
    found: dict[str, set[str]] = defaultdict(set)
    if claims is None:
        return found
    chosen = claims.filter(
        pc.and_(pc.equal(claims["claim"], "class"), pc.is_in(claims["value"], pa.array(sorted(CLASSES))))
    )
    for row in chosen.select(["device_id", "facts"]).to_pylist():
        kinds = {fact.partition(".")[0] for fact in row["facts"] or ()} - {"oui", "model", "maker"}
        if kinds and kinds <= LEASING:
            found[row["device_id"]].add("lease")
        elif kinds and not any(kind.startswith("http") for kind in kinds):  # agents count where they were answered
            found[row["device_id"]].add("announced")
    return found


def _of_makers(devices: pa.Table | None) -> set[str]:
    """Devices whose link address is of a maker of such machines."""
    rows = devices.select(["device_id", "vendor"]).to_pylist() if devices is not None else ()
    return {
        row["device_id"] for row in rows if MAKERS.match(row["vendor"] or "") or PHONE_MAKERS.match(row["vendor"] or "")
    }


def _browsing(flows: pa.Table, scope: Callable[[str], str], ends: Ends) -> set[str]:
    """Devices that read pages of many."""
    named = flows.select(["flow_id", "client_ip", "server_ip", "server_name", "payload_up", "payload_down"])
    named = named.filter(pc.and_(pc.not_equal(named["server_name"], ""), pc.greater(named["payload_down"], 0)))
    apart = pc.is_in(named["client_ip"], pa.array(sorted(ends.unsettled), pa.string()))
    named = named.set_column(0, "flow_id", pc.if_else(apart, named["flow_id"], ""))
    ways = named.group_by(["flow_id", "client_ip", "server_ip", "server_name"])
    read = ways.aggregate([("payload_up", "sum"), ("payload_down", "sum")])
    columns = ("flow_id", "client_ip", "server_ip", "server_name", "payload_up_sum", "payload_down_sum")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for flow_id, client, server, name, up, down in zip(*(read[one].to_pylist() for one in columns), strict=True):
        registered = registrable(name, rented=False)
        if registered and (scope(client), scope(server)) == ("inside", "outside"):
            total = sums[ends.device(client, flow_id), registered]
            total[0] += up or 0
            total[1] += down or 0
    names: dict[str, int] = defaultdict(int)
    for (device, _), (up, down) in sums.items():
        names[device] += down > up
    return {device for device, count in names.items() if count >= MANY_NAMES}


def nameless(
    tables: dict[str, pa.Table], scope: Callable[[str], str], actors: Callable[[], Actors]
) -> Callable[[tuple[str, str, str], Any, str], bool]:
    """Whether what one sender sent to one endpoint is told in the count without names, by the way and its shape."""
    classes = service_classes(tables.get("endpoints"))
    machines: list[frozenset[str]] = []  # asked for when the first way is

    def told_so(way: tuple[str, str, str], _: Any, shape: str) -> bool:
        sender, receiver, _name = way
        if not machines:
            machines.append(peoples_machines(tables, scope, actors()))
        service = classes.get(receiver, "")
        own = is_own(actors().role(sender)[0], machine=actors().ends.device(sender) in machines[0], service=service)
        return own and (shape != EVENTS or service in SERVICES)

    return told_so


def service_classes(endpoints: pa.Table | None) -> dict[str, str]:
    """Classes of the services of endpoints, by address."""
    if endpoints is None:
        return {}
    rows = endpoints.filter(pc.not_equal(endpoints["service_class"], ""))
    return dict(zip(rows["ip"].to_pylist(), rows["service_class"].to_pylist(), strict=True))


def is_own(kind: str, *, machine: bool, service: str = "") -> bool:
    """Whether a sender is a machine of people, by its role and by what `peoples_machines` says of it.

    Who sends to the service by which people reach their own files is one, too, as far as that service goes.
    """
    return kind == PERSONAL_DEVICE or ((machine or service == REMOTE) and kind not in {CAPTURE, TERMINAL, SERVER})
