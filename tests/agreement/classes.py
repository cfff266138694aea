"""Classes of differences: how one is known, its cause, and who is right. What fits none is unexplained.

A class is as narrow as its cause: by peer, kind, what both say, and what the packets are. Each was looked at in the
bytes of an example.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass, field

import dpkt

from tests.agreement.dpkt_reading import FAMILIES, hello_extensions, messages

FEW = 8  # bytes of a first chunk
CHANGED = "packets that were damaged"
UNREAD = "conversation that the peer does not have"
# Teredo, VXLAN, GENEVE, GTP-U, MPLS and GRE in UDP, L2TP
TUNNELS = frozenset({3544, 4789, 4790, 6081, 8472, 2152, 6635, 4754, 1701})
GTP = 2152
FOREIGN_LINKS = {7, 129, 149, 178}  # ARCNET (BSD, Linux), PKTAP under a user's number, Juniper Ethernet
LONGEST_NAME = 255  # RFC 1035, 2.3.4
WEAK = frozenset(
    {"0003", "0006", "0008", "000b", "000e", "0011", "0014", "0017", "0019"}
)  # for export, 40 bits (RFC 2246, A.5)
STREAMS = ("multipart/x-mixed-replace", "multipart/mixed", "application/x-rtsp-tunnelled")
BESIDE = 1000  # bytes of a part's head
SIX = [bytes([one]) for one in range(0x60, 0x70)]  # how IPv6 begins
TOKEN = re.compile(
    r"[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*"
)  # RFC 9110, 5.6.2; all that are registered begin with a letter


@dataclass(slots=True)
class Context:
    """What is known of a capture: records of both by the ends of their conversations, its packets, changed packets' ends."""

    ours: dict
    theirs: dict = field(default_factory=dict)
    packets: object = None
    touched: frozenset = frozenset()


def class_of(one, context) -> str:
    """Name of the class of a difference.

    Bytes that are not what their checksum says have no truth: netaudit doubts such a packet where sound ones were seen,
    tshark and dpkt take it as it stands, suricata is told not to look at checksums. All that has no such packet must agree.
    """
    ends = ends_in(one)
    if frozenset(ends[1:]) in context.touched or (context.packets and context.packets.doubtful(ends)):
        return CHANGED
    for name, (peers, kind, fits, _, _) in CLASSES.items():
        if one.peer in peers and one.kind in kind and fits(one, context):
            return name
    return "unexplained"


def ends_in(one):
    return one.key[0] if isinstance(one.key[0], tuple) else one.key


def _told(value, name):
    return {dict(row).get(name) for row in value or ()}


def _of(one, context, kind):
    return [record for record in context.ours.get(ends_in(one), ()) if record["kind"] == kind]


def _messages(one, context):
    return _of(one, context, "message")


def _said(one, context):
    return context.packets.said(ends_in(one)) if context.packets else [b"", b""]


# -- conversations ----------------------------------------------------------------------------------------------------


def _quoted(one, context):
    """Suricata counts an error of ICMP for the conversation that it quotes, as of who sent the error."""
    if not (one.ours and one.theirs and context.packets):
        return False
    ours, theirs = dict(one.ours)["packets"], dict(one.theirs)["packets"]
    there, back = context.packets.quoted(one.key)
    return [his - mine for his, mine in zip(theirs, ours, strict=True)] == [back, there]


def _cut(one, context):
    if not (one.ours and one.theirs and context.packets):
        return False
    told, there = context.packets.lengths(one.key)
    ours, theirs = dict(one.ours), dict(one.theirs)
    return ours["packets"] == theirs["packets"] and list(theirs["payload"]) == told and list(ours["payload"]) == there


def _dropped(one, context):
    if not (one.ours and context.packets):
        return False
    ours, theirs = (dict(value or ()).get("packets", (0, 0)) for value in (one.ours, one.theirs))
    return tuple(mine - his for mine, his in zip(ours, theirs, strict=True)) == context.packets.cut(one.key) != (0, 0)


def _tunnel(one, context):
    """What carries a tunnel: netaudit tells what is inside."""
    return one.ours is None and any(port in TUNNELS for _, port in one.key[1:])


def _frames_unread(one, context):
    """Frames in which dpkt finds nothing, or only what carries a tunnel."""
    if not context.packets:
        return False
    found = [context.packets.seen_as(frame) for flow in _of(one, context, "flow") for frame in flow["frames"]]
    return any(ends is None or any(port in TUNNELS for _, port in ends[1:]) for ends in found)


