"""The picture of who talks to whom: complete in what matters, bounded in the rest, without overlaps, harmless."""

from __future__ import annotations

import itertools

import pytest

from netaudit.report.judgements import Judgements
from netaudit.report.parties import Parties
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.topology import MOST_INSIDE, MOST_OUTSIDE, MOST_WAYS, topology
from netaudit.report.topology_layout import BOUNDARY, EM, LEFT, WIDTH, Node, Way, _ems, _free, _span, fitting, lay_out
from netaudit.report.wording import Wording
from tests.report import fakes


def drawn(case, lang="en"):
    w = Wording(lang)
    return topology(case, Judgements(case), Hosts(case, w), w)


def site(inside: int, outside: int, *, faces: bool = True) -> fakes.FakeCase:
    """Everybody talks to everybody a little; each camera pushes faces to the server, the server to two endpoints."""
    near = [f"10.0.{n // 200}.{n % 200 + 1}" for n in range(inside)]
    far = [f"47.0.{n // 200}.{n % 200 + 1}" for n in range(outside)]
    devices = [
        {"device_id": ip, "ips": [ip], "macs": [], "name": f"host {n}", "class": "ip_camera" if n else "face_server",
         "class_confidence": "strong" if n % 2 else "weak", "chain": ["captures"] if 0 < n < 5 else ["relays"] if not n else []}
        for n, ip in enumerate(near)
    ]  # fmt: skip
    endpoints = [
        {"endpoint_id": ip, "ip": ip, "scope": "outside", "names": [f"e{n}.example.cn"], "service": "store" if n < 2 else "",
         "service_class": "object_store" if n < 2 else "", "bytes_sent": 10 * n} for n, ip in enumerate(far)
    ]  # fmt: skip
    flows = [
        {"flow_id": f"{a}{b}", "client_ip": a, "server_ip": b, "bytes_up": 10 + n, "bytes_down": 5}
        for n, (a, b) in enumerate(itertools.product(near, (*near[:3], *far))) if a != b
    ]  # fmt: skip
    findings = []
    if faces and inside > 1 and outside:
        findings = [
            *(fakes.finding(finding_id=f"m{ip}", act="moved inside", sender=ip, receiver=near[0], endpoint_id=near[0], object_ids=[]) for ip in near[1:5]),
            *(fakes.finding(finding_id=f"u{ip}", sender=near[0], receiver=ip, endpoint_id=ip, object_ids=[]) for ip in far[:2]),
            fakes.finding(finding_id="d", certainty="D", sender=near[0], receiver=far[-1], endpoint_id=far[-1], images=0, object_ids=[]),
        ]  # fmt: skip
    return fakes.FakeCase({"devices": devices, "endpoints": endpoints, "flows": flows, "findings": findings})


@pytest.mark.parametrize(("inside", "outside"), [(1, 0), (1, 1), (8, 6), (18, 18), (60, 24), (200, 300)])
def test_boxes_and_lines_at_any_size(inside: int, outside: int) -> None:
    drawing = drawn(site(inside, outside))
    assert drawing is not None
    assert len([box for box in drawing.boxes if box.x == LEFT]) == min(inside, MOST_INSIDE) + (inside > MOST_INSIDE)
    assert len(drawing.boxes) <= MOST_INSIDE + MOST_OUTSIDE + 2
    for column in (True, False):
        spans = sorted((box.y, box.y + box.height) for box in drawing.boxes if (box.x < BOUNDARY) == column)
        assert all(upper[1] <= lower[0] for upper, lower in itertools.pairwise(spans))
        assert all(start >= 0 and end <= drawing.height for start, end in spans)
    for line in drawing.lines:
        assert 0 < line.width <= 7
        assert 0 <= line.x <= WIDTH
    plain = [line for line in drawing.lines if line.kind == "other"]
    assert len(plain) <= MOST_WAYS * (MOST_INSIDE + 1)


def test_every_way_of_a_finding_is_drawn_and_says_how_many_images() -> None:
    drawing = drawn(site(200, 300))
    seen = [line for line in drawing.lines if line.kind == "seen"]
    assert len(seen) == 5  # four cameras; the two addresses of one service are one box
    assert {line.label for line in seen} == {"3 images", "6 images"}
    assert len([line for line in drawing.lines if line.kind == "hidden"]) == 1
    assert drawing.left_out > 0


