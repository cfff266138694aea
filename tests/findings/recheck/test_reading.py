"""From tables to a visit: what is put into channels, and in which form."""

from __future__ import annotations

import pytest

from netaudit.findings.recheck.reading import visit_of
from netaudit.findings.recheck.visit import Call
from tests.report.fakes import CAMERA, CLOUD, SECOND, T0, FakeCase, finding

IN = "192.168.1.10"


def flow(flow_id: str = "f1", up: int = 0, down: int = 0, **more):
    return {
        "flow_id": flow_id, "client_ip": CAMERA, "server_ip": CLOUD, "transport": "tcp", "server_port": 80,
        "protocol": "http", "payload_up": up, "payload_down": down, "first_ts": T0, "last_ts": T0 + 60 * SECOND,
    } | more  # fmt: skip


def case(flows, side="lan", captures=((0, 600),), **tables):
    scopes = {CAMERA: "inside", IN: "inside", CLOUD: "outside"}
    rows = {
        "flows": flows,
        "endpoints": [{"ip": ip, "scope": scope} for ip, scope in scopes.items()],
        "captures": [
            {"capture_id": str(k), "sha256": str(k), "first_ts": T0 + a * SECOND, "last_ts": T0 + b * SECOND}
            for k, (a, b) in enumerate(captures)
        ],
    }
    return FakeCase(rows | tables, {"vantage": {"side": side}})


def forms(visit, end: str = CLOUD):
    return [(one.form, one.size) for one in visit.channels[CAMERA, end].sent]


def test_both_sides_are_a_known_vantage() -> None:
    assert visit_of(case([flow(up=9)], "both")).limits == []
    assert visit_of(case([flow(up=9)], "unknown")).limits == ["vantage_unknown"]


def test_who_calls_in_vain_was_there_and_its_way_is_known() -> None:
    """A firewall answers nobody: no byte flows, yet the device spoke and tried to reach the outside here."""
    calls = [
        flow("f1", packets_up=3, packets_down=0, handshake="S"),
        flow("f2", server_ip=IN, packets_up=1, packets_down=1, handshake="SR"),
    ]
    found = visit_of(case([*calls, flow("f3", packets_up=0)]))
    assert found.tried == {CAMERA: [Call(T0, CLOUD, inside=False), Call(T0, IN, inside=True)]}
    assert found.heard[CAMERA] == [(T0, T0 + 60 * SECOND)] * 2
    assert not found.channels


@pytest.mark.parametrize("more", [{"missing_up": 50_000}, {"missing_down": 9}, {"handshake": "AfR"}, {"handshake": ""}])
def test_what_the_capture_lost_is_no_call_in_vain(more: dict[str, object]) -> None:
    """Bytes that are missing may have been pictures, and a connection that began earlier was not asked for now."""
    lost = flow("f1", **({"packets_up": 40, "handshake": "SA"} | more))
    found = visit_of(case([lost, flow("f2", up=9_000_000)]))
    assert not found.tried
    assert (T0, T0 + 60 * SECOND) in found.heard[CAMERA]


def test_names_asked_inside_are_a_way_of_their_own_and_local_talk_outside_is_one_too() -> None:
    asked = flow("f1", up=300, down=90, server_ip=IN, transport="udp", server_port=53, protocol="dns")
    public = flow("f4", up=300, down=90, transport="udp", server_port=53, protocol="dns")
    traps = flow("f2", up=5000, transport="udp", server_port=162, protocol="snmp")
    found = visit_of(case([asked, public, traps, flow("f3", up=700, server_ip=IN, protocol="snmp", transport="udp")]))
    assert {key: (one.inside, one.asks) for key, one in found.channels.items()} == {
        (CAMERA, f"DNS {IN}"): (True, True),
        (CAMERA, f"DNS {CLOUD}"): (False, True),
        (IN, CAMERA): (True, False),
        (CAMERA, CLOUD): (False, False),
    }


def test_a_pause_of_half_a_minute_was_not_captured() -> None:
    assert len(visit_of(case([], captures=((0, 60), (90, 120)))).spans) == 2
    assert len(visit_of(case([], captures=((0, 60), (61, 120), (100, 110)))).spans) == 1


def test_what_flows_in_clear_carry_without_a_message_is_not_nothing() -> None:
    assert forms(visit_of(case([flow(up=50_000)]))) == [("clear", 50_000)]
    said = [{"message_id": "m", "flow_id": "f1", "direction": "up", "first_ts": T0, "body_size": 40_000, "protocol": "http"}]  # fmt: skip
    assert forms(visit_of(case([flow(up=50_000)], messages=said))) == [("clear", 40_000)]


@pytest.mark.parametrize(("up", "down", "form"), [(9_000, 90_000, "clear"), (90_000, 9_000, "video")])
def test_video_is_what_goes_the_greater_way_of_a_stream(up, down, form) -> None:
    stream = flow(up=up, down=down, protocol="rtp", transport="udp")
    assert forms(visit_of(case([stream]))) == [(form, up)]
    heard = [{"flow_id": "f1", "kind": "audio"}]
    assert forms(visit_of(case([stream], media=heard))) == [("clear", up)]


def test_a_finding_says_which_way_video_goes() -> None:
    stream = flow(up=9_000, down=90_000, protocol="rtsp")
    said = [finding(act="video", certainty="B", receiver=CLOUD, flow_ids=["f1"])]
    assert [size for form, size in forms(visit_of(case([stream], findings=said))) if form == "video"] == [9_000]


def test_what_two_captures_show_of_one_connection_is_there_once() -> None:
    twice = [flow(up=50_000), flow("f2", up=50_000)]
    found = visit_of(case(twice, sightings=[{"flow_id": "f2"}]))
    assert forms(found) == [("clear", 50_000)]


def test_what_is_kept_is_bounded_over_all_connections_and_said() -> None:
    """Many small connections fill a memory as well as one large one."""
    given = case([flow(f"f{k}", up=500, down=90) for k in range(3)])
    assert visit_of(given, 6).limits == []  # three connections, three things that they carried
    for most in (5, 2, 0):
        found = visit_of(given, most)
        assert "bound" in found.limits
        assert sum(len(one.sent) for one in found.channels.values()) <= most


def test_the_way_out_is_seen_where_it_is_answered() -> None:
    later = {"first_ts": T0 + 900 * SECOND, "last_ts": T0 + 960 * SECOND}
    found = visit_of(case([flow("f1", up=50, down=90), flow("f2", up=90, **later), flow("f3", up=70, server_ip=IN)]))
    assert {end: one.spans for (who, end), one in found.channels.items() if who == CAMERA} == {
        CLOUD: [(T0, T0 + 60 * SECOND)], IN: [(T0, T0 + 60 * SECOND)],
    }  # fmt: skip
