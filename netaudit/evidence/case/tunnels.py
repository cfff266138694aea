"""The tunnel that an object came in, as a second opinion needs to know it (`devices/endpoints/tunnels.py` says why)."""

from __future__ import annotations

from typing import Any, NamedTuple

from netaudit.core.contracts.reasons import reason

INVENTED = "opinion_tunnel_invented"


class Bearer(NamedTuple):
    """What an object came in: a tunnel over IP."""

    tunnel: str  # of flows.tunnel
    source: str  # address that sends the tunnel's packets
    inside: frozenset[str]  # addresses within, for which nobody vouches; none where the tunnel is the mirror itself

    def tells(self, how: str) -> str:
        """A reason with the tunnel's name and its sender."""
        if self.source:
            return reason("verify_within", inner=how, tunnel=self.tunnel, source=self.source)
        return reason("verify_within_nobodys", inner=how, tunnel=self.tunnel)


def bearer_of(row: dict[str, Any]) -> Bearer | None:
    """The tunnel over IP that a message came in, by its direction, its flow's columns and its `judged` client."""
    ends = (row["client_outer"] or "", row["server_outer"] or "")
    if not any(ends):
        return None
    source = ends[0] if row["direction"] == "up" else ends[1]
    mirror = row["judged"] == row["client_ip"] != ends[0]
    inside = frozenset() if mirror else frozenset((row["client_ip"], row["server_ip"])) - {*ends}
    return Bearer(row["tunnel"] or "", source, inside)