def test_a_way_is_drawn_from_the_device_whose_link_address_a_finding_names() -> None:
    """So it does where an address was not one device's alone; the sentence calls the device by its name, too."""
    mac, other, shared, cloud = "08:54:11:2a:61:0e", "08:54:11:2a:61:0f", "10.0.0.9", "47.0.0.1"
    devices = [
        {"device_id": one, "ips": [shared], "macs": [one], "name": name, "class": "ip_camera",
         "class_confidence": "strong", "chain": []} for one, name in ((other, "innocent"), (mac, "sender"))
    ]  # fmt: skip
    case = fakes.FakeCase({
        "devices": devices, "flows": [],
        "endpoints": [{"endpoint_id": cloud, "ip": cloud, "scope": "outside", "names": [], "service": ""}],
        "findings": [fakes.finding(sender=mac, receiver=cloud, endpoint_id=cloud, object_ids=[])],
    })  # fmt: skip
    w = Wording("en")
    (line,) = drawn(case).lines
    assert line.kind == "seen"
    assert "sender" in Parties(case, Hosts(case, w), w).device(mac)
    assert Hosts(case, w).devices.by_address(shared) is None


def test_what_is_not_drawn_one_by_one_is_counted() -> None:
    titles = {box.title for box in drawn(site(75, 40)).boxes}
    assert {"15 more devices", "15 more endpoints"} <= titles  # 40 addresses, two of one service: 39 boxes, 24 shown


def test_weak_classes_are_marked_and_parts_are_told_in_the_language() -> None:
    boxes = drawn(site(4, 2), "zh").boxes
    assert [box.parts for box in boxes if box.title.startswith("人脸服务器(?)")] == ["转发"]
    assert {box.parts for box in boxes if box.title.startswith("网络摄像机")} == {"抓拍"}


def test_hosts_behind_an_address_are_told_and_the_providers_silent_boxes_left_out() -> None:
    case = site(3, 2, faces=False)
    rows = case.tables["devices"].to_pylist()
    rows[0]["behind"] = 4
    rows.append(dict.fromkeys(rows[0]) | {"device_id": "02:00:00:00:00:09", "ips": [], "class": "router"})
    tables = {
        "devices": rows,
        "endpoints": case.tables["endpoints"].to_pylist(),
        "flows": [dict(row) for row in case.tables["flows"].drop_columns(["first_ts", "last_ts"]).to_pylist()],
    }
    for row in tables["devices"]:
        row["first_ts"] = row["last_ts"] = None
    texts = {box.below for box in drawn(fakes.FakeCase(tables), "zh").boxes}
    assert "10.0.0.1 · 其后至少 4 台主机" in texts
    assert "02:00:00:00:00:09" in texts
    beyond = drawn(fakes.FakeCase(tables, {"vantage": {"side": "wan"}}), "zh")
    assert "02:00:00:00:00:09" not in {box.below for box in beyond.boxes}


def test_addresses_that_are_no_endpoints_crowd_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.report.topology.MOST_PAIRS", 5)
    case = site(1, 1, faces=False)
    tables = {name: case.tables[name].to_pylist() for name in ("devices", "endpoints")}
    flows = [{"flow_id": f"f{n}", "client_ip": "10.0.0.1", "server_ip": f"48.0.0.{n}", "bytes_up": 10**6, "bytes_down": 0}
             for n in range(50)]  # fmt: skip
    flows.append({"flow_id": "g", "client_ip": "10.0.0.1", "server_ip": "47.0.0.1", "bytes_up": 9, "bytes_down": 7})
    assert len(drawn(fakes.FakeCase(tables | {"flows": flows})).lines) == 1


def test_the_same_case_gives_the_same_picture() -> None:
    assert drawn(site(30, 20)) == drawn(site(30, 20))


def test_nobody_is_no_picture() -> None:
    assert drawn(fakes.FakeCase()) is None


def test_texts_are_cut_to_their_room() -> None:
    assert fitting("人脸抓拍摄像机", 7) == "人脸抓拍摄像机"
    assert fitting("人脸抓拍摄像机", 4) == "人脸抓…"
    assert len(fitting("x" * 100_000, 10)) < 20
    assert fitting("", 0) == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_are_short_and_visible(lang: str) -> None:
    text = str(drawn(fakes.hostile(), lang))
    assert len(text) < 200_000
    for hidden in "\u202e\u2066\u2069\u200b\ufeff\x00\x1b\x07":
        assert hidden not in text


def test_no_label_stands_on_another_or_on_a_box() -> None:
    nodes = [Node(f"in{n}", n < 12, f"host {n}", "", rank=n) for n in range(15)]
    ways = [Way(f"in{n}", f"in{12 + n % 3}", "seen", 10_000 * (n + 1), 1000 + n) for n in range(12)]
    drawing = lay_out(nodes, ways, Wording("en"), left_out=0)
    labels = [line for line in drawing.lines if line.label]
    assert len(labels) > 8
    spans = [_span(line.x, line.y, _ems(line.label) * EM) for line in labels]
    assert all(_free(one, [other]) for one, other in itertools.combinations(spans, 2))
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in drawing.boxes]
    assert all(_free(one, boxes) for one in spans)
