"""Every table of a case, declared once: columns with type, unit and meaning, and the key that sorts it.

`docs/tables.md` is made from this module (`python -m netaudit.tables`). Raise `TABLES_VERSION` when a column
changes its meaning.
"""

from __future__ import annotations

import collections
import functools
import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

TABLES_VERSION = 3
Row = Any  # a row of a table: a named tuple that `Table.row` made


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` is an Arrow type by name; `list<string>` and `list<int64>` are allowed."""

    name: str
    kind: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Rows are sorted by `key`, which also tells them apart."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    names: tuple[str, ...] = field(init=False, repr=False)  # of its columns, in order

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))  # rows ask for them

    def schema(self) -> pa.Schema:
        """Arrow schema with the meanings as field metadata."""
        import pyarrow as pa

        return pa.schema(
            [pa.field(c.name, _arrow(c.kind), metadata={"meaning": c.meaning, "unit": c.unit}) for c in self.columns],
            metadata={"table": self.name, "tables_version": str(TABLES_VERSION)},
        )

    @property
    def row(self) -> type[Any]:
        """The type of its rows: named tuples that are made by column names (`class_` for `class`), all of them."""
        return _row_type(self.name, self.names)


@functools.cache
def _row_type(name: str, names: tuple[str, ...]) -> type[Any]:
    def reduced(row: Any) -> tuple[Any, ...]:
        return _row_of, (name, names, tuple(row))

    fields = [f"{one}_" if keyword.iskeyword(one) else one for one in names]
    plain = collections.namedtuple(name, fields)  # type: ignore[misc]  # noqa: PYI024
    return type(name, (plain,), {"__slots__": (), "__reduce__": reduced})


def _row_of(name: str, names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row that went to another process."""
    return _row_type(name, names)(*values)


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    if kind.startswith("list<"):
        return pa.list_(_arrow(kind[5:-1]))
    if kind == "time":
        return pa.timestamp("ns", tz="UTC")
    return getattr(pa, kind if kind != "bool" else "bool_")()


def _c(name: str, kind: str, meaning: str, unit: str = "") -> Column:
    return Column(name, kind, meaning, unit)


CAPTURE_ID = _c(
    "capture_id",
    "string",
    "Capture, by the first 16 digits of its SHA-256 (unfinished-N if not read to its end); frames count within it.",
)
FRAME = "number of the packet in its capture, from 1, as Wireshark counts"

CAPTURES = Table(
    "captures",
    "The inputs of the audit.",
    ("name", "capture_id"),
    (
        CAPTURE_ID,
        _c("name", "string", "File name as given, '-' for a pipe."),
        _c("size", "int64", "Size of the file as stored.", "bytes"),
        _c("sha256", "string", "SHA-256 of the file as stored, computed while reading."),
        _c("sm3", "string", "SM3 (GB/T 32905) of the file as stored; empty unless asked for."),
        _c("file_format", "string", "pcap or pcapng, with byte order and time unit."),
        _c("compression", "string", "gzip, zstd, xz, lz4 or none; by content."),
        _c("link_types", "list<string>", "Link types of its interfaces."),
        _c("interfaces", "list<string>", "Interface names and comments (pcapng)."),
        _c("packets_read", "int64", "Packets in the file; = packets_decoded + all skipped.packets."),
        _c("packets_decoded", "int64", "Packets taken apart down to their payload."),
        _c("wire_bytes", "int64", "Sum of the frames' lengths on the wire.", "bytes"),
        _c("captured_bytes", "int64", "Sum of the captured lengths.", "bytes"),
        _c("first_ts", "time", "Earliest packet time."),
        _c("last_ts", "time", "Latest packet time."),
        _c(
            "drops", "int64", "Packets the capturing side says it lost (pcapng statistics), null where it says nothing."
        ),
        _c("damage", "list<string>", "What is wrong with the file, each with its offset and loss; empty when sound."),
    ),
)

SKIPPED = Table(
    "skipped",
    "Packets that were read but not decoded, by reason.",
    ("capture_id", "reason"),
    (CAPTURE_ID, _c("reason", "string", "Why."), _c("packets", "int64", "How many.")),
)

FLOWS = Table(
    "flows",
    "Conversations of two endpoints over one transport.",
    ("first_ts", "flow_id"),
    (
        _c("flow_id", "string", "Hash of the endpoints and of the place where the flow begins."),
        _c("capture_id", "string", "Capture in which it begins."),
        _c("transport", "string", "tcp, udp or the name of the IP protocol."),
        _c("client_ip", "string", "Who opened it (SYN; else by ports; else by what was said)."),
        _c("client_port", "int32", ""),
        _c("server_ip", "string", "The other side."),
        _c("server_port", "int32", ""),
        _c("client_mac", "string", "Link address of the frames from the client, empty where the link has none."),
        _c("server_mac", "string", "Link address of the frames from the server."),
        _c("vlan", "string", "VLAN ids, outer first, joined by a dot; empty for none."),
        _c("tunnel", "string", "Innermost tunnel that was taken off, empty for none."),
        _c("first_ts", "time", "Time of its first packet."),
        _c("last_ts", "time", "Time of its last packet."),
        _c("first_frame", "int64", "First packet: " + FRAME + "."),
        _c("last_frame", "int64", "Last packet, in the capture where the flow ends."),
        _c("packets_up", "int64", "Packets from client to server."),
        _c("packets_down", "int64", "Packets from server to client."),
        _c("bytes_up", "int64", "Bytes of its frames on the wire, client to server.", "bytes"),
        _c("bytes_down", "int64", "The same, server to client.", "bytes"),
        _c(
            "payload_up",
            "int64",
            "Transport payload captured; = delivered + duplicate + conflicting + evicted + after close.",
            "bytes",
        ),
        _c("payload_down", "int64", "The same, server to client.", "bytes"),
        _c("delivered_up", "int64", "Payload put in order and handed to readers.", "bytes"),
        _c("delivered_down", "int64", "The same, server to client.", "bytes"),
        _c("duplicate_up", "int64", "Payload that had been delivered before.", "bytes"),
        _c("duplicate_down", "int64", "The same, server to client.", "bytes"),
        _c("conflicting_up", "int64", "Like duplicate, but with other content.", "bytes"),
        _c("conflicting_down", "int64", "The same, server to client.", "bytes"),
        _c("evicted_up", "int64", "Payload dropped under a memory budget.", "bytes"),
        _c("evicted_down", "int64", "The same, server to client.", "bytes"),
        _c("after_close_up", "int64", "Payload after the end of the connection.", "bytes"),
        _c("after_close_down", "int64", "The same, server to client.", "bytes"),
        _c("missing_up", "int64", "Bytes that were sent but are not in the capture.", "bytes"),
        _c("missing_down", "int64", "The same, server to client.", "bytes"),
        _c("unread_up", "int64", "Delivered bytes that belong to no message (encrypted, unknown).", "bytes"),
        _c("unread_down", "int64", "The same, server to client.", "bytes"),
        _c("protocol", "string", "What its reader recognised: http, tls, dns …; unknown when carved only."),
        _c("server_name", "string", "Name the client asked for (TLS SNI, HTTP Host)."),
        _c("bursts_up", "list<int64>", "Upward bursts by size: < 8 KiB, < 32 KiB, < 128 KiB, < 512 KiB, larger."),
        _c("handshake", "string", "Which of S (SYN), A (SYN-ACK), F (FIN up), f (FIN down), R (RST) were seen."),
        _c("client_outer", "string", "Address that carries what the client sends, where it is in a tunnel over IP."),
        _c("server_outer", "string", "The same of the server."),
        _c(
            "doubts",
            "list<string>",
            "Why packets were not taken as they stood, and what came of it (docs/threats.md); variant: this row is the "
            "other reading of a connection with conflicting bytes.",
        ),
        _c(
            "keys",
            "string",
            "Where keys were given, what became of an encrypted connection: opened, partly, no keys, keys do not fit, "
            "not supported, not asked for, beginning not captured.",
        ),
        _c("keys_from", "string", "Source whose keys opened it, by kind and hash (keys.sources of case.json)."),
        _c("tls_version", "string", "TLS version that the server chose, 4 hexadecimal digits; empty where not seen."),
        _c("tls_cipher", "string", "Cipher suite that the server chose, 4 hexadecimal digits (IANA)."),
        _c("tls_alpn", "string", "Application protocol that the server chose; TLS 1.3 hides it."),
    ),
)

MESSAGES = Table(
    "messages",
    "What the readers understood: requests, responses, DNS answers, TLS hellos, carved finds.",
    ("first_ts", "message_id"),
    (
        _c("message_id", "string", "Hash of the flow, the direction and the stream offset."),
        _c("flow_id", "string", "Its flow."),
        CAPTURE_ID,
        _c("protocol", "string", "Protocol of the message."),
        _c("direction", "string", "up (client to server) or down."),
        _c("request_id", "string", "For a response: message_id of its request, empty when unknown."),
        _c("method", "string", "Request method; on a response that of its request."),
        _c("host", "string", "Host named in the request (masked)."),
        _c("path", "string", "Request target (masked)."),
        _c("status", "int32", "Status of a response, 0 for a request."),
        _c("content_type", "string", "As sent."),
        _c("user_agent", "string", "As sent (masked)."),
        _c("server", "string", "Server header, as sent (masked)."),
        _c("date", "string", "Date header, as sent: the other clock."),
        _c("first_ts", "time", "Time of the packet with its first byte."),
        _c("last_ts", "time", "Time of the packet with its last byte."),
        _c("first_frame", "int64", "First packet: " + FRAME + "."),
        _c("last_frame", "int64", "Last packet."),
        _c("body_size", "int64", "Body after transfer coding, as declared or counted.", "bytes"),
        _c("complete", "bool", "Every byte is there and its end is known."),
        _c(
            "missing",
            "list<string>",
            "Missing byte ranges of the body, 'from-to' (to excluded); 'from-?' where nothing is known behind.",
        ),
        _c("notes", "list<string>", "Named limits reached and sloppiness met."),
        _c("opened", "string", "It was encrypted, and opened with keys from this source; empty for what was in clear."),
    ),
)

OBJECTS = Table(
    "objects",
    "What was found in messages by unwrapping: images, documents, files.",
    ("object_id",),
    (
        _c("object_id", "string", "Hash of the message and the way of unwrapping."),
        _c("message_id", "string", "Message it was in."),
        _c(
            "sha256",
            "string",
            "SHA-256 of its bytes as recovered; missing bytes are zero. Empty for small objects that are not stored: "
            "what is masked, a field that is an ID number say, could be guessed by its hash.",
        ),
        _c("size", "int64", "Its bytes.", "bytes"),
        _c(
            "kind",
            "string",
            "jpeg, png, webp, bmp, gif, heic, avif, tiff, jp2, pnm, tga, json, xml, text, zip, opaque …; by content.",
        ),
        _c("complete", "bool", "Every byte is there and its end is known."),
        _c("missing", "list<string>", "Missing byte ranges, as in messages."),
        _c("unwrap_path", "string", "How it was found, from the message inwards (masked)."),
        _c("name", "string", "File or field name it was sent under (masked)."),
        _c("stored", "bool", "Whether its bytes are under private/objects."),
        _c("notes", "list<string>", "Named limits reached."),
    ),
)

EVIDENCE = Table(
    "evidence",
    "The packets that carried an object.",
    ("object_id", "capture_id"),
    (
        _c("object_id", "string", "The object."),
        CAPTURE_ID,
        _c("first_frame", "int64", "First of its packets: " + FRAME + "."),
        _c("last_frame", "int64", "Last of its packets."),
        _c(
            "frames",
            "string",
            "All of them as ranges, e.g. 17-19,23; of over 262,144 those at either end, with a note in messages.",
        ),
    ),
)

PARTS = Table(
    "parts",
    "Parts of uploads to object stores, ranges of files over HTTP, pieces of files over several SMB connections; what "
    "was joined from them is in objects.",
    ("upload", "number", "message_id", "offset"),
    (
        _c(
            "upload",
            "string",
            "Keyed hash of what names the whole: host, key, upload id; client, path, entity tag; session and file.",
        ),
        _c("number", "int32", "Part number, from 1; 0 where parts are not numbered, -1 for a reply."),
        _c("name", "string", "Last segment of the object key (masked)."),
        _c("message_id", "string", "The request that carried it."),
        _c("object_id", "string", "The part as an object; for a reply the part it answers."),
        _c("sha256", "string", "Of the part's bytes."),
        _c("size", "int64", "Its bytes; of the whole as declared where the role is end.", "bytes"),
        _c("complete", "bool", "Every byte is there."),
        _c("ts", "time", "When its first byte was sent."),
        _c(
            "role",
            "string",
            "part; range, sent, piece; block, reply: Qiniu's blocks, their answers; end: the size of the whole.",
        ),
        _c("offset", "int64", "Place in the whole, or in its block; -1 where parts are numbered.", "bytes"),
        _c("links", "list<string>", "Keyed hashes of the contexts that it cites or, as a reply, gives."),
    ),
)

IMAGES = Table(
    "images",
    "Distinct images, by content.",
    ("sha256",),
    (
        _c("sha256", "string", "Of the image's bytes."),
        _c("kind", "string", "Image format, by content."),
        _c("size", "int64", "Its bytes.", "bytes"),
        _c("width", "int32", "", "pixels"),
        _c("height", "int32", "", "pixels"),
        _c("complete", "bool", "Whether at least one copy was recovered whole."),
        _c("decodable", "bool", "Whether it decodes; null when not tried."),
        _c("problem", "string", "Why it does not decode, or does only in part."),
        _c("exif_make", "string", "Camera maker in its EXIF data (masked)."),
        _c("exif_model", "string", "Camera model in its EXIF data (masked)."),
        _c("exif_time", "string", "Time in its EXIF data."),
        _c("phash", "string", "64-bit perceptual hash (DCT) of the picture at 320 pixels, 16 hexadecimal digits."),
        _c("face", "string", "yes, possible, no, undecodable or not judged."),
        _c("why", "string", "Why it was not judged; empty when it was, null in cases of tables version 1."),
        _c("n_faces", "int32", "Faces, if counted (--count-faces); null: not counted, or not judged."),
        _c("face_score", "float64", "Best score of the looks that the verdict needed (often the first one only)."),
        _c("rotated", "int32", "Rotation at which the face was found.", "degrees"),
        _c("n_seen", "int64", "How many objects carry it."),
        _c("first_ts", "time", "First seen."),
    ),
)

ENDPOINTS = Table(
    "endpoints",
    "Addresses that took part.",
    ("ip",),
    (
        _c("endpoint_id", "string", "The address as an id."),
        _c("ip", "string", "Address."),
        _c("scope", "string", "inside, outside, multicast or unknown (no vantage)."),
        _c("names", "list<string>", "Names it was reached by (DNS answers, Host, SNI; masked)."),
        _c("country", "string", "ISO country code by offline allocation data; empty inside."),
        _c("service", "string", "Named service, empty when unknown."),
        _c("service_class", "string", "Kind of service, of signatures/vocabulary/services.txt; empty when unknown."),
        _c("macs", "list<string>", "Link addresses seen with it."),
        _c("bytes_sent", "int64", "Frame bytes it sent.", "bytes"),
        _c("bytes_received", "int64", "Frame bytes it received.", "bytes"),
    ),
)

FINDINGS = Table(
    "findings",
    "Judgements: who moved what to whom.",
    ("certainty", "finding_id"),
    (
        _c("finding_id", "string", "Hash of sender, endpoint, act and certainty."),
        _c(
            "certainty",
            "string",
            "A whole image with a face, or whole record with an identity number; B damaged, of an unknown region, or "
            "sender contested; C matched by shape; D content not visible.",
        ),
        _c("act", "string", "uploaded outside, retrieved from outside, moved inside, queried, video."),
        _c("sender", "string", "Address of the sender."),
        _c("sender_role", "string", "capture device, verification terminal, server, viewer, personal device, unknown."),
        _c("role_reason", "string", "Why this role."),
        _c("receiver", "string", "Address of the receiver."),
        _c("endpoint_id", "string", "The far side (endpoints.endpoint_id)."),
        _c("images", "int64", "Transfers of face images."),
        _c("distinct_images", "int64", "Distinct face images, by SHA-256."),
        _c("possible", "int64", "Those of `images` that are damaged, and whose face is a possible one only."),
        _c(
            "with_identity",
            "int64",
            "Those of `images` that were sent with an identity number beside, or whose address such a record names.",
        ),
        _c("records", "int64", "Records with an identity number."),
        _c("persons", "int64", "Distinct identity numbers in them."),
        _c("transfers", "int64", "Messages that carried them."),
        _c("bytes", "int64", "Their bytes; for D the bytes sent upwards.", "bytes"),
        _c("first_ts", "time", "First transfer."),
        _c("last_ts", "time", "Last transfer."),
        _c("capture_ids", "list<string>", "Captures with its packets."),
        _c("object_ids", "list<string>", "Its images."),
        _c("document_ids", "list<string>", "Documents with its records, as objects."),
        _c("person_hmacs", "list<string>", "HMACs of its identity numbers, as in persons."),
        _c("flow_ids", "list<string>", "Its flows."),
        _c("display_filter", "string", "Wireshark display filter that shows its packets."),
        _c("rule", "string", "Rule that fired, with its version."),
        _c("reason", "string", "What makes the finding, in one line."),
        _c(
            "opened", "list<string>", "Sources of the keys that opened its images; empty where they were seen in clear."
        ),
    ),
)

OBSERVATIONS = Table(
    "observations",
    "Pure facts about hosts.",
    ("kind", "mac", "ip", "field", "value"),
    (
        _c("kind", "string", "Where it comes from: arp, dhcp, ra, pppoe, dns …"),
        _c("mac", "string", "Link address it is about, empty when unknown."),
        _c("ip", "string", "Address it is about, empty when unknown."),
        _c("field", "string", "What is said."),
        _c("value", "string", "As sent (masked)."),
        CAPTURE_ID,
        _c("frame", "int64", "First packet that says so."),
        _c("ts", "time", "When first said."),
        _c("count", "int64", "How often it was said."),
    ),
)

TLS_HELLOS = Table(
    "tls_hellos",
    "ClientHellos: what clients of TLS, QUIC and DTLS say before anything is encrypted.",
    ("ts", "message_id"),
    (
        _c("message_id", "string", "The message (messages.message_id)."),
        _c("flow_id", "string", "Its flow (flows.flow_id)."),
        CAPTURE_ID,
        _c("frame", "int64", "Packet that made the hello whole: " + FRAME + "."),
        _c("ts", "time", "Time of that packet."),
        _c("transport", "string", "tcp, quic or dtls."),
        _c("client", "string", "Who says hello: address and port, a space between them."),
        _c("server", "string", "Whom it is said to."),
        _c("version", "string", "Highest version offered, as four hexadecimal digits (0304: TLS 1.3, fefd: DTLS 1.2)."),
        _c("sni", "string", "Host name asked for (masked); empty for none."),
        _c("alpn", "list<string>", "Application protocols offered, in order, without GREASE (masked)."),
        _c("ja3", "string", "JA3 of the hello; empty when its lengths disagree or it has the form of SSL 2.0."),
        _c("ja4", "string", "JA4 of the hello; empty when its lengths disagree or it has the form of SSL 2.0."),
    ),
)

MEDIA = Table(
    "media",
    "Streams of video and sound: those that SIP dialogues agree on, and those that were seen.",
    ("ts", "message_id", "number"),
    (
        _c("message_id", "string", "The SIP message, or the message by which a stream is named."),
        _c("number", "int32", "Media description within the message."),
        _c("role", "string", "offer, answer: as agreed; stream: as seen."),
        _c("call", "string", "Hash of the dialogue's Call-ID; empty for a stream."),
        _c("asked", "string", "Who is called (masked); of GB/T 28181 the camera or channel."),
        _c("purpose", "string", "Play, Playback, Download … as the dialogue says."),
        _c("kind", "string", "video, audio."),
        _c("address", "string", "Where the sender of the description receives or sends."),
        _c("port", "int32", ""),
        _c("transport", "string", "udp or tcp."),
        _c("codec", "string", "PS, H264 …; empty when unknown."),
        _c("ssrc", "int64", "Source number; -1 when not told."),
        _c("flow_id", "string", "The stream's flow (flows.flow_id); empty when none was found."),
        _c("tied_by", "string", "What brought both together: address and source, address, source."),
        _c("ts", "time", "When it was said, or first seen."),
    ),
)

PERSONS = Table(
    "persons",
    "Identity data in documents, and what stands beside it, masked.",
    ("message_id", "object_id", "field", "kind"),
    (
        _c("message_id", "string", "Message with the document."),
        _c("object_id", "string", "The document (objects.object_id)."),
        _c(
            "kind",
            "string",
            "id_number, phone, name, birthday, address, person_id; beside them gender, score, device, place, time, "
            "picture (the address of one).",
        ),
        _c("field", "string", "Path of the field in the document (masked)."),
        _c("value_masked", "string", "Its value, masked."),
        _c(
            "value_hmac",
            "string",
            "HMAC-SHA256 of kind and value under private/key, 32 digits: equal within a case only.",
        ),
        _c("certainty", "string", "checked: the check digit is right; named: by its field; shape: by its form alone."),
    ),
)

PERSONS_CLEAR = Table(
    "persons",
    "The values of `persons` in clear; private/persons.parquet, never part of a shareable export.",
    ("message_id", "object_id", "field", "kind"),
    (
        _c("message_id", "string", "As in persons."),
        _c("object_id", "string", "As in persons."),
        _c("kind", "string", "As in persons."),
        _c("field", "string", "Path of the field, as sent."),
        _c("value_clear", "string", "Its value, as sent."),
        _c("value_hmac", "string", "As in persons."),
    ),
)

EVENTS = Table(
    "events",
    "What messages say: captures, comparisons, checks of identity, enrolments, queries, replies, fetches, heartbeats.",
    ("first_ts", "event_id"),
    (
        _c("event_id", "string", "Hash of the message, the entry and the place of the record."),
        _c("message_id", "string", "Its message."),
        _c("object_id", "string", "The document it was read from; empty for what the head alone says."),
        _c(
            "kind",
            "string",
            "face_capture, comparison, id_verification, enrolment, query, reply, retrieval, heartbeat, subscription.",
        ),
        _c("act", "string", "pushes, asks, answers, fetches or announces: what the sender does."),
        _c("document", "string", "Entry of signatures/documents by which it was read."),
        _c("certainty", "string", "How the layout is known: documented, code, capture, hearsay or recalled."),
        _c("recalled", "list<string>", "Fields whose place in the layout is only recalled."),
        _c("device_ref", "string", "Device as named in the document (masked)."),
        _c("device_hmac", "string", "HMAC of kind device, as in persons."),
        _c("place", "string", "Place or channel as named (masked)."),
        _c("event_ref", "string", "The sender's own id of the event (masked)."),
        _c("event_hmac", "string", "HMAC of kind event."),
        _c("shot_time", "time", "When it happened by the sender's clock; null where nothing readable is said."),
        _c("shot_zone", "string", "What its zone rests on: said, epoch seconds, assumed +08:00 …"),
        _c("name", "string", "Name of the person (masked)."),
        _c("name_hmac", "string", "As in persons; so the other HMACs."),
        _c("id_number", "string", "Number of the identity document (masked)."),
        _c("id_number_hmac", "string", ""),
        _c("phone", "string", "Phone number (masked)."),
        _c("phone_hmac", "string", ""),
        _c("person_ref", "string", "The system's own id of the person (masked)."),
        _c("person_hmac", "string", ""),
        _c("gender", "string", "As sent."),
        _c("age", "string", "As sent: a number or a range."),
        _c("birthday", "string", "Masked."),
        _c("address", "string", "Masked."),
        _c("person_group", "string", "Group or list the person is in (masked)."),
        _c("score", "float64", "Score of a comparison or detection, on the sender's scale."),
        _c("result", "string", "Result of a check or comparison, in the sender's words or codes (masked)."),
        _c("agent", "string", "Agent who claims the customer (masked)."),
        _c("agent_company", "string", "Company of the agent (masked)."),
        _c("risk_status", "string", "Judgement about the customer, as sent (masked)."),
        _c("first_photo_time", "time", "When the customer was first photographed, as said."),
        _c("report_time", "time", "When the customer was reported by an agent, as said."),
        _c(
            "asks",
            "list<string>",
            "Fields on agents, reports or risk that it carries beside a person, an image or the time of a photo.",
        ),
        _c("images", "list<string>", "Images it came with, by SHA-256."),
        _c("image_roles", "list<string>", "Role of each: face, scene, id_photo, library_photo, body, other, unknown."),
        _c("image_urls", "list<string>", "Addresses of images it names (masked)."),
        _c("url_hmacs", "list<string>", "HMACs of their paths, equal within a case only."),
        _c("target", "string", "Of a subscription: whereto events are to be sent, as told (masked)."),
        _c("sender", "string", "Address of the sender."),
        _c("receiver", "string", "Address of the receiver."),
        _c("endpoint_id", "string", "The side outside, where one is; else the receiver."),
        _c("first_ts", "time", "Time of the packet with its first byte."),
        _c("frame", "int64", "First packet: " + FRAME + "."),
        CAPTURE_ID,
        _c("journey_id", "string", "Journey it belongs to (journeys.journey_id), empty for none."),
        _c("leg", "int32", "Its place in the journey, from 1; null for none."),
        _c("complete", "bool", "Its document and its images are whole."),
    ),
)

EVENTS_CLEAR = Table(
    "events",
    "Values of `events` in clear; private/events.parquet, never part of a shareable export.",
    ("event_id", "field"),
    (
        _c("event_id", "string", "As in events."),
        _c("message_id", "string", "As in events."),
        _c("field", "string", "device, place, event, time, person.name …, purpose.agent …, url, target."),
        _c("value_clear", "string", "As sent."),
        _c("value_hmac", "string", "As in events; empty for fields without one."),
    ),
)

TARGETS = Table(
    "targets",
    "Paths under which images without a known document were sent or fetched; private/ while the audit runs.",
    ("message_id",),
    (
        _c("message_id", "string", "The message with the image."),
        _c("target_hmac", "string", "HMAC of the path without query, as events.url_hmacs; empty of keys in forms."),
        _c("picture_hmac", "string", "HMAC of the end of the path, as persons.value_hmac of kind picture."),
    ),
)

ANSWERS = Table(
    "answers",
    "What the image helper said; private/ while a live audit runs.",
    ("sha256", "rotate"),
    (
        _c("sha256", "string", "The image."),
        _c("rotate", "bool", "Whether turned pictures were looked at, too."),
        _c("said", "binary", "Facts and verdict as JSON."),
    ),
)

SENDINGS = Table(
    "sendings",
    "Payload by way and second, where moments are marked; private/ while the audit runs.",
    ("transport", "src_ip", "src_port", "dst_ip", "dst_port", "second"),
    (
        _c("transport", "string", "tcp or udp."),
        _c("src_ip", "string", "Address of the sender."),
        _c("src_port", "int32", "Its port."),
        _c("dst_ip", "string", "Address of the receiver."),
        _c("dst_port", "int32", "Its port."),
        _c("second", "int64", "Seconds since 1970 UTC."),
        _c("first_ts", "time", "First packet with payload in it."),
        _c("last_ts", "time", "Last one."),
        _c("bytes", "int64", "Payload, as flows.payload_up and payload_down count it.", "bytes"),
    ),
)

LEDGERS = Table(
    "ledgers",
    "What was read, judged and understood, and what was not: packets, payload, inputs, images … each accounted for.",
    ("ledger", "subject", "reason"),
    (
        _c(
            "ledger",
            "string",
            "stages, inputs, packets (add up to captures.packets_read), lost, payload (adds up to flows.payload_up and "
            "payload_down), readers, limits, key frames, images (adds up to the rows of images), egress (what inside "
            "senders sent to outside endpoints, by what is known of it), faces (every image that may show one: in a "
            "finding, or why not), contradictions, contested, signatures, keys (what became of connections).",
        ),
        _c("subject", "string", "What of: a capture, an input (masked), a protocol, an image format …"),
        _c("reason", "string", "What became of it, and where it was not understood, why."),
        _c("count", "int64", "How many; null where nothing is counted."),
        _c("bytes", "int64", "How much; null where that is not known.", "bytes"),
        _c("understood", "bool", "False: not done or not understood; the verdict and the exit code tell of it."),
    ),
)

JOURNEYS = Table(
    "journeys",
    "The way of one capture or check from station to station: one row per leg.",
    ("journey_id", "leg"),
    (
        _c("journey_id", "string", "Hash of its first leg."),
        _c("leg", "int32", "From 1, by time; what only fits by size and time comes last."),
        _c("event_id", "string", "Event of this leg (events.event_id), empty for an image without a known document."),
        _c("message_id", "string", "Its message; empty for an encrypted upload that only fits by size and time."),
        _c("unit_id", "string", "That upload, of encrypted_uploads; empty for messages."),
        _c("sender", "string", "Address of the sender."),
        _c("receiver", "string", "Address of the receiver."),
        _c("first_ts", "time", "Time of the packet with its first byte."),
        _c("last_ts", "time", "Time of the packet with its last byte."),
        CAPTURE_ID,
        _c("frame", "int64", "First packet: " + FRAME + "."),
        _c("last_frame", "int64", "Last packet."),
        _c("images", "list<string>", "Images it carried or named, by SHA-256."),
        _c(
            "ties",
            "list<string>",
            "What ties it to earlier legs: same image, image alike, address of an image …, size and time.",
        ),
    ),
)

DEVICES = Table(
    "devices",
    "Who is there: one row per link address, per address where no link address is seen.",
    ("device_id",),
    (
        _c("device_id", "string", "Its link address, else its address."),
        _c("macs", "list<string>", "Link addresses."),
        _c("ips", "list<string>", "Addresses seen with it."),
        _c("name", "string", "How it calls itself (masked)."),
        _c("vendor", "string", "Maker; empty when unknown."),
        _c("vendor_confidence", "string", "declared (by itself), strong, weak, unknown."),
        _c("class", "string", "What it is, a word of signatures/vocabulary/classes.txt; empty when unknown."),
        _c("class_confidence", "string", "As vendor_confidence."),
        _c("product", "string", "Product line or system it belongs to."),
        _c("model", "string", "Model, only as it said itself (masked)."),
        _c("serial", "string", "Serial number, only as it said itself (masked)."),
        _c("firmware", "string", "Firmware, only as it said itself (masked)."),
        _c("role_hint", "string", "Role its class suggests, as findings.sender_role, or network; empty when unsure."),
        _c("reasons", "list<string>", "Signatures that hold, each with its source, facts and frames."),
        _c("first_ts", "time", "First seen."),
        _c("last_ts", "time", "Last seen."),
        _c("evidence", "list<string>", "Packets behind the reasons, as capture_id:frame."),
        _c("chain", "list<string>", "Its part in the way of the faces: captures, verifies, stores, relays, views."),
        _c("behind", "int64", "At least so many hosts that use its address, or that it forwards for; null for none."),
    ),
)

CLAIMS = Table(
    "claims",
    "What was claimed of each device, by whom, and what became of it: the reasons of `devices`, one by one.",
    ("device_id", "claim", "value", "by"),
    (
        _c("device_id", "string", "devices.device_id."),
        _c(
            "claim",
            "string",
            "vendor, class, product, model, serial, firmware, name, chain, behind (devices); module: its network chip.",
        ),
        _c("value", "string", "What is claimed (masked)."),
        _c(
            "standing",
            "string",
            "taken; wider (a wider class of the one taken); outvoted by a surer one; contradicts an "
            "equally sure one, so none is taken; supports only (its provenance carries nothing).",
        ),
        _c("strength", "string", "declared, strong or weak."),
        _c("by", "string", "Signature, or rule: … of netaudit."),
        _c("origin", "string", "netaudit, or added (audit --signatures)."),
        _c("provenance", "string", "documented, code, capture, hearsay, recalled; of rules: rule."),
        _c("source", "string", "Where the signature comes from."),
        _c("facts", "list<string>", "Facts it rests on, as field=value (masked)."),
        _c("evidence", "list<string>", "For each fact its first packet, as capture_id:frame; empty for derived facts."),
    ),
)

ENCRYPTED_UPLOADS = Table(
    "encrypted_uploads",
    "What clients sent over TLS or QUIC, cut where it was answered: lengths and times only, no content.",
    ("first_ts", "unit_id"),
    (
        _c("unit_id", "string", "Hash of the flow and the number of the unit in it."),
        _c("flow_id", "string", "Its flow."),
        CAPTURE_ID,
        _c("first_frame", "int64", "Packet with its first byte: " + FRAME + "."),
        _c("last_frame", "int64", "Packet with its last byte, in the capture where it ends."),
        _c("first_ts", "time", "Time of its first packet."),
        _c("last_ts", "time", "Time of its last packet."),
        _c("answered_ts", "time", "When the server, having received all of it, sent data; null: it did not."),
        _c("ordinal", "int64", "Number of the unit in its flow, from 0."),
        _c("records", "int64", "TLS application records, or QUIC datagrams above 64 bytes."),
        _c("octets", "int64", "Sum of their lengths (TLS: without the 5 bytes of the record's head).", "bytes"),
        _c(
            "lengths",
            "list<int64>",
            "These lengths in order, equal ones in a row once; the first 64.",
            "bytes",
        ),
        _c("repeats", "list<int64>", "How many records in a row each of `lengths` stands for."),
        _c("before_records", "int64", "Application records (QUIC: datagrams) of the server since the unit before."),
        _c("before_octets", "int64", "Sum of their lengths.", "bytes"),
        _c("from_start", "bool", "The connection was followed from its first record."),
        _c("lossy", "bool", "Records may be missing, or its ends be wrong, for gaps in the capture."),
        _c("rule", "string", "How lengths tell sizes: aead13, aead12, chacha12, cbc, quic; tls where it is not known."),
        _c("plaintext_low", "int64", "At least so many bytes were encrypted in it.", "bytes"),
        _c("plaintext_high", "int64", "At most so many; equal to the former where sizes are exact.", "bytes"),
        _c("padded", "int64", "Records were padded to multiples of so many bytes; 0: not seen.", "bytes"),
    ),
)

UPLOAD_COUNTS = Table(
    "upload_counts",
    "Encrypted uploads to the outside, counted by sender, endpoint and server name: uploads, never images. Visitors' "
    "and staff's own devices are one row without sender, endpoint and name.",
    ("sender", "receiver", "name"),
    (
        _c("sender", "string", "Address of the inside device; empty: all own devices together."),
        _c("receiver", "string", "Address of the endpoint; empty as well then."),
        _c("name", "string", "Server name asked for (SNI), masked; empty when none."),
        _c("devices", "int64", "Addresses of senders."),
        _c("flows", "int64", "Connections with units."),
        _c("uploads", "int64", "Units of at least 2 KiB, joined where HTTP/2 only interrupted them."),
        _c("smaller", "int64", "Units below: requests, heartbeats."),
        _c("bytes_low", "int64", "Plaintext of the uploads, at least.", "bytes"),
        _c("bytes_high", "int64", "At most.", "bytes"),
        _c("exact", "bool", "The sizes of all uploads are known to the byte."),
        _c("first_ts", "time", "Beginning of the first unit."),
        _c("last_ts", "time", "End of the last one."),
        _c("hours_from", "time", "Beginning of the first hour of per_hour."),
        _c("per_hour", "list<int64>", "Uploads that begin in each hour from then on; the first 744."),
        _c("size_quantiles", "list<int64>", "Sizes: least, 10, 25, 50, 75, 90 %, largest.", "bytes"),
        _c("sizes", "list<int64>", "Uploads by size: from 2 KiB on, each class twice as wide; the last from 8 MiB."),
        _c(
            "shape",
            "string",
            "What they look like: events (many alike, a few at a time, at uneven times), regular (at even times), bulk "
            "(most in one or few goes), browsing (more came than went), few (below 5), unclear; empty for own devices.",
        ),
    ),
)

MODE = (
    "exact; padded, range: sizes within a padding; quic; stream: one of several streams; batch: several in a unit; "
    "reencoded: by ratio of sizes and time"
)

RELAYED_IMAGES = Table(
    "relayed_images",
    "Images that a host received in clear, and what was sent encrypted afterwards that fits them; content not seen.",
    ("received_ts", "sha256", "unit_id"),
    (
        _c("sha256", "string", "The image as seen in clear."),
        _c("object_id", "string", "Where it was seen."),
        _c("message_id", "string", "The message it was in."),
        _c("unit_id", "string", "What it fits, of encrypted_uploads; of several rows joined, the first."),
        _c("flow_id", "string", "Its flow."),
        _c("holder", "string", "Address that received the image."),
        _c("sender", "string", "Address that sent the unit: the same, or the one that a router gives the site."),
        _c("receiver", "string", "Address it was sent to."),
        _c("received_ts", "time", "When the last byte of the image had come, by the clock of its capture."),
        _c("sent_ts", "time", "When the unit begins, by the clock of its capture."),
        _c("delay_s", "float64", "From one to the other; of two captures on one clock as estimated.", "seconds"),
        _c("size", "int64", "Of the image.", "bytes"),
        _c("plaintext_low", "int64", "Of the unit, at least.", "bytes"),
        _c("plaintext_high", "int64", "At most.", "bytes"),
        _c(
            "overhead",
            "int64",
            "What the unit has beside the image (in base64 if said), or its images.",
            "bytes",
        ),
        _c("together", "int32", "Images taken to be in the unit."),
        _c("mode", "string", MODE + "."),
        _c("base64", "bool", "Sizes fit the image in base64."),
        _c("probability", "float64", "That this image is in this unit, given that the endpoint receives images."),
        _c("image_capture_id", "string", "Capture in which the image was seen."),
        _c("image_first_frame", "int64", "First packet of its message: " + FRAME + "."),
        _c("image_last_frame", "int64", "Last packet."),
        CAPTURE_ID,
        _c("first_frame", "int64", "First packet of the unit, in capture_id."),
        _c("last_frame", "int64", "Last packet."),
    ),
)

RELAY_TESTS = Table(
    "relay_tests",
    "What was tested to find relayed images: every host and endpoint, also where nothing was found.",
    ("holder", "sender", "receiver", "capture_id", "mode", "test_id"),
    (
        _c("test_id", "string", "Hash of what was tested."),
        _c("holder", "string", "Address that received images in clear."),
        _c("sender", "string", "Address that sent units."),
        _c("receiver", "string", "Address they were sent to."),
        _c("capture_id", "string", "Capture in which they were sent; of files that follow each other, the first."),
        _c("mode", "string", MODE + "; clocks: captures of two places."),
        _c("images", "int64", "Images that were left to explain."),
        _c("units", "int64", "Units of at least 1 KiB that were left."),
        _c("tried", "int64", "Tests that the chance was corrected for: forms, windows, hosts and endpoints."),
        _c("fitting", "int64", "Images (batch: units) that the best constant fits."),
        _c("told", "int64", "Images told in relayed_images from this test."),
        _c("base64", "bool", "Best with images in base64."),
        _c("overhead", "int64", "The constant: bytes beside the image.", "bytes"),
        _c("overhead_each", "int64", "Batch: bytes beside each image; the constant comes once.", "bytes"),
        _c("window_s", "int32", "A unit begins within this after its image.", "seconds"),
        _c("draws", "int64", "Resamplings of the null."),
        _c("exceeded", "int64", "Of them, those that fit at least as much."),
        _c("expected", "float64", "What fits by chance, on the mean of the draws."),
        _c("p", "float64", "Chance that any test shows as much, corrected, never below what validation bears (0.001)."),
        _c("p_model", "float64", "The same by the fitted law alone, without the cap: a model's figure."),
        _c("ratio", "float64", "Likelihood ratio of relayed over chance, at most 1,000."),
        _c("clock_s", "float64", "Clocks of two captures: seconds taken from the units' times.", "seconds"),
        _c("claimed", "bool", "Whether the endpoint is named."),
        _c(
            "differences",
            "list<int64>",
            "Of the test that names the endpoint: pairs within the window by the bytes that a unit has beside its "
            "image, in classes of 64 bytes from 0 on; else empty.",
        ),
        _c("differences_low", "list<int64>", "Lower end (2.5 %) of what 200 shifts of time give in each class."),
        _c("differences_high", "list<int64>", "Upper end (97.5 %)."),
        _c("seed", "string", "Seed of the draws, from what is compared."),
    ),
)

MOMENT_TESTS = Table(
    "moment_tests",
    "Whether encrypted uploads follow the marked moments: every sender, endpoint and window tested.",
    ("sender", "receiver", "name", "window_s"),
    (
        _c("sender", "string", "Address of the inside device."),
        _c("receiver", "string", "Address of the endpoint; where several have one server name, that of most uploads."),
        _c("name", "string", "Server name asked for (SNI), masked; empty when none."),
        _c("window_s", "int64", "An upload begins within this after the moment, or up to 1 s before.", "seconds"),
        _c("uploads", "int64", "All encrypted uploads of that sender there."),
        _c("moments", "int64", "Marked moments whose window was captured."),
        _c("followed", "int64", "Those of them that an upload followed."),
        _c("delay_median_s", "float64", "From the moment to the first upload, middle of those followed.", "seconds"),
        _c("expected", "float64", "Followed on the mean of control times: times around each moment without one."),
        _c("draws", "int64", "Draws of control times."),
        _c("exceeded", "int64", "Of them, those followed as often."),
        _c("shifts_exceeded", "int64", "The same of shifts of all moments by one time, of 20,000 at most."),
        _c("tried", "int64", "Tests that the chance was corrected for: senders, endpoints, windows."),
        _c("p", "float64", "Chance that any test shows as much, corrected, never below what validation bears (0.001)."),
        _c(
            "p_model",
            "float64",
            "Binomial by the share of control time that is followed, not corrected: a model.",
        ),
        _c(
            "standing",
            "string",
            "claimed; by chance; like a clock (shifted moments are followed as often); few (below 5 moments); no "
            "controls (too little captured time without a moment).",
        ),
        _c("moment_ids", "list<string>", "The moments followed."),
        _c("unit_ids", "list<string>", "What followed each, of encrypted_uploads; of several rows joined, the first."),
        _c("delays_s", "list<float64>", "From each of these moments to it.", "seconds"),
        _c("seed", "string", "Seed of the draws, from what is compared."),
    ),
)

MOMENTS = Table(
    "moments",
    "Moments that the auditor marked, to tie a physical test to the wire.",
    ("ts", "moment_id"),
    (
        _c("moment_id", "string", "Hash of time and text."),
        _c("ts", "time", "When it was marked, or what the auditor noted."),
        _c("text", "string", "The auditor's own words (not from a capture: made visible, not masked)."),
        _c("source", "string", "screen, stdin, or the file of notes it comes from."),
    ),
)

AFTER_MOMENTS = Table(
    "after_moments",
    "What inside devices sent in the window of each marked moment (moment_window_s of the options).",
    ("moment_id", "first_ts", "sender", "receiver", "visibility", "name"),
    (
        _c("moment_id", "string", "The moment; the same transfer may follow several."),
        _c("sender", "string", "Address of the inside device."),
        _c("receiver", "string", "Address of the receiver."),
        _c("receiver_scope", "string", "outside or inside, as endpoints.scope."),
        _c("visibility", "string", "clear: images were seen; encrypted, unread (protocol unknown): bytes only."),
        _c("name", "string", "Name asked for (Host, SNI), masked; empty when none."),
        _c("images", "int64", "Images sent in the window; 0 unless clear."),
        _c("faces", "int64", "Those of them with a face."),
        _c(
            "bytes",
            "int64",
            "Clear: of the images. Else: payload sent upwards in the window; of connections that lie wholly in it "
            "without what was sent or captured again, of others with it.",
            "bytes",
        ),
        _c(
            "bytes_before",
            "int64",
            "Payload that the same connections had sent before the window; null: clear.",
            "bytes",
        ),
        _c("bytes_after", "int64", "What they sent after it; null: clear.", "bytes"),
        _c(
            "bursts",
            "list<int64>",
            "Upward bursts by size, as flows.bursts_up, of the connections that lie wholly in the window.",
        ),
        _c("flows", "int64", "Connections."),
        _c(
            "within",
            "bool",
            "All connections lie in the window; false: some also lasted before or after, and of these the bytes in "
            "the window are told to the second.",
        ),
        _c("first_ts", "time", "First of it in the window (clear: image; else: connection, or what it sent)."),
        _c("last_ts", "time", "Last of it, as first_ts."),
        _c("object_ids", "list<string>", "Its objects, at most 500."),
        _c("flow_ids", "list<string>", "Its flows, at most 500."),
    ),
)

TABLES: tuple[Table, ...] = (
    CAPTURES, SKIPPED, FLOWS, MESSAGES, OBJECTS, EVIDENCE, PARTS, IMAGES, ENDPOINTS, FINDINGS, OBSERVATIONS,
    DEVICES, CLAIMS, PERSONS, TLS_HELLOS, MEDIA, EVENTS, JOURNEYS, MOMENTS, AFTER_MOMENTS,
    ENCRYPTED_UPLOADS, UPLOAD_COUNTS, MOMENT_TESTS, RELAYED_IMAGES, RELAY_TESTS, LEDGERS,
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}


def document() -> str:
    """Text of docs/tables.md."""
    lines = [
        "# Tables of a case",
        "",
        f"Made from `netaudit/tables.py` (`python -m netaudit.tables`); tables version {TABLES_VERSION}.",
        "Times are UTC nanoseconds. Every frame number stands with its `capture_id`.",
    ]
    for table in TABLES:
        lines += ["", f"## {table.name}", "", f"{table.meaning} Sorted by {', '.join(table.key)}.", ""]
        lines += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| {c.name} | {c.kind} | {c.unit} | {c.meaning} |" for c in table.columns]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(document())
