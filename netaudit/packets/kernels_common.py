"""What the packet kernels share: codes, byte readers, the step they pass on, and the ends of the walk.

A kernel takes a header off and returns a step `(layer, detail, pos, end, wire_end)`: the layer that follows, its kind
(EtherType, IP protocol, link type; the skip code at STOP), where it begins in the buffer, where the captured bytes end
and where they would end on the wire. `end <= wire_end` always; `pos` never moves backwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.layouts import SHARDS, Flag, Foreign, Skip, Tunnel

Step = tuple[int, int, int, int, int]
wide: Any = np.int64  # widens a byte or a field before arithmetic

# Codes are int64, not int: numba takes a plain global for a literal type, and compiles a callee once for each of them.

# Layers
STOP = wide(0)
LINK = wide(1)
ETHERNET = wide(2)
TYPE = wide(3)
LLC = wide(4)
PPP = wide(5)
WLAN = wide(6)
MPLS = wide(7)
IP = wide(8)
IPV4 = wide(9)
IPV6 = wide(10)
TRANSPORT = wide(11)

# Skip codes
DECODED = wide(Skip.DECODED)
LINKTYPE_UNKNOWN = wide(Skip.LINKTYPE_UNKNOWN)
TRUNCATED_LINK = wide(Skip.TRUNCATED_LINK)
TRUNCATED_IP = wide(Skip.TRUNCATED_IP)
MALFORMED_IP = wide(Skip.MALFORMED_IP)
TRUNCATED_TRANSPORT = wide(Skip.TRUNCATED_TRANSPORT)
MALFORMED_TRANSPORT = wide(Skip.MALFORMED_TRANSPORT)
FRAGMENT_CODE = wide(Skip.FRAGMENT)
FRAGMENT_INCOMPLETE = wide(Skip.FRAGMENT_INCOMPLETE)
TUNNEL_UNKNOWN = wide(Skip.TUNNEL_UNKNOWN)
TUNNEL_TOO_DEEP = wide(Skip.TUNNEL_TOO_DEEP)
MALFORMED_LINK = wide(Skip.MALFORMED_LINK)
ENCRYPTED = wide(Skip.ENCRYPTED)
CONTROL_FRAME = wide(Skip.CONTROL_FRAME)
OUTSIDE_PERIOD = wide(Skip.OUTSIDE_PERIOD)

FLAG_CUT = wide(Flag.CUT)
FLAG_GUESSED = wide(Flag.LENGTH_GUESSED)
FLAG_TIME = wide(Flag.TIME_UNKNOWN)
FLAG_BAD = wide(Flag.BAD_CHECKSUM)
FLAG_GOOD = wide(Flag.GOOD_CHECKSUM)
FLAG_STAMPED = wide(Flag.STAMPED)
FLAG_REASSEMBLED = wide(Flag.REASSEMBLED)

T_PPPOE = wide(Tunnel.PPPOE)
T_GRE = wide(Tunnel.GRE)
T_ERSPAN1 = wide(Tunnel.ERSPAN1)
T_ERSPAN2 = wide(Tunnel.ERSPAN2)
T_ERSPAN3 = wide(Tunnel.ERSPAN3)
T_VXLAN = wide(Tunnel.VXLAN)
T_CAPWAP = wide(Tunnel.CAPWAP)
T_GENEVE = wide(Tunnel.GENEVE)
T_MPLS = wide(Tunnel.MPLS)
T_IPIP = wide(Tunnel.IPIP)
T_SIX_IN_FOUR = wide(Tunnel.SIX_IN_FOUR)
T_TEREDO = wide(Tunnel.TEREDO)
T_L2TP = wide(Tunnel.L2TP)
T_AH = wide(Tunnel.AH)
T_PPP = wide(Tunnel.PPP)
T_BATMAN = wide(Tunnel.BATMAN)

F_GTP = wide(Foreign.GTP)
F_CAPWAP = wide(Foreign.CAPWAP)
F_TZSP = wide(Foreign.TZSP)
F_TRILL = wide(Foreign.TRILL)
F_GRE_ROUTING = wide(Foreign.GRE_ROUTING)
F_NSH = wide(Foreign.NSH)
F_ESP = wide(Foreign.ESP)
F_MACSEC = wide(Foreign.MACSEC)
F_WLAN = wide(Foreign.WLAN)
F_PPP = wide(Foreign.PPP)
F_BATMAN = wide(Foreign.BATMAN)

MAX_DEPTH = 8  # tunnels in tunnels

# EtherTypes of frames that end the walk without IP
NO_TYPE = wide(0)
MPLS_TYPE = wide(0x8847)
PPP_TYPE = wide(0x880B)
DISCOVERY_TYPE = wide(0x8863)
SERVICE_TYPE = wide(0x894F)
NONE = wide(0)  # the detail of a layer that needs none


@lean_kernel
def u8(buffer: Any, at: int) -> Any:
    """One byte, widened."""
    return wide(buffer[at])


@lean_kernel
def u16(buffer: Any, at: int) -> Any:
    """Two bytes, big-endian."""
    return (wide(buffer[at]) << 8) | wide(buffer[at + 1])


@lean_kernel
def u32(buffer: Any, at: int) -> Any:
    """Four bytes, big-endian."""
    return (u16(buffer, at) << 16) | u16(buffer, at + 2)


@lean_kernel
def u16_little(buffer: Any, at: int) -> Any:
    """Two bytes, little-endian."""
    return (wide(buffer[at + 1]) << 8) | wide(buffer[at])


@lean_kernel
def u32_little(buffer: Any, at: int) -> Any:
    """Four bytes, little-endian."""
    return (u16_little(buffer, at + 2) << 16) | u16_little(buffer, at)


@lean_kernel
def u48(buffer: Any, at: int) -> Any:
    """Six bytes, big-endian: a MAC address."""
    return (u16(buffer, at) << 32) | u32(buffer, at + 2)


@lean_kernel
def u64(buffer: Any, at: int) -> Any:
    """Eight bytes, big-endian, unsigned."""
    return (np.uint64(u32(buffer, at)) << np.uint64(32)) | np.uint64(u32(buffer, at + 4))


@lean_kernel
def fold(value: Any) -> Any:
    """Mix 64 bits to 31 (multiplications stay within int64)."""
    low = wide(value & np.uint64(0x7FFFFFFF))
    high = wide(value >> np.uint64(33))
    middle = wide((value >> np.uint64(31)) & np.uint64(3))
    mixed = (low * 0x45D9F3B) ^ (high * 0x119DE1F3) ^ (middle * 0x3C6EF372)
    mixed = (mixed ^ (mixed >> 29)) & 0x7FFFFFFF
    mixed = (mixed * 0x2C1B3C6D) & 0x3FFFFFFFFFFFFFFF
    return (mixed ^ (mixed >> 31)) & 0x7FFFFFFF


@lean_kernel
def shard_of(a_hi: Any, a_lo: Any, b_hi: Any, b_lo: Any) -> Any:
    """Logical shard of two addresses, the same in both directions."""
    a = fold(a_lo) ^ (fold(a_hi) >> 3)
    b = fold(b_lo) ^ (fold(b_hi) >> 3)
    both = (a + b + (a ^ b)) & 0x7FFFFFFF
    return ((both * 0x2545F491) >> 24) & (SHARDS - 1)


@lean_kernel
def clear(row: Any) -> None:
    """Make a PACKET row blank again."""
    row["src_hi"] = 0
    row["src_lo"] = 0
    row["dst_hi"] = 0
    row["dst_lo"] = 0
    row["src_mac"] = 0
    row["dst_mac"] = 0
    row["payload"] = 0
    row["length"] = 0
    row["wire_length"] = 0
    row["vlan"] = 0
    row["outer"] = 0
    row["ethertype"] = 0
    row["tunnel"] = 0
    row["depth"] = 0
    row["flags"] = 0
    row["shard"] = 0
    clear_transport(row)


@lean_kernel
def clear_transport(row: Any) -> None:
    """Forget what an outer IP packet said above its addresses."""
    row["seq"] = 0
    row["ack"] = 0
    row["sport"] = 0
    row["dport"] = 0
    row["window"] = 0
    row["header"] = 0
    row["stamp"] = 0
    row["urgent"] = 0
    row["scale"] = 0
    row["tcp_flags"] = 0
    row["proto"] = 0
    row["ttl"] = 0


@lean_kernel
def stop(code: int, pos: int) -> Step:
    """End the walk with a skip code."""
    return STOP, code, pos, pos, pos


@lean_kernel
def foreign(note: Any, code: int, name: int, pos: int) -> Step:
    """End the walk at something that is recognised only; `name` says what."""
    note["detail"] = name
    return STOP, code, pos, pos, pos


@lean_kernel
def payload(row: Any, pos: int, end: int, wire_end: int) -> Step:
    """End the walk with a payload."""
    row["payload"] = pos
    row["length"] = end - pos
    row["wire_length"] = wire_end - pos
    if end < wire_end:
        row["flags"] = wide(row["flags"]) | FLAG_CUT
    return STOP, DECODED, pos, end, wire_end


@lean_kernel
def plain(row: Any, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """End the walk at a frame without IP."""
    clear_transport(row)
    row["src_hi"] = 0
    row["src_lo"] = 0
    row["dst_hi"] = 0
    row["dst_lo"] = 0
    row["ethertype"] = kind
    zero = np.uint64(0)
    row["shard"] = shard_of(zero, np.uint64(row["src_mac"]), zero, np.uint64(row["dst_mac"]))
    return payload(row, pos, end, wire_end)


@lean_kernel
def enter(row: Any, tunnel: int, layer: int, detail: int, pos: int, end: int, wire_end: int) -> Step:
    """Leave a tunnel header behind."""
    depth = wide(row["depth"]) + 1
    if depth > MAX_DEPTH:
        return stop(TUNNEL_TOO_DEEP, pos)
    row["depth"] = depth
    row["tunnel"] = tunnel
    return layer, detail, pos, end, wire_end
