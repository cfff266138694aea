"""Tables of what left encrypted: its lengths and times, and what was seen in clear that fits it."""

from __future__ import annotations

from netaudit.tables.declaring import CAPTURE_ID, FRAME, Column, Table

LEAST_UNIT = 1024  # bytes of plaintext from which on a row of encrypted_uploads is compared with images
ENCRYPTED_UPLOADS = Table(
    "encrypted_uploads",
    "What clients sent over TLS or QUIC, cut where it was answered: lengths and times only, no content.",
    ("first_ts", "unit_id"),
    (
        Column("unit_id", "string", "Hash of the flow and the number of the unit in it."),
        Column("flow_id", "string", "Its flow."),
        CAPTURE_ID,
        Column("first_frame", "int64", "Packet with its first byte: " + FRAME + "."),
        Column("last_frame", "int64", "Packet with its last byte, in the capture where it ends."),
        Column("first_ts", "time", "Time of its first packet."),
        Column("last_ts", "time", "Time of its last packet."),
        Column("answered_ts", "time", "When the server, having received all of it, sent data; null: it did not."),
        Column("ordinal", "int64", "Number of the unit in its flow, from 0."),
        Column("records", "int64", "TLS application records, or QUIC datagrams above 64 bytes."),
        Column("octets", "int64", "Sum of their lengths (TLS: without the 5 bytes of the record's head).", "bytes"),
        Column(
            "lengths",
            "list<int64>",
            "These lengths in order, equal ones in a row once; the first 64.",
            "bytes",
        ),
        Column("repeats", "list<int64>", "How many records in a row each of `lengths` stands for."),
        Column("before_records", "int64", "Application records (QUIC: datagrams) of the server since the unit before."),
        Column("before_octets", "int64", "Sum of their lengths.", "bytes"),
        Column("from_start", "bool", "The connection was followed from its first record."),
        Column("lossy", "bool", "Records may be missing, or its ends be wrong, for gaps in the capture."),
        Column(
            "rule",
            "string",
            "How lengths tell sizes: aead13, aead12, chacha12, cbc, quic; tls where it is not known; tcp, udp: bytes "
            "and large datagrams of connections that nobody read (own encryption, SSH, WireGuard, IPsec, DTLS).",
        ),
        Column("plaintext_low", "int64", "At least so many bytes were encrypted in it.", "bytes"),
        Column("plaintext_high", "int64", "At most so many; equal to the former where sizes are exact.", "bytes"),
        Column("padded", "int64", "Records were padded to multiples of so many bytes; 0: not seen.", "bytes"),
    ),
)

UPLOAD_COUNTS = Table(
    "upload_counts",
    "Encrypted uploads to the outside, counted by sender, endpoint and server name: uploads, never images; where "
    "somebody outside connected, answers are counted so, by what was asked with each. Visitors' "
    "and staff's own devices, and what computers and televisions send to services of people or in no shape of pictures "
    "sent one after the other, are one row without sender, endpoint and name.",
    ("sender", "receiver", "name"),
    (
        Column("sender", "string", "Address of the inside device; empty: all own devices together."),
        Column("receiver", "string", "Address of the endpoint; empty as well then."),
        Column("name", "string", "Server name asked for (SNI), masked; empty when none."),
        Column("devices", "int64", "Addresses of senders."),
        Column("flows", "int64", "Connections with units."),
        Column("uploads", "int64", "Units of at least 2 KiB, joined where HTTP/2 only interrupted them."),
        Column(
            "requests",
            "int64",
            "Of the uploads, those of at least 8 KiB that were answered with less than half as much: what a picture "
            "needs, whatever else its connection carried.",
        ),
        Column("requests_bytes", "int64", "Plaintext of these, at most.", "bytes"),
        Column("smaller", "int64", "Units below: requests, heartbeats."),
        Column(
            "sent_bytes",
            "int64",
            "Plaintext, at most, of all units of at least 0.5 KiB that were answered with less than half as much.",
            "bytes",
        ),
        Column(
            "sliced",
            "int64",
            "Goes of at least four requests of 0.5 to 8 KiB, each answered with less than half as much, that together "
            "are as large as a picture needs.",
        ),
        Column("bytes_low", "int64", "Plaintext of the uploads, at least.", "bytes"),
        Column("bytes_high", "int64", "At most.", "bytes"),
        Column("exact", "bool", "The sizes of all uploads are known to the byte."),
        Column("first_ts", "time", "Beginning of the first unit."),
        Column("last_ts", "time", "End of the last one."),
        Column("hours_from", "time", "Beginning of the first hour of per_hour."),
        Column("per_hour", "list<int64>", "Uploads that begin in each hour from then on; the first 744."),
        Column("size_quantiles", "list<int64>", "Sizes: least, 10, 25, 50, 75, 90 %, largest.", "bytes"),
        Column(
            "sizes", "list<int64>", "Uploads by size: from 2 KiB on, each class twice as wide; the last from 8 MiB."
        ),
        Column(
            "shape",
            "string",
            "What they look like: events (many alike, a few at a time, at uneven times), regular (at even times), bulk "
            "(most in one or few goes), browsing (more came than went), video (without a "
            "pause, in frames of which some are far larger), few (below 5), unclear; empty for own devices.",
        ),
    ),
)

MODE = (
    "exact; padded, range: sizes within a padding; quic; stream: one of several streams; batch: several in a unit; "
    "reencoded: by ratio of sizes and time; following: by times alone"
)

