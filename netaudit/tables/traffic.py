"""Tables of what was captured: inputs, what was not decoded, conversations, payload by the second."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

CAPTURES = Table(
    "captures",
    "The inputs of the audit.",
    ("name", "capture_id"),
    (
        CAPTURE_ID,
        Column("name", "string", "File name as given, '-' for a pipe."),
        Column("size", "int64", "Size of the file as stored.", "bytes"),
        Column("sha256", "string", "SHA-256 of the file as stored, computed while reading."),
        Column("sm3", "string", "SM3 (GB/T 32905) of the file as stored; empty unless asked for."),
        Column("file_format", "string", "pcap or pcapng, with byte order and time unit."),
        Column("compression", "string", "gzip, zstd, xz, lz4 or none; by content."),
        Column("link_types", "list<string>", "Link types of its interfaces."),
        Column("interfaces", "list<string>", "Interface names and comments (pcapng)."),
        Column(
            "comments",
            "list<string>",
            "Written into it (pcapng): of a section, and of packets as `frame: text`.",
        ),
        Column("packets_read", "int64", "Packets in the file; = packets_decoded + all skipped.packets."),
        Column("packets_decoded", "int64", "Packets taken apart down to their payload."),
        Column("wire_bytes", "int64", "Sum of the frames' lengths on the wire.", "bytes"),
        Column("captured_bytes", "int64", "Sum of the captured lengths.", "bytes"),
        Column("first_ts", "time", "Earliest packet time."),
        Column("last_ts", "time", "Latest packet time."),
        Column(
            "drops", "int64", "Packets the capturing side says it lost (pcapng statistics), null where it says nothing."
        ),
        Column(
            "damage",
            "list<string>",
            "What is wrong with the file, each with its offset and loss (reasons); empty when sound.",
            reasons=True,
        ),
    ),
)

SKIPPED = Table(
    "skipped",
    "Packets that were read but not decoded, by reason.",
    ("capture_id", "reason"),
    (CAPTURE_ID, Column("reason", "string", "Why."), Column("packets", "int64", "How many.")),
)

FLOWS = Table(
    "flows",
    "Conversations of two endpoints over one transport.",
    ("first_ts", "flow_id"),
    (
        Column("flow_id", "string", "Hash of the endpoints and of the place where the flow begins."),
        Column("capture_id", "string", "Capture in which it begins."),
        Column("transport", "string", "tcp, udp or the name of the IP protocol."),
        Column("client_ip", "string", "Who opened it (SYN; else by ports; else by what was said)."),
        Column("client_port", "int32", ""),
        Column("server_ip", "string", "The other side."),
        Column("server_port", "int32", ""),
        Column("client_mac", "string", "Link address of the frames from the client, empty where the link has none."),
        Column("server_mac", "string", "Link address of the frames from the server."),
        Column("vlan", "string", "VLAN ids, outer first, joined by a dot; empty for none."),
        Column("tunnel", "string", "Innermost tunnel that was taken off, empty for none."),
        Column("first_ts", "time", "Time of its first packet."),
        Column("last_ts", "time", "Time of its last packet."),
        Column("first_frame", "int64", "First packet: " + FRAME + "."),
        Column("last_frame", "int64", "Last packet, in the capture where the flow ends."),
        Column("packets_up", "int64", "Packets from client to server."),
        Column("packets_down", "int64", "Packets from server to client."),
        Column("bytes_up", "int64", "Bytes of its frames on the wire, client to server.", "bytes"),
        Column("bytes_down", "int64", "The same, server to client.", "bytes"),
        Column(
            "payload_up",
            "int64",
            "Transport payload captured; = delivered + duplicate + conflicting + evicted + after close.",
            "bytes",
        ),
        Column("payload_down", "int64", "The same, server to client.", "bytes"),
        Column("delivered_up", "int64", "Payload put in order and handed to readers.", "bytes"),
        Column("delivered_down", "int64", "The same, server to client.", "bytes"),
        Column("duplicate_up", "int64", "Payload that had been delivered before.", "bytes"),
        Column("duplicate_down", "int64", "The same, server to client.", "bytes"),
        Column("conflicting_up", "int64", "Like duplicate, but with other content.", "bytes"),
        Column("conflicting_down", "int64", "The same, server to client.", "bytes"),
        Column("evicted_up", "int64", "Payload dropped under a memory budget.", "bytes"),
        Column("evicted_down", "int64", "The same, server to client.", "bytes"),
        Column("after_close_up", "int64", "Payload after the end of the connection.", "bytes"),
        Column("after_close_down", "int64", "The same, server to client.", "bytes"),
        Column("missing_up", "int64", "Bytes that were sent but are not in the capture.", "bytes"),
        Column("missing_down", "int64", "The same, server to client.", "bytes"),
        Column(
            "seq_up",
            "int64",
            "Sequence number (TCP) of the first byte from the client, as far as it is known; null for none.",
        ),
        Column("seq_down", "int64", "The same of the server."),
        Column("unread_up", "int64", "Delivered bytes that belong to no message (encrypted, unknown).", "bytes"),
        Column("unread_down", "int64", "The same, server to client.", "bytes"),
        Column("protocol", "string", "What its reader recognised: http, tls, dns …; unknown when carved only."),
        Column("server_name", "string", "Name the client asked for (TLS SNI, HTTP Host)."),
        Column("bursts_up", "list<int64>", "Upward bursts by size: < 8 KiB, < 32 KiB, < 128 KiB, < 512 KiB, larger."),
        Column("handshake", "string", "Which of S (SYN), A (SYN-ACK), F (FIN up), f (FIN down), R (RST) were seen."),
        Column(
            "client_outer", "string", "Address that carries what the client sends, where it is in a tunnel over IP."
        ),
        Column("server_outer", "string", "The same of the server."),
        Column(
            "doubts",
            "list<string>",
            "Why packets were not taken as they stood, and what came of it (docs/threats.md); variant: this row is the "
            "other reading of a connection with conflicting bytes.",
        ),
        Column(
            "keys",
            "string",
            "Where keys were given, what became of an encrypted connection: opened, partly, no keys, keys do not fit, "
            "not supported, not asked for, beginning not captured.",
        ),
        Column("keys_from", "string", "Source whose keys opened it, by kind and hash (keys.sources of case.json)."),
        Column(
            "tls_version", "string", "TLS version that the server chose, 4 hexadecimal digits; empty where not seen."
        ),
        Column("tls_cipher", "string", "Cipher suite that the server chose, 4 hexadecimal digits (IANA)."),
        Column("tls_alpn", "string", "Application protocol that the server chose; TLS 1.3 hides it."),
    ),
)

SIGHTINGS = Table(
    "sightings",
    "Connections that two captures show (both sides of a router, a mirror and a tap): each is judged and counted once, "
    "as the capture on the inner side shows it.",
    ("flow_id",),
    (
        Column("flow_id", "string", "Flow that is the other sighting, and is not counted."),
        Column("capture_id", "string", "Its capture."),
        Column("of_flow_id", "string", "The same connection as it is counted."),
        Column("of_capture_id", "string", "Capture of that."),
        Column("apart_s", "float64", "By how much later the clock of this sighting shows its beginning.", "seconds"),
        Column(
            "by",
            "string",
            "What ties the two: same random of the ClientHello, same sequence numbers; same bytes both ways or same "
            "pictures, at the distance of the clocks, or at one that was searched for.",
        ),
    ),
)

VANTAGES = Table(
    "vantages",
    "What each capture heard: of how many devices, for how long, in how many exchanges, and how far its clock is off.",
    ("capture_id",),
    (
        CAPTURE_ID,
        Column("seconds", "float64", "From its first packet to its last.", "seconds"),
        Column("exchanges", "int64", "Conversations in which both sides were heard."),
        Column("devices", "int64", "Inside devices that it knows, also by broadcasts only; none that forward."),
        Column("heard", "int64", "Those of them whose unicast was heard."),
        Column(
            "port_of",
            "string",
            "Device that is an end of every exchange, where others are known: what those said to others was not heard, "
            "as on the port of one device; empty for none.",
        ),
        Column(
            "clock_off_s",
            "float64",
            "By how much the recorder's clock is ahead of what servers outside state; null where nothing tells.",
            "seconds",
        ),
        Column("clock_by", "string", "What states it: NTP, HTTP Date."),
        Column("clock_servers", "int64", "Servers that agree in it."),
    ),
)

SENDINGS = Table(
    "sendings",
    "Payload by way and second, where moments are marked; private/ while the audit runs.",
    ("transport", "src_ip", "src_port", "dst_ip", "dst_port", "second"),
    (
        Column("transport", "string", "As flows.transport."),
        Column("src_ip", "string", "Address of the sender."),
        Column("src_port", "int32", "Its port."),
        Column("dst_ip", "string", "Address of the receiver."),
        Column("dst_port", "int32", "Its port."),
        Column("second", "int64", "Seconds since 1970 UTC."),
        Column("first_ts", "time", "First packet with payload in it."),
        Column("last_ts", "time", "Last one."),
        Column("bytes", "int64", "Payload, as flows.payload_up and payload_down count it.", "bytes"),
    ),
)