def _in_unread_tunnel(one, context):
    carriers = (
        [context.packets.seen_as(flow["frames"][0]) for flow in _of(one, context, "flow")] if context.packets else []
    )
    return one.theirs is None and any(ends is None or any(port in TUNNELS for _, port in ends[1:]) for ends in carriers)


def _gtp(one, context):
    """Netaudit names GTP as a tunnel that it does not open."""
    inside = one.ours is None and context.packets and GTP in context.packets.ports()
    return inside or any(port == GTP for _, port in one.key[1:])


def _foreign_link(one, context):
    return one.ours is None and context.packets and context.packets.link in FOREIGN_LINKS


def _rest_missing(one, context):
    """A fragment whose rest is not there."""
    return one.theirs is None and context.packets and context.packets.fragmented(one.key)


def _other_family(one, context):
    """A link type that says which version of IP follows, and is not true."""
    return one.ours is None and context.packets and context.packets.link in FAMILIES


def _fragments(one, context):
    if not (one.ours and one.theirs and context.packets):
        return False
    return context.packets.fragmented(one.key) and dict(one.ours)["packets"] == dict(one.theirs)["packets"]


def _big(one, context):
    """One packet above 64 KiB, whose head says 0 for its length (RFC 9673): as Linux captures behind its own card."""
    payload = dict(one.ours or ()).get("payload", (0, 0))
    return one.theirs is None and max(payload) > 1 << 16 and max(dict(one.ours)["packets"]) == 1


def _lost_by_us(one, context):
    return one.ours is None and not _of(one, context, "flow")


def _blocks(one, context):
    """A pcapng of several sections or interfaces, or with blocks of packets other than the usual one (6)."""
    kinds, places = context.packets.blocks if context.packets else (frozenset(), 0)
    return kinds - {6} or places > 2


def _teredo(one, context):
    """IPv6 in datagrams: an address of Teredo, or what looks like such a packet."""
    inside = context.packets.datagrams(one.key) if context.packets and one.ours else []
    return (one.ours is None and any(address.startswith("2001:0:") for address, _ in one.key[1:])) or (
        one.theirs is not None
        and any(data.removeprefix(data[:8] if data[:2] == b"\0\0" else b"")[:1] in SIX for data in inside)
    )


def _lessened(one, context):
    if not (one.ours and one.theirs and context.packets):
        return False
    return context.packets.lessened(one.key) and dict(one.ours)["packets"] == dict(one.theirs)["packets"]


def _unread(one, context):
    """Whatever is said of a conversation of which the peer has none."""
    return one.theirs is None and not any(record["kind"] == "flow" for record in context.theirs.get(ends_in(one), ()))


# -- names ------------------------------------------------------------------------------------------------------------


def _over_tcp(one, _):
    return one.theirs is None and ends_in(one)[0] == "tcp"


def _name_too_long(one, context):
    """An answer with a name that is longer than a name may be: netaudit takes nothing from such a message."""
    datagrams = context.packets.datagrams(ends_in(one)) if context.packets else []
    return bool(one.ours and one.theirs) and any(_has_long_name(data) for data in datagrams)


def _has_long_name(data):
    at = 12
    for _ in range(int.from_bytes(data[4:6], "big")):
        begin = at
        while at < len(data) and 0 < data[at] < 64:
            at += 1 + data[at]
        if at - begin > LONGEST_NAME or (at < len(data) and data[at] >= 64):
            return True
        at += 5
    return False


# -- contents ---------------------------------------------------------------------------------------------------------


def _form(one, context):
    """The body as it was sent, of a size that netaudit tells of a message whose parts, or what is encoded, it tells apart."""
    return (
        one.ours is None
        and one.key[2] in {message["body_size"] for message in _messages(one, context)}
        and any(record["whole"] or record["form"] == "part" for record in _of(one, context, "content"))
        # else it gave other bytes; what its hash would tell, or keys opened, has none in netaudit's tables
        and not any(record["size"] == one.key[2] and record["sha256"] for record in _of(one, context, "content"))
    )


def _unhashed(one, context):
    """A content of which netaudit's tables keep no hash: a small text, or what keys opened and is no evidence."""
    return one.ours is None and any(
        record["size"] == one.key[2] and not record["sha256"] for record in _of(one, context, "content")
    )


def _of_form(one, context):
    """No body as sent, of a conversation with a form: a file that the peer took out of it, otherwise than it was sent."""
    messages = _messages(one, context)
    forms = any(message["content_type"].startswith("multipart/") for message in messages)
    return one.ours is None and forms and one.key[2] not in {message["body_size"] for message in messages}