RELAYED_IMAGES = Table(
    "relayed_images",
    "Images that a host received in clear, and what was sent encrypted afterwards that fits them; content not seen.",
    ("received_ts", "sha256", "unit_id"),
    (
        Column("sha256", "string", "The image as seen in clear."),
        Column("object_id", "string", "Where it was seen."),
        Column("message_id", "string", "The message it was in."),
        Column("unit_id", "string", "What it fits, of encrypted_uploads; of several rows joined, the first."),
        Column("flow_id", "string", "Its flow."),
        Column("holder", "string", "Address that received the image."),
        Column("sender", "string", "Address that sent the unit: the same, or the one that a router gives the site."),
        Column("receiver", "string", "Address it was sent to."),
        Column("received_ts", "time", "When the last byte of the image had come, by the clock of its capture."),
        Column("sent_ts", "time", "When the unit begins, by the clock of its capture."),
        Column("delay_s", "float64", "From one to the other; of two captures on one clock as estimated.", "seconds"),
        Column("size", "int64", "Of the image.", "bytes"),
        Column("plaintext_low", "int64", "Of the unit, at least.", "bytes"),
        Column("plaintext_high", "int64", "At most.", "bytes"),
        Column(
            "overhead",
            "int64",
            "What the unit has beside the image (in base64 if said), or its images.",
            "bytes",
        ),
        Column("together", "int32", "Images taken to be in the unit."),
        Column("mode", "string", MODE + "."),
        Column("base64", "bool", "Sizes fit the image in base64."),
        Column(
            "framed", "bool", "Sizes fit with heads of frames of HTTP/2, 9 bytes for each 16,384, beside `overhead`."
        ),
        Column("probability", "float64", "That this image is in this unit, given that the endpoint receives images."),
        Column(
            "opened",
            "string",
            "Where the connection was opened with keys, which sizes and times alone know nothing of: found, the image "
            "was in it; absent, it was not. Empty: not opened.",
        ),
        Column("image_capture_id", "string", "Capture in which the image was seen."),
        Column("image_first_frame", "int64", "First packet of its message: " + FRAME + "."),
        Column("image_last_frame", "int64", "Last packet."),
        CAPTURE_ID,
        Column("first_frame", "int64", "First packet of the unit, in capture_id."),
        Column("last_frame", "int64", "Last packet."),
    ),
)

RELAY_TESTS = Table(
    "relay_tests",
    "What was tested to find relayed images: every host and endpoint, also where nothing was found.",
    ("holder", "sender", "receiver", "capture_id", "mode", "test_id"),
    (
        Column("test_id", "string", "Hash of what was tested."),
        Column("holder", "string", "Address that received images in clear."),
        Column("sender", "string", "Address that sent units."),
        Column("receiver", "string", "Address they were sent to."),
        Column("capture_id", "string", "Capture in which they were sent; of files that follow each other, the first."),
        Column("mode", "string", MODE + "; clocks: captures of two places."),
        Column("images", "int64", "Images that were left to explain."),
        Column("units", "int64", "Units of at least 1 KiB that were left."),
        Column("tried", "int64", "Tests that the chance was corrected for: forms, windows, hosts and endpoints."),
        Column("fitting", "int64", "Images (batch: units) that the best constant fits."),
        Column("told", "int64", "Images told in relayed_images from this test."),
        Column("base64", "bool", "Best with images in base64."),
        Column("framed", "bool", "Best with the heads of frames of HTTP/2: 9 bytes for each 16,384."),
        Column("waits", "bool", "Best without times: sent whenever it was, after its image."),
        Column("overhead", "int64", "The constant: bytes beside the image.", "bytes"),
        Column("overhead_each", "int64", "Batch: bytes beside each image; the constant comes once.", "bytes"),
        Column("window_s", "int32", "A unit begins within this after its image.", "seconds"),
        Column("longest_s", "int32", "The longest such window that was tried.", "seconds"),
        Column("draws", "int64", "Resamplings of the null."),
        Column("exceeded", "int64", "Of them, those that fit at least as much."),
        Column(
            "expected",
            "float64",
            "What fits by chance, on the mean of the draws; null of reencoded, which weighs and does not count.",
        ),
        Column(
            "p", "float64", "Chance that any test shows as much, corrected, never below what validation bears (0.001)."
        ),
        Column("p_model", "float64", "The same by the fitted law alone, without the cap: a model's figure."),
        Column("ratio", "float64", "Likelihood ratio of relayed over chance, at most 1,000."),
        Column("clock_s", "float64", "Clocks of two captures: seconds taken from the units' times.", "seconds"),
        Column(
            "sharp",
            "float64",
            "Chance that sizes of other pictures of the same moments agree as sharply, never below 0.001; only from "
            "there on is an endpoint named. Null of clocks and reencoded, which name none.",
        ),
        Column(
            "standing",
            "string",
            "claimed: the endpoint is named; go together: of the test by which sizes and times go together, as those "
            "of pictures sent on would and those of other pictures of the same moments might; by chance.",
        ),
        Column(
            "differences",
            "list<int64>",
            "Of the test that names the endpoint, or goes together: pairs within the window by the bytes that a unit "
            "has beside its image, in classes of 64 bytes from 0 on; else empty.",
        ),
        Column("differences_low", "list<int64>", "Lower end (2.5 %) of what 200 shifts of time give in each class."),
        Column("differences_high", "list<int64>", "Upper end (97.5 %)."),
        Column("seed", "string", "Seed of the draws, from what is compared."),
    ),
)
