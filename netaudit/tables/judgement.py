"""Tables of what follows from all others: who moved what to whom, who is there, what was not understood."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

ENDPOINTS = Table(
    "endpoints",
    "Addresses that took part.",
    ("ip",),
    (
        Column("endpoint_id", "string", "The address as an id."),
        Column("ip", "string", "Address."),
        Column("scope", "string", "inside, outside, multicast or unknown (no vantage)."),
        Column("names", "list<string>", "Names it was reached by (DNS answers, Host, SNI; masked)."),
        Column("country", "string", "ISO country code by offline allocation data; empty inside."),
        Column("service", "string", "Named service, empty when unknown."),
        Column(
            "service_class", "string", "Kind of service, of signatures/vocabulary/services.txt; empty when unknown."
        ),
        Column("macs", "list<string>", "Link addresses seen with it."),
        Column("bytes_sent", "int64", "Frame bytes it sent.", "bytes"),
        Column("bytes_received", "int64", "Frame bytes it received.", "bytes"),
    ),
)

FINDINGS = Table(
    "findings",
    "Judgements: who moved what to whom.",
    ("certainty", "finding_id"),
    (
        Column("finding_id", "string", "Hash of sender, endpoint, act and certainty."),
        Column(
            "certainty",
            "string",
            "A whole image with a face, whole record with an identity number, or whole biometric template; B damaged, "
            "of an unknown region, told by what stands beside, or sender contested; C matched by shape; D content not "
            "visible.",
        ),
        Column(
            "act", "string", "uploaded outside, retrieved from outside, delivered from outside, moved inside, video."
        ),
        Column(
            "sender",
            "string",
            "Address of the sender; its link address where others held that address, too, or where it did not.",
        ),
        Column(
            "sender_device",
            "string",
            "Device that sent it (devices.device_id): who held the address then; whose link address the frames have, "
            "where that is another one.",
        ),
        Column(
            "sender_role",
            "string",
            "capture device, verification terminal, server, viewer, personal device, perhaps a personal device, "
            "unknown.",
        ),
        Column("role_reason", "string", "Why this role (a reason).", reasons=True),
        Column("receiver", "string", "Address of the receiver, likewise."),
        Column("receiver_device", "string", "The same of the receiver."),
        Column("endpoint_id", "string", "The far side (endpoints.endpoint_id)."),
        Column(
            "doubts",
            "list<string>",
            "Why what was seen whole is no A, or what else speaks against it: codes of findings.bearing.",
        ),
        Column("images", "int64", "Transfers of face images."),
        Column("distinct_images", "int64", "Distinct face images, by SHA-256."),
        Column("possible", "int64", "Those of `images` that are damaged, and whose face is a possible one only."),
        Column(
            "with_identity",
            "int64",
            "Those of `images` that were sent with an identity number beside; those whose address such a record names "
            "are told in `reason`.",
        ),
        Column("records", "int64", "Records with an identity number."),
        Column("persons", "int64", "Distinct identity numbers in them."),
        Column("templates", "int64", "Distinct biometric templates: numbers by which a face or finger is known again."),
        Column("contacts", "int64", "Records with a name and a phone number, and no identity number."),
        Column("transfers", "int64", "Messages that carried them."),
        Column("bytes", "int64", "Their bytes; for D the bytes sent upwards.", "bytes"),
        Column("first_ts", "time", "First transfer."),
        Column("last_ts", "time", "Last transfer."),
        Column("capture_ids", "list<string>", "Captures with its packets."),
        Column("object_ids", "list<string>", "Its images."),
        Column("document_ids", "list<string>", "Documents with its records, as objects."),
        Column("person_hmacs", "list<string>", "HMACs of its identity numbers, or of its templates, as in persons."),
        Column("flow_ids", "list<string>", "Its flows."),
        Column("display_filter", "string", "Wireshark display filter that shows its packets."),
        Column("rule", "string", "Rule that fired, with its version."),
        Column(
            "reason",
            "string",
            "What makes the finding: reasons, with semicolons between.",
            reasons=True,
        ),
        Column(
            "opened", "list<string>", "Sources of the keys that opened its images; empty where they were seen in clear."
        ),
    ),
)

JOURNEYS = Table(
    "journeys",
    "The way of one capture or check from station to station: one row per leg.",
    ("journey_id", "leg"),
    (
        Column("journey_id", "string", "Hash of its first leg."),
        Column("leg", "int32", "From 1, by time; what only fits by size and time comes last."),
        Column(
            "event_id", "string", "Event of this leg (events.event_id), empty for an image without a known document."
        ),
        Column("message_id", "string", "Its message; empty for an encrypted upload that only fits by size and time."),
        Column("unit_id", "string", "That upload, of encrypted_uploads; empty for messages."),
        Column("sender", "string", "Address of the sender."),
        Column("receiver", "string", "Address of the receiver."),
        Column("first_ts", "time", "Time of the packet with its first byte."),
        Column("last_ts", "time", "Time of the packet with its last byte."),
        CAPTURE_ID,
        Column("frame", "int64", "First packet: " + FRAME + "."),
        Column("last_frame", "int64", "Last packet."),
        Column("images", "list<string>", "Images it carried or named, by SHA-256."),
        Column(
            "ties",
            "list<string>",
            "What ties it to earlier legs: same image, image alike, address of an image …, size and time.",
        ),
    ),
)

LEDGERS = Table(
    "ledgers",
    "What was read, judged and understood, and what was not: packets, payload, inputs, images … each accounted for.",
    ("ledger", "subject", "reason"),
    (
        Column(
            "ledger",
            "string",
            "stages, inputs, packets (add up to captures.packets_read), lost, payload (adds up to flows.payload_up and "
            "payload_down), readers, limits, key frames, images (adds up to the rows of images), egress (what inside "
            "senders sent to outside endpoints, by what is known of it), names (what hosts asked for that nobody would "
            "read), documents (that were not understood to their end), understanding (of messages with a face, a "
            "person or a biometric template), templates (numbers in the form of one, of which nothing says so), "
            "contacts (names with phone numbers that are no finding), marks (marked moments, by what left after them; "
            "by maker of a capture device, how many entries say how it pushes pictures), "
            "posters (images of faces that stay alike for "
            "hours, which are counted in findings, too), faces (every image that may show one: in a "
            "finding, or why not), apart (faces and identity numbers sent by what calls itself a personal device, "
            "in frames whose sender cannot be told, or that nothing names), "
            "sightings (connections that two captures "
            "show, counted once), bounds (connections beyond those within which is concluded), contradictions, "
            "evicted (connections ended early), contested, signatures, keys "
            "(what became of connections).",
        ),
        Column("subject", "string", "What of: a capture, an input (masked), a protocol, an image format …"),
        Column("reason", "string", "What became of it, and where it was not understood, why."),
        Column("count", "int64", "How many; null where nothing is counted."),
        Column("bytes", "int64", "How much; null where that is not known.", "bytes"),
        Column("understood", "bool", "False: not done or not understood; the verdict and the exit code tell of it."),
    ),
)

DEVICES = Table(
    "devices",
    "Who is there: one row per link address, per address where no link address is seen.",
    ("device_id",),
    (
        Column("device_id", "string", "Its link address, else its address."),
        Column("macs", "list<string>", "Link addresses."),
        Column("ips", "list<string>", "Addresses seen with it."),
        Column("name", "string", "How it calls itself (masked)."),
        Column("vendor", "string", "Maker; empty when unknown."),
        Column("vendor_confidence", "string", "declared (by itself), strong, weak, unknown."),
        Column("class", "string", "What it is, a word of signatures/vocabulary/classes.txt; empty when unknown."),
        Column("class_confidence", "string", "As vendor_confidence."),
        Column("product", "string", "Product line or system it belongs to."),
        Column("model", "string", "Model, only as it said itself (masked)."),
        Column("serial", "string", "Serial number, only as it said itself (masked)."),
        Column("firmware", "string", "Firmware, only as it said itself (masked)."),
        Column(
            "role_hint", "string", "Role its class suggests, as findings.sender_role, or network; empty when unsure."
        ),
        Column("reasons", "list<string>", "Signatures that hold, each with its source, facts and frames."),
        Column("first_ts", "time", "First seen."),
        Column("last_ts", "time", "Last seen."),
        Column("evidence", "list<string>", "Packets behind the reasons, as capture_id:frame."),
        Column("chain", "list<string>", "Its part in the way of the faces: captures, verifies, stores, relays, views."),
        Column(
            "behind", "int64", "At least so many hosts that use its address, or that it forwards for; null for none."
        ),
    ),
)

BINDINGS = Table(
    "bindings",
    "Which device held which address, by which link address, from when to when. One that was seen by its address only "
    "has no link address: it may stand for one machine or for many.",
    ("device_id", "ip", "from_ts", "mac"),
    (
        Column("device_id", "string", "devices.device_id."),
        Column(
            "ip",
            "string",
            "Address; empty: this link address stands for many (router, layer-3 switch, bridge), and what it sends "
            "under addresses that it does not hold is theirs.",
        ),
        Column("mac", "string", "Link address that held it; empty where none was seen."),
        Column("from_ts", "time", "First seen with it; until somebody else is, the last one holds it."),
        Column("to_ts", "time", "Last seen with it."),
        Column("packets", "int64", "Packets from there in flows in which the other side spoke, too."),
        Column(
            "by",
            "list<string>",
            "What bears it: arp, ndp, ra, dhcp (a lease), eui64 (made from the link address), frames, address (nothing "
            "but the address).",
        ),
    ),
)

CLAIMS = Table(
    "claims",
    "What was claimed of each device, by whom, and what became of it: the reasons of `devices`, one by one.",
    ("device_id", "claim", "value", "by"),
    (
        Column("device_id", "string", "devices.device_id."),
        Column(
            "claim",
            "string",
            "vendor, class, product, model, serial, firmware, name, chain, behind (devices); module: its network chip.",
        ),
        Column("value", "string", "What is claimed (masked)."),
        Column(
            "standing",
            "string",
            "taken; wider (a wider class of the one taken); outvoted by a surer one; contradicts an "
            "equally sure one, so none is taken; supports only (its provenance carries nothing).",
        ),
        Column("strength", "string", "declared, strong or weak."),
        Column("by", "string", "Signature, or rule: … of netaudit."),
        Column("origin", "string", "netaudit, or added (audit --signatures)."),
        Column("provenance", "string", "documented, code, capture, hearsay, recalled; of rules: rule."),
        Column("source", "string", "Where the signature comes from."),
        Column("facts", "list<string>", "Facts it rests on, as field=value (masked)."),
        Column(
            "evidence", "list<string>", "For each fact its first packet, as capture_id:frame; empty for derived facts."
        ),
    ),
)