def _first_chunk_apart(one, context):
    """All but the first few bytes of an answer's body as it was sent."""
    sizes = {message["body_size"] for message in _messages(one, context) if message["status"]}
    return one.ours is None and any(one.key[2] + first in sizes for first in range(1, FEW + 1))


def _crumb(one, _):
    """A body of a byte or two that nobody sent: what follows a chunk's size."""
    return one.ours is None and one.key[2] <= 2


def _stream_of_parts(one, context):
    """A body that is a stream of parts: to the peer it is all that was sent until the connection closed."""
    messages_here = _messages(one, context)
    if one.ours is not None or not any(message["content_type"].startswith(STREAMS) for message in messages_here):
        return False
    parts = [message["body_size"] for message in messages_here if message["status"] == 200]
    return _rtsp_in_http(one, context) or sum(parts) <= one.key[2] <= sum(parts) + BESIDE * len(parts)


def _in_tunnel(one, context):
    """What is spoken in a stream of HTTP/2 that an extended CONNECT opened (RFC 8441)."""
    return one.ours is None and any(
        message["protocol"] == "http2" and message["method"] == "CONNECT" for message in _messages(one, context)
    )


def _no_colon(one, context):
    """A head with a line without a colon: its other lines count for the body there."""
    return one.ours is None and any(
        "header lines without a colon" in message["notes"] and message["body_size"] < one.key[2]
        for message in _messages(one, context)
    )


def _behind_hole(one, context):
    """Of a connection with lost bytes, where the peer goes on as if nothing were missing."""
    holed = bool(context.packets) and ends_in(one)[0] == "tcp" and context.packets.holed(ends_in(one))
    return holed or bool(_of(one, context, "hole"))  # which dpkt does not see within a tunnel


def _one_segment(one, context):
    """The bytes of a single packet: a connection whose beginning is missing, or whose body has no length."""
    return one.ours is None and context.packets and context.packets.segment(*_content(one))


def _content(one):
    ends, sha256, size = one.key
    return ends, sha256, size


def _on_the_wire(one, context):
    """Bytes as they stand behind a head, of which netaudit takes a framing or coding off that the peer does not see."""
    coded = one.ours is None and context.packets and context.packets.verbatim(*_content(one))
    return coded and any(record["size"] != one.key[2] for record in _of(one, context, "content"))


def _line_end(one, context):
    """A body and the line end behind it, which its length does not count."""
    sizes = {message["body_size"] for message in _messages(one, context)}
    return (
        one.ours is None
        and context.packets
        and context.packets.verbatim(*_content(one))
        and bool({one.key[2] - 1, one.key[2] - 2} & sizes)
    )


def _interim(one, context):
    """What stands behind an answer that has no body (RFC 9110, 15.2)."""
    interim = any(100 <= message["status"] < 200 and message["status"] != 101 for message in _messages(one, context))
    return one.ours is None and interim and context.packets and context.packets.verbatim(*_content(one))


def _folded(one, context):
    """A head with a field on two lines: tshark takes the second line for the body."""
    return one.ours is None and any(re.search(rb":\r\n[ \t]", data) for data in _said(one, context))


def _untrue_checksum(one, context):
    """What a stream of gzip holds whose checksum or length behind it is not true."""
    for data in _said(one, context) if one.ours is False else ():
        at = data.find(b"\x1f\x8b\x08\0")
        inflater = zlib.decompressobj(-15)
        try:
            held = inflater.decompress(data[at + 10 :]) if at >= 0 else b""
        except zlib.error:
            continue
        told = inflater.unused_data[:8]
        true = zlib.crc32(held).to_bytes(4, "little") + len(held).to_bytes(4, "little")
        if hashlib.sha256(held).hexdigest() == one.key[1] and told != true:
            return True
    return False


def _other_version(one, context):
    """An answer of a version of HTTP that there is not."""
    return one.ours is None and any(re.match(rb"HTTP/(?![01]\.)", data) for data in _said(one, context))


def _mail(one, context):
    """A part of a mail without the line end before the line that ends it (RFC 5322, 2.3: lines end so)."""
    smtp = any(message["protocol"] == "smtp" for message in _messages(one, context))
    return one.ours is None and smtp and any(
        hashlib.sha256(data[at - one.key[2] : at]).hexdigest() == one.key[1]
        for data in _said(one, context) for at in [data.find(b"\r\n.\r\n")] if at >= one.key[2]
    )  # fmt: skip


