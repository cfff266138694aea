"""Which device was at an end of a flow: who held the address at that time, or whose link address its frames have.

Most addresses are one device's as long as the captures last; only flows of the others are looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema.holders import Holders
from netaudit.core.text.addresses import is_link_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIDES = ("client", "server")
AT_ONCE = 8_192  # pairs of addresses looked at
MOST_SETTLED = 1 << 16  # addresses of which the device is remembered


class End(NamedTuple):
    """An end of a flow: when it began, and the link address of its frames."""

    ts: int
    mac: str


class Ends:
    """Devices at the ends of flows."""

    def __init__(self, tables: Mapping[str, pa.Table], known: Ends | None = None) -> None:
        """From `flows`, and `bindings` or, where there are none, `devices`; `known` are those of other flows."""
        self._bindings, self.flows = tables.get("bindings"), tables["flows"]
        self._holders: Holders = (
            known._holders  # noqa: SLF001  (of the same class)
            if known is not None and self._bindings is not None and known._bindings is self._bindings  # noqa: SLF001
            else Holders(self._bindings, tables.get("devices"))
        )
        self._ends: dict[tuple[str, str], End] = {}
        self._settled: dict[str, str] = {}  # devices of addresses of which no flow is asked
        flows = self.flows
        self._several = self._unsettled(flows)
        if self._several:
            wanted = pa.array(sorted(self._several), pa.string())
            for side in SIDES:
                rows = flows.filter(pc.is_in(flows[f"{side}_ip"], wanted))
                columns = [rows[name].to_pylist() for name in ("flow_id", f"{side}_ip", f"{side}_mac")]
                times = rows["first_ts"].cast(pa.int64()).to_pylist()
                for flow_id, ip, mac, ts in zip(*columns, times, strict=True):
                    self._ends[flow_id, ip] = End(ts or 0, mac or "")

    @property
    def unsettled(self) -> frozenset[str]:
        """Addresses of which the flow says which device it was."""
        return frozenset(self._several)

    def _unsettled(self, flows: pa.Table) -> set[str]:
        """Addresses that several devices held, or that somebody else wrote into frames of its own."""
        found = set()
        held = pa.array(self._holders.held_addresses(), pa.string())  # of others, of whom there may be any number, none
        for side in SIDES:
            some = flows.select([f"{side}_ip", f"{side}_mac"]).filter(pc.is_in(flows[f"{side}_ip"], value_set=held))
            for batch in some.group_by([f"{side}_ip", f"{side}_mac"]).aggregate([]).to_batches(max_chunksize=AT_ONCE):
                for ip, mac in zip(
                    *(batch.column(f"{side}_{name}").to_pylist() for name in ("ip", "mac")), strict=True
                ):
                    if self._holders.several(ip) or self._holders.disputes(ip, None, mac or ""):
                        found.add(ip)
        return found

    def device(self, ip: str, flow_id: str = "") -> str:
        """Id of the device at that end of the flow; the address itself where none is known."""
        known = self._settled.get(ip)
        if known is not None:
            return known
        if ip in self._several and (end := self._ends.get((flow_id, ip))) is not None and not is_link_address(ip):
            return self._holders.device(ip, end.ts, end.mac)
        known = self._holders.of_link(ip) if is_link_address(ip) else self._holders.device(ip)
        if ip not in self._several and len(self._settled) < MOST_SETTLED:
            self._settled[ip] = known
        return known

    def named(self, ip: str, flow_id: str, scope: str) -> str:
        """How that end is named: by its address, or by its link address where it is not the only one that held it.

        Nobody outside is named so: frames of all of them have a router's, whatever somebody says by ARP.
        """
        end = self._ends.get((flow_id, ip))
        if scope == "outside" or end is None:
            return ip
        if end.mac and not self._holders.forwards(end.mac):
            return end.mac if self._holders.several(ip) or self._holders.disputes(ip, end.ts, end.mac) else ip
        held = self._holders.device(ip, end.ts)  # through a router: whoever held it then
        return held if self._holders.several(ip) and is_link_address(held) else ip

    def renamed(self, flows: pa.Table, scope: Callable[[str], str]) -> pa.Table:
        """The flows with their ends as they are named: what is grouped by addresses then is grouped by devices."""
        if not self._ends:
            return flows
        for side in SIDES:
            place = flows.schema.get_field_index(f"{side}_ip")
            ips, several = flows[f"{side}_ip"], pa.array(sorted(self._several), pa.string())
            rows = np.flatnonzero(pc.is_in(ips, value_set=several).to_numpy(zero_copy_only=False))
            if len(rows):
                some = flows.select(["flow_id", f"{side}_ip"]).take(pa.array(rows))
                ids, held = (some[name].to_pylist() for name in ("flow_id", f"{side}_ip"))
                names = [self.named(ip, flow, scope(ip)) for flow, ip in zip(ids, held, strict=True)]
                mask = np.zeros(flows.num_rows, np.bool_)
                mask[rows] = True
                whole = pc.replace_with_mask(_flat(ips), pa.array(mask), pa.array(names, _flat(ips).type))
                flows = flows.set_column(place, flows.schema.field(place), whole)
        return flows

    def disputed(self, ip: str, flow_id: str) -> str:
        """Link address of that end's frames where it is another one than the address's then; empty where it is not."""
        end = self._ends.get((flow_id, ip))
        return end.mac if end is not None and self._holders.disputes(ip, end.ts, end.mac) else ""

    def holder_is(self, ip: str, flow_id: str, mac: str) -> bool:
        """Whether an address was held by that link address: at the far end of its flow somebody turned the frames."""
        end = self._ends.get((flow_id, ip))
        held = self._holders.held(ip, None if end is None else end.ts)
        return bool(mac) and held is not None and held.mac == mac

    def holds(self, mac: str) -> bool:
        """Whether a link address held an address of the site, or stands for many."""
        return self._holders.knows(mac)

    def forwards(self, mac: str) -> bool:
        """Whether a link address stands for many."""
        return self._holders.forwards(mac)

    def of_link(self, mac: str, ip: str) -> str:
        """Id of the device that a fact of this link address and address is about."""
        return self._holders.device(ip, None, mac) if ip else self._holders.of_link(mac)


def ends_of(tables: Mapping[str, pa.Table], known: Ends | None) -> Ends:
    """Ends of the flows of some tables; those that are known where they are of the same."""
    return known if known is not None and known.flows is tables["flows"] else Ends(tables, known)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
