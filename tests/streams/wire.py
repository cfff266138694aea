"""Synthetic PACKET rows: a conversation written as a list of small dictionaries."""

from __future__ import annotations

import numpy as np

from netaudit.packets.layouts import PACKET

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MS = 1_000_000
CLIENT, SERVER = (10, 40000), (20, 80)


def batch(packets):
    """(buffer, PACKET rows) of packets given as dictionaries of `packet`."""
    rows = np.zeros(len(packets), PACKET)
    parts, at = [], 0
    for i, p in enumerate(packets):
        data = p["data"]
        rows[i] = 0
        row = rows[i]
        row["ts"], row["frame"], row["capture"] = p["ts"], p.get("frame", i + 1), p.get("capture", 0)
        row["src_hi"] = row["dst_hi"] = 0
        (row["src_lo"], row["sport"]), (row["dst_lo"], row["dport"]) = p["src"], p["dst"]
        row["src_mac"], row["dst_mac"] = p.get("mac", p["src"][0] + 1), p["dst"][0] + 1
        row["ttl"], row["window"], row["scale"] = p.get("ttl", 64), p.get("window", 65535), p.get("scale", 0)
        row["urgent"] = p.get("urgent", 0)
        row["vlan"], row["flags"], row["stamp"] = p.get("vlan", 0), p.get("marks", 0), p.get("stamp", 0)
        row["payload"], row["length"], row["wire_length"] = at, len(data), max(len(data), p.get("wire", 0))
        row["frame_length"] = row["wire_length"] + 54
        row["seq"], row["ack"], row["tcp_flags"] = p.get("seq", 0), p.get("ack", 0), p.get("flags", 0)
        row["proto"], row["shard"], row["skip"] = p.get("proto", 6), p.get("shard", 0), p.get("skip", 0)
        parts.append(data)
        at += len(data)
    return np.frombuffer(b"".join(parts), np.uint8), rows


def packet(src=CLIENT, dst=SERVER, ts=0, data=b"", **fields):
    fields["seq"] = fields.get("seq", 0) & 0xFFFFFFFF
    fields["ack"] = fields.get("ack", 0) & 0xFFFFFFFF
    return {"src": src, "dst": dst, "ts": ts, "data": data, **fields}


def up(seq, data=b"", ack=0, flags=ACK, **fields):
    return packet(CLIENT, SERVER, seq=seq, data=data, ack=ack, flags=flags, **fields)


def down(seq, data=b"", ack=0, flags=ACK, **fields):
    return packet(SERVER, CLIENT, seq=seq, data=data, ack=ack, flags=flags, **fields)


def numbered(packets, step=MS):
    """Give the packets times and frames in order, where they have no time of their own."""
    return [{**p, "ts": p["ts"] or (i + 1) * step, "frame": i + 1} for i, p in enumerate(packets)]


def run(assembler, packets, cuts=()):
    """Feed packets in batches cut at the given positions, then finish; gives all deliveries."""
    deliveries, begin = [], 0
    for end in [*sorted(cuts), len(packets)]:
        deliveries += assembler.feed(*batch(packets[begin:end]))
        begin = end
    return deliveries + assembler.finish()


COUNTERS = (
    "packets", "bytes", "payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing", "bursts",
    "doubts",
)  # fmt: skip


def summary(deliveries):
    """Per flow in order of beginning: its merged runs and pieces, and its final counters, as plain values."""
    flows = {}
    for delivery in deliveries:
        serial = int(delivery.flow["serial"])
        flow = flows.setdefault(serial, {"runs": [], "final": None, "variant": bool(delivery.flow["variant_of"])})
        assert flow["final"] is None, "something follows the end of a flow"
        for r in delivery.runs:
            assert r.length == (len(r.data) or r.length)
            assert r.is_gap or int(r.pieces["length"].sum()) == r.length
            pieces = [tuple(map(int, p)) for p in r.pieces.tolist()]
            runs = flow["runs"]
            last = runs[-1] if runs else None
            if last and last[0] == r.direction and bool(last[3]) == bool(r.data) and last[1] + last[2] == r.offset:
                runs[-1] = (last[0], last[1], last[2] + r.length, last[3] + r.data, last[4] + pieces)
            else:
                runs.append((r.direction, r.offset, r.length, r.data, pieces))
        if delivery.closed:
            row = delivery.flow
            flow["final"] = {name: row[name].tolist() for name in COUNTERS}
            for name in ("client_lo", "client_port", "server_lo", "server_port", "first_ts", "last_ts", "first_frame"):
                flow["final"][name] = int(row[name])
            for name in ("last_frame", "first_seq", "handshake", "proto", "shard", "ignored"):
                flow["final"][name] = int(row[name])
    return [flows[serial] for serial in sorted(flows)]


def stream(flow, direction):
    """Bytes of a direction with '?' for missing ones."""
    return b"".join(r[3] or b"?" * r[2] for r in flow["runs"] if r[0] == direction)