def _pipe(one, _):
    """A few bytes of a pipe of SMB, over which procedures are called."""
    return one.ours is None and any(port == 445 for _, port in ends_in(one)[1:]) and one.key[2] <= FEW


def _part(one, context):
    """The same bytes, which netaudit knows to be less than all: a range, a restart behind the beginning, a lost end."""
    return one.ours is False and any(
        message["missing"] or message["status"] == 206 or message["protocol"] == "ftp-data"
        for message in _messages(one, context)
    )


# -- exchanges --------------------------------------------------------------------------------------------------------


def _no_status(one, _):
    return one.ours is not None and one.theirs is not None and _told(one.theirs, "status") == {"None"} and (
        {(dict(row)["method"], dict(row)["host"]) for row in one.ours} == {(dict(row)["method"], dict(row)["host"]) for row in one.theirs}
    )  # fmt: skip


def _some_without_status(one, context):
    """Of several requests for the same some have no answer."""
    if not (one.ours and one.theirs):
        return False
    return "None" in _told(one.theirs, "status") and {row for row in one.theirs if ("status", "None") not in row} <= set(one.ours) and (
        {dict(row)["method"] for row in one.ours} == {dict(row)["method"] for row in one.theirs}
    )  # fmt: skip


def _answer_to_nothing(one, context):
    """Suricata has the answer as one to no request."""
    return _some_without_status(one, context) and any(
        record["kind"] == "answer to nothing" for record in context.theirs.get(ends_in(one), ())
    )


def _cut_head(one, context):
    return _no_status(one, context) and any("head cut off" in message["notes"] for message in _messages(one, context))


def _headless(one, context):
    return _no_status(one, context) and any(
        "no status line: taken as an HTTP/0.9 answer" in message["notes"] for message in _messages(one, context)
    )


def _smuggled(one, context):
    """A request that stands behind chunks whose size is none: what is behind them is read on as it looks."""
    return one.theirs is None and any(
        {"broken chunk", "declared as chunked, but is not"} & {*message["notes"]} for message in _messages(one, context)
    )


def _blank_in_target(one, context):
    """A target with a blank in it: the peer takes the first word, or nothing."""
    targets = {message["path"] for message in _messages(one, context)}
    if one.theirs is None:
        return " " in one.key[1]
    return one.ours is None and any(target.startswith(one.key[1] + " ") for target in targets)


def _refused_by_dpkt(one, context):
    """A direction of which dpkt's reader leaves something: it stops at what it does not take."""
    if one.ours is None or ends_in(one)[0] != "tcp":
        return False
    kinds = {True: dpkt.http.Response, False: dpkt.http.Request}
    return any(messages(data, kinds[data.startswith(b"HTTP/")])[1] for data in _said(one, context))


def _no_status_unfinished(one, context):
    asked = [message for message in _messages(one, context) if not message["answers"] and not message["status"]]
    endless = any(message["body_size"] and _without_length(data) for message in asked for data in _said(one, context))
    return _no_status(one, context) and (endless or any(message["missing"] for message in asked))


def _without_length(data):
    head = data.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(b"post ") and b"\ncontent-length" not in head and b"\ntransfer-encoding" not in head


def _server_asks(one, context):
    """A request of who was connected to, as with cameras that call their server and are asked then."""
    return one.theirs is None and any(
        message["direction"] == "down" and not message["status"] and message["path"] == one.key[1]
        for message in _messages(one, context)
    )


def _half_open(one, context):
    return (
        one.theirs is None
        and context.packets
        and ends_in(one)[0] == "tcp"
        and sorted(map(bool, context.packets.opened(ends_in(one)))) == [False, True]
    )


def _upgraded(one, context):
    asked = any(b"\r\nupgrade: h2c" in data.lower() for data in _said(one, context))
    return asked and (one.theirs is None or "101" in _told(one.theirs, "status"))


def _http2(one, context):
    return one.theirs is None and any(b"PRI * HTTP/2.0\r\n" in data for data in _said(one, context))


def _opened(one, context):
    """What netaudit opened with keys: the conversation itself is TLS, or QUIC."""
    sides = _said(one, context)
    return one.theirs is None and (ends_in(one)[0] == "udp" or any(data.startswith(b"\x16\x03") for data in sides))


def _weak_suite(one, context):
    """A suite that nobody should use, which netaudit does not open (`flows.keys`: not supported)."""
    return one.ours is None and any(record["suite"] in WEAK for record in _of(one, context, "chosen"))


