"""A small budget of what `make agreement` does at scale: no difference without a cause."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.agreement.classes import ALL, CHANGED, CLASSES, Context, class_of
from tests.agreement.comparing import Difference, differences
from tests.agreement.ledger import page
from tests.agreement.run import _ends, changed, made, run
from tests.conftest import THOROUGH

FLOWS = 300 if THOROUGH else 120
SECONDS = 60


def test_every_difference_has_its_class() -> None:
    """By all peers that are installed; dpkt always is."""
    ledger, totals = run(FLOWS, with_shared=False, until=time.monotonic() + SECONDS, out=None, first=1, size=FLOWS)
    assert totals["flows"] >= FLOWS
    assert totals["dpkt flow"] >= FLOWS
    unexplained = {key: entry["examples"] for key, entry in ledger.items() if key[2] == "unexplained"}
    assert not unexplained


@pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")
def test_tshark_is_among_the_peers() -> None:
    _, totals = run(20, with_shared=False, until=time.monotonic() + SECONDS, out=None, first=3, size=20)
    assert totals["tshark name"] == 20


def test_what_differs_is_found() -> None:
    way = ["tcp", "10.0.0.1", 40000, "192.0.2.1", 80]
    flow = {"kind": "flow", "capture": "a", "way": way, "packets": [3, 2], "payload": [10, 0]}
    asked = {
        "kind": "exchange",
        "capture": "a",
        "way": way,
        "target": "/x",
        "method": "GET",
        "host": "h",
        "status": 200,
    }
    body = {"kind": "content", "capture": "a", "way": way, "sha256": "ab", "size": 5, "whole": True}
    tells = {"flow": ("packets", "payload"), "exchange": ("method", "host", "status"), "content": ("whole",)}
    turned = flow | {"way": ["tcp", "192.0.2.1", 80, "10.0.0.1", 40000], "packets": [2, 3], "payload": [0, 10]}
    assert differences("p", "a", [flow, asked, body], [turned, asked, body], tells)[0] == []  # whoever is called client
    kinds = lambda ours, theirs: [one.kind for one in differences("p", "a", ours, theirs, tells)[0]]  # noqa: E731
    assert kinds([flow], [flow | {"packets": [3, 3]}]) == ["flow"]
    assert kinds([flow], []) == ["flow"]
    assert kinds([asked], [asked | {"status": 404}]) == ["exchange"]
    assert kinds([body | {"whole": False}], [body]) == ["content"]
    assert kinds([], [body]) == ["content"]
    assert kinds([body], []) == []  # netaudit takes more apart


def test_a_difference_that_no_class_fits_is_unexplained() -> None:
    key = ("tcp", ("10.0.0.1", 1), ("10.0.0.2", 2))
    for peer in ALL:
        says = [(("packets", (one, 0)), ("payload", (one, 0))) for one in (1, 2)]
        assert class_of(Difference(peer, "flow", "a", key, *says), Context({})) == "unexplained"
    assert all(cause and right for _, _, _, cause, right in CLASSES.values())


def test_peers_are_compared_as_netaudit_writes() -> None:
    """Names are masked in its tables, and a target that names its host is split (RFC 9112, 3.2.2)."""
    way = ["tcp", "10.0.0.1", 40000, "192.0.2.1", 80]
    mine = {
        "kind": "exchange",
        "capture": "a",
        "way": way,
        "method": "GET",
        "host": "h:8080",
        "target": "/z*******.jpg",
        "status": 200,
    }
    his = mine | {"host": "x", "target": "http://me:word@h:8080/zhangwei.jpg"}
    tells = {"flow": (), "exchange": ("method", "host", "status")}
    assert differences("p", "a", [mine], [his], tells)[0] == []
    assert len(differences("p", "a", [mine], [his | {"target": "http://h:8081/zhangwei.jpg"}], tells)[0]) == 1


def test_types_of_lookups_are_compared_by_number() -> None:
    way = ["udp", "10.0.0.1", 40000, "192.0.2.1", 53]
    mine = {"kind": "name", "capture": "a", "way": way, "name": "n.example", "form": "TYPE10", "addresses": []}
    tells = {"flow": (), "name": ("form", "addresses")}
    for form, found in (("NULL", 0), ("10", 0), (10, 0), ("SRV", 1)):
        assert len(differences("p", "a", [mine], [mine | {"form": form}], tells)[0]) == found


def test_what_a_peer_does_not_tell_is_not_compared() -> None:
    way = ["udp", "10.0.0.1", 40000, "192.0.2.1", 443]
    mine = {"kind": "hello", "capture": "a", "way": way, "name": "n", "ja3": "a", "ja4": "b"}
    tells = {"flow": (), "hello": ("name", "ja3", "ja4")}
    his = {key: value for key, value in mine.items() if key != "ja4"}
    assert differences("p", "a", [mine], [his], tells)[0] == []
    assert len(differences("p", "a", [mine], [his | {"ja3": "c"}], tells)[0]) == 1


def test_a_changed_length_of_a_head_names_other_ports() -> None:
    packet = b"\x46" + bytes(11) + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + bytes.fromhex("0001000200030004")
    ends = lambda one, other: frozenset((("10.0.0.1", one), ("10.0.0.2", other)))  # noqa: E731
    assert _ends(packet) == {ends(1, 2), ends(3, 4)}


def test_any_seed_makes_a_capture() -> None:
    """Slices of a run over a million conversations begin where they are told to (`--first`)."""
    assert made(1001, 20) != made(1257, 20)


def test_changed_captures_keep_their_structure() -> None:
    data = made(7, 200)
    other, touched = changed(data, 1)
    assert len(other) == len(data)
    assert other != data
    assert changed(data, 1) == (other, touched)
    assert 0 < len(touched) < 60
    assert other[:40] == data[:40]


def test_the_page_of_the_ledger_has_every_class() -> None:
    """`ledger.py` writes it from runs; a class that came since has to be in it."""
    text = (Path(__file__).parent / "LEDGER.md").read_text(encoding="utf-8")
    named = {line.split(" | ")[0].removeprefix("| ") for line in text.split("\n") if line.startswith("| ")}
    assert named == {"class", "unexplained", CHANGED, *CLASSES}
    run = {"totals": {"captures": 1, "flows": 2, "tshark flow": 3}, "ledger": [{"class": "GTP", "count": 1234}]}
    assert "| 1,234 | 0 |" in page([run], [])
    assert "1 captures, 2 conversations, 3 facts compared" in page([run], [])
