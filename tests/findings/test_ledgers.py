"""Ledgers balance, are worded, and say what an audit has to own up to."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.schema import LEDGERS as TABLE
from netaudit.findings.ledgers import (
    BOUNDS,
    IN_SUMS,
    LEDGERS,
    LONGEST,
    NOT_COMPARED,
    UNDATED,
    Run,
    bounds_table,
    exits,
    ledger_table,
    reason_word,
    unjudged,
)  # fmt: skip
from tests.findings.examples import CAM, CLOUD, EXAMPLES, LAN, capture, case, filled, finding, flow, image

CASES = [EXAMPLES[name]() for name in EXAMPLES]


def rows(tables, ledger=""):
    return [row for row in tables["ledgers"].to_pylist() if ledger in ("", row["ledger"])]


@pytest.mark.parametrize("ledger", LEDGERS, ids=lambda ledger: ledger.name)
def test_every_ledger_keeps_the_contract(ledger) -> None:
    assert list(ledger.rows(filled(), Run())) == [] or ledger.name == "stages"
    seen = {row["reason"] for tables in CASES for row in rows(tables, ledger.name)}
    elsewhere = {
        "signatures",
        "egress",
        "faces",
        "contradictions",
        "sightings",
        "evicted",
        "names",
        "documents",
        "understanding",
        "templates",
        "contacts",
        "posters",
    }  # test_accounts.py, test_names.py, test_documents.py, endpoints
    assert seen or ledger.name in elsewhere
    for reason in ledger.reasons:
        zh, en = (reason_word(ledger.name, reason, lang) for lang in ("zh", "en"))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
        assert en.isascii()


def test_names_are_told_once_and_documented() -> None:
    names = [ledger.name for ledger in LEDGERS]
    assert len(set(names)) == len(names)
    meaning = next(column.meaning for column in TABLE.columns if column.name == "ledger")
    assert all(name in meaning for name in names)


SIZES = st.integers(0, 10**9)
FATES = ("duplicate", "conflicting", "evicted", "after_close")
FLOWS = st.lists(
    st.tuples(
        st.sampled_from(["http", "tls", "unknown", "", "dns"]), st.sampled_from(["tcp", "udp"]),
        st.sampled_from([80, 443]), SIZES, SIZES, *[SIZES] * len(FATES),
    ),
    max_size=8,
)  # fmt: skip


@settings(deadline=None)  # tables of many columns are made
@given(FLOWS)
def test_payload_balances(given_flows) -> None:
    made = []
    for protocol, transport, port, read, unread, *fates in given_flows:
        sizes = dict(zip(FATES, fates, strict=True))
        both = {f"{name}_down": size for name, size in sizes.items()}
        whole = read + unread + sum(fates)
        made.append(
            flow(
                protocol=protocol, transport=transport, server_port=port, payload_down=whole,
                delivered_down=read + unread, unread_down=unread, **both,
            )
        )  # fmt: skip
    tables = filled(flows=made)
    found = [row for row in ledger_table(tables, LAN).to_pylist() if row["ledger"] == "payload"]
    assert sum(row["bytes"] for row in found) == sum(one["payload_down"] for one in made)
    assert all(row["understood"] == (row["reason"] in {"read", "duplicate"}) for row in found)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["yes", "possible", "no", "undecodable", "not judged"]), SIZES), max_size=20))
def test_images_balance(given_images) -> None:
    tables = filled(images=[image(face, sha256=str(n), size=size) for n, (face, size) in enumerate(given_images)])
    found = [row for row in ledger_table(tables, LAN).to_pylist() if row["ledger"] == "images"]
    assert sum(row["count"] for row in found) == len(given_images)
    assert sum(row["bytes"] for row in found) == sum(size for _, size in given_images)


@pytest.mark.parametrize(
    ("face", "why", "faces", "reason", "understood"),
    [
        ("yes", "", True, "face", True),
        ("possible", "", True, "possible face", True),
        ("no", "", True, "no face", True),
        ("not judged", "image_small?n=32", True, "too small", True),
        ("not judged", "image_no_helper?inner=helper_ended", True, "helper failed", False),
        ("not judged", "image_given_up", True, "decoder crashes", False),
        ("undecodable", "image_crashed", True, "decoder crashes", False),
        ("undecodable", "image_worked?n=20", True, "decoder stalled", False),
        ("undecodable", "image_not?said=cannot+identify+image+file", True, "undecodable", False),
        ("not judged", "", True, "not judged", False),
        ("not judged", "", False, "not asked", False),
    ],
)
def test_images_and_why(face, why, faces, reason, understood) -> None:
    tables = case(Run(side="lan", faces=faces), images=[image(face, why=why)])
    (row,) = rows(tables, "images")
    assert (row["reason"], row["understood"]) == (reason, understood)


def test_the_same_subject_and_reason_are_added_up() -> None:
    refused = [{"name": "b.pcap", "problem": "x"}, {"name": "b.pcap", "problem": "y"}]
    refused += [{"name": "notes.txt", "problem": "z", "reason": "no capture"}]
    found = rows(case(Run(side="lan", rejected=refused)), "inputs")
    assert sorted((row["subject"], row["reason"], row["count"], row["understood"]) for row in found) == [
        ("b.pcap", "refused", 2, False), ("lan.pcap", "audited", 1, True), ("notes.txt", "no capture", 1, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (case(), set()),
        (case(images=[image("no")]), set()),
        (case(images=[image("undecodable")]), {"unjudged"}),
        (case(captures=[capture(damage=["at byte 3"])]), {"damaged"}),
        (case(Run(side="lan", interrupted=True), images=[image("not judged")]), {"interrupted", "unjudged"}),
        (EXAMPLES["key_frames"](), {"unjudged"}),
        (EXAMPLES["readers"](), {"unjudged"}),
        (EXAMPLES["no_packets"](), {"unjudged"}),
        (EXAMPLES["payload"](), set()),
        (EXAMPLES["no_vantage"](), set()),
    ],
)
def test_exits(tables, expected) -> None:
    assert exits(tables["ledgers"]) == expected


def test_what_was_not_judged_is_counted_by_its_reason() -> None:
    some = [image("undecodable"), image("undecodable")]
    assert unjudged(case(images=some)["ledgers"]) == {"images: undecodable": 2}
    assert unjudged(case(Run(side="lan", faces=False), images=[image("not judged")])["ledgers"]) == {
        "images: not asked": 1
    }
    assert not unjudged(case(captures=[capture(damage=["at byte 3"])])["ledgers"])


def test_media_of_which_no_picture_was_looked_at_is_not_read() -> None:
    flow = {
        "flow_id": "f", "client_ip": CAM, "server_ip": CLOUD, "protocol": "rtp", "transport": "udp", "delivered_up": 40_000,
        "payload_up": 40_000,
    }  # fmt: skip
    ends = [{"ip": CAM, "scope": "inside"}, {"ip": CLOUD, "scope": "outside"}]
    for size, reason in ((0, "media"), (9000, "read")):
        messages = [{"message_id": "m", "flow_id": "f", "protocol": "rtp", "direction": "up", "body_size": size}]
        (row,) = rows(case(flows=[flow], endpoints=ends, messages=messages), "egress")
        assert (row["reason"], row["bytes"], row["understood"]) == (reason, 40_000, size > 0)


def told(tables, ledger: str) -> list[tuple[str, str, int, int, bool]]:
    names = ("subject", "reason", "count", "bytes", "understood")
    return [tuple(row[name] for name in names) for row in rows(tables, ledger)]


@pytest.mark.parametrize(
    ("of_flow", "reason", "understood"),
    [
        ({"protocol": "http"}, "unread", False),
        ({"protocol": "unknown"}, "unknown protocol", False),
        ({"protocol": ""}, "unknown protocol", False),
        ({"protocol": "tls"}, "encrypted", False),
        ({"protocol": "tls", "keys": "opened"}, "unread", False),
        ({"protocol": "", "transport": "udp", "server_port": 443}, "encrypted", False),
    ],
)
def test_payload_by_what_became_of_it(of_flow, reason: str, understood: bool) -> None:
    sizes = {"delivered_up": 100, "unread_up": 40, "delivered_down": 9, "duplicate_down": 7, "conflicting_up": 5}
    sizes |= {"evicted_up": 3, "after_close_down": 2}
    protocol = of_flow["protocol"] or "unknown"
    assert told(case(flows=[flow(**of_flow)]), "payload") == []
    given = case(flows=[flow(**sizes | of_flow), flow(flow_id="g", **of_flow)])
    assert set(told(given, "payload")) == {
        (protocol, "read", 2, 69, True), (protocol, reason, 2, 40, understood), (protocol, "duplicate", 2, 7, True),
        (protocol, "conflicting", 2, 5, False), (protocol, "evicted", 2, 3, False), (protocol, "after_close", 2, 2, False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "read", "entry"),
    [
        ({}, None, ("audited", 9, True)),
        ({"damage": ["x"]}, None, ("damaged", 9, False)),
        ({"sha256": "a"}, [4], ("audited", 9, True)),  # read to its end before it was interrupted
        ({}, [4], ("read in part", 4, False)),
        ({}, [0], ("not read", 0, False)),
        ({"damage": ["x"]}, [4], ("read in part", 4, False)),
    ],
)
def test_what_became_of_a_file(row, read, entry) -> None:
    given = case(Run(side="lan", interrupted=read is not None, read=read), captures=[capture(**row)])
    assert told(given, "inputs") == [("lan.pcap", entry[0], 1, entry[1], entry[2])]
    assert ("interrupted" in exits(given["ledgers"])) is (read is not None)


def test_files_that_are_no_inputs_are_refused_or_set_aside() -> None:
    rejected = [{"name": "a", "reason": "same content"}, {"name": "b"}, {"name": "c" * 900, "reason": "no capture"}]
    found = told(case(Run(side="lan", rejected=rejected), captures=[]), "inputs")
    assert found == [
        ("a", "same content", 1, None, True), ("b", "refused", 1, None, False), ("c" * LONGEST, "no capture", 1, None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("run", "packets", "stages", "open_ones"),
    [
        (LAN, (5, 5), {"ended", "known"}, set()),
        (Run(), (5, 5), {"ended", "vantage unknown"}, {"vantage unknown"}),
        (Run(), (5, 0), {"ended", "none decoded", "vantage unknown"}, {"none decoded"}),  # nothing to stand anywhere in
        (LAN, (0, 0), {"ended", "no packets", "known"}, {"no packets"}),
        (Run(side="wan", interrupted=True), (5, 5), {"interrupted", "known"}, {"interrupted"}),
    ],
)
def test_stages(run, packets, stages, open_ones) -> None:
    found = rows(case(run, captures=[capture(packets_read=packets[0], packets_decoded=packets[1])]), "stages")
    assert {row["reason"] for row in found} == stages
    assert {row["reason"] for row in found if not row["understood"]} == open_ones
    assert next(row["count"] for row in found if row["subject"] == "reading") == packets[0]


def test_packets_are_decoded_or_have_a_reason() -> None:
    skipped = [("fragment", 3), ("control_frame", 4), ("malformed_ip", 2), ("outside_period", 1)]
    given = case(
        captures=[capture(packets_read=15), capture(capture_id="d", packets_decoded=0)],
        skipped=[{"capture_id": "c", "reason": reason, "packets": n} for reason, n in skipped],
    )
    assert {one[:3] + one[4:] for one in told(given, "packets")} == {
        ("c", "decoded", 5, True), ("c", "fragment", 3, True), ("c", "control_frame", 4, True),
        ("c", "malformed_ip", 2, False), ("c", "outside_period", 1, False),
    }  # fmt: skip


def test_what_was_lost_is_counted_by_connections_and_bytes() -> None:
    flows = [
        flow(flow_id="f", missing_up=7),
        flow(flow_id="g", missing_down=5),
        flow(flow_id="h", missing_up=1, missing_down=2),
    ]
    given = case(captures=[capture(drops=7), capture(capture_id="d", drops=0)], flows=[*flows, flow(flow_id="i")])
    assert told(given, "lost") == [
        ("c", "lost while capturing", 7, None, False),
        ("streams", "missing bytes", 3, 15, False),
    ]


@pytest.mark.parametrize(
    ("failure", "entry"),
    [
        ("http reader: IndexError in flow 00", ("http", "IndexError")),
        ("http reader: too deep", ("http", "too deep")),
        ("http", ("http", "failed")),
    ],
)
def test_readers_that_failed(failure: str, entry: tuple[str, str]) -> None:
    given = case(Run(side="lan", failures=[failure, failure]))
    assert told(given, "readers") == [(*entry, 2, None, False)]


@pytest.mark.parametrize(
    ("note", "ledger", "entry"),
    [
        ("limit: parts", "limits", ("messages", "parts", 2, None, False)),
        ("body over 64 MiB", "limits", ("messages", "body over 64 MiB", 2, None, False)),
        ("file over 1 GiB", "limits", ("messages", "file over 1 GiB", 2, None, False)),
        ("video not decoded: PyAV is not there", "key frames", ("video", "no decoder", 2, None, False)),
        ("video not looked at but for 3", "key frames", ("video", "in part", 2, None, False)),
        ("video not decoded: broken", "key frames", ("video", "not decoded", 2, None, False)),
        ("answer: refuses", "limits", None),
        ("no limit: parts", "limits", None),
    ],
)
def test_notes_of_bounds(note: str, ledger: str, entry) -> None:
    messages = [{"message_id": one, "notes": [note, "another"]} for one in "mn"] + [{"message_id": "o", "notes": None}]
    assert told(case(messages=messages), ledger) == [entry] * (entry is not None)


def test_flows_that_were_set_aside_are_told_beside_what_was_judged() -> None:
    ends = [{"ip": CAM, "scope": "inside"}, {"ip": CLOUD, "scope": "outside"}]
    judged = {"client_ip": CAM, "server_ip": CLOUD, "delivered_up": 30, "payload_up": 30, "doubts": []}
    flows = filled(flows=[flow(**judged)])["flows"]
    aside = filled(flows=[flow(payload_up=9, payload_down=5), flow(payload_up=1)])["flows"]
    given = case(Run(side="lan", judged=flows, aside=aside), flows=[flow(**judged), flow(), flow()], endpoints=ends)
    assert told(given, "egress") == [
        (f"{CAM} > {CLOUD}", "read", 1, 30, True), ("others", "too many addresses", 2, 15, False),
    ]  # fmt: skip
    assert told(case(Run(side="lan", judged=flows), flows=[flow(), flow()], endpoints=ends), "egress") == [
        (f"{CAM} > {CLOUD}", "read", 1, 30, True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "count", "entry"),
    [
        (NOT_COMPARED, 4, ("flows", NOT_COMPARED, 4, None, False)),
        (IN_SUMS, 1, ("flows", IN_SUMS, 1, None, False)),
        (UNDATED, 4, ("messages", UNDATED, 4, None, True)),  # what was sent is judged without it
        (NOT_COMPARED, 0, None),
    ],
)
def test_bounds_that_were_reached(reason: str, count: int, entry) -> None:
    given = filled() | {BOUNDS: bounds_table({reason: count})}
    assert told({"ledgers": ledger_table(given, LAN)}, "bounds") == [entry] * (entry is not None)


def test_keys_signatures_sightings_and_what_is_contested() -> None:
    keys = [("opened", 3), ("not asked for", 2), ("partly", 4), ("keys do not fit", 5), ("", 6), (None, 7)]
    given = case(
        Run(side="lan", signatures={"devices": 3, "other": 9}, contested={"10.0.0.0/8": "declared inside", "::/0": "ra"}),
        flows=[flow(flow_id=f"f{n}", keys=key, payload_up=n, payload_down=n - 2) for key, n in keys],
        sightings=[{"flow_id": f"s{n}", "capture_id": "d"} for n in range(3)],
        findings=[
            finding("uploaded outside", "B", images=2, bytes=7, endpoint_id=CLOUD, role_reason="contested_alone?agent=x"),
            finding("retrieved from outside", "B", images=1, bytes=5, sender=CLOUD, receiver=CAM, endpoint_id=CLOUD,
                    role_reason="contested_life"),
            finding("moved inside", "A", role_reason="named"),
        ],
    )  # fmt: skip
    assert told(given, "keys") == [
        ("tcp", "opened", 1, 4, True), ("tcp", "not asked for", 1, 2, True), ("tcp", "partly", 1, 6, False),
        ("tcp", "keys do not fit", 1, 8, False),
    ]  # fmt: skip
    assert told(given, "signatures") == [("devices", "loaded", 3, None, True)]
    assert told(given, "sightings") == [("d", "seen in two captures", 3, None, True)]
    assert told(given, "contested") == [
        ("10.0.0.0/8", "declared inside", 1, None, False), ("::/0", "address", 1, None, False),
        (CAM, "called a phone", 3, 12, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ledger", "reason", "exit_"),
    [
        ("stages", "interrupted", "interrupted"), ("stages", "vantage unknown", ""), ("stages", "no packets", "unjudged"),
        ("inputs", "not read", "interrupted"), ("inputs", "damaged", "damaged"), ("inputs", "refused", "damaged"),
        ("readers", "x", "unjudged"), ("signatures", "x", "unjudged"), ("limits", "x", ""), ("of a later version", "x", ""),
    ],
)  # fmt: skip
def test_what_an_open_row_makes_of_an_audit(ledger: str, reason: str, exit_: str) -> None:
    row = {"ledger": ledger, "subject": "x", "reason": reason, "count": 2, "understood": False}
    found = pa.Table.from_pylist([row, row | {"understood": True, "ledger": "images"}], schema=TABLE.schema())
    assert exits(found) == {exit_} - {""}
    assert unjudged(found) == ({f"{ledger}: {reason}": 2} if exit_ == "unjudged" else {})
    assert reason_word("of a later version", reason, "en") == reason