def _without_host(one, _):
    """Requests of one connection, some of which name no host."""
    if not (one.ours and one.theirs):
        return False
    named = {row for row in one.theirs if dict(row)["host"]}
    hostless = lambda rows: {(dict(row)["method"], dict(row)["status"]) for row in rows}  # noqa: E731
    return named == set(one.ours) and hostless(one.theirs) == hostless(one.ours)


def _proxied(one, context):
    return one.theirs is None and any(
        data[:1] in (b"\x04", b"\x05") or data.startswith(b"CONNECT ") for data in _said(one, context)
    )


def _disorder(one, context):
    """Of a connection that plain reassembly does not put in order: opened before the capture began, or twice, or with a hole."""
    if not context.packets or ends_in(one)[0] != "tcp" or one.ours is None:
        return False
    return context.packets.opened(ends_in(one)) != (1, 1) or context.packets.holed(ends_in(one))


def _rtsp(one, context):
    return one.theirs is None and _rtsp_in_http(one, context)


def _rtsp_in_http(one, context):
    return any(b"application/x-rtsp-tunnelled" in data for data in _said(one, context))


def _unfinished(one, context):
    return one.theirs is None and any(
        message["missing"] and message["path"] == one.key[1] and not message["answers"]
        for message in _messages(one, context)
    )


def _unknown_method(one, _):
    return one.theirs is None and _told(one.ours, "method") == {"QUERY"}


def _no_token(one, _):
    return one.ours is None and not any(TOKEN.fullmatch(str(method)) for method in _told(one.theirs, "method"))


def _begins_otherwise(one, context):
    method = next(iter(_told(one.ours, "method")), "")
    return one.theirs is None and any((b" " + data)[1:9].find(method.encode()) > 0 for data in _said(one, context))


# -- hellos -----------------------------------------------------------------------------------------------------------


def _no_certificate(one, _):
    return one.theirs is None and all(str(value).startswith("t12") for value in _told(one.ours, "ja4"))


def _within(one, context):
    """A hello that is not what the connection begins with."""
    data = _said(one, context)
    return (
        one.theirs is None
        and ends_in(one)[0] == "tcp"
        and any(data)
        and not any(side.startswith(b"\x16\x03") for side in data)
    )


def _in_records(one, context):
    return one.theirs is None and any(
        data.startswith(b"\x16\x03") and int.from_bytes(data[3:5], "big") < int.from_bytes(data[6:9], "big") + 4
        for data in _said(one, context)
    )


def _handshake_open(one, context):
    """A handshake that was not captured to its end: who asked said a hello and nothing more."""
    return one.theirs is None and any(
        data[:2] == b"\x16\x03" and data[5:6] == b"\1" and len(data) == 5 + int.from_bytes(data[3:5], "big")
        for data in _said(one, context)
    )


def _draft(one, _):
    """A draft of TLS 1.3 is no version of it (FoxIO: what is not listed is 00)."""
    if not (one.ours and one.theirs):
        return False
    return {
        tuple((n, v.replace("00", "13", 1) if n == "ja4" and v[1:3] == "00" else v) for n, v in row) for row in one.ours
    } == set(one.theirs)


def _second(one, _):
    """One of two hellos: the server asked for another one (RFC 8446, 4.1.4)."""
    return bool(one.ours and one.theirs) and one.theirs < one.ours


def _refused_hello(one, context):
    return one.theirs is None and any(
        data.startswith(b"\x16\x03") and hello_extensions(data) is None for data in _said(one, context)
    )


def _datagrams(one, _):
    return one.theirs is None and ends_in(one)[0] == "udp"


def _datagrams_of_tls(one, _):
    return one.theirs is None and all(str(value).startswith("d") for value in _told(one.ours, "ja4"))


def _quic_elsewhere(one, _):
    return (
        one.theirs is None
        and all(str(value).startswith("q") for value in _told(one.ours, "ja4"))
        and not any(port == 443 for _, port in ends_in(one)[1:])
    )


def _underscore(one, context):
    """The same hello but for the last part of JA4, which is of its extensions and a line without anything behind it."""
    if not (one.ours and one.theirs) or len(one.ours) != len(one.theirs):
        return False
    expected = {
        _with_underscore(kinds) for data in _said(one, context) if (kinds := hello_extensions(data)) is not None
    }
    bare = lambda rows: {tuple((n, v.rpartition("_")[0] if n == "ja4" else v) for n, v in row) for row in rows}  # noqa: E731
    return (
        bare(one.ours) == bare(one.theirs)
        and {value.rpartition("_")[2] for value in _told(one.theirs, "ja4")} <= expected
    )


