"""Windows built by hand, and what the tests ask of the decoder's answer."""

from __future__ import annotations

import struct

import numpy as np

from netaudit.capture.layouts import RECORD, Window
from netaudit.packets.from_capture import Decoder

MAPPED = 0xFFFF << 32


def window(frames, linktype=1, *, first=1, ts=1_000_000_000, capture=0, wirelens=None):
    """A window of frames, 1 ms apart; bytes between the frames are junk."""
    frames = [bytes(frame) for frame in frames]
    records = np.zeros(len(frames), RECORD)
    junk = b"\xa5" * 7
    at = 0
    for i, frame in enumerate(frames):
        at += len(junk)
        wirelen = wirelens[i] if wirelens else len(frame)
        records[i] = (ts + i * 1_000_000, first + i, at, len(frame), wirelen, capture, linktype, 3)
        at += len(frame)
    buffer = np.frombuffer(b"".join(junk + frame for frame in frames) + b"\xa5", np.uint8)
    return Window(buffer, records)


def decode(frames, linktype=1, **more):
    """Decoder after one window of frames and finish, and what it gave."""
    decoder = Decoder()
    decoded = decoder.feed(window(frames, linktype, **more))
    decoder.finish()
    handed_on = len(decoded.packets) - sum(decoder.contested.values())
    assert handed_on - sum(decoder.unread.values()) + sum(decoder.skipped.values()) == len(frames)
    assert sum(decoder.decoded.values()) + sum(decoder.unread.values()) == handed_on
    return decoder, decoded


def one(frame, linktype=1, **more):
    """The one PACKET row of a frame that decodes, and its payload."""
    decoder, decoded = decode([frame], linktype, **more)
    assert len(decoded.packets) == 1, dict(decoder.skipped)
    return decoded.packets[0], content(decoded, 0)


def content(decoded, i):
    row = decoded.packets[i]
    return decoded.buffer[int(row["payload"]) : int(row["payload"]) + int(row["length"])].tobytes()


def address(text):
    """IPv4 address as in PACKET.src_lo."""
    return MAPPED | int.from_bytes(bytes(map(int, text.split("."))), "big")


def ipv4(
    payload, protocol=17, *, source=b"\x0a\0\0\1", target=b"\x0a\0\0\2", number=7, offset=0, more=False, options=b""
):
    place = offset // 8 | more << 13
    header = struct.pack(
        ">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), number, place, 64, protocol, 0
    )
    return header + source + target + options + payload


def ipv6(payload, following=17, *, extensions=b"", source=bytes(15) + b"\1", target=bytes(15) + b"\2"):
    return (
        struct.pack(">IHBB", 6 << 28, len(extensions) + len(payload), following, 64)
        + source
        + target
        + extensions
        + payload
    )


def udp(payload, sport=5000, dport=6000):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(payload=b"", sport=40000, dport=80, seq=1, ack=2, flags=0x18):
    return struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 512, 0, 0) + payload


def ethernet(payload, kind=0x0800, *, tags=b""):
    return bytes.fromhex("020000000002 020000000001") + tags + kind.to_bytes(2, "big") + payload
