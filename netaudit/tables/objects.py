"""Tables of what was in messages: objects, the packets that carried them, parts of files, images."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

OBJECTS = Table(
    "objects",
    "What was found in messages by unwrapping: images, documents, files.",
    ("object_id",),
    (
        Column("object_id", "string", "Hash of the message and the way of unwrapping."),
        Column("message_id", "string", "Message it was in."),
        Column(
            "sha256",
            "string",
            "SHA-256 of its bytes as recovered; missing bytes are zero. Empty for small objects that are not stored: "
            "what is masked, a field that is an ID number say, could be guessed by its hash.",
        ),
        Column("size", "int64", "Its bytes.", "bytes"),
        Column(
            "kind",
            "string",
            "jpeg, png, webp, bmp, gif, heic, avif, tiff, jp2, pnm, tga, json, xml, text, zip, opaque …; by content.",
        ),
        Column("complete", "bool", "Every byte is there and its end is known."),
        Column("missing", "list<string>", "Missing byte ranges, as in messages."),
        Column("unwrap_path", "string", "How it was found, from the message inwards (masked)."),
        Column("name", "string", "File or field name it was sent under (masked)."),
        Column("stored", "bool", "Whether its bytes are under private/objects."),
        Column(
            "notes",
            "list<string>",
            "Named limits reached, as English texts; reports, pages and Chinese CSV have them in words.",
            reasons=True,
        ),
    ),
)

EVIDENCE = Table(
    "evidence",
    "The packets that carried an object.",
    ("object_id", "capture_id"),
    (
        Column("object_id", "string", "The object."),
        CAPTURE_ID,
        Column("first_frame", "int64", "First of its packets: " + FRAME + "."),
        Column("last_frame", "int64", "Last of its packets."),
        Column(
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
        Column(
            "upload",
            "string",
            "Keyed hash of what names the whole: host, key, upload id; client, path, entity tag; session and file.",
        ),
        Column("number", "int32", "Part number, from 1; 0 where parts are not numbered, -1 for a reply."),
        Column("name", "string", "Last segment of the object key (masked)."),
        Column("message_id", "string", "The request that carried it."),
        Column("object_id", "string", "The part as an object; for a reply the part it answers."),
        Column("sha256", "string", "Of the part's bytes."),
        Column("size", "int64", "Its bytes; of the whole as declared where the role is end.", "bytes"),
        Column("complete", "bool", "Every byte is there."),
        Column("ts", "time", "When its first byte was sent."),
        Column(
            "role",
            "string",
            "part; chunk, text (in base64), made: the reply to a first chunk, with its upload; range, sent, piece; "
            "block, reply: Qiniu's blocks, their answers; end: the size of the whole.",
        ),
        Column("offset", "int64", "Place in the whole, or in its block; -1 where parts are numbered.", "bytes"),
        Column("links", "list<string>", "Keyed hashes of the contexts that it cites or, as a reply, gives."),
    ),
)

IMAGES = Table(
    "images",
    "Distinct images, by content.",
    ("sha256",),
    (
        Column("sha256", "string", "Of the image's bytes."),
        Column("kind", "string", "Image format, by content."),
        Column("size", "int64", "Its bytes.", "bytes"),
        Column("width", "int32", "", "pixels"),
        Column("height", "int32", "", "pixels"),
        Column("complete", "bool", "Whether at least one copy was recovered whole."),
        Column("decodable", "bool", "Whether it decodes; null when not tried."),
        Column("problem", "string", "Why it does not decode, or does only in part (a reason).", reasons=True),
        Column("exif_make", "string", "Camera maker in its EXIF data (masked)."),
        Column("exif_model", "string", "Camera model in its EXIF data (masked)."),
        Column("exif_time", "string", "Time in its EXIF data."),
        Column("phash", "string", "64-bit perceptual hash (DCT) of the picture at 160 pixels, 16 hexadecimal digits."),
        Column(
            "face",
            "string",
            "yes, possible, no, undecodable or not judged; as its parent: a thumbnail that shows the picture within "
            "which it lies, which shows a face.",
        ),
        Column(
            "why",
            "string",
            "Why it was not judged (a reason); empty when it was, null in tables of version 1.",
            reasons=True,
        ),
        Column("n_faces", "int32", "Faces, if counted (--count-faces); null: not counted, or not judged."),
        Column("face_score", "float64", "Best score of the looks that the verdict needed (often the first one only)."),
        Column("rotated", "int32", "Rotation at which the face was found.", "degrees"),
        Column("n_seen", "int64", "How many objects carry it."),
        Column("first_ts", "time", "First seen."),
    ),
)

ANSWERS = Table(
    "answers",
    "What the image helper said; private/resume/ while an audit runs.",
    ("sha256", "rotate"),
    (
        Column("sha256", "string", "The image."),
        Column("rotate", "bool", "Whether turned pictures were looked at, too."),
        Column("said", "binary", "Facts and verdict as JSON."),
        Column("mac", "binary", "Of the three, under a key of this user: who goes on with an audit believes no other."),
    ),
)
