"""Tables of what the readers of protocols understood."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

MESSAGES = Table(
    "messages",
    "What the readers understood: requests, responses, DNS answers, TLS hellos, carved finds.",
    ("first_ts", "message_id"),
    (
        Column("message_id", "string", "Hash of the flow, the direction and the stream offset."),
        Column("flow_id", "string", "Its flow."),
        CAPTURE_ID,
        Column("protocol", "string", "Protocol of the message."),
        Column("direction", "string", "up (client to server) or down."),
        Column("request_id", "string", "For a response: message_id of its request, empty when unknown."),
        Column("method", "string", "Request method; on a response that of its request."),
        Column("host", "string", "Host named in the request (masked)."),
        Column("path", "string", "Request target (masked)."),
        Column("status", "int32", "Status of a response, 0 for a request."),
        Column("content_type", "string", "As sent."),
        Column("user_agent", "string", "As sent (masked)."),
        Column("server", "string", "Server header, as sent (masked)."),
        Column("date", "string", "Date header, as sent: the other clock."),
        Column("first_ts", "time", "Time of the packet with its first byte."),
        Column("last_ts", "time", "Time of the packet with its last byte."),
        Column("first_frame", "int64", "First packet: " + FRAME + "."),
        Column("last_frame", "int64", "Last packet."),
        Column("body_size", "int64", "Body after transfer coding, as declared or counted.", "bytes"),
        Column(
            "obscure",
            "int64",
            "Bytes of the body that no codec knew and that are neither words nor numbers as measured: read, and not "
            "understood.",
            "bytes",
        ),
        Column("unread", "int64", "Bytes of documents in the body that were not understood to their end.", "bytes"),
        Column("complete", "bool", "Every byte is there and its end is known."),
        Column(
            "missing",
            "list<string>",
            "Missing byte ranges of the body, 'from-to' (to excluded); 'from-?' where nothing is known behind.",
        ),
        Column("notes", "list<string>", "Named limits reached and sloppiness met.", reasons=True),
        Column(
            "opened", "string", "It was encrypted, and opened with keys from this source; empty for what was in clear."
        ),
    ),
)

TLS_HELLOS = Table(
    "tls_hellos",
    "ClientHellos: what clients of TLS, QUIC and DTLS say before anything is encrypted.",
    ("ts", "message_id"),
    (
        Column("message_id", "string", "The message (messages.message_id)."),
        Column("flow_id", "string", "Its flow (flows.flow_id)."),
        CAPTURE_ID,
        Column("frame", "int64", "Packet that made the hello whole: " + FRAME + "."),
        Column("ts", "time", "Time of that packet."),
        Column("transport", "string", "tcp, quic or dtls."),
        Column("client", "string", "Who says hello: address and port, a space between them."),
        Column("server", "string", "Whom it is said to."),
        Column(
            "version", "string", "Highest version offered, as four hexadecimal digits (0304: TLS 1.3, fefd: DTLS 1.2)."
        ),
        Column("sni", "string", "Host name asked for (masked); empty for none."),
        Column("alpn", "list<string>", "Application protocols offered, in order, without GREASE (masked)."),
        Column("ja3", "string", "JA3 of the hello; empty when its lengths disagree or it has the form of SSL 2.0."),
        Column("ja4", "string", "JA4 of the hello; empty when its lengths disagree or it has the form of SSL 2.0."),
        Column("random", "string", "Random of the hello, in hexadecimal: no two connections have the same."),
        Column(
            "ech",
            "bool",
            "Whether an encrypted ClientHello stands in it (ECH, RFC 9849), or bytes that look like one: then the name "
            "asked for may be that of a front.",
        ),
    ),
)

MEDIA = Table(
    "media",
    "Streams of video and sound: those that SIP dialogues agree on, and those that were seen.",
    ("ts", "message_id", "number"),
    (
        Column("message_id", "string", "The SIP message, or the message by which a stream is named."),
        Column("number", "int32", "Media description within the message."),
        Column("role", "string", "offer, answer: as agreed; stream: as seen."),
        Column("call", "string", "Hash of the dialogue's Call-ID; empty for a stream."),
        Column("asked", "string", "Who is called (masked); of GB/T 28181 the camera or channel."),
        Column("purpose", "string", "Play, Playback, Download … as the dialogue says."),
        Column("kind", "string", "video, audio."),
        Column("address", "string", "Where the sender of the description receives or sends."),
        Column("port", "int32", ""),
        Column("transport", "string", "udp or tcp."),
        Column("codec", "string", "PS, H264 …; empty when unknown."),
        Column("ssrc", "int64", "Source number; -1 when not told."),
        Column("flow_id", "string", "The stream's flow (flows.flow_id); empty when none was found."),
        Column("tied_by", "string", "What brought both together: address and source, address, source."),
        Column("ts", "time", "When it was said, or first seen."),
    ),
)

LEAVES = Table(
    "leaves",
    "Leaves of messages that carry a picture or a person; private/ while the audit runs.",
    ("message_id", "place"),
    (
        Column("message_id", "string", "The message."),
        Column("place", "int32", "Which leaf, pictures first."),
        Column("path", "string", "Keys from the outermost document on, elements of lists by number."),
        Column("key", "string", "The last key."),
        Column("value", "string", "What it says; empty for a picture."),
        Column("sha256", "string", "The picture that stands there."),
    ),
)

FIELDS = Table(
    "fields",
    "What fields of messages mean, by route: as an entry says, by the vocabulary, or by how their values behave.",
    ("route_id", "path"),
    (
        Column("route_id", "string", "Hash of sender, receiver, direction, protocol, method and form of the path."),
        Column("sender", "string", "Address of the sender."),
        Column("receiver", "string", "Address of the receiver."),
        Column("protocol", "string", "Protocol of its messages."),
        Column("method", "string", "Method; of a reply that of its request."),
        Column("target", "string", "Form of the path or topic: digits, hexadecimal and ids are stars (masked)."),
        Column("reply", "bool", "Its messages are replies."),
        Column("messages", "int64", "Messages of the route that carry a picture or a person."),
        Column("variants", "int64", "Forms (skeletons) that they have: paths with the class of each value."),
        Column("path", "string", "Keys of the field, lists as [] (masked)."),
        Column("form", "string", "Class of most of its values: time, int, decimal, code, chinese …"),
        Column("meaning", "string", "What it means; empty where that is not known."),
        Column("known_by", "string", "entry, vocabulary or behaviour; empty where the meaning is not known."),
        Column("support", "int64", "Values that bear it."),
        Column("contradictions", "int64", "Values that do not."),
        Column("distinct_values", "int64", "Distinct values."),
        Column("example", "string", "One value (masked)."),
    ),
)

FIELDS_CLEAR = Table(
    "fields",
    "Values of `fields` in clear; private/fields.parquet, never part of a shareable export.",
    ("route_id", "path", "first_ts"),
    (
        Column("route_id", "string", "As in fields."),
        Column("path", "string", "As in fields."),
        Column("value_clear", "string", "As sent; of many values some, chosen by their hashes."),
        Column("messages", "int64", "In how many messages."),
        Column("first_ts", "time", "When it was first sent."),
        Column("last_ts", "time", "When it was last sent."),
    ),
)

SCRAPS = Table(
    "scraps",
    "Words that nobody would read in heads and small bodies of messages; private/ while the audit runs.",
    ("flow_id", "direction", "digest"),
    (
        Column("flow_id", "string", "Flow of the message."),
        Column("direction", "string", "up (client to server) or down."),
        Column("digest", "int64", "Of the word: what is said again counts once."),
        Column("size", "int64", "Of the word.", "bytes"),
    ),
)
