"""People's own machines: computers, phones, televisions, which send of themselves to many services all day.

What they send encrypted is no finding unless it looks like pictures sent one after the other: it stands in one count
without names. Who they are is said by the inventory, or by what they do: browsing. A device that captures, a terminal
or a server is none, whatever else it does.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, TERMINAL, VIEWER
from netaudit.text.domains import registrable

if TYPE_CHECKING:
    from collections.abc import Callable

CLASSES = frozenset({"pc", "computer", "phone", "tablet", "handheld", "tv", "media_player", "game_console"})
SERVICES = frozenset(  # classes of services that people use
    {
        "messaging", "social", "photo_cloud", "update", "browsing", "push", "connectivity_check", "name_resolution",
        "time", "mail", "cloud_drive", "code_hosting", "vpn", "meeting",
    }
)  # fmt: skip
EVENTS = "events"  # value of upload_counts.shape
SECOND_LEVEL = frozenset({"com", "net", "org", "gov", "edu", "co", "ac"})  # before a country: example.com.cn
MANY_NAMES = 6  # registered names, not addresses, from which more came than went: no camera reads so many pages


def peoples_machines(tables: dict[str, pa.Table], scope: Callable[[str], str]) -> frozenset[str]:
    """Addresses of inside hosts that are machines of people, by class of the inventory or by browsing."""
    found: set[str] = set()
    devices = tables.get("devices")
    if devices is not None:
        for row in devices.select(["ips", "class"]).to_pylist():
            if row["class"] in CLASSES:
                found |= set(row["ips"])
    return frozenset(found | _browsing(tables["flows"], scope))


def _browsing(flows: pa.Table, scope: Callable[[str], str]) -> set[str]:
    named = flows.filter(pc.and_(pc.not_equal(flows["server_name"], ""), pc.greater(flows["payload_down"], 0)))
    grouped = named.group_by(["client_ip", "server_ip", "server_name"], use_threads=False).aggregate(
        [("payload_up", "sum"), ("payload_down", "sum")]
    )
    names: dict[str, set[str]] = defaultdict(set)
    for row in grouped.to_pylist():
        read = row["payload_down_sum"] > row["payload_up_sum"]
        if (
            read
            and registrable(row["server_name"])
            and (scope(row["client_ip"]), scope(row["server_ip"])) == ("inside", "outside")
        ):
            names[row["client_ip"]].add(registered_name(row["server_name"]))
    return {host for host, of in names.items() if len(of) >= MANY_NAMES}


def registered_name(name: str) -> str:
    """What a name was registered under, empty for a single word."""
    labels = name.lower().rstrip(".").split(".")
    if len(labels) < 2:
        return ""
    return ".".join(labels[-3 if labels[-2] in SECOND_LEVEL and len(labels) > 2 else -2 :])


def nameless(
    tables: dict[str, pa.Table], scope: Callable[[str], str], role: Callable[[str, str], str]
) -> Callable[[tuple[str, str, str], Any, str], bool]:
    """Whether what one sender sent to one endpoint is told in the count without names, by the way and its shape."""
    machines, classes = peoples_machines(tables, scope), service_classes(tables.get("endpoints"))

    def told_so(way: tuple[str, str, str], _: Any, shape: str) -> bool:
        sender, receiver, _name = way
        own = is_own(role(sender, ""), machine=sender in machines)
        return own and (shape != EVENTS or classes.get(receiver) in SERVICES)

    return told_so


def service_classes(endpoints: pa.Table | None) -> dict[str, str]:
    """Classes of the services of endpoints, by address."""
    if endpoints is None:
        return {}
    rows = endpoints.filter(pc.not_equal(endpoints["service_class"], ""))
    return dict(zip(rows["ip"].to_pylist(), rows["service_class"].to_pylist(), strict=True))


def is_own(kind: str, *, machine: bool) -> bool:
    """Whether a sender is a machine of people, by its role and by what `peoples_machines` says of it."""
    return kind in {PERSONAL_DEVICE, VIEWER} or (machine and kind not in {CAPTURE, TERMINAL, SERVER})
