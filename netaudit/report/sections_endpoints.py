"""Addresses: how they are named in the report, and the list of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.report import reading
from netaudit.report.sections_devices import Inventory
from netaudit.report.wording import short_size

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST = 120
MOST_NAMES = 4
COLUMNS = ("ip", "scope", "names", "country", "service", "service_class", "macs", "bytes_sent", "bytes_received")


class Hosts:
    """What is known of each address."""

    def __init__(self, case: CaseLike, w: Wording) -> None:
        self._w = w
        self.devices = Inventory(case, w)
        self.rows = reading.rows(case.table("endpoints"), *COLUMNS)
        self._by_ip = {row["ip"]: row for row in self.rows}
        self._described: dict[str, dict[str, Any]] = {}

    def full(self, ip: str | None) -> dict[str, Any]:
        """Address, device, names, country and service of `ip`."""
        key = ip or ""
        if key not in self._described:
            self._described[key] = self._describe(key)
        return self._described[key]

    def by_form(self, ip: str) -> bool:
        """Whether the service of `ip` is told by paths or answers, as its word says in brackets, and by no name."""
        row = self._by_ip.get(ip)
        return bool(row and str(row["service"] or "").partition("; ")[0].endswith(")"))

    def short(self, ip: str | None) -> str:
        """Address with its device, its first name and its service."""
        host = self.full(ip)
        known = [part for part in (host["device"], *host["names"][:1], host["service"]) if part]
        if not known:
            return str(host["ip"])
        return self._w.t("party_about", name=host["ip"], about=self._w.t("party_comma").join(known))

    def _describe(self, ip: str) -> dict[str, Any]:
        w = self._w
        row: Row = self._by_ip.get(ip) or dict.fromkeys(COLUMNS)
        names, macs = row["names"] or [], row["macs"] or []
        return {
            "ip": w.exact(ip, 60) or w.t("unknown"),
            "device": self.devices.label(ip),
            "names": [w.text(name, 100) for name in names[:MOST_NAMES]],
            "names_more": max(0, len(names) - MOST_NAMES),
            "country": w.term("country", row["country"]) if row["country"] else "",
            "service": w.names("service_name", row["service"]),
            "scope": w.term("scope", row["scope"]) if row["scope"] else "",
            "macs": [w.exact(mac, 40) for mac in macs[:MOST_NAMES]],
            "macs_more": max(0, len(macs) - MOST_NAMES),
            "sent": short_size(row["bytes_sent"] or 0),
            "received": short_size(row["bytes_received"] or 0),
        }


def endpoints(hosts: Hosts, judged: Judgements) -> dict[str, Any]:
    """Addresses of the findings first, then the others by traffic."""
    named = {ip for finding in judged.all for ip in (finding["sender"], finding["receiver"], finding["endpoint_id"])}

    def rank(row: Row) -> tuple[bool, int, str]:
        return (row["ip"] not in named, -(row["bytes_sent"] or 0) - (row["bytes_received"] or 0), row["ip"] or "")

    ordered = sorted(hosts.rows, key=rank)
    return {
        "n": len(ordered),
        "rows": [hosts.full(row["ip"]) | {"named": row["ip"] in named} for row in ordered[:MOST]],
        "more": max(0, len(ordered) - MOST),
    }
