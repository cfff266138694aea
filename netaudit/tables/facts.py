"""Tables of what documents and packets say of persons, captures, checks and hosts."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

OBSERVATIONS = Table(
    "observations",
    "Pure facts about hosts.",
    ("kind", "mac", "ip", "field", "value"),
    (
        Column("kind", "string", "Where it comes from: arp, dhcp, ra, pppoe, dns …"),
        Column("mac", "string", "Link address it is about, empty when unknown."),
        Column("ip", "string", "Address it is about, empty when unknown."),
        Column("field", "string", "What is said."),
        Column("value", "string", "As sent (masked)."),
        CAPTURE_ID,
        Column("frame", "int64", "First packet that says so."),
        Column("ts", "time", "When first said."),
        Column("count", "int64", "How often it was said."),
    ),
)

PERSONS = Table(
    "persons",
    "Identity data in documents, and what stands beside it, masked.",
    ("message_id", "object_id", "field", "kind"),
    (
        Column("message_id", "string", "Message with the document."),
        Column("object_id", "string", "The document (objects.object_id)."),
        Column(
            "kind",
            "string",
            "id_number, phone, name, birthday, address, person_id, biometric (a template of a face or finger, "
            "landmarks); beside them gender, score, device, place, time, picture (the address of one).",
        ),
        Column("field", "string", "Path of the field in the document (masked)."),
        Column("value_masked", "string", "Its value, masked."),
        Column(
            "value_hmac",
            "string",
            "HMAC-SHA256 of kind and value under private/key, 32 digits: equal within a case only.",
        ),
        Column(
            "certainty",
            "string",
            "checked: the check digit is right, or a template has a mark of its own; chance: it is right as if by "
            "chance, among numbers that are wrong in nothing else; named: by its field; beside: by a face's or "
            "person's id in its record; shape: by its form alone.",
        ),
    ),
)

PERSONS_CLEAR = Table(
    "persons",
    "The values of `persons` in clear; private/persons.parquet, never part of a shareable export.",
    ("message_id", "object_id", "field", "kind"),
    (
        Column("message_id", "string", "As in persons."),
        Column("object_id", "string", "As in persons."),
        Column("kind", "string", "As in persons."),
        Column("field", "string", "Path of the field, as sent."),
        Column("value_clear", "string", "Its value, as sent."),
        Column("value_hmac", "string", "As in persons."),
    ),
)

EVENTS = Table(
    "events",
    "What messages say: captures, comparisons, checks of identity, enrolments, queries, replies, fetches, heartbeats.",
    ("first_ts", "event_id"),
    (
        Column("event_id", "string", "Hash of the message, the entry and the place of the record."),
        Column("message_id", "string", "Its message."),
        Column("object_id", "string", "The document it was read from; empty for what the head alone says."),
        Column(
            "kind",
            "string",
            "face_capture, comparison, id_verification, enrolment, query, reply, retrieval, heartbeat, subscription.",
        ),
        Column("act", "string", "pushes, asks, answers, fetches or announces: what the sender does."),
        Column(
            "document", "string", "Entry of signatures/documents by which it was read; empty for what was inferred."
        ),
        Column(
            "certainty", "string", "How the layout is known: documented, code, capture, hearsay, recalled or inferred."
        ),
        Column("recalled", "list<string>", "Fields whose place in the layout is only recalled."),
        Column(
            "standing",
            "string",
            "entry: as an entry of signatures/documents reads it; inferred: by words and behaviour of the fields of "
            "its route (fields). What is inferred describes and raises no finding.",
        ),
        Column("inferred", "list<string>", "Fields that were inferred, or told of an inferred event elsewhere."),
        Column("device_ref", "string", "Device as named in the document (masked)."),
        Column("device_hmac", "string", "HMAC of kind device, as in persons."),
        Column("place", "string", "Place or channel as named (masked)."),
        Column("event_ref", "string", "The sender's own id of the event (masked)."),
        Column("event_hmac", "string", "HMAC of kind event."),
        Column("shot_time", "time", "When it happened by the sender's clock; null where nothing readable is said."),
        Column("shot_zone", "string", "What its zone rests on: said, epoch seconds, assumed +08:00 …"),
        Column("name", "string", "Name of the person (masked)."),
        Column("name_hmac", "string", "As in persons; so the other HMACs."),
        Column("id_number", "string", "Number of the identity document (masked)."),
        Column("id_number_hmac", "string", ""),
        Column("phone", "string", "Phone number (masked)."),
        Column("phone_hmac", "string", ""),
        Column("person_ref", "string", "The system's own id of the person (masked)."),
        Column("person_hmac", "string", ""),
        Column("gender", "string", "As sent."),
        Column("age", "string", "As sent: a number or a range."),
        Column("birthday", "string", "Masked."),
        Column("address", "string", "Masked."),
        Column("person_group", "string", "Group or list the person is in (masked)."),
        Column("score", "float64", "Score of a comparison or detection, on the sender's scale."),
        Column("result", "string", "Result of a check or comparison, in the sender's words or codes (masked)."),
        Column(
            "direction",
            "string",
            "Which way through a door or gate: in or out; the sender's code where nobody told what it means (masked).",
        ),
        Column("agent", "string", "Agent who claims the customer (masked)."),
        Column("agent_company", "string", "Company of the agent (masked)."),
        Column("risk_status", "string", "Judgement about the customer, as sent (masked)."),
        Column("first_photo_time", "time", "When the customer was first photographed, as said."),
        Column("report_time", "time", "When the customer was reported by an agent, as said."),
        Column(
            "asks",
            "list<string>",
            "Fields on agents, reports or risk that it carries beside a person, an image or the time of a photo.",
        ),
        Column("images", "list<string>", "Images it came with, by SHA-256."),
        Column(
            "image_roles", "list<string>", "Role of each: face, scene, id_photo, library_photo, body, other, unknown."
        ),
        Column("image_urls", "list<string>", "Addresses of images it names (masked)."),
        Column("url_hmacs", "list<string>", "HMACs of their paths, equal within a case only."),
        Column("target", "string", "Of a subscription: whereto events are to be sent, as told (masked)."),
        Column("sender", "string", "Address of the sender."),
        Column("receiver", "string", "Address of the receiver."),
        Column("endpoint_id", "string", "The side outside, where one is; else the receiver."),
        Column("first_ts", "time", "Time of the packet with its first byte."),
        Column("frame", "int64", "First packet: " + FRAME + "."),
        CAPTURE_ID,
        Column("journey_id", "string", "Journey it belongs to (journeys.journey_id), empty for none."),
        Column("leg", "int32", "Its place in the journey, from 1; null for none."),
        Column("complete", "bool", "Its document and its images are whole."),
    ),
)

EVENTS_CLEAR = Table(
    "events",
    "Values of `events` in clear; private/events.parquet, never part of a shareable export.",
    ("event_id", "field"),
    (
        Column("event_id", "string", "As in events."),
        Column("message_id", "string", "As in events."),
        Column("field", "string", "device, place, event, time, person.name …, purpose.agent …, url, target."),
        Column("value_clear", "string", "As sent."),
        Column("value_hmac", "string", "As in events; empty for fields without one."),
    ),
)

TARGETS = Table(
    "targets",
    "Addresses under which images without a known document went, or that documents name; private/ during the audit.",
    ("message_id",),
    (
        Column("message_id", "string", "The message with the image, or the one that names it."),
        Column("target_hmac", "string", "HMAC of the path without query, as events.url_hmacs; empty of keys in forms."),
        Column("picture_hmac", "string", "HMAC of the end of the path, as persons.value_hmac of kind picture."),
        Column("named", "bool", "Whether the message names the address in its text; else its image went under it."),
        Column("host", "string", "Host of a named address; where an image was fetched, the host of its Referer."),
    ),
)
