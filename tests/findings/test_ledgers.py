"""Ledgers balance, are worded, and say what an audit has to own up to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.findings.ledgers import LEDGERS, Run, exits, ledger_table, reason_word, unjudged
from netaudit.tables import LEDGERS as TABLE
from tests.findings.examples import CAM, CLOUD, EXAMPLES, LAN, capture, case, filled, flow, image

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
