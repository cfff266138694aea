"""What only goes together with images: by which test, and that what is told of a connection is told once."""

from __future__ import annotations

from types import SimpleNamespace

from netaudit.findings.relayed import relayed_findings, together_tests, tried_for, without_flows_of
from netaudit.findings.roles import Actors
from netaudit.findings.statements import statements
from netaudit.findings.statements.hidden import HIDDEN
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
    [counted] = [one for one in statements(tables) if one["kind"] == "counted"]
    assert counted["counts"]["uploads"] == 44
    assert "matched_sharply" in {one["kind"] for one in statements(tables)}


def test_the_bound_is_said_in_words_that_both_sides_read_alike() -> None:
    [matched] = [kind for kind in HIDDEN if kind.name == "matched_sharply"]
    assert "as far as light, scene and visitor do not steer both" in matched.words.en
    assert "以光线、场景和来访者没有同时左右两者为限" in matched.words.zh


def test_what_was_tried_is_said_of_each_and_not_the_longest_of_all() -> None:
    tests = [
        {"holder": "h", "sender": "h", "receiver": to, "longest_s": longest}
        for to, longest in (("a", 30), ("a", 900), ("b", 60), ("c", 7))
    ]
    assert tried_for(tests, {("h", "h", "a"), ("h", "h", "b")}) == 60
    assert tried_for(tests, set()) == 0
