"""What is told of images that moved in clear: how they were read, what bears them, and what is told apart."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.findings import apart as told_apart
from netaudit.findings.from_tables import judge
from netaudit.findings.transfers import transfers
from tests.findings.examples import CAM, CLOUD, LINK, filled, flow

OTHER = "9a:21:5e:0c:77:31"  # a link address that did not hold the camera's


def scope(ip: str) -> str:
    return "inside" if ip.startswith("192.168.") else "outside"


def tables(*sent: dict[str, object], link: str = LINK, **of_flow: object):
    """Of a camera that sends pictures, each by a message."""
    messages, objects, images = [], [], []
    for n, one in enumerate(sent):
        row = {
            "message_id": f"m{n}",
            "flow_id": "f",
            "capture_id": "c",
            "protocol": one.get("protocol", "http"),
            "direction": "up",
            "path": "/",
        }
        messages.append(
            row
            | {
                "first_ts": n + 5,
                "last_ts": n + 6,
                "host": one.get("host", "up.example"),
                "opened": one.get("opened", ""),
            }
        )
        digest = f"{one.get('picture', n):064x}"
        objects.append({"object_id": f"o{n}", "message_id": f"m{n}", "sha256": digest, "size": 100, "complete": True})
        objects[-1] |= {"unwrap_path": one.get("way", ""), "complete": one.get("complete", True)}
        images.append({"sha256": digest, "face": one.get("face", "yes"), "decodable": True, "problem": ""})
        images[-1] |= {"face_score": one.get("score", 0.9)}
    ends = {"client_ip": CAM, "server_ip": CLOUD, "client_mac": link, "server_mac": "00:0a:eb:31:c0:02"}
    ends |= {
        "packets_up": 9,
        "packets_down": 9,
        "payload_up": 900,
        "payload_down": 90,
        "handshake": "SA",
        "first_ts": 4,
    }
    held = [{"device_id": LINK, "mac": LINK, "ip": CAM, "from_ts": 0, "to_ts": 99, "by": ["arp"]}]
    unique = {row["sha256"]: row for row in images}
    return filled(
        flows=[flow(capture_id="c", **ends | of_flow)], messages=messages, objects=objects, images=list(unique.values()),
        bindings=held,
    )  # fmt: skip


def judged(*sent: dict[str, object], **more: object):
    given = tables(*sent, **more)
    moved = transfers(given["objects"], given["images"], given["messages"], given["flows"])
    return judge(given, moved, scope)


@pytest.mark.parametrize(
    ("sent", "code", "arguments"),
    [
        ([{}, {}], "clear_for", {"n": "2", "m": "2"}),
        ([{}, {"picture": 0}], "clear_for", {"n": "2", "m": "1"}),
        ([{"opened": "k.log"}, {"opened": "k.log"}], "opened_for", {"n": "2", "keys": "k.log"}),
        (
            [{"opened": "k.log"}, {}, {"opened": "j.log"}],
            "partly_opened_for",
            {"n": "3", "k": "2", "keys": "j.log, k.log"},
        ),
    ],
)
def test_how_images_were_read_is_said(sent: list[dict[str, object]], code: str, arguments: dict[str, str]) -> None:
    (found,) = judged(*sent).findings.to_pylist()
    made = parsed(found["reason"].partition("; ")[0])
    assert made.code == code
    assert {name: made.arguments[name] for name in arguments} == arguments
    assert made.arguments["hosts"] == "up.example"
    assert (found["images"], found["distinct_images"], found["bytes"]) == (
        len(sent), len({one.get("picture", n) for n, one in enumerate(sent)}), 100 * len(sent),
    )  # fmt: skip
    assert judged(*sent).findings["first_ts"].cast("int64").to_pylist() == [5]
    assert judged(*sent).findings["last_ts"].cast("int64").to_pylist() == [5 + len(sent)]


@pytest.mark.parametrize(
    ("sent", "grade", "doubts"),
    [
        ([{}], "A", []),
        ([{"way": "bytes undone › jpeg"}], "A", []),
        ([{"score": 0.5}], "B", ["faint face"]),  # no clear face went that way
        ([{"score": 0.5}, {}], "A", []),
    ],
)
def test_what_bears_an_image(sent: list[dict[str, object]], grade: str, doubts: list[str]) -> None:
    (found,) = judged(*sent).findings.to_pylist()
    assert (found["certainty"], found["doubts"]) == (grade, doubts)


@pytest.mark.parametrize(
    ("more", "found", "noted"),
    [
        ({}, ["A"], []),
        ({"link": OTHER}, ["B"], []),  # somebody took it: a finding, and its doubt
        ({"link": OTHER, "packets_down": 1, "payload_down": 0}, [], [(told_apart.NOBODYS, 2, 200)]),
    ],
)
def test_what_nobody_took_in_anothers_name_accuses_nobody(
    more: dict[str, object], found: list[str], noted: list[tuple[str, int, int]]
) -> None:
    told = judged({}, {}, **more)
    assert told.findings["certainty"].to_pylist() == found
    assert [(row["what"], row["number"], row["size"]) for row in told.apart.to_pylist()] == noted


def test_a_possible_face_is_counted_as_such_in_what_is_damaged() -> None:
    (found,) = judged({"face": "possible", "complete": False}, {"complete": False}).findings.to_pylist()
    assert (found["certainty"], found["images"], found["possible"]) == ("B", 2, 1)
    assert "possible?n=1" in found["reason"].split("; ")
    (found,) = judged({}).findings.to_pylist()
    assert "possible" not in found["reason"]


@pytest.mark.parametrize(
    ("protocol", "host", "opened", "code"),
    [
        ("http", "", "", "clear"),
        ("http", "up.example", "", "clear_for"),
        ("http", "", "k", "opened"),
        ("rtp", "", "", "video"),
        ("rtp", "up.example", "", "video_for"),
    ],
)
def test_for_whom_it_was_is_said_where_it_is_known(protocol: str, host: str, opened: str, code: str) -> None:
    (found,) = judged({"host": host, "opened": opened, "protocol": protocol}).findings.to_pylist()
    assert parsed(found["reason"].partition("; ")[0]).code == code
    if protocol == "http" and opened:
        (found,) = judged({"host": host, "opened": opened}, {"host": host}).findings.to_pylist()
        assert parsed(found["reason"].partition("; ")[0]).code == "partly_opened"
