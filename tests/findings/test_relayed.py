"""What only goes together with images: by which test, and that what is told of a connection is told once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.core.schema import LEAST_UNIT
from netaudit.findings.relayed import relayed_findings, together_tests, tried_for, without_flows_of
from netaudit.findings.roles import Actors
from netaudit.findings.summary import summarise
from netaudit.findings.summary.reading import Unfinished
from tests.findings.examples import CAM, CLOUD, case, finding
from tests.report.fakes import filled
from tests.wording import english

ROW = {"holder": CAM, "sender": CAM, "receiver": CLOUD, "p": 1e-3, "p_model": 1e-6, "standing": "go together"}


def test_the_likelier_of_two_tests_at_the_cap_is_taken() -> None:
    better = ROW | {"p_model": 1e-9, "mode": "batch"}
    assert together_tests([ROW, better]) == together_tests([better, ROW]) == [better]


def test_what_is_claimed_or_by_chance_does_not_only_go_together() -> None:
    rows = [ROW | {"standing": standing} for standing in ("claimed", "by chance")]
    assert together_tests(rows) == []


def test_it_is_a_finding_of_grade_d_that_names_no_image_and_has_no_odds() -> None:
    flow = {"flow_id": "f", "client_ip": CAM, "server_ip": CLOUD, "transport": "tcp", "server_port": 443}
    rows = {"relay_tests": [ROW | {"mode": "padded", "fitting": 34, "images": 44, "units": 50}], "flows": [flow]}
    tables = case() | {name: filled(name, some) for name, some in rows.items()}
    [found] = (one.row() for one in relayed_findings(tables, Actors((), tables), tables["flows"]))
    assert (found["certainty"], found["rule"], found["images"]) == ("D", "go-together/1", 0)
    assert "34 of 44 images" in english(found["reason"])
    assert "other pictures of the same moments may, where light, scene or visitor steer both" in english(
        found["reason"]
    )
    assert "1 in" not in english(found["reason"])
    assert "fewer than" not in english(found["reason"])


def test_whose_service_the_endpoint_is_stays_told() -> None:
    rows = {"relay_tests": [ROW | {"mode": "padded", "fitting": 34, "images": 44, "units": 50}]}
    for service_class, told in (("sales_platform", True), ("", False)):
        endpoint = {"ip": CLOUD, "service": "Some Cloud", "service_class": service_class}
        tables = case() | {name: filled(name, some) for name, some in rows.items()}
        tables["endpoints"] = filled("endpoints", [endpoint])
        [found] = relayed_findings(tables, Actors((), tables), tables["flows"])
        assert ("the endpoint is a known service (Some Cloud)" in map(english, found.reasons)) is told


def test_what_is_told_of_a_connection_is_not_told_again() -> None:
    flows = filled("flows", [{"flow_id": "f"}, {"flow_id": "g"}])
    assert without_flows_of(flows, [SimpleNamespace(flow_ids=["f"])])["flow_id"].to_pylist() == ["g"]
    assert without_flows_of(flows, []).num_rows == 2


def test_uploads_that_fit_images_are_not_counted_among_the_others() -> None:
    image = {"sender": CAM, "receiver": CLOUD, "holder": CAM}
    tables = case(
        findings=[finding("uploaded outside", "C"), finding("uploaded outside", "D", images=0)],
        upload_counts=[{"sender": CAM, "receiver": CLOUD, "name": "", "uploads": 47, "shape": "events"}],
        relayed_images=[image | {"unit_id": f"u{k}"} for k in (1, 1, 2, 3)],
    )
    matched, hidden = summarise(Unfinished(tables)).encrypted
    assert matched.grades == (("C", 1),)
    assert hidden.grades == (("D", 1),)


def test_what_was_tried_is_said_of_each_and_not_the_longest_of_all() -> None:
    tests = [
        {"holder": "h", "sender": "h", "receiver": to, "longest_s": longest}
        for to, longest in (("a", 30), ("a", 900), ("b", 60), ("c", 7))
    ]
    assert tried_for(tests, {("h", "h", "a"), ("h", "h", "b")}) == 60
    assert tried_for(tests, set()) == 0


IMAGE = {
    "holder": CAM, "sender": CAM, "receiver": CLOUD, "flow_id": "f", "capture_id": "c", "image_capture_id": "d",
    "mode": "padded", "size": 100,
}  # fmt: skip
FLOW = {"flow_id": "f", "client_ip": CAM, "server_ip": CLOUD, "transport": "tcp", "server_port": 443}


def made(tests, images=(), faces=(), flows=(FLOW,), uploads=()):
    """Findings of grades C and D on these rows."""
    rows = {"relay_tests": tests, "relayed_images": images, "flows": flows, "encrypted_uploads": uploads}
    tables = case() | {name: filled(name, list(some)) for name, some in rows.items()}
    tables["images"] = filled("images", [{"sha256": sha, "face": face} for sha, face in faces])
    return relayed_findings(tables, Actors((), tables), tables["flows"])


def test_images_that_fit_are_a_finding_of_grade_c_with_the_odds_of_the_test_that_decided() -> None:
    decided = ROW | {"p": 0.002, "p_model": 1e-5, "told": 3, "standing": "claimed", "expected": 0.44, "clock_s": 1.26}
    others = [
        decided | {"p": None, "p_model": 1e-9, "expected": 9.0},  # said of nothing
        decided | {"told": 0, "p_model": 1e-9, "expected": 8.0},  # told of no image
        decided | {"receiver": "203.0.113.1", "p_model": 1e-9, "expected": 7.0},
        decided | {"p_model": 1e-4, "expected": 6.0},
    ]
    images = [
        IMAGE | {"sha256": sha, "object_id": f"o{n}", "sent_ts": 5 + n}
        for n, sha in enumerate(("s", "s", "t", "u", "v"))
    ]
    (found,) = made([*others, decided], images, [("s", "yes"), ("t", "no"), ("u", "not judged")])
    row = found.row()
    assert (row["certainty"], row["act"], row["sender"], row["receiver"]) == ("C", "uploaded outside", CAM, CLOUD)
    assert (row["images"], row["distinct_images"], row["bytes"], row["rule"]) == (
        2,
        1,
        500,
        "relayed-by-size-and-time/2",
    )
    assert (row["first_ts"], row["last_ts"], row["capture_ids"], row["flow_ids"]) == (5, 9, ["c", "d"], ["f"])
    assert row["object_ids"] == [f"o{n}" for n in range(5)]
    assert f"ip.addr == {CAM} && ip.addr == {CLOUD} && tcp.port == 443" in row["display_filter"]
    assert [parsed(one) for one in found.reasons] == [
        ("relay_fit", {"n": "5", "modes": "padded"}), ("relay_face_unjudged", {"n": "2", "m": "2"}),
        ("relay_chance", {"expected": "0.4"}), ("relay_bound", {"odds": "500"}), ("relay_clock", {"clock": "1.3"}),
        ("relay_end", {}),
    ]  # fmt: skip
    bare = decided | {"expected": None, "clock_s": None}
    (found,) = made([bare], images[:2], [("s", "yes")])
    assert [parsed(one).code for one in found.reasons] == ["relay_fit", "relay_face", "relay_bound", "relay_end"]


def test_who_sent_for_whom_is_said() -> None:
    way = {"holder": CAM, "sender": "192.168.1.2", "receiver": CLOUD}
    (found,) = made([ROW | way | {"told": 1, "standing": "claimed"}], [IMAGE | way | {"sha256": "s", "sent_ts": 5}])
    assert found.sender == CAM
    assert parsed(found.reasons[0]) == ("relay_fit_through", {"through": "192.168.1.2", "n": "1", "modes": "padded"})


@pytest.mark.parametrize(
    ("test", "codes", "arguments", "rule"),
    [
        ({"mode": "batch", "fitting": 5, "units": 9, "images": 7}, ["relay_together_uploads", "relay_together_why"],
         {"n": "5", "m": "9", "modes": "batch"}, "go-together/1"),
        ({"mode": "exact", "fitting": 5, "units": 9, "images": 7}, ["relay_together_images", "relay_together_why"],
         {"n": "5", "m": "7", "modes": "exact"}, "go-together/1"),
        ({"mode": "following", "fitting": 5, "images": 7, "window_s": 3}, ["relay_following", "relay_following_why"],
         {"n": "5", "m": "7", "seconds": "3"}, "follow-pictures/1"),
        ({"mode": "following", "fitting": 5, "images": 7, "window_s": 3, "expected": 1.25},
         ["relay_following_beside", "relay_following_why"], {"expected": "1.2"}, "follow-pictures/1"),
    ],
)  # fmt: skip
def test_why_no_more_is_said_of_what_only_goes_together(
    test: dict[str, object], codes: list[str], arguments: dict[str, str], rule: str
) -> None:
    (found,) = made([ROW | test])
    assert [parsed(one).code for one in found.reasons] == [*codes, "relay_together_end"]
    said = parsed(found.reasons[0]).arguments
    assert {name: said[name] for name in arguments} == arguments
    assert found.row()["rule"] == rule


def test_all_that_was_uploaded_is_counted_from_the_size_on_that_is_looked_at() -> None:
    sizes = [(LEAST_UNIT, 5), (LEAST_UNIT - 1, 1), (2 * LEAST_UNIT, 9)]
    uploads = [
        {"flow_id": flow, "capture_id": "c", "first_ts": at, "last_ts": at + 3, "plaintext_high": size, "plaintext_low": size - 1}
        for flow in ("f", "g")
        for size, at in sizes
    ]  # fmt: skip
    flows = [FLOW, FLOW | {"flow_id": "g", "server_ip": "203.0.113.1"}]
    (found,) = made([ROW | {"mode": "exact"}], flows=flows, uploads=uploads)
    assert (found.bytes, found.first_ts, found.last_ts) == (3 * LEAST_UNIT - 2, 5, 12)
    assert (found.flow_ids, found.capture_ids) == (["f"], ["c"])
    sent = [flow | {"payload_up": size, "capture_id": "c", "first_ts": 4, "last_ts": 6} for flow, size in zip(flows, (7, 9), strict=True)]  # fmt: skip
    (found,) = made([ROW | {"mode": "exact"}], flows=[*sent, FLOW | {"flow_id": "h", "payload_up": 0}])
    assert (found.bytes, found.first_ts, found.last_ts, found.flow_ids) == (7, 4, 6, ["f"])
    (found,) = made([ROW | {"mode": "exact"}], flows=[])
    assert (found.bytes, found.first_ts, found.last_ts, found.flow_ids) == (0, None, None, [])