def _of_ssl2(one, context):
    """A hello of SSL 2 (RFC 6101, E.1): there is no JA3 or JA4 of it."""
    return one.theirs is None and _told(one.ours, "random") <= {"", None} and any(
        data[:1] >= b"\x80" and data[2:3] == b"\1" for data in _said(one, context)
    )  # fmt: skip


def _with_underscore(kinds):
    named = ",".join(sorted(f"{kind:04x}" for kind in kinds if kind not in (0, 16)))
    return hashlib.sha256(f"{named}_".encode()).hexdigest()[:12]


ALL = ("tshark", "suricata", "dpkt")
SAID = ("exchange", "name", "hello", "content")
CLASSES: dict[str, tuple] = {
    # name: peers, kinds, how it is known, cause, who is right
    "errors of ICMP counted": (("suricata",), ("flow",), _quoted,
        "suricata counts an error of ICMP as a packet of the conversation that it quotes", "both (netaudit tells it as ICMP)"),
    "datagram shorter than it says": (("tshark",), ("flow",), _cut,
        "tshark tells the length that the head of UDP gives, netaudit the bytes that are there", "netaudit"),
    "packet that suricata drops": (("suricata",), ("flow",), _dropped,
        "suricata does not count a packet that is shorter than its head tells", "netaudit tells more"),
    "carrier of a tunnel": (ALL, ("flow",), _tunnel,
        "the peer counts what carries a tunnel as a conversation too, or alone", "both"),
    "frames that dpkt does not read": (("dpkt",), ("flow",), _frames_unread,
        "dpkt has no reader of this link layer or tunnel", "netaudit tells more"),
    "frames that suricata does not read": (("suricata",), ("flow",), _in_unread_tunnel, "suricata has no reader of this link layer or tunnel", "netaudit tells more"),
    "GTP": (("tshark", "suricata"), ("flow",), _gtp, "netaudit names GTP and does not open it", "the peer tells more"),
    "link layer that netaudit does not read": (("tshark",), ("flow",), _foreign_link,
        "netaudit names the link type and counts its frames as not read", "tshark tells more"),
    "version of IP that the link type denies": (("suricata",), ("flow",), _other_family,
        "suricata goes by the packet, netaudit and tshark by the link type", "both"),
    "fragment without its rest": (("suricata",), ("flow",), _rest_missing, "suricata waits for the rest of a datagram", "netaudit tells more"),
    "fragments that dpkt does not join": (("dpkt",), ("flow",), _fragments, "dpkt gives the first fragment's bytes", "netaudit"),
    "packet longer than its carrier says": (("dpkt",), ("flow",), _lessened,
        "PPPoE says less than the IP packet in it; dpkt goes by the packet", "netaudit (as tshark)"),
    "packet above 64 KiB": (("tshark", "dpkt"), ("flow",), _big, "the head says 0 for the length; the peer goes by it", "netaudit tells more"),
    "pcapng that the peer reads in part": (("suricata", "dpkt"), ("flow",), _blocks,
        "dpkt and suricata do not read all kinds of blocks, nor several interfaces", "netaudit (as tshark)"),
    "Teredo at another port": (("suricata",), ("flow",), _teredo,
        "suricata looks for IPv6 in datagrams of any port, netaudit and tshark where the port of Teredo is", "suricata tells more"),
    UNREAD: (ALL, SAID, _unread,
        "the peer has no conversation in which it could be; that is a difference of its own", "as told of the conversation"),
    "conversation that netaudit does not have": (ALL, SAID, _lost_by_us,
        "netaudit has no conversation in which it could be; that is a difference of its own", "as told of the conversation"),
    "lookup over TCP": (("dpkt",), ("name",), _over_tcp, "the plain reader beside dpkt takes lookups from UDP", "netaudit tells more"),
    "name that is too long": (("tshark", "suricata"), ("name",), _name_too_long,
        "a message that breaks RFC 1035 is none to netaudit; the peer reads on", "both"),
    "content without a hash": (ALL, ("content",), _unhashed,
        "of small texts, and of what keys opened, netaudit keeps no hash: it would tell what they say", "both"),
    "form taken apart": (ALL, ("content",), _form,
        "the peer gives a body as it was sent, netaudit what is in it: fields and files, parts, what a coding hid", "both"),
    "file in a form": (("suricata",), ("content",), _of_form,
        "suricata's reader of forms gives some binary files other bytes, or fewer, than were sent", "netaudit (the hash is the generator's)"),
    "first chunk of deflate apart": (("suricata",), ("content",), _first_chunk_apart,
        "where the first chunk has but a few bytes of a body in deflate, suricata loses it and leaves the rest in its coding",
        "netaudit (the hash is the generator's)"),
    "chunks out of order": (("tshark",), ("content",), _crumb,
        "of an answer in chunks whose segments came in another order tshark takes line ends for bodies",
        "netaudit (the hash is the generator's)"),
    "stream of parts": (ALL, ("content",), _stream_of_parts,
        "netaudit tells each part of such a body as it comes, the peer all together at the end", "both"),
    "tunnel in HTTP/2": (("suricata",), ("content",), _in_tunnel,
        "suricata gives what is spoken in the tunnel as a file, netaudit reads it", "netaudit tells more"),
    "head with a line without a colon": (("tshark",), ("content",), _no_colon,
        "tshark takes the lines behind it for the body", "netaudit (the length is the body's)"),
    "one packet as a file": (("tshark",), ("content",), _one_segment,
        "of a connection that it saw from the middle on tshark gives packets for bodies", "netaudit"),
    "body as on the wire": (ALL, ("content",), _on_the_wire,
        "a framing or coding whose declaration is odd: the peer leaves it on, netaudit takes it off as browsers do", "netaudit tells more"),
    "line end behind a body": (("suricata",), ("content",), _line_end, "suricata counts it in", "netaudit (the length is the body's)"),
    "body behind an interim answer": (("tshark", "suricata"), ("content",), _interim,
        "no body can follow there; netaudit searches the bytes for pictures only", "both"),
    "field on two lines": (("tshark",), ("content",), _folded, "tshark takes the second line for the body", "netaudit"),
    "checksum that is not true": (("tshark", "suricata"), ("content",), _untrue_checksum,
        "the same bytes, which netaudit does not call whole: the checksum of gzip does not fit", "netaudit"),
    "no version of HTTP": (("tshark",), ("content",), _other_version, "tshark takes any number for a version", "netaudit"),
    "end of a mail": (("suricata",), ("content",), _mail, "suricata leaves the last line end away", "netaudit (RFC 5321, 4.1.1.4)"),
    "pipe of SMB": (("suricata",), ("content",), _pipe, "suricata gives what a pipe says as a file", "both"),
    "part that is not called whole": (ALL, ("content",), _part,
        "a range, what follows a restart, or a body whose end was not seen: the peer calls the bytes a file", "netaudit"),
    "answer out of order": (("tshark",), ("exchange",), _some_without_status,
        "such an answer tshark gives to no request", "netaudit (the generator's)"),
    "answer that dpkt does not read": (("dpkt",), ("exchange",), _some_without_status,
        "dpkt's reader of HTTP stops at extensions of chunks, and at what HEAD, 204 and 304 answer", "netaudit (RFC 9112, 6.3 and 7.1.1)"),
    "answer to a request without its end": (("suricata",), ("exchange",), _no_status_unfinished,
        "suricata waits for the rest of the request", "netaudit tells more"),
    "who was connected to asks": (("suricata", "dpkt"), ("exchange",), _server_asks,
        "the peer takes who opened the connection for the only one that asks", "netaudit tells more"),
    "connection whose opening was not captured whole": (("suricata",), ("exchange", "hello"), _half_open,
        "suricata does not read a connection of which it saw one of two SYN", "netaudit tells more"),
    "answer that suricata gives to no request": (("suricata",), ("exchange",), _answer_to_nothing,
        "segments in another order, or an answer before the handshake ended: suricata has the answer, but apart", "netaudit"),
    "head without its end": (("suricata",), ("exchange",), _cut_head, "suricata waits for the rest of the head", "netaudit tells more"),
    "answer without a head": (ALL, ("exchange",), _headless,
        "HTTP/0.9: netaudit notes that it takes the bytes for an answer, and writes 200", "the peer (no status was sent)"),
    "request behind broken chunks": (("tshark", "suricata"), ("exchange",), _smuggled,
        "the peer takes what follows for the body", "netaudit tells more"),
    "blank in a target": (("tshark", "suricata"), ("exchange",), _blank_in_target, "the peer takes the first word, or nothing", "netaudit tells more"),
    "upgraded to HTTP/2": (("suricata", "dpkt"), ("exchange",), _upgraded,
        "the answer to such a request comes in HTTP/2; the peer gives the consent to change", "netaudit (RFC 7540, 3.2)"),
    "HTTP/2 that the peer does not read": (("dpkt", "suricata"), ("exchange",), _http2,
        "dpkt reads HTTP/1; suricata leaves out some streams (behind frames of priority, of an upgrade); tshark has them all", "netaudit tells more"),
    "opened with keys": (ALL, ("exchange",), _opened,
        "keys lie in the capture: suricata and dpkt use none, tshark not those behind the packets", "netaudit tells more"),
    "suite for export": (("tshark",), ("exchange", "content"), _weak_suite, "netaudit does not open suites of 40 bits, and says so", "tshark tells more"),
    "request that names no host": (ALL, ("exchange",), _without_host,
        "netaudit gives it the host of the connection's other requests", "the peer (no host was sent)"),
    "HTTP through a proxy": (ALL, ("exchange",), _proxied,
        "the peer does not read what is said behind SOCKS or CONNECT", "netaudit tells more"),
    "connection that dpkt's reader does not order": (("dpkt",), ("exchange", "hello"), _disorder,
        "the plain reader beside dpkt needs both SYN, one connection of the same ports, and all bytes", "netaudit tells more"),
    "RTSP in HTTP": (("tshark", "dpkt"), ("exchange",), _rtsp, "tshark goes by the port and sees RTSP only", "netaudit tells more"),
    "request without its end": (("tshark", "dpkt"), ("exchange",), _unfinished,
        "the peer tells a request once all of its body has come; this one's never did", "netaudit tells more"),
    "method that tshark does not know": (("tshark",), ("exchange",), _unknown_method, "a method newer than tshark", "netaudit tells more"),
    "message that dpkt does not take": (("dpkt",), ("exchange",), _refused_by_dpkt,
        "dpkt's reader stops at a head or body that is not as it wants it", "netaudit tells more"),
    "no method at all": (("suricata",), ("exchange",), _no_token,
        "suricata takes other bytes for a request: their first word is no method (RFC 9110, 5.6.2)", "netaudit"),
    "bytes before the request": (ALL, ("exchange",), _begins_otherwise,
        "the peer expects a request where the connection begins", "netaudit tells more"),
    "hello without certificate": (("suricata",), ("hello",), _no_certificate,
        "suricata tells of TLS 1.2 once a certificate came; these servers send none", "netaudit tells more"),
    "hello of SSL 2": (ALL, ("hello",), _of_ssl2, "the peer tells of hellos of SSL 3 and TLS", "netaudit tells more"),
    "hello behind other words": (ALL, ("hello",), _within,
        "a connection that turned to TLS (STARTTLS), or one within another protocol: the peer reads hellos at the beginning", "netaudit tells more"),
    "hello in many records": (("suricata",), ("hello",), _in_records,
        "suricata 7 does not join a hello that is cut into records", "netaudit tells more"),
    "hello that dpkt does not take": (("dpkt",), ("hello",), _refused_hello, "dpkt wants extensions in a hello", "netaudit tells more"),
    "handshake that does not end": (("suricata",), ("hello",), _handshake_open,
        "suricata tells of a hello once the handshake went on", "netaudit tells more"),
    "JA4 of a draft": (("suricata",), ("hello",), _draft, "suricata writes 13 for drafts of TLS 1.3 and Facebook's own", "netaudit (as tshark)"),
    "second hello": (("suricata",), ("hello",), _second, "suricata tells of one hello of a connection", "netaudit tells more"),
    "hello in datagrams": (("dpkt",), ("hello",), _datagrams, "QUIC and DTLS, which dpkt does not read", "netaudit tells more"),
    "hello of DTLS": (("suricata",), ("hello",), _datagrams_of_tls, "suricata does not read DTLS", "netaudit tells more"),
    "QUIC at another port": (("suricata",), ("hello",), _quic_elsewhere, "suricata looks for QUIC at port 443", "netaudit tells more"),
    "JA4 without signature algorithms": (("suricata",), ("hello",), _underscore,
        "suricata hashes the extensions and an underscore, with no algorithms behind it", "netaudit (FoxIO: without the underscore)"),
    "bytes that are missing": (("suricata", "tshark"), ("content", "exchange"), _behind_hole,
        "of a connection with lost bytes the peer reads on as if nothing were missing", "netaudit"),
}  # fmt: skip
