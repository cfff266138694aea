"""Tables of the moments that an auditor marked, and of what followed them."""

from __future__ import annotations

from netaudit.tables.declaring import Column, Table

MOMENTS = Table(
    "moments",
    "Moments that the auditor marked, to tie a physical test to the wire.",
    ("ts", "moment_id"),
    (
        Column("moment_id", "string", "Hash of time and text."),
        Column("ts", "time", "When it was marked, or what the auditor noted."),
        Column("text", "string", "The auditor's own words (not from a capture: made visible, not masked)."),
        Column("source", "string", "screen, stdin, or the file of notes it comes from."),
    ),
)

AFTER_MOMENTS = Table(
    "after_moments",
    "What inside devices sent in the window of each marked moment (moment_window_s of the options).",
    ("moment_id", "first_ts", "sender", "receiver", "visibility", "name"),
    (
        Column("moment_id", "string", "The moment; the same transfer may follow several."),
        Column("sender", "string", "Address of the inside device."),
        Column("receiver", "string", "Address of the receiver."),
        Column("receiver_scope", "string", "outside or inside, as endpoints.scope."),
        Column("visibility", "string", "clear: images were seen; encrypted, unread (protocol unknown): bytes only."),
        Column("name", "string", "Name asked for (Host, SNI), masked; empty when none."),
        Column("images", "int64", "Images sent in the window; 0 unless clear."),
        Column("faces", "int64", "Those of them with a face."),
        Column(
            "bytes",
            "int64",
            "Clear: of the images. Else: payload sent in the window, whoever opened the connection; of connections "
            "that lie wholly in it without what was sent or captured again, of others with it.",
            "bytes",
        ),
        Column(
            "bytes_before",
            "int64",
            "Payload that the same connections had sent before the window; null: clear.",
            "bytes",
        ),
        Column("bytes_after", "int64", "What they sent after it; null: clear.", "bytes"),
        Column(
            "bursts",
            "list<int64>",
            "Upward bursts by size, as flows.bursts_up, of the connections that lie wholly in the window.",
        ),
        Column("flows", "int64", "Connections."),
        Column(
            "within",
            "bool",
            "All connections lie in the window; false: some also lasted before or after, and of these the bytes in "
            "the window are told to the second.",
        ),
        Column("first_ts", "time", "First of it in the window (clear: image; else: connection, or what it sent)."),
        Column("last_ts", "time", "Last of it, as first_ts."),
        Column("object_ids", "list<string>", "Its objects, at most 500."),
        Column("flow_ids", "list<string>", "Its flows, at most 500."),
    ),
)

MOMENT_TESTS = Table(
    "moment_tests",
    "Whether encrypted uploads follow the marked moments: every sender, endpoint and window tested.",
    ("sender", "receiver", "name", "window_s"),
    (
        Column("sender", "string", "Address of the inside device."),
        Column(
            "receiver", "string", "Address of the endpoint; where several have one server name, that of most uploads."
        ),
        Column("name", "string", "Server name asked for (SNI), masked; empty when none."),
        Column("window_s", "int64", "An upload begins within this after the moment, or up to 1 s before.", "seconds"),
        Column("uploads", "int64", "All encrypted uploads of that sender there."),
        Column("moments", "int64", "Marked moments whose window was captured."),
        Column("followed", "int64", "Those of them that an upload followed."),
        Column(
            "delay_median_s", "float64", "From the moment to the first upload, middle of those followed.", "seconds"
        ),
        Column("expected", "float64", "Followed on the mean of control times: times around each moment without one."),
        Column("draws", "int64", "Draws of control times."),
        Column("exceeded", "int64", "Of them, those followed as often."),
        Column("shifts_exceeded", "int64", "The same of shifts of all moments by one time, of 20,000 at most."),
        Column("tried", "int64", "Tests that the chance was corrected for: senders, endpoints, windows."),
        Column(
            "p", "float64", "Chance that any test shows as much, corrected, never below what validation bears (0.001)."
        ),
        Column(
            "p_model",
            "float64",
            "Binomial by the share of control time that is followed, not corrected: a model.",
        ),
        Column(
            "standing",
            "string",
            "claimed; by chance; like a clock (shifted moments are followed as often); few (below 5 moments); no "
            "controls (too little captured time without a moment).",
        ),
        Column("moment_ids", "list<string>", "The moments followed."),
        Column(
            "unit_ids", "list<string>", "What followed each, of encrypted_uploads; of several rows joined, the first."
        ),
        Column("delays_s", "list<float64>", "From each of these moments to it.", "seconds"),
        Column("seed", "string", "Seed of the draws, from what is compared."),
    ),
)
