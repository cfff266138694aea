"""Record an interface with Linux's own packet sockets (packet(7)), where dumpcap is not there.

A process of its own, run by `recorder`: one system call per packet makes it slower than dumpcap. Files, file names and
words on standard error are like dumpcap's. Nothing is sent.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netaudit.capture.write import PcapngWriter
from netaudit.core.system.reasons import why

# Constants of <linux/if_packet.h>, <linux/if_ether.h>, <linux/if_arp.h>, <asm-generic/socket.h>.
ETH_P_ALL, SOL_PACKET = 3, 263
PACKET_ADD_MEMBERSHIP, PACKET_STATISTICS, PACKET_AUXDATA, PACKET_MR_PROMISC = 1, 6, 8, 1
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
VLAN_VALID, TPID_VALID = 1 << 4, 1 << 6
ETHERNET, RAW, LOOPBACK = 1, 101, 1  # LINKTYPE_ values
ARPHRD = {1: ETHERNET, 772: LOOPBACK, 65534: RAW, 512: RAW}  # Ethernet, loopback, none (tun), PPP
LONGEST = 262_144
TICK = 0.1  # seconds at most until what was taken is in the file


@dataclass(slots=True)
class Counters:
    """Packets taken and, as the kernel says, lost: all, and those up to the end of the last file."""

    taken: int = 0
    lost: int = 0
    reported: tuple[int, int] = (0, 0)

    def since(self) -> tuple[int, int]:
        """Taken and lost since last asked."""
        before, self.reported = self.reported, (self.taken, self.lost)
        return self.taken - before[0], self.lost - before[1]


def main(arguments: list[str]) -> int:
    """Record until SIGINT, SIGTERM or SIGPIPE. Arguments: interface, base, bytes, seconds, snaplen, MiB, mode."""
    interface, base, *numbers, mode = arguments
    file_bytes, file_seconds, snaplen, buffer_mib = map(int, numbers)
    stopped: list[int] = []
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGHUP):
        signal.signal(wanted, lambda number, _: stopped.append(number))
    try:
        tap = open_tap(interface, buffer_mib, promiscuous=mode == "promiscuous")
    except PermissionError:
        _say("capturing needs the capability CAP_NET_RAW")
        return 1
    except OSError as error:
        _say(f"{interface}: {why(error)}")
        return 1
    counters = Counters()
    reason = ""
    with tap:
        files = Files(Path(base), interface, link_type(interface), snaplen, file_bytes, file_seconds)
        try:
            reason = _record(tap, files, snaplen or LONGEST, counters, stopped)
        finally:
            counters.lost += lost_packets(tap)
            files.close(counters)
    if reason:
        _say(reason)
    _say(
        f"Packets received/dropped on interface '{interface}': {counters.taken}/{counters.lost} "
        f"(pcap:{counters.lost}/dumpcap:0/flushed:0/ps_ifdrop:0)"
    )
    return 1 if reason else 0


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # whoever listened has gone, and SIGPIPE has told us
        os.write(2, line.encode() + b"\n")


def open_tap(interface: str, buffer_mib: int, *, promiscuous: bool) -> socket.socket:
    """A packet socket that hears everything on an interface, stamps packets, and tells VLAN tags taken off."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):  # the first needs CAP_NET_ADMIN
            try:
                tap.setsockopt(socket.SOL_SOCKET, option, buffer_mib << 20)
                break
            except PermissionError:
                continue
        tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        tap.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        tap.bind((interface, ETH_P_ALL))
        if promiscuous:
            index = socket.if_nametoindex(interface)
            tap.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b""))
        tap.setblocking(False)
    except BaseException:
        tap.close()
        raise
    return tap


def link_type(interface: str) -> int:
    """LINKTYPE_ value of an interface by its hardware type."""
    try:
        hardware = int(Path(f"/sys/class/net/{interface}/type").read_text())
    except (OSError, ValueError):
        return ETHERNET
    return ARPHRD.get(hardware, ETHERNET)


def lost_packets(tap: socket.socket) -> int:
    """Packets lost since last asked: the socket's buffer was full."""
    try:
        return int(struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])
    except OSError:
        return 0


class Files:
    """The files of one run, each begun when the one before is full or old enough."""

    def __init__(self, base: Path, interface: str, link: int, snaplen: int, file_bytes: int, file_seconds: int) -> None:
        self._base, self._interface, self._link, self._snaplen = base, interface, link, snaplen
        self._most, self._age = file_bytes, file_seconds
        self._number = 0
        self._open()

    def _open(self) -> None:
        self._number += 1
        stamp = time.strftime("%Y%m%d%H%M%S")
        path = self._base.with_name(f"{self._base.stem}_{self._number:05d}_{stamp}.pcapng")
        self._writer = PcapngWriter(path, application="netaudit, packet socket")
        path.chmod(0o600)
        self._writer.interface(self._link, name=self._interface, snaplen=self._snaplen)
        self._writer.flush()
        self._until = time.monotonic() + self._age
        _say(f"File: {path}")

    def write(self, ts: int, data: bytes, wire_length: int) -> None:
        """Write a packet."""
        self._writer.packet(0, ts, data, wirelen=wire_length)

    def turn(self, counters: Counters) -> None:
        """Have written what was taken, and begin the next file when it is time."""
        self._writer.flush()
        if self._writer.size >= self._most or time.monotonic() >= self._until:
            self.close(counters)
            self._open()

    def close(self, counters: Counters) -> None:
        """End the file with what was taken and lost since it began."""
        taken, lost = counters.since()
        self._writer.statistics(0, time.time_ns(), received=taken, lost=lost)
        self._writer.close()


def _record(tap: socket.socket, files: Files, snaplen: int, counters: Counters, stopped: list[int]) -> str:
    """Take packets until told to stop; gives a reason where it is another one."""
    space = socket.CMSG_SPACE(16) + socket.CMSG_SPACE(20)
    due = time.monotonic() + TICK
    while not stopped:
        if not select.select([tap], [], [], TICK)[0]:
            files.turn(counters)
            continue
        try:
            while not stopped:
                data, extra, _, _ = tap.recvmsg(LONGEST, space, socket.MSG_TRUNC)
                ts, data, wire_length = _told(data, extra)
                files.write(ts, data[:snaplen], wire_length)
                counters.taken += 1
                if (clock := time.monotonic()) > due:
                    due = clock + TICK
                    files.turn(counters)
        except BlockingIOError:
            pass
        except OSError as error:
            return f"The interface stopped: {why(error)}"
        counters.lost += lost_packets(tap)
    return ""


def _told(data: bytes, extra: list[tuple[int, int, Any]]) -> tuple[int, bytes, int]:
    """Time, bytes with the VLAN tag that the kernel took off put back, and length on the wire."""
    ts, wire_length = 0, len(data)
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            ts = seconds * 1_000_000_000 + nanoseconds
        elif level == SOL_PACKET and kind == PACKET_AUXDATA and len(value) >= 20:
            status, wire_length, _, _, _, tci, protocol = struct.unpack("IIIHHHH", value[:20])
            if status & VLAN_VALID and len(data) >= 12:
                tag = struct.pack(">HH", protocol if status & TPID_VALID else 0x8100, tci)
                data = data[:12] + tag + data[12:]
                wire_length += 4
    return ts or time.time_ns(), data, wire_length
