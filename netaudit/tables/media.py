"""Media that dialogues agree on and the streams that were seen: rows while the audit runs, tied in its last step.

A dialogue and its stream mostly go between other pairs of addresses, so that only the finished tables bring them
together: by the receiver's address and port, by the source number (SSRC) that GB/T 28181 tells beforehand, or both.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.details import RtpDetails, SipDetails
from netaudit.core.masking.mask import mask
from netaudit.core.schema import MEDIA
from netaudit.core.schema import Row as TableRow
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

PATIENCE = 120 * 10**9  # ns between what was agreed and the first packet of the stream, either way round
SLACK = 5 * 10**9
STREAM = "stream"
MOST = 100_000  # rows that are tied; more are left untied
_USER = re.compile(r"sips?:([^@:;>\s]{1,64})@", re.IGNORECASE)

Row = dict[str, Any]
Ends = dict[tuple[str, str, int], list[str]]  # flows by transport, address and port


def media_rows(message: Message) -> list[TableRow]:
    """Rows of `media`: of each media description of a SIP message, or of a stream that names itself."""
    pieces = message.pieces
    ts = int(pieces["ts"][0]) if pieces is not None and len(pieces) else None
    identity, details = message.message_id.hex(), message.details
    if message.protocol == "rtp" and isinstance(details, RtpDetails) and details.ssrc is not None:
        flow = message.flow_id.hex()
        return [
            MEDIA.row(
                message_id=identity,
                number=0,
                role=STREAM,
                call="",
                asked="",
                purpose="",
                kind="",
                address="",
                port=0,
                transport="",
                codec=details.codec,
                ssrc=details.ssrc,
                flow_id=flow,
                tied_by="",
                ts=ts,
            )
        ]
    if not isinstance(details, SipDetails) or not details.media:
        return []
    call = hashlib.blake2b(message.header("call-id").encode(), digest_size=8).hexdigest()
    found = _USER.search(message.header("to"))
    asked = mask(found[1]) if found else ""
    role = "answer" if message.status else "offer"
    return [
        MEDIA.row(
message_id=identity,
number=number,
role=role,
call=call,
asked=asked,
purpose=mask(one.purpose),
kind=one.kind,
address=mask(one.address),
port=one.port,
transport=one.transport,
codec=one.codec,
ssrc=one.ssrc,
flow_id="",
tied_by="",
ts=ts,
)
        for number, one in enumerate(details.media)
    ]  # fmt: skip


def tie(media: pa.Table, flows: pa.Table) -> pa.Table:
    """`media` with the flows of the streams that were agreed on, and by what each was found."""
    if not media.num_rows or media.num_rows > MOST:
        return media
    rows = media.set_column(media.column_names.index("ts"), "ts", media["ts"].cast(pa.int64())).to_pylist()
    agreed = [row for row in rows if row["role"] != STREAM]
    if not agreed:
        return media
    by_source: dict[int, list[str]] = defaultdict(list)
    sources: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row["role"] == STREAM:
            by_source[row["ssrc"]].append(row["flow_id"])
            sources[row["flow_id"]].add(row["ssrc"])
    by_end, begun = _ends(flows, {row["port"] for row in agreed}, set(sources))
    for row in agreed:
        row["flow_id"], row["tied_by"] = _found(row, by_end, by_source, sources, begun)
    return table_of(rows, MEDIA)


def _ends(
    flows: pa.Table, ports: set[int], streams: set[str]
) -> tuple[dict[Any, list[str]], dict[str, tuple[int, int]]]:
    """Flows by transport and end, and the times of each: those at one of the ports, and those known as streams."""
    columns = ("flow_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "first_ts", "last_ts")
    listening = pa.array(sorted(ports), pa.int32())
    wanted = pc.or_(
        pc.or_(pc.is_in(flows["client_port"], listening), pc.is_in(flows["server_port"], listening)),
        pc.is_in(flows["flow_id"], pa.array(sorted(streams), pa.string())),
    )
    by_end: Ends = defaultdict(list)
    begun: dict[str, tuple[int, int]] = {}
    chosen = flows.select(list(columns)).filter(wanted)
    times = [chosen[name].cast(pa.int64()).to_pylist() for name in ("first_ts", "last_ts")]
    for row, first, last in zip(chosen.drop_columns(["first_ts", "last_ts"]).to_pylist(), *times, strict=True):
        begun[row["flow_id"]] = (first, last)
        for side in ("client", "server"):
            by_end[row["transport"], row[f"{side}_ip"], row[f"{side}_port"]].append(row["flow_id"])
    return by_end, begun


def _found(
    row: Row,
    by_end: Ends,
    by_source: dict[int, list[str]],
    sources: dict[str, set[int]],
    begun: dict[str, tuple[int, int]],
) -> tuple[str, str]:
    """The one flow that fits, and by what: both keys, else the address, else the source number alone."""

    def timely(flow: str) -> bool:
        first, last = begun.get(flow, (0, 0))
        return row["ts"] is not None and first - PATIENCE <= row["ts"] <= last + SLACK

    here = [flow for flow in by_end.get((row["transport"], row["address"], row["port"]), ()) if timely(flow)]
    both = [flow for flow in here if row["ssrc"] in sources.get(flow, ())]
    numbered = [flow for flow in by_source.get(row["ssrc"], ()) if timely(flow)] if row["ssrc"] > 0 else []
    for flows, how in ((both, "address and source"), (here, "address"), (numbered, "source")):
        if len(set(flows)) == 1:
            return flows[0], how
    return "", ""
